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

it('commits all that is written at the same time, and nothing of what fails', async () => {
  const client = createClient({ url })
  const other = createClient({ url })
  const server = await createServer({ client })
  await server.call('POST', 'lists', { id: 'a', name: 'A' })
  const answers = await Promise.all(Array.from({ length: 90 }, (_, i) => i % 3 === 0
    ? server.call('POST', 'todos', { title: `t${i}` })
    : i % 3 === 1 ? server.call('POST', 'todos', { title: `t${i}`, listId: 'nobody' }) : server.call('PATCH', 'lists/a', { name: `A${i}` })))
  expect(answers.map(answer => answer.status)).toEqual(Array.from({ length: 90 }, (_, i) => i % 3 === 1 ? 422 : 200))
  // Only what is committed can be seen from elsewhere.
  expect((await other.execute('select title from todos order by id')).rows.map(row => row.title)).toEqual(answers.flatMap(({ body }) => body.title === undefined ? [] : [body.title]).sort((a, b) => Number(String(a).slice(1)) - Number(String(b).slice(1))))
  expect(answers.map(({ body }) => body.name)).toContain((await other.execute('select name from lists')).rows[0]!.name)
  await server.close()
  client.close()
  other.close()
})

it('writes the others where one takes the whole transaction along', async () => {
  const client = createClient({ url })
  const server = await createServer({ client })
  await client.execute('create trigger no before insert on todos when new.title = \'no\' begin select raise(rollback, \'no\'); end')
  const answers = await Promise.all(['a', 'no', 'b', 'c'].map(title => server.call('POST', 'todos', { title })))
  expect(answers.map(answer => answer.status)).toEqual([200, 422, 200, 200])
  expect((await server.list('todos')).body.map(row => row.title).sort()).toEqual(['a', 'b', 'c'])
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
