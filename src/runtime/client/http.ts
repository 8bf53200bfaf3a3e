import type { CollectionModel, Row, WireRow } from '../shared/model'
import type { Key } from '../shared/key'
import type { ListQuery } from '../shared/query'
import type { ListAnswer, Transport, WriteOptions } from '../store/transport'
import type { BatchAnswer, BatchingOptions, ErrorBody, Operation } from './batching'
import { createReviver, encodeRow } from '../shared/codec'
import { RstoreError, isRstoreError } from '../shared/errors'
import { reviveIncludes } from '../shared/include-codec'
import { encodeQuery, toSearchParams } from '../shared/query-params'
import { clientIdHeader, defaultQueryLimits, mutationIdHeader, nextCursorHeader, offsetHeader } from '../shared/query'
import { createBatching } from './batching'

export interface HttpOptions {
  /** Base path of the REST API, with the app's base URL before it. */
  apiPath: string
  /** On the server one that carries the cookies and headers of the page request. */
  fetch: (url: string, init?: RequestInit) => Promise<Response>
  /** The model of a collection, for related rows. */
  modelOf?: (name: string) => CollectionModel
  /** What goes as one request. @default several reads of the store's own, and mutations that are made in one call */
  batching?: BatchingOptions
  /** Told with each answer how far the feed of changes had come before it was read. */
  onOffset?: (offset: string) => void
  /** Tells the server which tab a change comes from. */
  clientId?: () => string | undefined
  /** It is not known whether the server has made a change that was asked for. */
  onUnsure?: () => void
}

/** Servers in between take longer ones, but not all of them. */
const maxUrlLength = 4096

const noBatching: BatchingOptions = { fetch: false, mutations: false, delay: 0, maxWait: 0, maxSize: defaultQueryLimits.maxBatchSize }

/** Reaches the generated REST API. Every failure is an `RstoreError`. */
export function createHttpTransport({ apiPath, fetch, modelOf, batching = noBatching, clientId, onOffset, onUnsure }: HttpOptions): Transport {
  const revivers = new Map<string, (row: WireRow) => Row>()
  const { run, together } = createBatching(operations => sendBatch({ operations }), batching)

  return {
    together,
    fetchMany: (model, query) => run<ListAnswer>(readOperation('fetchMany', model, undefined, query, async (url) => {
      const response = await send(model, 'GET', url)
      const rows = await json(response, model, Array.isArray) as WireRow[]
      return { rows: revive(rows, model, query), nextCursor: response.headers.get(nextCursorHeader) ?? undefined }
    }, (answer) => {
      const { result, nextCursor } = sound(answer, model)
      return { rows: revive(result as WireRow[], model, query), nextCursor }
    })),
    fetchFirst: (model, key, query, batch) => run(readOperation('fetchFirst', model, key, query,
      url => orMissing(async () => revive([await json(await send(model, 'GET', url), model, isObject) as WireRow], model, query)[0]),
      answer => orMissing(() => revive([sound(answer, model).result as WireRow], model, query)[0])), { batch }),
    create: (model, item, options) => write('create', model, undefined, item, options),
    update: (model, key, patch, options) => write('update', model, key, patch, options),
    delete: (model, key, options) => write('delete', model, key, undefined, options),
    async batch(operations, { atomic }) {
      const answers = await sendBatch({ atomic, operations: operations.map(({ type, collection, key, item, mutationId }) => wireOf(type, collection, key, item, mutationId)) })
      return answers.map((answer, i) => {
        const { collection } = operations[i]!
        return answer.ok ? { ok: true, result: reviverOf(collection)(answer.result as WireRow) } : { ok: false, error: errorOf(answer.error, collection) }
      })
    },
  }

  /** A read by its URL or, where that gets too long for servers in between, in the body of a batch of its own. */
  function readOperation<T>(type: 'fetchMany' | 'fetchFirst', model: CollectionModel, key: Key | undefined, query: ListQuery, get: (url: string) => Promise<T>, read: Operation<T>['read']): Operation<T> {
    const wire = () => ({ type, collection: model.name, key, query: encodeQuery(query, model, modelOf) })
    return {
      type,
      wire,
      read,
      async alone() {
        const url = urlOf(model, key, query)
        return url.length > maxUrlLength ? read((await sendBatch({ operations: [wire()] }))[0]!) : get(url)
      },
    }
  }

  function write(type: 'create' | 'update' | 'delete', model: CollectionModel, key: Key | undefined, item: Row | undefined, options?: WriteOptions): Promise<Row> {
    const mutationId = options?.mutationId
    return run({
      type,
      wire: () => wireOf(type, model, key, item, mutationId),
      alone: () => surely(async () => {
        const response = await send(model, type === 'create' ? 'POST' : type === 'update' ? 'PATCH' : 'DELETE', urlOf(model, key), item && encodeRow(item, model), mutationId)
        // A row that is deleted is gone, whether its last state arrives or not.
        return reviverOf(model)(await (type === 'delete' ? response.json().catch(() => ({})) : json(response, model, isObject)) as WireRow)
      }),
      read: answer => reviverOf(model)(sound(answer, model).result as WireRow),
    }, options)
  }

  async function sendBatch(body: { operations: readonly object[], atomic?: boolean }): Promise<BatchAnswer[]> {
    const isComplete = (answer: unknown) => {
      const results = (answer as { results?: unknown } | null)?.results
      return Array.isArray(results) && results.length === body.operations.length && results.every(isObject)
    }
    const { results } = await surely(async () => json(await send(undefined, 'POST', `${apiPath}/_batch`, body), undefined, isComplete)) as { results: BatchAnswer[] }
    return results
  }

  /** Tells where it is not known what has become of a request. */
  async function surely<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    }
    catch (error) {
      const { statusCode } = error as RstoreError
      // Without one, no answer has come, or not all of it.
      if (!statusCode || statusCode >= 500)
        onUnsure?.()
      throw error
    }
  }

  function revive(rows: WireRow[], model: CollectionModel, { include }: ListQuery): Row[] {
    if (include)
      reviveIncludes(rows, include, model, modelOf!)
    return rows.map(reviverOf(model))
  }

  async function send(model: CollectionModel | undefined, method: string, url: string, body?: object, mutationId?: string): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json' }
    const id = clientId?.()
    if (id)
      headers[clientIdHeader] = id
    if (mutationId)
      headers[mutationIdHeader] = mutationId
    if (body)
      headers['content-type'] = 'application/json'
    let response: Response
    try {
      response = await fetch(url, { method, headers, body: body && JSON.stringify(body) })
    }
    catch (cause) {
      throw new RstoreError('RSTORE_NETWORK', `The server could not be reached for ${nameOf(model)}.`, { collection: model?.name, cause })
    }
    const offset = onOffset && response.headers.get(offsetHeader)
    if (offset)
      onOffset(offset)
    if (!response.ok)
      throw errorOf(await response.json().catch(() => undefined) as ErrorBody | undefined, model, response.status)
    return response
  }

  function urlOf(model: CollectionModel, key?: Key, query?: ListQuery): string {
    const search = query ? toSearchParams(query, model, modelOf).toString() : ''
    return `${apiPath}/${encodeURIComponent(model.name)}${key === undefined ? '' : `/${encodeURIComponent(key)}`}${search && `?${search}`}`
  }

  function reviverOf(model: CollectionModel): (row: WireRow) => Row {
    let revive = revivers.get(model.name)
    if (!revive)
      revivers.set(model.name, revive = createReviver(model))
    return revive
  }
}

