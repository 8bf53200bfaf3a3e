import type { QueryLimits } from '../../shared/query'
import type { Execution } from '../query/rows'
import type { QueryInput } from '../query/parse-query'
import type { Registry, ServerCollection } from '../registry'
import { RstoreError } from '../../shared/errors'
import { decodeInput } from '../../shared/input'
import { reservedParams } from '../../shared/query'
import { createRow, deleteRow, updateRow } from '../mutation/write'
import { decodeKey } from '../query/decode-key'
import { planItem, planList } from '../query/parse-query'
import { readMany, readOne } from '../query/read'

export type OperationType = typeof operationTypes[number]
const operationTypes = ['fetchFirst', 'fetchMany', 'create', 'update', 'delete'] as const

/** One operation of a batch. Its collection is known; its key, query and item are as they came. */
export interface Operation {
  type: OperationType
  collection: ServerCollection
  /** Of a create: the temporary key under which the rest of the batch refers to the row. */
  key?: string | number
  query: QueryInput
  item?: unknown
}

export interface OperationAnswer {
  /** A row, rows, or `null` where no row fits. */
  result: unknown
  nextCursor?: string
}

/** @throws RstoreError RSTORE_INVALID_BODY, RSTORE_UNKNOWN_COLLECTION or RSTORE_READONLY_COLLECTION */
export function parseOperation(input: unknown, registry: Registry): Operation {
  if (!isObject(input))
    throw malformed('An operation must be an object.')
  const { type, collection: name, key, query, item, mutationId, ...others } = input
  if (!operationTypes.includes(type as OperationType))
    throw malformed(`"type" must be one of ${operationTypes.join(', ')}.`)
  if (typeof name !== 'string')
    throw malformed('"collection" must be the name of one.')
  const collection = registry.collection(name)
  const [other] = Object.keys(others)
  if (other !== undefined)
    throw malformed(`An operation has nothing named ${JSON.stringify(other.slice(0, 40))}.`, name)
  if (key !== undefined && typeof key !== 'string' && typeof key !== 'number')
    throw malformed('"key" must be text or a number.', name)
  if (key === undefined && (type === 'update' || type === 'delete'))
    throw malformed('"key" must be given.', name)
  if (query !== undefined && !isObject(query))
    throw malformed('"query" must be an object.', name)
  if (mutationId !== undefined && typeof mutationId !== 'string')
    throw malformed('"mutationId" must be text.', name)
  const operation = { type: type as OperationType, collection, key, query: queryInput(query ?? {}), item }
  if (collection.model.readonly && isWrite(operation))
    throw new RstoreError('RSTORE_READONLY_COLLECTION', `"${name}" is a view: it can be read, not written.`, { collection: name })
  return operation
}

export function isWrite({ type }: Operation): boolean {
  return type === 'create' || type === 'update' || type === 'delete'
}

export async function runOperation({ type, collection, key, query, item }: Operation, execution: Execution, limits: QueryLimits): Promise<OperationAnswer> {
  const { model } = collection
  switch (type) {
    case 'fetchMany': {
      const { rows, nextCursor } = await readMany(collection, planList(query, collection, limits), execution)
      return { result: rows, nextCursor }
    }
    case 'fetchFirst': {
      if (key !== undefined)
        return { result: await readOne(collection, planItem(String(key), query, collection, limits), execution) }
      const { rows } = await readMany(collection, planList({ ...query, limit: 1 }, collection, limits), execution)
      return { result: rows[0] ?? null }
    }
    case 'create': return { result: await createRow(collection, decodeInput(model, item, 'create'), execution) }
    case 'update': return { result: await updateRow(collection, decodeKey(model, key), decodeInput(model, item, 'update'), execution) }
    case 'delete': return { result: await deleteRow(collection, decodeKey(model, key), execution) }
  }
}

/** What has no meaning of its own is a free value, for hooks. */
function queryInput(query: Record<string, unknown>): QueryInput {
  const input: Record<string, unknown> = {}
  // Without a prototype: its names come from outside.
  const params: Record<string, unknown> = Object.create(null)
  for (const [name, value] of Object.entries(query))
    (reservedParams.includes(name) ? input : params)[name] = value
  return { ...input, params }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(message: string, collection?: string): RstoreError {
  return new RstoreError('RSTORE_INVALID_BODY', message, { collection })
}
