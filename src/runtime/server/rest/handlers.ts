import type { EventHandler, H3Event } from 'h3'
import type { OnceOperation } from '../once/once'
import type { Answer, Prepared } from '../pipeline/prepared'
import type { PipelineDependencies, PipelineRequest } from '../pipeline/request'
import type { ServerCollection } from '../registry'
import type { ErrorReport } from './respond'
import { defineEventHandler, getRequestHeader, setResponseHeader } from 'h3'
import { RstoreError } from '../../shared/errors'
import { mutationIdHeader, nextCursorHeader } from '../../shared/query'
import { prepareOnce } from '../once/once'
import { run } from '../pipeline/prepared'
import { prepareItem, prepareList } from '../pipeline/read'
import { beginRequest } from '../pipeline/request'
import { prepareCreate, prepareDelete, prepareUpdate } from '../pipeline/write'
import { readJsonBody, refuseCrossSite } from './body'
import { endsInKey, pathSegments, queryInput } from './request'
import { sendError, sendJson, sendOffset } from './respond'

export interface RestDependencies extends PipelineDependencies, ErrorReport {
  /** How far the feed of changes has come. @default there is none */
  offset?: () => string
}

export interface RestHandlers {
  /** `{apiPath}/:collection` */
  collection: EventHandler
  /** `{apiPath}/:collection/:key` */
  item: EventHandler
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'
interface Call { event: H3Event, collection: ServerCollection, key: string, request: PipelineRequest }
type Operation = (call: Call) => Promise<Answer>
type Operations = Partial<Record<Method, Operation>>

const collectionOperations: Operations = {
  GET: async ({ event, collection, request }) => run(await prepareList(queryInput(event, collection.name), collection, request), request),
  POST: async ({ event, collection, request }) => {
    const item = await readJsonBody(event)
    return write(event, { type: 'create', collection }, request, () => prepareCreate(item, collection, request))
  },
}

const itemOperations: Operations = {
  GET: async ({ event, collection, key, request }) => run(await prepareItem(key, queryInput(event, collection.name), collection, request), request),
  PATCH: async ({ event, collection, key, request }) => {
    const item = await readJsonBody(event)
    return write(event, { type: 'update', collection, key }, request, () => prepareUpdate(key, item, collection, request))
  },
  DELETE: async ({ event, collection, key, request }) => write(event, { type: 'delete', collection, key }, request, () => prepareDelete(key, collection, request)),
}

async function write(event: H3Event, operation: OnceOperation, request: PipelineRequest, prepare: () => Promise<Prepared>): Promise<Answer> {
  return run(await prepareOnce(getRequestHeader(event, mutationIdHeader), operation, request, prepare), request)
}

/** The REST API as h3 handlers that work at whatever path they are mounted. */
export function createRestHandlers(dependencies: RestDependencies): RestHandlers {
  const collection = handlerOf(collectionOperations, event => [pathSegments(event, 1)[0]!, ''])
  const item = handlerOf(itemOperations, event => pathSegments(event, 2) as [string, string])
  return { item, collection: defineEventHandler(event => endsInKey(event) ? item(event) : collection(event)) }

  function handlerOf(operations: Operations, address: (event: H3Event) => [collection: string, key: string]): EventHandler {
    return defineEventHandler(async (event) => {
      try {
        if (event.method === 'OPTIONS')
          return sendJson(event, 204, undefined, { allow: allowed(operations) })
        const operation = operationOf(event, operations)
        sendOffset(event, dependencies.offset)
        const [name, key] = address(event)
        const collection = dependencies.registry.collection(name)
        if (collection.model.readonly && operation !== operations.GET)
          setResponseHeader(event, 'allow', allowed({ GET: operations.GET }))
        const { result, nextCursor } = await operation({ event, collection, key, request: await beginRequest(event, dependencies) })
        if (nextCursor)
          setResponseHeader(event, nextCursorHeader, nextCursor)
        return sendJson(event, 200, result)
      }
      catch (error) {
        return sendError(event, error, dependencies)
      }
    })
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
