import type { RowsRequest } from '../../src/runtime/server/query/rows'
import { Buffer } from 'node:buffer'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@libsql/client'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/libsql'
import { blob, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createSqliteDialect } from '../../src/runtime/server/dialects/sqlite'
import { updateByKey } from '../../src/runtime/server/mutation/update-by-key'
import { selectRows } from '../../src/runtime/server/query/rows'
import { createRegistry } from '../../src/runtime/server/registry'
import { schemaOf } from './support/create-server'
import * as tables from './support/schema'

/*
 * Rows that SQLite gives as JSON are what its driver gives value by value, whatever is stored where: a column of SQLite
 * holds values of any type.
 */

let folder: string
let client: ReturnType<typeof createClient>
let execution: Parameters<typeof selectRows>[2]
const statements: string[] = []
const kinds = createRegistry({ schema: schemaOf(tables), tables }).collection('kinds')
const todos = createRegistry({ schema: schemaOf(tables), tables }).collection('todos')
const columns = ['int', 'float', 'decimal', 'decimal_number', 'decimal_bigint', 'words', 'color', 'json', 'bytes', 'blob_json', 'big', 'seconds', 'millis', 'flag']

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rstore-'))
  client = createClient({ url: `file:${join(folder, 'test.db')}` })
  // Without types, so that SQLite changes nothing of what it is given.
  await client.executeMultiple(tables.ddl.replace(/create table kinds[\s\S]*?\);/, `create table kinds (id integer primary key, ${columns.join(', ')});`))
  const database = drizzle({ client, casing: 'snake_case', logger: { logQuery: text => void statements.push(text) } })
  execution = { database, dialect: createSqliteDialect(), report: () => {} }
})
beforeEach(() => client.execute('delete from kinds'))
afterAll(async () => {
  client.close()
  await rm(folder, { recursive: true, force: true })
})

const doubles = fc.double({ noNaN: true, noDefaultInfinity: true }).filter(value => !Object.is(value, -0))
const value = fc.oneof(
  { weight: 4, arbitrary: fc.oneof(fc.string({ unit: 'binary' }).filter(text => !text.includes('\0')), fc.constantFrom('', '1', '1.5', ',1.5', '[-2e', '"', '\\', '\\",1.5', '{}', '[1]', 'null', '\u2028')) },
  { weight: 4, arbitrary: fc.oneof(fc.integer(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom(0, 1, 9007199254740991n, 9007199254740992n, -9007199254740993n)) },
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: doubles },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map(bytes => Buffer.from(bytes)) },
)
/** Drivers take every number for a real. */
const insert = (id: number, values: unknown[]) => client.execute({ sql: `insert into kinds values (${[id, ...values].map(() => '?').join()})`, args: [BigInt(id), ...values.map(one => Number.isSafeInteger(one) ? BigInt(one as number) : one)] as never })
const apart = (request: RowsRequest) => selectRows(kinds, { ...request, conditions: [sql`1 = 1`] }, execution)

it('gives every value as the driver does', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.record({ row: fc.array(value, { minLength: columns.length, maxLength: columns.length }), plain: fc.boolean() }), { maxLength: 4 }), async (rows) => {
    await client.execute('delete from kinds')
    for (const [i, { row, plain }] of rows.entries())
      await insert(i + 1, plain ? row.map(one => typeof one === 'string' || Number.isSafeInteger(one) ? one : null) : row)
    const request = { fields: kinds.visible, order: [{ field: 'id', descending: true }], limit: 10 }
    expect(await selectRows(kinds, request, execution)).toEqual(await apart(request))
    for (const field of kinds.visible)
      expect(await selectRows(kinds, { ...request, fields: [field] }, execution), field).toEqual(await apart({ ...request, fields: [field] }))
  }), { numRuns: 150 })
}, 120_000)

it('keeps every digit of a real', async () => {
  await fc.assert(fc.asyncProperty(fc.array(doubles, { minLength: 300, maxLength: 300 }), async (numbers) => {
    await client.execute('delete from kinds')
    await client.batch(numbers.map((number, i) => ({ sql: 'insert into kinds (id, float) values (?, ?)', args: [i, number] })), 'write')
    statements.length = 0
    expect((await selectRows(kinds, { fields: ['float'], order: [{ field: 'id', descending: false }] }, execution)).map(row => row.float)).toEqual(numbers)
    expect(statements).toEqual([expect.stringContaining('group_concat')])
  }), { numRuns: 40 })
}, 120_000)

it('takes no real for the integer that 15 digits of it say', async () => {
  await client.execute('insert into kinds (id, int, words) values (1, 2.0000000000000004, 0), (2, 9007199254740991.0, \',1.5\'), (3, 2.0, 0)')
  const request = { fields: ['int', 'words'], order: [{ field: 'id', descending: false }] }
  expect(await selectRows(kinds, request, execution)).toEqual([{ int: 2.0000000000000004, words: 0 }, { int: 9007199254740991, words: ',1.5' }, { int: 2, words: 0 }])
})

