import type { WireRow } from '../../src/runtime/shared/model'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
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
