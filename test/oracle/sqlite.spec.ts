import type { ConditionNode } from '../../src/runtime/shared/condition'
import type { Key } from '../../src/runtime/shared/key'
import type { CollectionModel, Row } from '../../src/runtime/shared/model'
import type { Random } from './support/random'
import { env } from 'node:process'
import { createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { blob, integer, numeric, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { afterAll, expect, it } from 'vitest'
import { createSqliteDialect } from '../../src/runtime/server/dialects/sqlite'
import { planList } from '../../src/runtime/server/query/parse-query'
import { readMany } from '../../src/runtime/server/query/read'
import { createRegistry } from '../../src/runtime/server/registry'
import { createReviver } from '../../src/runtime/shared/codec'
import { getKey } from '../../src/runtime/shared/key'
import { compilePredicate } from '../../src/runtime/shared/match'
import { compileComparator, parseOrderBy } from '../../src/runtime/shared/order'
import { encodeCondition, roundCondition } from '../../src/runtime/shared/condition-codec'
import { defaultQueryLimits } from '../../src/runtime/shared/query'
import { schemaOf } from '../server/support/create-server'
import { randomCondition, randomOrder, randomRow } from './support/generate'
import { createRandom } from './support/random'

const things = sqliteTable('things', {
  place: text().notNull(),
  number: integer().notNull(),
  words: text(),
  color: text({ enum: ['red', 'Red', 'green', ''] }),
  title: text().notNull(),
  int: integer(),
  float: real(),
  rating: real().notNull(),
  decimal: numeric(),
  decimalNumber: numeric({ mode: 'number' }),
  decimalBigint: numeric({ mode: 'bigint' }),
  big: blob({ mode: 'bigint' }),
  seconds: integer({ mode: 'timestamp' }),
  millis: integer({ mode: 'timestamp_ms' }),
  flag: integer({ mode: 'boolean' }),
}, table => [primaryKey({ columns: [table.place, table.number] })])

const cases = Number(env.ORACLE_CASES ?? 20_000)
const seed = Number(env.ORACLE_SEED ?? Math.floor(Math.random() * 2 ** 31))
const casesPerTable = 100
const rowsPerTable = 40

const client = createClient({ url: ':memory:' })
const execution = { database: drizzle({ client, casing: 'snake_case' }), dialect: createSqliteDialect(), report: (_: string, field: string) => {
  throw new Error(`A generated value of "${field}" did not survive the database.`)
} }
const collection = createRegistry({ schema: schemaOf({ things }), tables: { things } }).collection('things')
const { model } = collection
const limits = { ...defaultQueryLimits, maxLimit: rowsPerTable }

afterAll(() => client.close())

it(`means what SQLite means: ${cases} cases, ORACLE_SEED=${seed}`, async () => {
  await client.execute(`create table things (place text not null, number integer not null, words text, color text, title text not null, int integer, float real,
    rating real not null, decimal numeric, decimal_number numeric, decimal_bigint numeric, big blob, seconds integer, millis integer, flag integer, primary key (place, number))`)
  const differences: unknown[] = []
  let run = 0
  for (let table = 0; run < cases && differences.length < 5; table++) {
    const random = createRandom(seed + table)
    const rows = await fill(random)
    for (let i = 0; i < casesPerTable && run < cases; i++, run++) {
      const difference = await compare(randomCase(rows, random), rows)
      if (difference)
        differences.push({ seed: seed + table, case: i, ...difference })
    }
  }
  expect(differences, `Run again with ORACLE_SEED=${seed}`).toEqual([])
  expect(run).toBe(cases)
}, 300_000)

interface Case { where?: ConditionNode, orderBy: string[], limit?: number, offset?: number, keys?: Key[], paged: boolean }

function randomCase(rows: readonly Row[], random: Random): Case {
  const paged = random.chance(0.05)
  return {
    where: random.chance(0.9) ? randomCondition(model, rows, random) : undefined,
    orderBy: randomOrder(model, random),
    limit: paged ? 1 + random.below(6) : random.chance(0.6) ? random.below(12) : undefined,
    offset: !paged && random.chance(0.3) ? random.below(10) : undefined,
    keys: rows.length > 0 && random.chance(0.05) ? random.some(0, 8, () => getKey(model, random.pick(rows))!) : undefined,
    paged,
  }
}

/** Fills the table and gives its rows as a client gets them: over the wire and revived. */
async function fill(random: Random): Promise<Row[]> {
  await client.execute('delete from things')
  const byKey = new Map(random.some(0, rowsPerTable, () => randomRow(model, random)).map(row => [getKey(model, row), row]))
  if (byKey.size > 0)
    await execution.database.insert(things).values([...byKey.values()] as never)
  const { rows } = await readMany(collection, planList({}, collection, limits), execution)
  expect(rows).toHaveLength(byKey.size)
  return rows.map(row => createReviver(model)(JSON.parse(JSON.stringify(row))))
}

async function compare({ where, orderBy, limit, offset = 0, keys, paged }: Case, rows: readonly Row[]): Promise<object | undefined> {
  const condition = where && roundCondition(where, model)
  const matches = condition ? compilePredicate(condition, model, 'sqlite') : () => true
  const found = rows.filter(row => matches(row) && (!keys || keys.includes(getKey(model, row)!))).sort(compileComparator(parseOrderBy(model, orderBy), model, 'sqlite'))
  const expected = keysOf(model, paged ? found : found.slice(offset, limit === undefined ? undefined : offset + limit))

  // What a client would send, read as the server reads it.
  const sent = JSON.parse(JSON.stringify({ where: condition && encodeCondition(condition, model), orderBy, limit, keys }))
  const actual: (Key | undefined)[] = []
  let cursor: string | undefined
  do {
    const plan = planList({ ...sent, cursor, ...!paged && { offset } }, collection, limits)
    const answer = await readMany(collection, plan, execution)
    actual.push(...keysOf(model, answer.rows.map(createReviver(model))))
    cursor = answer.nextCursor
  } while (paged && cursor && actual.length <= found.length)
  return JSON.stringify(actual) === JSON.stringify(expected) ? undefined : { ...sent, offset, paged, predicate: expected, database: actual, rows: involved(rows, expected, actual) }
}

function keysOf(model: CollectionModel, rows: readonly Row[]): (Key | undefined)[] {
  return rows.map(row => getKey(model, row))
}

/** Rows that one side has and the other has not. */
function involved(rows: readonly Row[], expected: readonly unknown[], actual: readonly unknown[]): Row[] {
  return rows.filter((row) => {
    const key = getKey(model, row)
    return expected.includes(key) !== actual.includes(key)
  }).slice(0, 3)
}
