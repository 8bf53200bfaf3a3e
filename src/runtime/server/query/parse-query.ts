import type { ConditionNode } from '../../shared/condition'
import type { CollectionModel, Row } from '../../shared/model'
import type { OrderTerm } from '../../shared/order'
import type { QueryLimits } from '../../shared/query'
import type { ServerCollection } from '../registry'
import type { ParseWhere, RelationPlan } from './plan-include'
import type { Scope } from './scope'
import { RstoreError } from '../../shared/errors'
import { conditionFields } from '../../shared/match'
import { parseOrderBy } from '../../shared/order'
import { parseCondition } from '../../shared/parse-condition'
import { answerFields } from './answer-fields'
import { decodeCursor } from './cursor'
import { decodeKey } from './decode-key'
import { planInclude } from './plan-include'
import { everything } from './scope'

/** Options of a read as they came in: JSON values that nobody has checked. */
export interface QueryInput {
  where?: unknown
  orderBy?: unknown
  limit?: unknown
  offset?: unknown
  cursor?: unknown
  columns?: unknown
  keys?: unknown
  include?: unknown
  with?: unknown
  /** Free values, for hooks. */
  params?: Record<string, unknown>
}

/** A read of many rows that fits its collection: names known, values decoded, limits kept. */
export interface ListPlan {
  where?: ConditionNode
  order: OrderTerm[]
  /** Most rows to give; `queryLimits.maxLimit` where the query has no limit of its own. */
  limit: number
  offset: number
  /** What the driver gave for each order term of the row to go on after. */
  after?: unknown[]
  /** Decoded primary key fields of the rows wanted. */
  keys?: Row[]
  /** The same of one row alone, which has this very key; in no query. */
  key?: Row
  /** Fields to answer. */
  columns: string[]
  /** Relations to read with the rows. */
  include: RelationPlan[]
  /** Which rows there are for the caller; everything at first. */
  scope: Scope
}

/** A read of one row. */
export interface ItemPlan {
  key: Row
  columns: string[]
  include: RelationPlan[]
  scope: Scope
}

/** @throws RstoreError naming the option or the field at fault */
export function planList(input: QueryInput, collection: ServerCollection, limits: QueryLimits): ListPlan {
  const { model } = collection
  const order = parseOrderBy(model, textList(input.orderBy, 'orderBy', model))
  const parseWhere = conditionParser(limits)
  const where = input.where === undefined ? undefined : parseWhere(input.where, model)
  const offset = count(input.offset, 'offset', model) ?? 0
  if (input.cursor !== undefined && input.offset !== undefined)
    throw invalid(model, '"cursor" and "offset" can\'t be combined: a cursor is a position already.')
  return {
    where,
    order,
    limit: limitOf(input, model, limits),
    offset,
    after: afterOf(input, model, order),
    keys: keysOf(input, model, limits),
    columns: answerFields(textList(input.columns, 'columns', model), collection, [...(where ? conditionFields(where) : []), ...order.map(term => term.field)]),
    include: planInclude(input, collection, limits, parseWhere),
    scope: everything,
  }
}

/** @throws RstoreError naming the option or the field at fault */
export function planItem(key: Row, input: QueryInput, collection: ServerCollection, limits: QueryLimits): ItemPlan {
  const { model } = collection
  refuse(input, ['where', 'orderBy', 'limit', 'offset', 'cursor', 'keys'], model, 'is for lists, not for a single item.')
  return {
    key,
    columns: answerFields(textList(input.columns, 'columns', model), collection, []),
    include: planInclude(input, collection, limits, conditionParser(limits)),
    scope: everything,
  }
}

function conditionParser(limits: QueryLimits): ParseWhere {
  const counted = { nodes: 0 }
  return (where, model) => parseCondition(where, model, { ...limits, counted })
}

function limitOf({ limit: given }: QueryInput, model: CollectionModel, { maxLimit }: QueryLimits): number {
  const limit = count(given, 'limit', model) ?? maxLimit
  if (limit > maxLimit)
    throw new RstoreError('RSTORE_LIMIT_EXCEEDED', `"limit" is ${limit}; at most ${maxLimit} rows are given at a time.`, { collection: model.name })
  return limit
}

function afterOf({ cursor }: QueryInput, model: CollectionModel, order: OrderTerm[]): unknown[] | undefined {
  if (cursor === undefined)
    return undefined
  if (typeof cursor !== 'string')
    throw new RstoreError('RSTORE_INVALID_CURSOR', 'A cursor is text.', { collection: model.name })
  return decodeCursor(cursor, model.name, order)
}

function keysOf({ keys }: QueryInput, model: CollectionModel, { maxKeys }: QueryLimits): Row[] | undefined {
  if (keys === undefined)
    return undefined
  if (!Array.isArray(keys))
    throw invalid(model, '"keys" must be a list of keys.')
  if (keys.length > maxKeys)
    throw new RstoreError('RSTORE_LIMIT_EXCEEDED', `"keys" lists ${keys.length} keys; at most ${maxKeys} are taken at a time.`, { collection: model.name })
  return keys.map(key => decodeKey(model, key))
}

function textList(value: unknown, name: string, model: CollectionModel): string[] | undefined {
  if (value !== undefined && !(Array.isArray(value) && value.every(item => typeof item === 'string')))
    throw invalid(model, `"${name}" must be a list of names.`)
  return value
}

function count(value: unknown, name: string, model: CollectionModel): number | undefined {
  if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) >= 0))
    throw invalid(model, `"${name}" must be a whole number, 0 or more.`)
  return value as number | undefined
}

function refuse(input: QueryInput, names: (keyof QueryInput)[], model: CollectionModel, why: string): void {
  for (const name of names) {
    if (input[name] !== undefined)
      throw invalid(model, `"${name}" ${why}`)
  }
}

function invalid(model: CollectionModel, message: string): RstoreError {
  return new RstoreError('RSTORE_INVALID_QUERY', message, { collection: model.name })
}
