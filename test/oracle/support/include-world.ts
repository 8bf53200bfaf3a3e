import type { ConditionNode } from '../../../src/runtime/shared/condition'
import type { Execution } from '../../../src/runtime/server/query/rows'
import type { IncludeQuery, Includes } from '../../../src/runtime/shared/include'
import type { CollectionModel, Dialect, RelationModel, Row, SchemaModel } from '../../../src/runtime/shared/model'
import type { Random } from './random'
import { indexTables, introspect } from '../../../src/build/introspect'
import { isServerSide } from '../../../src/runtime/shared/collation'
import { getKey } from '../../../src/runtime/shared/key'
import { randomCondition, randomOrder, randomValue } from './generate'

/**
 * A database with the tables that the oracle of relations needs, made by the dialect's own means:
 *
 *     nodes  id integer key, parentId integer, code text, big bigint
 *     items  place text, number integer, both the key; nodeId integer, code text, score integer, at date
 *     notes  id text key, place text, number integer, nodeId integer, big bigint, body text
 *     tags   slug text key, rank integer
 *     links  id text key, nodeId integer, slug text, weight integer
 *     pairs  a integer, b integer, both the key
 *
 * What is no key may be NULL. There are no foreign keys.
 */
export interface IncludeWorld {
  dialect: Dialect
  /** By the names above. */
  tables: Record<string, unknown>
  execution: Execution
  /** Puts these rows in place of those of the table. */
  fill: (table: string, rows: Row[]) => Promise<void>
}

export function refuseBadValue(collection: string, field: string): never {
  throw new Error(`A generated value of "${collection}.${field}" did not survive the database.`)
}

export type Data = Record<string, Row[]>

const on = (to: string, many: boolean, ...pairs: [string, string][]): RelationModel => ({ to, many, on: pairs })
const across = (to: string, collection: string, from: [string, string], target: [string, string], many = true): RelationModel => ({ to, many, on: [], through: { collection, from: [from], to: [target] } })

const relations: Record<string, Record<string, RelationModel>> = {
  nodes: {
    parent: on('nodes', false, ['parentId', 'id']),
    children: on('nodes', true, ['id', 'parentId']),
    items: on('items', true, ['id', 'nodeId']),
    sameCode: on('items', true, ['code', 'code']),
    someNote: on('notes', false, ['id', 'nodeId']),
    sameBig: on('notes', true, ['big', 'big']),
    tags: across('tags', 'links', ['id', 'nodeId'], ['slug', 'slug']),
    someTag: across('tags', 'links', ['id', 'nodeId'], ['slug', 'slug'], false),
    friends: across('nodes', 'pairs', ['id', 'a'], ['b', 'id']),
    siblings: across('nodes', 'nodes', ['parentId', 'id'], ['id', 'parentId']),
  },
  items: {
    node: on('nodes', false, ['nodeId', 'id']),
    notes: on('notes', true, ['place', 'place'], ['number', 'number']),
    someNode: on('nodes', false, ['code', 'code']),
    sameTime: on('items', true, ['at', 'at']),
    neighbours: on('items', true, ['place', 'place'], ['code', 'code']),
  },
  notes: {
    item: on('items', false, ['place', 'place'], ['number', 'number']),
    node: on('nodes', false, ['nodeId', 'id']),
  },
  tags: { nodes: across('nodes', 'links', ['slug', 'slug'], ['nodeId', 'id']) },
  links: { node: on('nodes', false, ['nodeId', 'id']), tag: on('tags', false, ['slug', 'slug']) },
  pairs: { from: on('nodes', false, ['a', 'id']), to: on('nodes', false, ['b', 'id']) },
}

export function includeSchema({ tables, dialect }: Pick<IncludeWorld, 'tables' | 'dialect'>): SchemaModel {
  const list = Object.keys(relations).map(name => ({ name, value: tables[name], file: 'schema.ts' }))
  const models = introspect(indexTables(list, dialect, { collections: {} }, []), dialect, { collections: {}, textCollation: 'binary' }, [])
  for (const [name, model] of Object.entries(models))
    model.relations = relations[name]!
  return { dialect, collections: models }
}

/** Fields that relations go by have few values, so that rows meet. */
const texts = ['a', 'A', 'b', 'a::b', 'b::b', '', 'null', 'é', '\u{1F600}']
const moments = [0, 1000, -1000, 1767323045000].map(time => new Date(time))
const bigs = [0n, 1n, -1n, 9007199254740993n, 9007199254740992n, -9223372036854775808n, 9223372036854775807n]
const joined: Record<string, (random: Random) => unknown> = {
  text: random => random.pick(texts),
  slug: random => random.pick(texts.slice(0, 4)),
  number: random => 1 + random.below(7),
  bigint: random => random.pick(bigs),
  date: random => random.pick(moments),
}
const kinds: Record<string, string> = {
  id: 'number', parentId: 'number', nodeId: 'number', number: 'number', a: 'number', b: 'number', score: 'number', rank: 'number', weight: 'number',
  place: 'text', code: 'text', slug: 'slug', big: 'bigint', at: 'date',
}

export function randomData({ collections }: SchemaModel, random: Random): Data {
  return Object.fromEntries(Object.entries(collections).map(([name, model]) => {
    // Of what a join table links, much is linked twice.
    const rows = random.some(0, name === 'links' ? 40 : 14, () => randomRow(model, random))
    return [name, [...new Map(rows.map(row => [getKey(model, row), row])).values()]]
  }))
}

function randomRow(model: CollectionModel, random: Random): Row {
  return Object.fromEntries(Object.entries(model.columns).map(([field, column]) => {
    if (column.nullable && random.chance(0.15))
      return [field, null]
    const kind = field === 'id' && column.type === 'string' ? undefined : kinds[field]
    return [field, kind ? joined[kind]!(random) : randomValue(column, random)]
  }))
}

/** A condition that the database alone could answer is none to compare. */
function told(condition: ConditionNode, model: CollectionModel, { dialect }: SchemaModel): ConditionNode | undefined {
  return isServerSide(condition, [], model, dialect) ? undefined : condition
}

/** A tree of relations as a client would send it; none where chance has it so. */
export function randomIncludes(model: CollectionModel, schema: SchemaModel, data: Data, random: Random, depth: number): Includes | undefined {
  const names = Object.keys(model.relations).filter(() => random.chance(depth > 2 ? 0.4 : 0.25))
  return names.length === 0 || depth === 0
    ? undefined
    : Object.fromEntries(names.map(name => [name, randomQuery(model.relations[name]!, schema, data, random, depth)]))
}

function randomQuery({ to, through }: RelationModel, schema: SchemaModel, data: Data, random: Random, depth: number): IncludeQuery {
  const target = schema.collections[to]!
  return {
    where: random.chance(0.3) ? told(randomCondition(target, data[to]!, random, {}, 2), target, schema) : undefined,
    orderBy: random.chance(0.5) ? randomOrder(target, random) : undefined,
    limit: random.chance(0.4) ? random.below(5) : undefined,
    columns: random.chance(0.3) ? Object.keys(target.columns).filter(() => random.chance(0.4)) : undefined,
    through: through && random.chance(0.5) ? true : undefined,
    include: randomIncludes(target, schema, data, random, depth - 1),
  }
}
