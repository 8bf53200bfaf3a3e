import type { ConditionNode } from '../../shared/condition'
import type { CollectionModel, Row } from '../../shared/model'
import type { OrderTerm } from '../../shared/order'
import type { QueryLimits } from '../../shared/query'
import type { ServerCollection } from '../registry'
import { RstoreError } from '../../shared/errors'
import { conditionFields } from '../../shared/match'
import { parseOrderBy } from '../../shared/order'
import { parseCondition } from '../../shared/parse-condition'
import { decodeCursor } from './cursor'
import { decodeKey } from './decode-key'

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
  /** Fields to answer. */
  columns: string[]
  params: Record<string, unknown>
}

/** A read of one row. */
export interface ItemPlan {
  key: Row
  columns: string[]
  params: Record<string, unknown>
}

/** @throws RstoreError naming the option or the field at fault */
export function planList(input: QueryInput, collection: ServerCollection, limits: QueryLimits): ListPlan {
  const { model } = collection
  refuse(input, ['include', 'with'], model, 'is not supported yet.')
  const order = parseOrderBy(model, textList(input.orderBy, 'orderBy', model))
  const where = input.where === undefined ? undefined : parseCondition(input.where, model, limits)
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
    columns: fieldsOf(input, collection, [...(where ? conditionFields(where) : []), ...order.map(term => term.field)]),
    params: input.params ?? {},
  }
}

/** @throws RstoreError naming the option or the field at fault */
export function planItem(key: string, input: QueryInput, collection: ServerCollection): ItemPlan {
  refuse(input, ['include', 'with'], collection.model, 'is not supported yet.')
  refuse(input, ['where', 'orderBy', 'limit', 'offset', 'cursor', 'keys'], collection.model, 'is for lists, not for a single item.')
  return { key: decodeKey(collection.model, key), columns: fieldsOf(input, collection, []), params: input.params ?? {} }
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

/** Fields to answer, in the order of the model: those wanted and those that the client can't do without. */
function fieldsOf({ columns: given }: QueryInput, collection: ServerCollection, needed: string[]): string[] {
  const { model, visible, required } = collection
  const columns = textList(given, 'columns', model)
  if (!columns)
    return visible
  for (const field of columns) {
    if (!visible.includes(field))
      throw new RstoreError('RSTORE_UNKNOWN_COLUMN', `"${model.name}" has no column "${field}".`, { field, collection: model.name })
  }
  const wanted = new Set([...columns, ...required, ...needed])
  return visible.filter(field => wanted.has(field))
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