it('gives infinities, empty lists and rows of any number of columns', async () => {
  await client.execute('insert into kinds (id, float, int) values (1, 9e999, 1), (2, -9e999, 9e999)')
  const request = { fields: ['id', 'float', 'int'], order: [{ field: 'id', descending: false }] }
  expect(await selectRows(kinds, request, execution)).toEqual([{ id: 1, float: Infinity, int: 1 }, { id: 2, float: -Infinity, int: Infinity }])
  expect(await selectRows(kinds, { ...request, where: [{ operator: 'eq', field: 'id', value: 3 }] }, execution)).toEqual([])
})

it('compiles a statement once for all values', async () => {
  await insert(1, columns.map(() => null))
  await insert(2, columns.map(() => null))
  statements.length = 0
  for (const id of [1, 2]) {
    expect(await selectRows(kinds, { fields: ['id'], where: [{ operator: 'inArray', field: 'id', value: [id, 7] }], limit: id }, execution)).toEqual([{ id }])
    expect(await selectRows(kinds, { fields: ['id'], key: { id }, limit: 1 }, execution)).toEqual([{ id }])
  }
  expect(new Set(statements).size).toBe(2)
})

it('leaves a connection that was asked for a blob as it was', async () => {
  await insert(1, columns.map(() => Buffer.from('x')))
  expect((await selectRows(kinds, { fields: ['words'] }, execution))[0]!.words).toEqual(Buffer.from('x'))
  await execution.dialect.insert(execution.database, { into: tables.lists, values: { id: 'a', name: 'A' }, returning: { id: sql`id` } })
  const other = createClient({ url: `file:${join(folder, 'test.db')}` })
  expect((await other.execute('select id from lists')).rows).toHaveLength(1)
  other.close()
})

it('changes a row that holds what no JSON can', async () => {
  await insert(1, columns.map((_, i) => i % 2 ? 2.5 : Buffer.from('x')))
  const request = { fields: kinds.visible, key: { id: 1 } }
  const [before] = await apart(request)
  expect(await updateByKey(kinds, request, { color: 'red' }, execution)).toEqual([{ row: (await apart(request))[0] }])
  const [after] = await apart(request)
  expect(after).toMatchObject({ color: 'red', int: Buffer.from('x'), float: 2.5 })
  expect(await updateByKey(kinds, { ...request, previous: true }, { color: before!.color }, execution)).toEqual([{ row: before, previous: after }])
  expect(await updateByKey(kinds, { ...request, key: { id: 2 } }, { color: 'red' }, execution)).toEqual([])
})

it('gives a row as it was before a change, whatever it held', async () => {
  await fc.assert(fc.asyncProperty(fc.array(value, { minLength: columns.length, maxLength: columns.length }), async (row) => {
    await client.execute('delete from kinds')
    await insert(1, row)
    const request = { fields: kinds.visible, key: { id: 1 } }
    const [previous] = await apart(request)
    const [updated] = await updateByKey(kinds, { ...request, previous: true }, { color: 'red' }, execution)
    expect(updated).toEqual({ row: (await apart(request))[0], previous })
  }))
})

it.each(['file', 'memory'])('changes rows of more columns than SQLite packs, of a database in a %s', async (place) => {
  const wide = sqliteTable('wide', { id: integer().primaryKey(), bytes: blob({ mode: 'buffer' }), ...Object.fromEntries(Array.from({ length: 130 }, (_, i) => [`c${i}`, text()])) })
  const collection = createRegistry({ schema: schemaOf({ wide }), tables: { wide } }).collection('wide')
  const other = place === 'file' ? client : createClient({ url: ':memory:' })
  await other.execute(`create table wide (${collection.visible.map(field => field === 'id' ? 'id integer primary key' : field).join()})`)
  await other.execute('insert into wide (id, bytes, c129) values (1, x\'00ff\', \'a\')')
  const change = (previous: boolean, c129: string) => updateByKey(collection, { fields: collection.visible, key: { id: 1 }, previous }, { c129 }, { ...execution, database: drizzle({ client: other }) })
  const bytes = Buffer.from([0, 255])
  expect(await change(false, 'b')).toMatchObject([{ row: { id: 1, bytes, c0: null, c129: 'b' } }])
  expect(await change(true, 'c')).toMatchObject([{ row: { bytes, c129: 'c' }, previous: { bytes, c0: null, c129: 'b' } }])
  if (other !== client)
    other.close()
})

it('evaluates `$onUpdate` for each change', async () => {
  let count = 0
  const column = tables.todos.changes as unknown as { onUpdateFn: () => number }
  const { onUpdateFn } = column
  column.onUpdateFn = () => ++count
  await client.execute('insert into todos (id, title, created_at) values (1, \'a\', 0)')
  const changes = async () => (await updateByKey(todos, { fields: ['changes'], key: { id: 1 } }, { title: 'b' }, execution))[0]!.row.changes
  const first = await changes()
  expect(await changes()).toBeGreaterThan(first as number)
  column.onUpdateFn = onUpdateFn
})
