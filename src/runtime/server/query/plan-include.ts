import type { ConditionNode } from '../../shared/condition'
import type { IncludeQuery, Includes } from '../../shared/include'
import type { OrderTerm } from '../../shared/order'
import type { QueryLimits } from '../../shared/query'
import type { ServerCollection, ServerRelation } from '../registry'
import type { Scope } from './scope'
import { RstoreError } from '../../shared/errors'
import { parseInclude } from '../../shared/include'
import { conditionFields } from '../../shared/match'
import { parseOrderBy } from '../../shared/order'
import { answerFields } from './answer-fields'
import { everything } from './scope'

/** One relation to read with the rows it belongs to: names known, values decoded, limits kept. */
export interface RelationPlan {
  relation: ServerRelation
  where?: ConditionNode
  order: OrderTerm[]
  /** Most rows for each row they belong to; 1 where the relation leads to one. */
  limit: number
  /** Fields to answer; those that the relation goes by are always among them. */
  columns: string[]
  /** Whether each row carries the row of the join table that it came by. */
  withThrough: boolean
  include: RelationPlan[]
  /** Which rows of the target, and of the join table, there are for the caller; everything at first. */
  scope: Scope
  throughScope: Scope
  /** What was asked for, for hooks. */
  query: Record<string, unknown>
  /** Most rows of this relation in one answer, counted as often as they appear. */
  maxRows: number
  /** Most join values in one statement. */
  maxValues: number
}

/** Parses the condition of one part of a request; all of them count together. */
export type ParseWhere = (where: unknown, model: ServerCollection['model']) => ConditionNode

/** Each relation is a statement, and a request must not bring any number of them. */
const maxRelations = 100

/**
 * The tree of relations that a request asks for. `with` wins over `include`.
 * @throws RstoreError naming the relation or the field at fault
 */
export function planInclude(input: { include?: unknown, with?: unknown }, collection: ServerCollection, limits: QueryLimits, parseWhere: ParseWhere): RelationPlan[] {
  const includes = parseInclude(input.with ?? input.include, collection.clientModels[collection.name]!, {
    collection: name => collection.clientModels[name]!,
    condition: parseWhere,
    maxDepth: limits.maxIncludeDepth,
  })
  let count = 0
  return includes ? planAll(includes, collection) : []

  function planAll(includes: Includes, collection: ServerCollection): RelationPlan[] {
    return Object.entries(includes).map(([name, query]) => planOne(query, collection.relations[name]!, collection))
  }

  function planOne(query: IncludeQuery, relation: ServerRelation, { name: owner }: ServerCollection): RelationPlan {
    if (++count > maxRelations)
      throw new RstoreError('RSTORE_LIMIT_EXCEEDED', `"include" asks for more than ${maxRelations} relations.`, { collection: collection.name })
    const { name, target, through, many } = relation
    if (query.through && !through)
      throw new RstoreError('RSTORE_INVALID_QUERY', `"include.${name}": "through" is for relations across a join table.`, { field: name, collection: owner })
    const { limit = limits.maxLimit, where } = query
    if (limit > limits.maxLimit)
      throw new RstoreError('RSTORE_LIMIT_EXCEEDED', `"include.${name}": "limit" is ${limit}; at most ${limits.maxLimit} rows are given at a time.`, { field: name, collection: owner })
    const order = parseOrderBy(target.model, query.orderBy)
    const needed = [...where ? conditionFields(where) : [], ...order.map(term => term.field), ...through ? through.to.map(([, field]) => field) : relation.remote]
    return {
      relation,
      where,
      order,
      limit: many ? limit : Math.min(limit, 1),
      columns: answerFields(query.columns, target, needed),
      withThrough: !!query.through,
      include: query.include ? planAll(query.include, target) : [],
      scope: everything,
      throughScope: everything,
      query: { ...query },
      maxRows: limits.maxIncludeRows,
      maxValues: limits.maxKeys,
    }
  }
}
