import type { ConditionNode } from '../../../src/runtime/shared/condition'
import type { Key } from '../../../src/runtime/shared/key'
import type { CollectionModel, Row } from '../../../src/runtime/shared/model'
import type { SqlDialect } from '../../../src/runtime/server/dialects/types'
import type { ServerCollection } from '../../../src/runtime/server/registry'
import type { Pools } from './generate'
import type { Random } from './random'
import { env } from 'node:process'
import { inspect } from 'node:util'
import { expect } from 'vitest'
import { planList } from '../../../src/runtime/server/query/parse-query'
import { readMany } from '../../../src/runtime/server/query/read'
import { createReviver, roundValue } from '../../../src/runtime/shared/codec'
import { isServerSide } from '../../../src/runtime/shared/collation'
import { encodeCondition, roundCondition } from '../../../src/runtime/shared/condition-codec'
import { getKey } from '../../../src/runtime/shared/key'
import { compilePredicate, conditionFields } from '../../../src/runtime/shared/match'
import { compileComparator, parseOrderBy } from '../../../src/runtime/shared/order'
import { defaultQueryLimits } from '../../../src/runtime/shared/query'
import { randomCondition, randomOrder, randomRow } from './generate'
import { createRandom } from './random'

export interface OracleSubject {
  collection: ServerCollection
  dialect: SqlDialect
  database: unknown
  /** Has the table hold these rows and no others. */
  fill: (rows: Row[]) => Promise<void>
  pools?: Pools
  /** Cases that are asked at the same time. @default 1 */
  concurrency?: number
}

/** Number of cases, and the seed that makes them again. */
export function oracleSettings(cases: number, seed = Math.floor(Math.random() * 2 ** 31)): { cases: number, seed: number } {
  return { cases: Number(env.ORACLE_CASES ?? cases), seed: Number(env.ORACLE_SEED ?? seed) }
}

const casesPerTable = 100
const rowsPerTable = 40
const limits = { ...defaultQueryLimits, maxLimit: rowsPerTable }

/**
 * Asks the database and the predicate, comparator and window of the client the same questions about random rows.
 * What they call server-side is left out: there only the database decides.
 */
export async function runOracle(subject: OracleSubject, { cases, seed }: { cases: number, seed: number }): Promise<void> {
  const differences: unknown[] = []
  let run = 0
  for (let table = 0; run < cases && differences.length < 5; table++) {
    const random = createRandom(seed + table)
    const rows = await fill(subject, random)
    const portion = Array.from({ length: Math.min(casesPerTable, cases - run) }, () => randomCase(subject, rows, random))
    const { concurrency = 1 } = subject
    for (let start = 0; start < portion.length; start += concurrency) {
      const results = await Promise.all(portion.slice(start, start + concurrency).map(one => compare(one, rows, subject)))
      results.forEach((difference, i) => difference && differences.push({ seed: seed + table, case: start + i, ...difference }))
    }
    run += portion.length
  }
  expect(differences.map(difference => inspect(difference, { depth: 9, breakLength: 160 })), `Run again with ORACLE_SEED=${seed}`).toEqual([])
  expect(run).toBe(cases)
}

interface Case { where?: ConditionNode, orderBy: string[], limit?: number, offset?: number, keys?: Key[], paged: boolean }

function randomCase({ collection: { model }, dialect, pools }: OracleSubject, rows: readonly Row[], random: Random): Case {
  const paged = random.chance(0.05)
  let orderBy = randomOrder(model, random)
  while (isServerSide(undefined, orderBy.map(term => term.slice(0, term.lastIndexOf('.'))), model, dialect.name))
    orderBy = randomOrder(model, random)
  let where = random.chance(0.9) ? randomCondition(model, rows, random, pools) : undefined
  while (where && isServerSide(where, [], model, dialect.name))
    where = randomCondition(model, rows, random, pools)
  return {
    where,
    orderBy,
    limit: paged ? 1 + random.below(6) : random.chance(0.6) ? random.below(12) : undefined,
    offset: !paged && random.chance(0.3) ? random.below(10) : undefined,
    keys: rows.length > 0 && random.chance(0.05) ? random.some(0, 8, () => getKey(model, random.pick(rows))!) : undefined,
    paged,
  }
}

/** Fills the table and gives its rows as a client gets them: over the wire and revived. */
async function fill(subject: OracleSubject, random: Random): Promise<Row[]> {
  const { collection, pools } = subject
  const { model } = collection
  const byKey = new Map(random.some(0, rowsPerTable, () => rounded(randomRow(model, random, pools), model)).map(row => [getKey(model, row), row]))
  await subject.fill([...byKey.values()])
  const { rows } = await readMany(collection, planList({}, collection, limits), executionOf(subject))
  expect(rows).toHaveLength(byKey.size)
  return rows.map(row => createReviver(model)(JSON.parse(JSON.stringify(row))))
}

/** As a write rounds what it is given. */
function rounded(row: Row, model: CollectionModel): Row {
  return Object.fromEntries(Object.entries(row).map(([field, value]) => [field, roundValue(value, model.columns[field]!)]))
}

function executionOf({ database, dialect }: OracleSubject) {
  return { database, dialect, report: (_: string, field: string) => {
    throw new Error(`A generated value of "${field}" did not survive the database.`)
  } }
}

async function compare({ where, orderBy, limit, offset = 0, keys, paged }: Case, rows: readonly Row[], subject: OracleSubject): Promise<object | undefined> {
  const { collection, dialect } = subject
  const { model } = collection
  const condition = where && roundCondition(where, model)
  const matches = condition ? compilePredicate(condition, model, dialect.name) : () => true
  const found = rows.filter(row => matches(row) && (!keys || keys.includes(getKey(model, row)!))).sort(compileComparator(parseOrderBy(model, orderBy), model, dialect.name))
  const keysOf = (rows: readonly Row[]) => rows.map(row => getKey(model, row))
  const expected = keysOf(paged ? found : found.slice(offset, limit === undefined ? undefined : offset + limit))

  // What a client would send, read as the server reads it.
  const sent = JSON.parse(JSON.stringify({ where: condition && encodeCondition(condition, model), orderBy, limit, keys }))
  const actual: (Key | undefined)[] = []
  let cursor: string | undefined
  try {
    do {
      const plan = planList({ ...sent, cursor, ...!paged && { offset } }, collection, limits)
      const answer = await readMany(collection, plan, executionOf(subject))
      actual.push(...keysOf(answer.rows.map(createReviver(model))))
      cursor = answer.nextCursor
    } while (paged && cursor && actual.length <= found.length)
  }
  catch (error) {
    return { ...sent, offset, paged, error: String((error as Error).cause ?? error) }
  }
  if (JSON.stringify(actual) === JSON.stringify(expected))
    return undefined
  const first = expected.findIndex((key, i) => key !== actual[i])
  const named = [...condition ? conditionFields(condition) : [], ...orderBy.map(term => term.replace(/\.\w+$/, ''))]
  // Rows that one side has and the other has not, or else those that are not in the same place.
  const apart = rows.filter(row => expected.includes(getKey(model, row)) !== actual.includes(getKey(model, row)))
  const involved = (apart.length > 0 ? apart : [expected, actual].map(keys => rows.find(row => getKey(model, row) === keys[first])!)).slice(0, 3)
  return { ...sent, offset, paged, predicate: expected.slice(first, first + 3), database: actual.slice(first, first + 3), rows: involved.map(row => [getKey(model, row), ...named.map(field => row[field])]) }
}
