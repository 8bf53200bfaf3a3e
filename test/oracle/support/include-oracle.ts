import type { Includes } from '../../../src/runtime/shared/include'
import type { CollectionModel, Row, SchemaModel, WireRow } from '../../../src/runtime/shared/model'
import type { QueryLimits } from '../../../src/runtime/shared/query'
import type { Data, IncludeWorld } from './include-world'
import type { Random } from './random'
import { expect } from 'vitest'
import { planList } from '../../../src/runtime/server/query/parse-query'
import { readMany } from '../../../src/runtime/server/query/read'
import { createRegistry } from '../../../src/runtime/server/registry'
import { createReviver } from '../../../src/runtime/shared/codec'
import { getKey } from '../../../src/runtime/shared/key'
import { compileComparator, parseOrderBy } from '../../../src/runtime/shared/order'
import { defaultQueryLimits } from '../../../src/runtime/shared/query'
import { randomOrder } from './generate'
import { expectedRow, fieldsOf, linksBetween } from './include-expected'
import { includeSchema, randomData, randomIncludes } from './include-world'
import { createRandom } from './random'

const casesPerFill = 60

/** Asks the database for random trees of relations over random rows, and has JavaScript nest the same rows. */
export async function runIncludeOracle(world: IncludeWorld, { cases, seed }: { cases: number, seed: number }): Promise<void> {
  const schema = includeSchema(world)
  const registry = createRegistry({ schema, tables: world.tables })
  const differences: unknown[] = []
  let run = 0
  let nested = 0
  for (let fill = 0; run < cases && differences.length < 3; fill++) {
    const random = createRandom(seed + fill)
    const data = await fillAll(random)
    for (let i = 0; i < casesPerFill && run < cases; i++, run++) {
      const difference = await compare(data, random)
      if (difference)
        differences.push({ seed: seed + fill, case: i, ...difference })
    }
  }
  expect(differences, `Run again with ORACLE_SEED=${seed}`).toEqual([])
  expect(run).toBe(cases)
  // Rows have to meet for this to say anything.
  expect(nested).toBeGreaterThan(cases)

  /** Fills the tables and gives their rows as a client gets them. */
  async function fillAll(random: Random): Promise<Data> {
    const data = randomData(schema, random)
    for (const [name, rows] of Object.entries(data))
      await world.fill(name, rows)
    for (const name of Object.keys(data)) {
      const collection = registry.collection(name)
      const { rows } = await readMany(collection, planList({}, collection, defaultQueryLimits), world.execution)
      data[name] = rows.map(row => createReviver(collection.model)(JSON.parse(JSON.stringify(row)) as Row))
    }
    return data
  }

  async function compare(data: Data, random: Random): Promise<object | undefined> {
    const collection = registry.collection(random.pick(['nodes', 'nodes', 'items', 'notes', 'tags', 'links', 'pairs']))
    const { name, model } = collection
    const includes = JSON.parse(JSON.stringify(randomIncludes(model, schema, data, random, 3) ?? {})) as Includes
    const capped = random.chance(0.2)
    const limits: QueryLimits = {
      ...defaultQueryLimits,
      maxWhereNodes: 10_000,
      maxKeys: random.chance(0.3) ? 4 + random.below(3) : 1000,
      maxIncludeRows: capped ? 1 + random.below(30) : 1_000_000,
    }
    const columns = random.chance(0.2) ? Object.keys(model.columns).filter(() => random.chance(0.3)) : undefined
    const orderBy = random.chance(0.5) ? randomOrder(model, random) : undefined
    const { rows } = await readMany(collection, planList({ include: includes, columns, orderBy }, collection, limits), world.execution)
    const actual = JSON.parse(JSON.stringify(rows)) as WireRow[]
    const order = parseOrderBy(model, orderBy)
    const fields = fieldsOf(model, columns, order.map(({ field }) => field))
    const sources = [...data[name]!].sort(compileComparator(order, model, schema.dialect))
    const expected = sources.map(row => expectedRow(row, fields, model, includes, schema, data))
    nested += JSON.stringify(actual).split(':[{').length - 1
    const problem = capped
      ? capProblem(actual, expected, sources, includes, model, limits.maxIncludeRows, schema, data)
      : canonical(actual) === canonical(expected) ? undefined : 'is not the same'
    return problem ? { collection: name, orderBy, includes, limits: { maxKeys: limits.maxKeys, maxIncludeRows: limits.maxIncludeRows }, problem, expected, actual } : undefined
  }
}

/** Where rows may be missing: what is there must be whole, what is not there must not have fitted. */
function capProblem(actual: WireRow[], expected: WireRow[], sources: Row[], includes: Includes | undefined, model: CollectionModel, max: number, schema: SchemaModel, data: Data): string | undefined {
  for (const [name, query] of Object.entries(includes ?? {})) {
    const relation = model.relations[name]!
    const target = schema.collections[relation.to]!
    const shares = (rows: WireRow[]) => rows.map(row => row[name] === undefined ? undefined : [row[name]].flat().filter(share => share !== null) as WireRow[])
    const given = shares(actual)
    const wanted = shares(expected) as WireRow[][]
    const present = given.flatMap(share => share ?? [])
    if (present.length > max)
      return `"${name}" holds ${present.length} rows`
    // A statement reads no more than fit, and copies across a join table are read too.
    const read = sources.reduce((sum, row) => sum + data[relation.to]!.reduce((links, other) => links + linksBetween(row, other, relation, model, schema, data).length, 0), 0)
    if (given.some(share => !share) && wanted.flat().length <= max && read <= max)
      return `"${name}" is missing, though all of it fits`
    const whole = given.map((share, i) => share && [share, wanted[i]!] as const).filter(pair => pair !== undefined)
    const bare = (rows: readonly WireRow[]) => rows.map(row => canonical(Object.fromEntries(Object.entries(row).filter(([field]) => !query.include?.[field]))))
    if (whole.some(([share, all]) => canonical(bare(share)) !== canonical(bare(all))))
      return `"${name}" is not whole`
    const rows = new Map(data[relation.to]!.map(row => [getKey(target, row), row]))
    const children = present.map(row => rows.get(getKey(target, createReviver(target)({ ...row })))!)
    const problem = capProblem(present, whole.flatMap(([, all]) => all), children, query.include, target, max, schema, data)
    if (problem)
      return `${name}: ${problem}`
  }
  return undefined
}

/** The same text for the same value, whatever the order of its fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => typeof part === 'object' && part !== null && !Array.isArray(part)
    ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1))
    : part)
}
