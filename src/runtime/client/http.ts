import type { CollectionModel, Row, WireRow } from '../shared/model'
import type { Key } from '../shared/key'
import type { ListQuery } from '../shared/query'
import type { ListAnswer, Transport } from '../store/transport'
import { createReviver, encodeRow } from '../shared/codec'
import { RstoreError, isRstoreError } from '../shared/errors'
import { reviveIncludes } from '../shared/include-codec'
import { encodeQuery, toSearchParams } from '../shared/query-params'
import { clientIdHeader, defaultQueryLimits, nextCursorHeader } from '../shared/query'
import { gatherReads } from './gather'

export interface HttpOptions {
  /** Base path of the REST API, with the app's base URL before it. */
  apiPath: string
  /** On the server one that carries the cookies and headers of the page request. */
  fetch: (url: string, init?: RequestInit) => Promise<Response>
  /** The model of a collection, for related rows. */
  modelOf?: (name: string) => CollectionModel
  /** Most operations in one batch. @default 100 */
  maxBatchSize?: number
  /** Tells the server which tab a change comes from. */
  clientId?: string
}

/** Reaches the generated REST API. Every failure is an `RstoreError`. */
export function createHttpTransport({ apiPath, fetch, modelOf, maxBatchSize = defaultQueryLimits.maxBatchSize, clientId }: HttpOptions): Transport {
  const revivers = new Map<string, (row: WireRow) => Row>()

  return {
    ...gatherReads(fetchMany, fetchBatch, maxBatchSize),
    async fetchFirst(model, key, query) {
      try {
        return revive([await json(await send(model, 'GET', urlOf(model, key, query)), model, isObject) as WireRow], model, query)[0]
      }
      catch (error) {
        if (isRstoreError(error) && error.code === 'RSTORE_NOT_FOUND')
          return undefined
        throw error
      }
    },
    create: (model, item) => row(model, 'POST', urlOf(model), item),
    update: (model, key, patch) => row(model, 'PATCH', urlOf(model, key), patch),
    async delete(model, key) {
      const response = await send(model, 'DELETE', urlOf(model, key))
      // The row is gone, whether its last state arrives or not.
      return reviverOf(model)(await response.json().catch(() => ({})) as WireRow)
    },
    async batch(operations, { atomic }) {
      const results = await sendBatch<WireRow>(operations.map(({ type, collection, key, item }) => ({ type, collection: collection.name, key, item: item && encodeRow(item, collection) })), atomic)
      return results.map((result, i) => {
        const { collection } = operations[i]!
        return result.ok ? { ok: true, result: reviverOf(collection)(result.result) } : { ok: false, error: errorOf(result.error, result.error.statusCode ?? 0, collection) }
      })
    },
  }

  async function fetchMany(model: CollectionModel, query: ListQuery): Promise<ListAnswer> {
    const response = await send(model, 'GET', urlOf(model, undefined, query))
    const rows = await json(response, model, Array.isArray) as WireRow[]
    return { rows: revive(rows, model, query), nextCursor: response.headers.get(nextCursorHeader) ?? undefined }
  }

  async function fetchBatch(reads: readonly { model: CollectionModel, query: ListQuery }[]): Promise<(ListAnswer | Error)[]> {
    const results = await sendBatch<WireRow[]>(reads.map(({ model, query }) => ({ type: 'fetchMany', collection: model.name, query: encodeQuery(query, model, modelOf) })))
    return results.map((result, i) => {
      const { model, query } = reads[i]!
      return result.ok ? { rows: revive(result.result, model, query), nextCursor: result.nextCursor } : errorOf(result.error, result.error.statusCode ?? 0, model)
    })
  }

  async function sendBatch<R>(operations: readonly object[], atomic?: boolean): Promise<BatchAnswer<R>[]> {
    const isComplete = (answer: unknown) => (answer as { results?: unknown[] } | null)?.results?.length === operations.length
    const { results } = await json(await send(undefined, 'POST', `${apiPath}/_batch`, { atomic, operations }), undefined, isComplete) as { results: BatchAnswer<R>[] }
    return results
  }

  async function row(model: CollectionModel, method: string, url: string, body?: Row): Promise<Row> {
    return reviverOf(model)(await json(await send(model, method, url, body && encodeRow(body, model)), model, isObject) as WireRow)
  }

  function revive(rows: WireRow[], model: CollectionModel, { include }: ListQuery): Row[] {
    if (include)
      reviveIncludes(rows, include, model, modelOf!)
    return rows.map(reviverOf(model))
  }

  async function send(model: CollectionModel | undefined, method: string, url: string, body?: object): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json' }
    if (clientId)
      headers[clientIdHeader] = clientId
    if (body)
      headers['content-type'] = 'application/json'
    let response: Response
    try {
      response = await fetch(url, { method, headers, body: body && JSON.stringify(body) })
    }
    catch (cause) {
      throw new RstoreError('RSTORE_NETWORK', `The server could not be reached for ${nameOf(model)}.`, { collection: model?.name, cause })
    }
    if (!response.ok)
      throw await failure(response, model)
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
  throw new RstoreError('RSTORE_NETWORK', `The answer for ${nameOf(model)} broke off or is not what was asked for.`, { collection: model?.name, cause })
}

type BatchAnswer<R> = { ok: true, result: R, nextCursor?: string } | { ok: false, error: ErrorBody }
interface ErrorBody { statusCode?: number, message?: string, statusMessage?: string, data?: { code?: string, field?: string } }

async function failure(response: Response, model: CollectionModel | undefined): Promise<RstoreError> {
  return errorOf(await response.json().catch(() => undefined) as ErrorBody | undefined, response.status, model)
}

/** The error that the server has named, or what can be told of one that it has not. */
function errorOf(body: ErrorBody | undefined, statusCode: number, model: CollectionModel | undefined): RstoreError {
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
