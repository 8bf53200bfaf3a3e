import type { CollectionModel, Row, WireRow } from '../shared/model'
import type { Key } from '../shared/key'
import type { ListQuery } from '../shared/query'
import type { Transport } from '../store/transport'
import { createReviver, encodeRow } from '../shared/codec'
import { RstoreError, isRstoreError } from '../shared/errors'
import { toSearchParams } from '../shared/query-params'
import { clientIdHeader, nextCursorHeader } from '../shared/query'

export interface HttpOptions {
  /** Base path of the REST API, with the app's base URL before it. */
  apiPath: string
  /** On the server one that carries the cookies and headers of the page request. */
  fetch: (url: string, init?: RequestInit) => Promise<Response>
  /** Tells the server which tab a change comes from. */
  clientId?: string
}

/** Reaches the generated REST API. Every failure is an `RstoreError`. */
export function createHttpTransport({ apiPath, fetch, clientId }: HttpOptions): Transport {
  const revivers = new Map<string, (row: WireRow) => Row>()

  return {
    async fetchMany(model, query) {
      const response = await send(model, 'GET', urlOf(model, undefined, query))
      const rows = await json(response, model, Array.isArray) as WireRow[]
      return { rows: rows.map(reviverOf(model)), nextCursor: response.headers.get(nextCursorHeader) ?? undefined }
    },
    async fetchFirst(model, key, query) {
      try {
        return await row(model, 'GET', urlOf(model, key, query))
      }
      catch (error) {
        if (isRstoreError(error) && error.code === 'RSTORE_NOT_FOUND')
          return undefined
        throw error
      }
    },
    create: (model, item) => row(model, 'POST', urlOf(model), item),
    update: (model, key, patch) => row(model, 'PATCH', urlOf(model, key), patch),
    delete: async (model, key) => void await send(model, 'DELETE', urlOf(model, key)),
  }

  async function row(model: CollectionModel, method: string, url: string, body?: Row): Promise<Row> {
    return reviverOf(model)(await json(await send(model, method, url, body), model, answer => typeof answer === 'object' && answer !== null) as WireRow)
  }

  async function send(model: CollectionModel, method: string, url: string, body?: Row): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json' }
    if (clientId)
      headers[clientIdHeader] = clientId
    if (body)
      headers['content-type'] = 'application/json'
    let response: Response
    try {
      response = await fetch(url, { method, headers, body: body && JSON.stringify(encodeRow(body, model)) })
    }
    catch (cause) {
      throw new RstoreError('RSTORE_NETWORK', `The server could not be reached for "${model.name}".`, { collection: model.name, cause })
    }
    if (!response.ok)
      throw await failure(response, model)
    return response
  }

  function urlOf(model: CollectionModel, key?: Key, query?: ListQuery): string {
    const search = query ? toSearchParams(query, model).toString() : ''
    return `${apiPath}/${encodeURIComponent(model.name)}${key === undefined ? '' : `/${encodeURIComponent(key)}`}${search && `?${search}`}`
  }

  function reviverOf(model: CollectionModel): (row: WireRow) => Row {
    let revive = revivers.get(model.name)
    if (!revive)
      revivers.set(model.name, revive = createReviver(model))
    return revive
  }
}

async function json(response: Response, model: CollectionModel, isExpected: (answer: unknown) => boolean): Promise<unknown> {
  let cause: unknown
  try {
    const answer = await response.json() as unknown
    if (isExpected(answer))
      return answer
  }
  catch (error) {
    cause = error
  }
  throw new RstoreError('RSTORE_NETWORK', `The answer for "${model.name}" broke off or is not what was asked for.`, { collection: model.name, cause })
}

/** The error that the server has named, or what can be told of one that it has not. */
async function failure(response: Response, model: CollectionModel): Promise<RstoreError> {
  const body = await response.json().catch(() => undefined) as { message?: string, statusMessage?: string, data?: { code?: string, field?: string } } | undefined
  const code = body?.data?.code ?? (response.status === 404 ? 'RSTORE_NOT_FOUND' : response.status >= 500 ? 'RSTORE_INTERNAL' : 'RSTORE_REJECTED')
  return new RstoreError(code, body?.message || body?.statusMessage || `The server answered ${response.status} for "${model.name}".`, {
    statusCode: response.status,
    field: body?.data?.field,
    collection: model.name,
    data: body?.data,
  })
}