function wireOf(type: Operation<Row>['type'], model: CollectionModel, key: Key | undefined, item: Row | undefined, mutationId: string | undefined): object {
  return { type, collection: model.name, key, item: item && encodeRow(item, model), mutationId }
}

/** A batch answers for a row that is not there as a request does. */
async function orMissing<T>(read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  }
  catch (error) {
    if (isRstoreError(error) && error.code === 'RSTORE_NOT_FOUND')
      return undefined
    throw error
  }
}

function sound(answer: BatchAnswer, model: CollectionModel): BatchAnswer & { ok: true } {
  if (!answer.ok)
    throw errorOf(answer.error, model)
  if (!isObject(answer.result))
    throw broken(model)
  return answer
}

function isObject(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null
}

async function json(response: Response, model: CollectionModel | undefined, isExpected: (answer: unknown) => boolean): Promise<unknown> {
  let cause: unknown
  try {
    const answer = await response.json() as unknown
    if (isExpected(answer))
      return answer
  }
  catch (error) {
    cause = error
  }
  throw broken(model, cause)
}

function broken(model: CollectionModel | undefined, cause?: unknown): RstoreError {
  return new RstoreError('RSTORE_NETWORK', `The answer for ${nameOf(model)} broke off or is not what was asked for.`, { collection: model?.name, cause })
}

/** The error that the server has named, or what can be told of one that it has not. */
function errorOf(body: ErrorBody | undefined, model: CollectionModel | undefined, statusCode = body?.statusCode ?? 0): RstoreError {
  const code = body?.data?.code ?? (statusCode === 404 ? 'RSTORE_NOT_FOUND' : statusCode >= 500 ? 'RSTORE_INTERNAL' : 'RSTORE_REJECTED')
  return new RstoreError(code, body?.message || body?.statusMessage || `The server answered ${statusCode} for ${nameOf(model)}.`, {
    statusCode,
    field: body?.data?.field,
    collection: model?.name,
    data: body?.data,
  })
}

function nameOf(model: CollectionModel | undefined): string {
  return model ? `"${model.name}"` : 'a batch'
}
