import type { Key } from '../../shared/key'
import type { CollectionModel, Row } from '../../shared/model'
import type { WriteTarget } from '../mutation/write'
import type { Execution } from '../query/rows'
import type { Scope } from '../query/scope'
import type { ServerCollection } from '../registry'
import type { Decision } from '../rules/policy'
import type { Change, Executed, Prepared } from './prepared'
import type { PipelineRequest } from './request'
import { encodeValue } from '../../shared/codec'
import { RstoreError } from '../../shared/errors'
import { requireColumns } from '../../shared/input'
import { planDependents } from '../mutation/dependents'
import { deleteRow, insertRow, updateRow } from '../mutation/write'
import { notFound } from '../query/read'
import { decodeRow } from '../query/decode-rows'
import { give } from '../query/rows'
import { withinScope } from '../query/scope'
import { decodeBody, settleBody } from './body'
import { encodeRows } from './finish-rows'
import { fits, foresee, verify } from './new-row'
import { keyRow, settle, show } from './pending-key'
import { hasAfter, hookedOperation, runAfter, runBefore } from './run-hooks'
import { ask, reach } from './scope'

export async function prepareCreate(item: unknown, collection: ServerCollection, request: PipelineRequest): Promise<Prepared> {
  const { model } = collection
  const { begin, end } = beginWrite(collection, 'index.post', request)
  const given = decodeBody(item, collection, request)
  const body = await begin(given)
  requireColumns(model, body)
  const created = foresee(await ask(collection, 'create', request, show(body)), body, collection, request)
  if (created === false)
    throw forbidden('create rows of', collection)
  const readable = foresee(await ask(collection, 'read', request), body, collection, request)
  return {
    collection,
    needsTransaction: typeof created === 'object',
    async execute(execution) {
      const row = await insertRow(collection, settle(body), execution)
      if (typeof created === 'object' && !await fits(row, created, collection, execution))
        throw forbidden('create this row of', collection)
      const isReadable = typeof readable === 'object' ? await fits(row, readable, collection, execution) : readable
      // Who may not read the row learns its key, and what they have given themselves.
      const withheld = isReadable ? [] : collection.visible.filter(field => !model.primaryKey.includes(field) && given[field] === undefined)
      return end(row, { body, withheld })
    },
  }
}

export async function prepareUpdate(key: Key, item: unknown, collection: ServerCollection, request: PipelineRequest): Promise<Prepared> {
  const { scope, begin, end } = beginWrite(collection, 'item.patch', request, key)
  const row = keyRow(key, collection, request.pending)
  const body = await begin(decodeBody(item, collection, request))
  const changes = withoutKey(collection.model, row, body)
  const decisions = await reachable('update', collection, request)
  const checks = verify(decisions, changes, collection, request)
  if (checks === false)
    throw forbidden('change a row to this in', collection)
  const target = withinScope({ ...scope, ...reach(...decisions) })
  const names = Object.keys(changes)
  const dependents = dependentsOn(collection, names, request)
  return {
    collection,
    needsTransaction: checks !== undefined || dependents.needTransaction,
    async execute(execution) {
      const aim = { ...target, key: settle(row) }
      const along = await dependents.read(aim, execution)
      const { row: changed, previous } = await updateRow(collection, aim, settle(changes), request.wantsPrevious?.(collection) ?? false, execution)
      if (checks && !await fits(changed, checks, collection, execution))
        throw forbidden('change a row to this in', collection)
      return end(changed, { body, told: names.length > 0 && { previous: previous && (() => give(previous, collection, request.execution)), dependents: along } })
    },
  }
}

export async function prepareDelete(key: Key, collection: ServerCollection, request: PipelineRequest): Promise<Prepared> {
  const { scope, begin, end } = beginWrite(collection, 'item.delete', request, key)
  const row = keyRow(key, collection, request.pending)
  await begin()
  const decisions = await reachable('delete', collection, request)
  const target = withinScope({ ...scope, ...reach(...decisions) })
  const dependents = dependentsOn(collection, undefined, request)
  return {
    collection,
    needsTransaction: dependents.needTransaction,
    async execute(execution) {
      const aim = { ...target, key: settle(row) }
      const told = { dependents: await dependents.read(aim, execution) }
      return end(await deleteRow(collection, aim, execution), { told })
    },
  }
}

