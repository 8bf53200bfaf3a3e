import type { Key } from '../../shared/key'
import type { Prepared } from '../pipeline/prepared'
import type { PipelineRequest } from '../pipeline/request'
import type { QueryInput } from '../query/parse-query'
import type { Registry, ServerCollection } from '../registry'
import { RstoreError } from '../../shared/errors'
import { reservedParams } from '../../shared/query'
import { prepareOnce } from '../once/once'
import { prepareItem, prepareList } from '../pipeline/read'
import { prepareCreate, prepareDelete, prepareUpdate } from '../pipeline/write'

export type OperationType = typeof operationTypes[number]
const operationTypes = ['fetchFirst', 'fetchMany', 'create', 'update', 'delete'] as const

/** One operation of a batch. Its collection is known; its key, query and item are as they came. */
export interface Operation {
  type: OperationType
  collection: ServerCollection
  /** Of a create: the temporary key under which the rest of the batch refers to the row. */
  key?: Key
  query: QueryInput
  item?: unknown
  mutationId?: string
}

/** @throws RstoreError RSTORE_INVALID_BODY or RSTORE_UNKNOWN_COLLECTION */
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
  return { type: type as OperationType, collection, key, query: queryInput(query ?? {}), item, mutationId }
}

/** Whether an operation that nobody has parsed yet may be a write. */
export function mayWrite(input: unknown): boolean {
  return !isObject(input) || (input.type !== 'fetchFirst' && input.type !== 'fetchMany')
}

export function isWrite({ type }: Operation): boolean {
  return type === 'create' || type === 'update' || type === 'delete'
}

export async function prepareOperation(operation: Operation, request: PipelineRequest): Promise<Prepared> {
  const { type, collection, key, query, item, mutationId } = operation
  switch (type) {
    case 'fetchMany': return prepareList(query, collection, request)
    case 'fetchFirst': return key === undefined ? prepareFirst(query, collection, request) : prepareItem(key, query, collection, request)
    default: return prepareOnce(mutationId, { type, collection, key }, request, () => {
      switch (type) {
        case 'create': return prepareCreate(item, collection, request)
        case 'update': return prepareUpdate(key!, item, collection, request)
        case 'delete': return prepareDelete(key!, collection, request)
      }
    })
  }
}

async function prepareFirst(query: QueryInput, collection: ServerCollection, request: PipelineRequest): Promise<Prepared> {
  const list = await prepareList({ ...query, limit: 1 }, collection, request)
  return {
    ...list,
    async execute(execution) {
      const executed = await list.execute(execution)
      return { hooked: executed.hooked, finish: async () => ({ result: ((await executed.finish()).result as unknown[])[0] ?? null }) }
    },
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
