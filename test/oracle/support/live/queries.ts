import type { ConditionNode } from '../../../../src/runtime/shared/condition'
import type { Includes } from '../../../../src/runtime/shared/include'
import type { CollectionModel, Row, SchemaModel } from '../../../../src/runtime/shared/model'
import type { Plan, planBuilder, PlanOptions } from '../../../../src/runtime/store/plan'
import type { LiveWorld } from './world'
import fc from 'fast-check'
import { pick } from './pick'
import { makers, valuesOf } from './schema'

/** What a mounted query asks for. */
export interface Asked extends Omit<PlanOptions, 'where' | 'keys' | 'include'> {
  kind: 'first' | 'many'
  where?: ConditionNode
  include?: Includes
  /** Rows of the cache to ask for by their keys, by number. */
  rows?: readonly number[]
  /** A foreign key that has to lead to a row of the cache, by number. */
  link?: number
  keys?: readonly (string | number)[]
}

export function planOf(q: typeof planBuilder, { kind, rows: _, link: __, ...options }: Asked): Plan {
  return kind === 'first' ? q.first(options) : q.many(options)
}

/** The keys that an arbitrary query can't know yet put in. */
export function resolveAsked({ rows, link, ...asked }: Asked, collection: string, world: Pick<LiveWorld, 'schema' | 'isTight' | 'cached' | 'keyOf'>): Asked {
  const resolved: Asked = { ...asked }
  // Without a cache, nothing brings the related rows that did not fit into the answer.
  if (asked.fetchPolicy === 'no-cache' && world.isTight)
    delete resolved.include
  if (rows) {
    const keys = rows.map(i => world.keyOf(collection, (i % 3 > 0 && pick(world.cached(collection), i)) || makers[collection]!(i)))
    if (asked.kind === 'first')
      resolved.key = keys[0]
    else
      resolved.keys = [...new Set(keys)]
  }
  if (link !== undefined) {
    const foreignKey = pick(world.schema.collections[collection]!.foreignKeys, link)
    const target = foreignKey && pick(world.cached(foreignKey.to), link)
    if (target) {
      const points: ConditionNode = { operator: 'eq', field: foreignKey.columns[0]!, value: target[world.schema.collections[foreignKey.to]!.primaryKey[0]!] }
      resolved.where = asked.where ? { operator: 'and', conditions: [points, asked.where] } : points
    }
  }
  return resolved
}

const often = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 })
const seldom = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

/** Queries of a collection. */
export function askedOf(collection: string, schema: SchemaModel): fc.Arbitrary<Asked> {
  const model = schema.collections[collection]!
  const flat = {
    where: often(whereOf(model)),
    orderBy: often(orderOf(model)),
    columns: seldom(columnsArbitrary(model)),
    include: Object.keys(model.relations).length > 0 ? often(fc.integer({ min: 1, max: 3 }).chain(depth => includeOf(model, schema, depth))) : fc.constant(undefined),
    fetchPolicy: fc.constantFrom<PlanOptions['fetchPolicy'][]>('cache-first', 'cache-first', 'cache-first', 'cache-and-fetch', 'fetch-only'),
    resultMode: fc.constantFrom<PlanOptions['resultMode'][]>(undefined, undefined, undefined, undefined, undefined, 'server'),
  }
  const many = fc.constant('many' as const)
  return fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: many, ...flat, limit: fc.constantFrom(undefined, undefined, 0, 1, 2, 3, 5, 9) }) },
    { weight: 2, arbitrary: fc.record({ kind: many, ...flat, limit: fc.constantFrom(1, 3, 5), offset: fc.constantFrom(1, 2, 3, 6) }) },
    { weight: 2, arbitrary: fc.record({ kind: many, ...flat, pageSize: fc.constantFrom(1, 2, 4), pageIndex: fc.constantFrom(undefined, 0, 1, 2) }) },
    { weight: 1, arbitrary: fc.record({ kind: many, ...flat, rows: fc.array(fc.nat(40), { maxLength: 8 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: many, ...flat, link: fc.nat(40) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('first' as const), ...flat }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('first' as const), ...flat, where: fc.constant(undefined), rows: fc.tuple(fc.nat(40)) }) },
    { weight: 1, arbitrary: fc.record({ kind: many, ...flat, fetchPolicy: fc.constant('no-cache' as const), limit: fc.constantFrom(undefined, 2, 5) }) },
  ).map(asked => Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as unknown as Asked)
}