/** How a write, of these fields where it is an update, gets to know what else the database will do. */
function dependentsOn(collection: ServerCollection, changed: readonly string[] | undefined, { wantsPrevious, registry, execution: { dialect, database } }: PipelineRequest) {
  const read = wantsPrevious && planDependents(collection, changed, wantsPrevious, registry)
  const canTransact = dialect.canTransact?.(database) ?? true
  return {
    needTransaction: read !== undefined && canTransact,
    read: async (target: WriteTarget, execution: Execution) => read && (canTransact ? read(target, execution) : 'many'),
  }
}

interface Ending {
  body?: Row
  /** Fields that the client does not get to see. After hooks do. */
  withheld?: readonly string[]
  /** What the change tells beside the row; `false` where nothing has changed. */
  told?: Pick<Change, 'previous' | 'dependents'> | false
}

/** What all writes begin and end with. */
function beginWrite(collection: ServerCollection, subject: 'index.post' | 'item.patch' | 'item.delete', request: PipelineRequest, key?: Key) {
  const { name, model } = collection
  request.rules.assertAllowed(collection)
  if (model.readonly)
    throw new RstoreError('RSTORE_READONLY_COLLECTION', `"${name}" is a view: it can be read, not written.`, { collection: name })
  const operation = hookedOperation(collection, subject, request, {}, key === undefined ? undefined : String(key))
  const scope: Scope = { denied: false, conditions: [], extras: {} }
  return {
    /** Filled in by `begin`. */
    scope,
    /** Runs the before hooks. Gives what they leave of the body. */
    async begin(given: Row = {}): Promise<Row> {
      const shown = show(given)
      const body = await runBefore(operation, request, scope, subject === 'item.delete' ? undefined : { ...shown })
      return settleBody(body ?? {}, shown, given, collection)
    },
    end: (raw: Row, { body, withheld = [], told = {} }: Ending = {}): Executed => ({
      change: told ? { collection, type: changeTypes[subject], row: () => give(raw, collection, request.execution), ...told } : undefined,
      key: () => decodeRow(pick(raw, model.primaryKey), collection, request.execution.report),
      hooked: hasAfter(operation, request),
      async finish() {
        if (!hasAfter(operation, request))
          return { result: give(omit(raw, withheld), collection, request.execution, scope.extras) }
        const row = give(raw, collection, { ...request.execution, decoded: true }, scope.extras)
        const key = pick(row, model.primaryKey)
        const result = await runAfter<Row | null | undefined>(operation, request, row, body && settle(body))
        return { result: omit(encodeRows([result ?? key], collection)[0]!, withheld) }
      },
    }),
  }
}

const changeTypes = { 'index.post': 'created', 'item.patch': 'updated', 'item.delete': 'deleted' } as const

/** What the policy says of the rows that can be changed or deleted: they must be ones that can be read, too. */
async function reachable(action: 'update' | 'delete', collection: ServerCollection, request: PipelineRequest): Promise<Decision[]> {
  const decisions = [await ask(collection, 'read', request), await ask(collection, action, request)]
  if (decisions[0] === false)
    throw notFound(collection)
  if (decisions[1] === false)
    throw forbidden(`${action} rows of`, collection)
  return decisions
}

function forbidden(what: string, { name }: ServerCollection): RstoreError {
  return new RstoreError('RSTORE_FORBIDDEN', `You may not ${what} "${name}".`, { collection: name })
}

function withoutKey(model: CollectionModel, key: Row, values: Row): Row {
  for (const field of model.primaryKey) {
    const column = model.columns[field]!
    if (values[field] !== undefined && encodeValue(values[field], column) !== encodeValue(key[field], column))
      throw new RstoreError('RSTORE_READONLY_COLUMN', `"${field}" is part of the key of "${model.name}" and can't be changed.`, { field, collection: model.name })
  }
  return omit(values, model.primaryKey)
}

function omit(row: Row, fields: readonly string[]): Row {
  return fields.length === 0 ? row : Object.fromEntries(Object.entries(row).filter(([field]) => !fields.includes(field)))
}

function pick(row: Row, fields: readonly string[]): Row {
  return Object.fromEntries(fields.map(field => [field, row[field]]))
}
