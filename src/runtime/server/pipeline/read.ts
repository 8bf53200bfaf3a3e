import type { QueryInput, ItemPlan, ListPlan } from '../query/parse-query'
import type { RelationPlan } from '../query/plan-include'
import type { Scope } from '../query/scope'
import type { ServerCollection } from '../registry'
import type { Key } from '../../shared/key'
import type { Row, WireRow } from '../../shared/model'
import type { Prepared } from './prepared'
import type { HookedOperation } from './run-hooks'
import type { PipelineRequest } from './request'
import { planItem, planList } from '../query/parse-query'
import { notFound, readKeys, readMany, readOne } from '../query/read'
import { everything } from '../query/scope'
import { encodeRows, finishRows } from './finish-rows'
import { keyRow, settle } from './pending-key'
import { hasAfter, hookedOperation, runAfter } from './run-hooks'
import { readScope } from './scope'

/** A read as its hooks know it, relation by relation. */
export interface HookedRead {
  operation: HookedOperation
  relations: Map<RelationPlan, { target: HookedOperation, through?: HookedOperation }>
  /** Whether after hooks want the rows as objects. */
  decoded: boolean
}

/** A list. */
export async function prepareList(input: QueryInput, collection: ServerCollection, request: PipelineRequest): Promise<Prepared> {
  request.rules.assertAllowed(collection)
  const plan = planList(input, collection, request.limits)
  const read = await authorize(plan, hookedOperation(collection, 'index.get', request, hookQuery(input)), request)
  return {
    collection,
    needsTransaction: false,
    async execute(execution) {
      const { rows, nextCursor } = await readMany(collection, plan, { ...execution, decoded: read.decoded })
      return {
        hooked: read.decoded,
        finish: async () => ({
          result: read.decoded ? await finishRows(rows, plan, read, request, rows => runAfter(read.operation, request, rows)) : rows,
          nextCursor,
        }),
      }
    },
  }
}

/** Rows by their keys, with what has been worked out of who reads them; without that, all of them as they are. */
export function prepareRows(keys: readonly string[], where: unknown, collection: ServerCollection, request: PipelineRequest, reader?: { scope: Scope, operation: HookedOperation }): Prepared {
  const list = planList({ keys, where, limit: keys.length }, collection, request.limits)
  // A short statement for one row: SQLite parses it each time, which costs more than to run it.
  const found = list.keys?.length === 1 ? { keys: undefined, key: list.keys[0], order: [] } : undefined
  const plan = { ...list, ...found, scope: reader?.scope ?? everything }
  const decoded = reader !== undefined && hasAfter(reader.operation, request)
  return {
    collection,
    needsTransaction: false,
    async execute(execution) {
      const { rows } = await readMany(collection, plan, { ...execution, decoded })
      return { hooked: decoded, finish: async () => ({ result: decoded ? encodeRows(await runAfter(reader.operation, request, rows), collection) : rows }) }
    },
  }
}

/** One row by its key. `finish` throws RSTORE_NOT_FOUND where a hook leaves nothing of it. */
export async function prepareItem(key: Key, input: QueryInput, collection: ServerCollection, request: PipelineRequest): Promise<Prepared> {
  request.rules.assertAllowed(collection)
  const plan = planItem(keyRow(key, collection, request.pending), input, collection, request.limits)
  const read = await authorize(plan, hookedOperation(collection, 'item.get', request, hookQuery(input), String(key)), request)
  return {
    collection,
    needsTransaction: false,
    async execute(execution) {
      const row = await readOne(collection, { ...plan, key: settle(plan.key) }, { ...execution, decoded: read.decoded })
      return { hooked: read.decoded, finish: async () => ({ result: read.decoded ? await finishItem(row) : row }) }
    },
  }
  async function finishItem(row: Row): Promise<WireRow> {
    const [result] = await finishRows([row], plan, read, request, async ([row]) => {
      const left = await runAfter<Row | null | undefined>(read.operation, request, row!)
      return left ? [left] : []
    })
    if (!result)
      throw notFound(collection)
    return result
  }
}

/** Rows of which the keys are known to be sound, by `keyText`; nothing where hooks want to see each of the operations. */
export async function prepareItems(keys: Row[], input: QueryInput, collection: ServerCollection, request: PipelineRequest): Promise<Prepared | undefined> {
  request.rules.assertAllowed(collection)
  const plan = planItem(keys[0]!, input, collection, request.limits)
  const operation = hookedOperation(collection, 'item.get', request, {})
  if (isHooked(operation, plan.include, request))
    return undefined
  await authorize(plan, operation, request)
  return {
    collection,
    needsTransaction: false,
    async execute(execution) {
      const result = await readKeys(collection, plan, keys, execution)
      return { hooked: false, finish: async () => ({ result }) }
    },
  }
}

/** Whether any hook runs for a read with these relations. */
function isHooked({ collection, subject }: Pick<HookedOperation, 'collection' | 'subject'>, plans: readonly RelationPlan[], request: PipelineRequest): boolean {
  return request.rules.hasHooks(collection, subject) || plans.some(({ relation: { target, through }, include }) =>
    isHooked({ collection: target, subject: 'index.get' }, include, request) || (!!through && request.rules.hasHooks(through.collection, 'index.get')))
}

/** Narrows the plan, and those of the relations in it, to what the caller can reach. */
async function authorize(plan: ListPlan | ItemPlan, operation: HookedOperation, request: PipelineRequest): Promise<HookedRead> {
  const read: HookedRead = { operation, relations: new Map(), decoded: hasAfter(operation, request) }
  assertAllAllowed(plan.include, request)
  plan.scope = await readScope(operation, request)
  await authorizeRelations(plan.include, read, request)
  return read
}

async function authorizeRelations(plans: readonly RelationPlan[], read: HookedRead, request: PipelineRequest): Promise<void> {
  for (const plan of plans) {
    const { relation: { target, through }, query } = plan
    const operations = {
      target: hookedOperation(target, 'index.get', request, query),
      through: through && hookedOperation(through.collection, 'index.get', request, {}),
    }
    plan.scope = await readScope(operations.target, request)
    if (operations.through) {
      plan.throughScope = await readScope(operations.through, request)
      // They may leave out a row by leaving out what leads to it.
      plan.withThrough ||= hasAfter(operations.through, request)
    }
    read.relations.set(plan, operations)
    read.decoded ||= hasAfter(operations.target, request) || (!!operations.through && hasAfter(operations.through, request))
    await authorizeRelations(plan.include, read, request)
  }
}

function assertAllAllowed(plans: readonly RelationPlan[], request: PipelineRequest): void {
  for (const { relation: { target, through }, include } of plans) {
    request.rules.assertAllowed(target)
    if (through)
      request.rules.assertAllowed(through.collection)
    assertAllAllowed(include, request)
  }
}

/** Hooks see free values beside the options, as in the URL. */
function hookQuery({ params, ...options }: QueryInput): Record<string, unknown> {
  return { ...params, ...options }
}