/** Some of the fields with values for them. */
export function inputOf(model: CollectionModel, fields: readonly string[]): fc.Arbitrary<Row> {
  return fc.record(Object.fromEntries(fields.map(field => [field, fc.constantFrom(...valuesOf(model.name, field, model))])), { requiredKeys: [] })
}

function includeOf(model: CollectionModel, schema: SchemaModel, depth: number): fc.Arbitrary<Includes> {
  return fc.subarray(Object.entries(model.relations), { minLength: 1, maxLength: Math.min(2, Object.keys(model.relations).length) })
    .chain(chosen => fc.tuple(...chosen.map(([name, { to, many }]) => {
      const target = schema.collections[to]!
      return fc.record({
        where: seldom(whereOf(target)),
        orderBy: often(orderOf(target)),
        limit: many ? often(fc.integer({ min: 0, max: 3 })) : fc.constant(undefined),
        columns: seldom(columnsArbitrary(target)),
        include: depth > 1 && Object.keys(target.relations).length > 0 ? often(includeOf(target, schema, depth - 1)) : fc.constant(undefined),
      }).map((query): [string, object] => [name, Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined))])
    })))
    .map(entries => Object.fromEntries(entries) as Includes)
}

function columnsArbitrary(model: CollectionModel): fc.Arbitrary<string[]> {
  return fc.subarray(Object.keys(model.columns), { minLength: 1 })
}

function orderOf(model: CollectionModel): fc.Arbitrary<string[]> {
  return fc.shuffledSubarray(Object.keys(model.columns), { minLength: 1, maxLength: 2 })
    .chain(fields => fc.tuple(...fields.map(field => fc.constantFrom('', '.asc', '.desc').map(direction => `${field}${direction}`))))
}

function whereOf(model: CollectionModel, depth = 2): fc.Arbitrary<ConditionNode> {
  const leaf = fc.constantFrom(...Object.keys(model.columns)).chain(field => leafOf(model, field))
  if (depth === 0)
    return leaf
  const child = whereOf(model, depth - 1)
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(child, { minLength: 1, maxLength: 3 })).map(([operator, conditions]) => ({ operator, conditions })) },
    { weight: 1, arbitrary: child.map(condition => ({ operator: 'not' as const, condition })) },
  )
}

function leafOf(model: CollectionModel, field: string): fc.Arbitrary<ConditionNode> {
  const { type, nullable } = model.columns[field]!
  const value = fc.constantFrom(...valuesOf(model.name, field, model).filter(value => value !== null))
  const leaves: fc.Arbitrary<unknown>[] = [value.map(value => ({ operator: 'eq', field, value }))]
  if (nullable)
    leaves.push(fc.constantFrom('isNull', 'isNotNull').map(operator => ({ operator, field })))
  if (type !== 'boolean') {
    leaves.push(fc.tuple(fc.constantFrom('ne', 'gt', 'gte', 'lt', 'lte'), value).map(([operator, value]) => ({ operator, field, value })))
    leaves.push(fc.tuple(fc.constantFrom('inArray', 'notInArray'), fc.array(value, { maxLength: 3 })).map(([operator, value]) => ({ operator, field, value })))
    leaves.push(fc.tuple(fc.constantFrom('between', 'notBetween'), value, value).map(([operator, value1, value2]) => ({ operator, field, value1, value2 })))
  }
  if (type === 'string')
    leaves.push(fc.tuple(fc.constantFrom('like', 'notLike'), fc.constantFrom('a%', '%b', '_', '%', 'A', '')).map(([operator, value]) => ({ operator, field, value })))
  return fc.oneof(...leaves) as fc.Arbitrary<ConditionNode>
}
