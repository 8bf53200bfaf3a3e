import type { Change } from '../../src/runtime/server/pipeline/prepared'
import type { WireRow } from '../../src/runtime/shared/model'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { expect, it } from 'vitest'
import { serve } from './support/serve'
import * as tables from './support/schema'

it('tells rows as they were, though another process writes to the same file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rstore-'))
  const told: { row: WireRow, previous: WireRow }[] = []
  const backends = await Promise.all([0, 1].map(async (i) => {
    const client = createClient({ url: `file:${join(folder, 'test.db')}` })
    if (i === 0)
      await client.executeMultiple(tables.ddl)
    return {
      client,
      server: await serve('sqlite', drizzle({ client, casing: 'snake_case' }), tables, {
        onChange: ({ row, previous }) => previous && told.push({ row: row(), previous: previous() }),
        wantsPrevious: () => true,
      }),
    }
  }))
  await backends[0]!.server.call('POST', 'todos', { title: 'x', priority: -1 })
  const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => backends[i % 2]!.server.call('PATCH', 'todos/1', { priority: i })))
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  const next = new Map(told.map(({ row, previous }) => [previous.priority, row.priority]))
  let at: unknown = -1
  for (let i = 0; i < 60; i++)
    at = next.get(at)
  expect(at).toBe((await backends[0]!.server.call('GET', 'todos/1')).body.priority)
  for (const { server, client } of backends) {
    expect(server.errors).toEqual([])
    server.close()
    client.close()
  }
  await rm(folder, { recursive: true })
})

it('tells rows as they were where statements can be sent together, but no transaction begun', async () => {
  const client = createClient({ url: ':memory:' })
  await client.executeMultiple(tables.ddl)
  // D1 is like that.
  const without = new Proxy(client, {
    has: (target, name) => name !== 'transaction' && name in target,
    get: (target, name) => name === 'transaction' ? undefined : name === 'batch' || name === 'execute' ? target[name].bind(target) : Reflect.get(target, name),
  })
  const told: Change[] = []
  const server = await serve('sqlite', drizzle({ client: without, casing: 'snake_case' }), { ...tables, members }, { onChange: change => void told.push(change), wantsPrevious: () => true })
  await client.execute('create table members (id integer primary key, list_id text references lists(id) on delete cascade)')
  await server.call('POST', 'lists', { id: 'a', name: 'A' })
  await server.call('PATCH', 'lists/a', { name: 'B' })
  expect([told[1]!.row(), told[1]!.previous!()]).toEqual([{ id: 'a', name: 'B' }, { id: 'a', name: 'A' }])
  expect((await server.call('DELETE', 'lists/a')).status).toBe(200)
  expect(told[2]).toMatchObject({ type: 'deleted', dependents: 'many' })
  expect(server.errors).toEqual([])
  server.close()
  client.close()
})

const members = sqliteTable('members', { id: integer().primaryKey(), listId: text().references(() => tables.lists.id, { onDelete: 'cascade' }) })
