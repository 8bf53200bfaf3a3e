import type { Includes, IncludeQuery } from '../shared/include'
import type { CollectionModel, RelationModel, Row } from '../shared/model'
import type { EngineCollection } from './collection'
import type { Stem, ViewSpec } from './view-spec'
import { relationOf } from '../shared/include'
import { getKey } from '../shared/key'
import { conditionFields } from '../shared/match'
import { parseOrderBy } from '../shared/order'
import { encodeIncludes } from '../shared/include-codec'
import { prepareSpecs } from './view-spec'

/** Relations to show with the rows of a query. */
export interface IncludePlan {
  /** Equal plans of one collection, equal id. */
  id: string
  /** What the app has asked for. */
  given: Includes
  /** What the server is asked for, to fill the cache. */
  includes: Includes
  relations: RelationPlan[]
}

/** One of them, compiled. */
export interface RelationPlan {
  name: string
  many: boolean
  limit: number | undefined
  target: EngineCollection
  /** What a row's share is found by; nothing where a part of it is NULL. */
  valuesOf: (row: Row) => unknown[] | undefined
  /** The rows that belong to a row; across a join table, the rows of that. */
  spec: (values: readonly unknown[]) => ViewSpec
  through?: ThroughPlan
  nested?: IncludePlan
}

export interface ThroughPlan {
  collection: EngineCollection
  /** An answer holds every join row: each leads to one row, no two to the same, and all of them are asked for. */
  isWhole: boolean
  /** The rows that join rows lead to. */
  members: (joinRows: readonly Row[]) => ViewSpec
}

export function compileIncludes(includes: Includes, collection: EngineCollection): IncludePlan {
  return {
    id: JSON.stringify(encodeIncludes(includes, collection.model, name => collection.related(name).model)),
    given: includes,
    includes: Object.fromEntries(Object.entries(includes).map(([name, query]) => [name, askedOf(name, query, collection)])),
    relations: Object.entries(includes).map(([name, query]) => compileRelation(name, relationOf(collection.model, name), query, collection)),
  }
}

/**
 * Across a join table all is asked for: which of its rows count can change with the far side, and a join row that
 * was left out for what the far side held at the time would be missing then.
 */
function askedOf(name: string, { include, ...query }: IncludeQuery, collection: EngineCollection): IncludeQuery {
  const { to, through } = relationOf(collection.model, name)
  const nested = include && { include: compileIncludes(include, collection.related(to)).includes }
  if (!through)
    return { ...query, ...nested }
  const { where, orderBy = [], columns } = query
  return { ...nested, through: true, ...(columns && { columns: [...new Set([...columns, ...where ? conditionFields(where) : [], ...parseOrderBy(collection.related(to).model, orderBy).map(({ field }) => field)])].sort() }) }
}

/** The fields of a row by which its relations are found. */
export function localFields(includes: Includes, { model }: EngineCollection): string[] {
  return Object.keys(includes).flatMap((name) => {
    const { on, through } = relationOf(model, name)
    return (through?.from ?? on).map(([local]) => local)
  })
}

/** Every collection that an answer with these relations touches. */
export function collectionsOf(collection: EngineCollection, plan: IncludePlan | undefined, found = new Set<EngineCollection>()): Set<EngineCollection> {
  found.add(collection)
  for (const { target, through, nested } of plan?.relations ?? []) {
    if (through)
      found.add(through.collection)
    collectionsOf(target, nested, found)
  }
  return found
}

function compileRelation(name: string, relation: RelationModel, query: IncludeQuery, collection: EngineCollection): RelationPlan {
  const target = collection.related(relation.to)
  const nested = query.include && compileIncludes(query.include, target)
  const base: Stem = { where: query.where, orderBy: query.orderBy, columns: query.columns && [...new Set([...query.columns, ...nested ? localFields(nested.includes, target) : []])].sort() }
  const { through } = relation
  const on = through?.from ?? relation.on
  const holder = through ? collection.related(through.collection) : target
  const targets = on.map(([, field]) => field)
  const isKey = targets.length === 1 && holder.model.primaryKey.length === 1 && targets[0] === holder.model.primaryKey[0]
  return {
    name,
    many: relation.many,
    limit: relation.many ? query.limit : 1,
    target,
    nested,
    valuesOf(row) {
      const values = on.map(([local]) => row[local])
      if (values.some(value => value == null))
        return undefined
      return isKey ? [getKey(holder.model, { [targets[0]!]: values[0] })] : values
    },
    spec: prepareSpecs(through ? {} : base, holder.model, holder.dialect, targets),
    through: through && { collection: holder, isWhole: relation.many && isWhole(relation, holder.model), members: membersOf(through.to, base, target) },
  }
}

/** A join row that leads nowhere, or where another one leads, is not in an answer. A foreign key and the primary key rule that out. */
function isWhole({ to, through }: RelationModel, { columns, foreignKeys, primaryKey }: CollectionModel): boolean {
  const { from, to: pairs } = through!
  return primaryKey.every(field => from.some(pair => pair[1] === field) || pairs.some(pair => pair[0] === field))
    && foreignKeys.some(key => key.to === to && pairs.every(([field, target]) => !columns[field]!.nullable && key.toColumns[key.columns.indexOf(field)] === target))
}

function membersOf(pairs: [throughField: string, targetField: string][], base: Stem, target: EngineCollection): ThroughPlan['members'] {
  const { model, dialect } = target
  const [[throughField, field]] = pairs as [[string, string]]
  if (pairs.length === 1 && model.primaryKey.length === 1 && field === model.primaryKey[0]) {
    return joinRows => prepareSpecs({ ...base, keys: [...new Set(joinRows.map(row => getKey(model, { [field]: row[throughField] })!))] }, model, dialect)([])
  }
  return (joinRows) => {
    const any = joinRows.map(row => ({ operator: 'and' as const, conditions: pairs.map(([from, to]) => ({ operator: 'eq' as const, field: to, value: row[from] })) }))
    const members = any.length > 0 ? { operator: 'or' as const, conditions: any } : { operator: 'inArray' as const, field, value: [] }
    return prepareSpecs({ ...base, where: base.where ? { operator: 'and', conditions: [members, base.where] } : members }, model, dialect)([])
  }
}
