import type { EventHandler, H3Event } from 'h3'
import type { WireRow } from '../../shared/model'
import type { ServerOptions } from '../options'
import type { Execution } from '../query/rows'
import type { Registry, ServerCollection } from '../registry'
import type { SqlDialect } from '../dialects/types'
import { defineEventHandler, setResponseHeader } from 'h3'
import { RstoreError } from '../../shared/errors'
import { decodeInput } from '../../shared/input'
import { nextCursorHeader } from '../../shared/query'
import { driverError } from '../dialects/error-chain'
import { createRow, deleteRow, updateRow } from '../mutation/write'
import { decodeKey } from '../query/decode-key'
import { planItem, planList } from '../query/parse-query'
import { readMany, readOne } from '../query/read'
import { readJsonBody, refuseCrossSite } from './body'
import { translateDatabaseError } from './errors'
import { endsInKey, pathSegments, queryInput } from './request'
import { sendError, sendJson } from './respond'

export interface RestDependencies {
  registry: Registry
  dialect: SqlDialect
  /** The app's database. Called once per request; may return a promise. */
  useDatabase: () => unknown
  options: ServerOptions
  /** An error that nobody expected; the client only learns that there was one. */
  onError: (error: unknown, event: H3Event) => void
  /** A stored value that its column can't mean was answered as NULL. */
  onBadValue: (collection: string, field: string) => void
}

export interface RestHandlers {
  /** `{apiPath}/:collection` */
  collection: EventHandler
  /** `{apiPath}/:collection/:key` */
  item: EventHandler
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'
interface Call { event: H3Event, collection: ServerCollection, key: string, execution: Execution }
type Operation = (call: Call) => Promise<WireRow | WireRow[]>
type Operations = Partial<Record<Method, Operation>>

/** The REST API as h3 handlers that work at whatever path they are mounted. */
export function createRestHandlers({ registry, dialect, useDatabase, options, onError, onBadValue }: RestDependencies): RestHandlers {
  const collection = handlerOf({ GET: list, POST: create }, event => [pathSegments(event, 1)[0]!, ''])
  const item = handlerOf({ GET: read, PATCH: update, DELETE: remove }, event => pathSegments(event, 2) as [string, string])
  return { item, collection: defineEventHandler(event => endsInKey(event) ? item(event) : collection(event)) }

  async function list({ event, collection, execution }: Call): Promise<WireRow[]> {
    const plan = planList(queryInput(event, collection.name), collection, options.queryLimits)
    const { rows, nextCursor } = await readMany(collection, plan, execution)
    if (nextCursor)
      setResponseHeader(event, nextCursorHeader, nextCursor)
    return rows
  }

  async function read({ event, collection, key, execution }: Call): Promise<WireRow> {
    return readOne(collection, planItem(key, queryInput(event, collection.name), collection, options.queryLimits), execution)
  }

  async function create({ event, collection, execution }: Call): Promise<WireRow> {
    return createRow(collection, decodeInput(collection.model, await readJsonBody(event), 'create'), execution)
  }

  async function update({ event, collection, key: text, execution }: Call): Promise<WireRow> {
    const key = decodeKey(collection.model, text)
    return updateRow(collection, key, decodeInput(collection.model, await readJsonBody(event), 'update'), execution)
  }

  async function remove({ collection, key, execution }: Call): Promise<WireRow> {
    return deleteRow(collection, decodeKey(collection.model, key), execution)
  }

  function handlerOf(operations: Operations, address: (event: H3Event) => [collection: string, key: string]): EventHandler {
    return defineEventHandler(async (event) => {
      try {
        if (event.method === 'OPTIONS')
          return sendJson(event, 204, undefined, { allow: allowed(operations) })
        const operation = operationOf(event, operations)
        const [name, key] = address(event)
        const collection = registry.collection(name)
        if (collection.model.readonly && operation !== operations.GET) {
          setResponseHeader(event, 'allow', allowed({ GET: operations.GET }))
          throw new RstoreError('RSTORE_READONLY_COLLECTION', `"${name}" is a view: it can be read, not written.`, { collection: name })
        }
        return sendJson(event, 200, await run(operation, { event, collection, key }))
      }
      catch (error) {
        return sendError(event, error, unexpected => onError(driverError(unexpected), event))
      }
    })
  }

  async function run(operation: Operation, call: Omit<Call, 'execution'>): Promise<WireRow | WireRow[]> {
    try {
      return await operation({ ...call, execution: { database: await useDatabase(), dialect, report: onBadValue } })
    }
    catch (error) {
      throw translateDatabaseError(error, call.collection, dialect)
    }
  }
}

function operationOf(event: H3Event, operations: Operations): Operation {
  const method = event.method === 'HEAD' ? 'GET' : event.method as string
  const operation = Object.hasOwn(operations, method) ? operations[method as Method] : undefined
  if (!operation) {
    setResponseHeader(event, 'allow', allowed(operations))
    throw new RstoreError('RSTORE_METHOD_NOT_ALLOWED', `This route does not answer ${event.method}.`)
  }
  if (method !== 'GET')
    refuseCrossSite(event)
  return operation
}

function allowed(operations: Operations): string {
  return [...Object.keys(operations).flatMap(method => method === 'GET' ? ['GET', 'HEAD'] : [method]), 'OPTIONS'].join(', ')
}
