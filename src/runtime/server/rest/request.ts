import type { H3Event } from 'h3'
import type { RstoreErrorCode } from '../../shared/errors'
import type { QueryInput } from '../query/parse-query'
import { RstoreError } from '../../shared/errors'
import { splitKeys } from '../../shared/key'
import { reservedParams } from '../../shared/query'

/**
 * The last segments of the path, decoded. Taken from the URL as it was sent: h3 decodes paths before it
 * routes them, after which a `?` in a key is no longer told from the one that starts the query.
 */
export function pathSegments(event: H3Event, count: number): string[] {
  const path = rawUrl(event).split(/[?#]/, 1)[0]!.replace(/\/+$/, '')
  try {
    return path.split('/').slice(-count).map(decodeURIComponent)
  }
  catch {
    throw new RstoreError('RSTORE_INVALID_KEY', 'The path is not well-formed: its percent encoding is broken.')
  }
}

/** Whether a key starts with `?`: its route ended there, so that the request came to the one of the collection. */
export function endsInKey(event: H3Event): boolean {
  return /\/%3F[^/]*$/i.test(rawUrl(event).split(/[?#]/, 1)[0]!)
}

/** Options of a read from the search params, in the form they have in JSON. */
export function queryInput(event: H3Event, collection: string): QueryInput {
  const url = rawUrl(event)
  const start = url.indexOf('?')
  const search = new URLSearchParams(start < 0 ? '' : url.slice(start))
  const input: Record<string, unknown> = {}
  // Without a prototype: its names come from outside.
  const params: Record<string, unknown> = Object.create(null)
  for (const name of new Set(search.keys())) {
    const values = search.getAll(name)
    if (!reservedParams.includes(name))
      params[name] = values.length > 1 ? values : values[0]
    else if (values.length > 1)
      throw new RstoreError('RSTORE_INVALID_QUERY', `"${name}" is given more than once.`, { collection })
    else
      input[name] = fromSearch(name, values[0]!, collection)
  }
  return { ...input, params }
}

function fromSearch(name: string, text: string, collection: string): unknown {
  switch (name) {
    case 'where': return parseJson(name, text, 'RSTORE_INVALID_CONDITION', collection)
    case 'include':
    case 'with': return parseJson(name, text, 'RSTORE_INVALID_QUERY', collection)
    case 'orderBy':
    case 'columns': return text === '' ? [] : text.split(',')
    case 'limit':
    case 'offset': return /^\d{1,15}$/.test(text) ? Number(text) : text
    case 'keys': return splitKeys(text)
    default: return text
  }
}

function parseJson(name: string, text: string, code: RstoreErrorCode, collection: string): unknown {
  try {
    return JSON.parse(text)
  }
  catch {
    throw new RstoreError(code, `"${name}" is no valid JSON.`, { collection })
  }
}

function rawUrl(event: H3Event): string {
  const { originalUrl, url } = event.node.req as { originalUrl?: string, url?: string }
  return originalUrl ?? url ?? '/'
}
