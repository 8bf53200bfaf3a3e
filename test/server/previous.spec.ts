import type { Change } from '../../src/runtime/server/pipeline/prepared'
import type { WireRow } from '../../src/runtime/shared/model'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { expect, it } from 'vitest'
import { serve } from './support/serve'
import * as tables from './support/schema'

it('tells rows as they were, though another process writes to the same file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rstore-'))
  const path = join(folder, 'test.db')
  const client = createClient({ url: `file:${path}` })
  await client.executeMultiple(`pragma journal_mode = wal; ${tables.ddl} insert into todos (id, title, priority, created_at) values (1, 'first', 0, 0)`)
  const told: { row: WireRow, previous: WireRow }[] = []
  const server = await serve('sqlite', drizzle({ client, casing: 'snake_case' }), tables, {
    onChange: ({ row, previous }) => void told.push({ row: row(), previous: previous!() }),
    wantsPrevious: () => true,
  })
  const other = spawn(execPath, ['-e', `
    const database = new (require('node:sqlite').DatabaseSync)(${JSON.stringify(path)})
    database.exec('pragma busy_timeout = 10000')
    const write = database.prepare('update todos set changes = coalesce(changes, 0) + 1, origin = changes where id = 1')
    setInterval(() => write.run(), 0)
  `], { stdio: 'ignore' })
  const exited = once(other, 'exit')
  const origin = async () => (await server.call('GET', 'todos/1')).body.origin
  await expect.poll(origin, { timeout: 10_000 }).not.toBeNull()
  for (let i = 0; i < 40; i++) {
    const answers = await Promise.all(Array.from({ length: 5 }, (_, j) => server.call('PATCH', 'todos/1', { title: `t${5 * i + j}` })))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  }
  other.kill()
  await exited
  expect(told).toHaveLength(200)
  expect(new Set(told.map(({ row }) => row.origin)).size).toBeGreaterThan(1)
  // The title is ours alone, and nothing else is changed with it.
  expect(told.filter(({ row, previous }) => row.origin !== previous.origin)).toEqual([])
  for (const [i, { previous }] of told.entries())
    expect(previous.title).toBe(i === 0 ? 'first' : told[i - 1]!.row.title)
  expect(server.errors).toEqual([])
  server.close()
  client.close()
  await rm(folder, { recursive: true })
}, 60_000)

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
