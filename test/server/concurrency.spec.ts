import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createServer } from './support/create-server'
import { ddl } from './support/schema'

let folder: string
let url: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rstore-'))
  url = `file:${join(folder, 'test.db')}`
  const client = createClient({ url })
  await client.executeMultiple(ddl)
  client.close()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

it('loses none of 100 creates at a time, each through an instance of its own', async () => {
  const client = createClient({ url })
  const server = await createServer({ client, useDatabase: async () => drizzle({ client, casing: 'snake_case' }) })
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => server.call('POST', 'todos', { title: `t${i}` })))
  expect(answers.map(answer => answer.status)).toEqual(Array.from({ length: 100 }, () => 200))
  expect((await server.list('todos')).body.map(row => row.title).sort()).toEqual(Array.from({ length: 100 }, (_, i) => `t${i}`).sort())
  await server.close()
  client.close()
})

it('waits for a lock that somebody else holds, and no longer than it is told', async () => {
  const client = createClient({ url })
  const other = createClient({ url })
  const server = await createServer({ client })
  const impatient = await createServer({ client, queue: { maxWait: 20 } })

  const lock = await other.transaction('write')
  await lock.execute('insert into lists values (\'a\', \'A\')')
  const refused = await impatient.error('POST', 'todos', { title: 'refused' })
  expect(refused).toMatchObject({ status: 503, body: { data: { code: 'RSTORE_BUSY' } } })
  const waiting = server.call('POST', 'todos', { title: 'waits', listId: 'a' })
  await lock.commit()
  expect(await waiting).toMatchObject({ status: 200, body: { title: 'waits' } })
  expect((await server.list('todos')).body).toMatchObject([{ title: 'waits' }])

  await Promise.all([server.close(), impatient.close()])
  client.close()
  other.close()
})
