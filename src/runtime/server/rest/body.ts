import type { H3Event } from 'h3'
import { getRequestHeader } from 'h3'
import { RstoreError } from '../../shared/errors'
import { isOwnOrigin } from './origin'

/** Most bytes of a body. */
export const maxBodyBytes = 1_048_576
/** Deepest nesting of a body: what walks through it later does so by recursion. */
const maxBodyDepth = 200

/**
 * The body of a write, parsed.
 * @throws RstoreError RSTORE_UNSUPPORTED_MEDIA_TYPE, RSTORE_BODY_TOO_LARGE or RSTORE_INVALID_BODY
 */
export async function readJsonBody(event: H3Event, limit = maxBodyBytes): Promise<unknown> {
  const type = getRequestHeader(event, 'content-type')?.split(';', 1)[0]!.trim().toLowerCase()
  if (type !== 'application/json')
    throw new RstoreError('RSTORE_UNSUPPORTED_MEDIA_TYPE', `The body must be sent as application/json${type ? `, not ${type.slice(0, 100)}` : ''}.`)
  if (Number(getRequestHeader(event, 'content-length')) > limit)
    throw tooLarge(limit)
  const bytes = await readBytes(event, limit)
  if (depthOf(bytes) > maxBodyDepth)
    throw new RstoreError('RSTORE_INVALID_BODY', `The body is nested more than ${maxBodyDepth} levels deep.`)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  }
  catch {
    throw new RstoreError('RSTORE_INVALID_BODY', 'The body is no valid JSON.')
  }
}

/**
 * Refuses a write that a browser sends for another site. Other clients, which don't say where they are,
 * can't be made to send somebody's cookies.
 * @throws RstoreError RSTORE_CROSS_SITE
 */
export function refuseCrossSite(event: H3Event): void {
  const site = getRequestHeader(event, 'sec-fetch-site')
  if (site === undefined ? hasOtherOrigin(event) : !ownSites.includes(site))
    throw new RstoreError('RSTORE_CROSS_SITE', 'Writes from other sites are refused.')
}

const ownSites = ['same-origin', 'same-site', 'none']

/** Browsers send `Origin` with every write, `sec-fetch-site` only to addresses that they trust: not to plain HTTP. */
function hasOtherOrigin(event: H3Event): boolean {
  const origin = getRequestHeader(event, 'origin')
  return origin !== undefined && !isOwnOrigin(origin, ['host', ':authority', 'x-forwarded-host'].map(name => getRequestHeader(event, name)))
}

async function readBytes(event: H3Event, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bodyOf(event)) {
    const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk
    size += bytes.length
    if (size > limit)
      throw tooLarge(limit)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

/** How deep the brackets of JSON are nested; those in strings don't count. */
function depthOf(json: Uint8Array): number {
  let [depth, deepest, inString] = [0, 0, false]
  for (let i = 0; i < json.length; i++) {
    const byte = json[i]
    if (byte === 0x22)
      inString = !inString
    else if (inString && byte === 0x5C)
      i++
    else if (!inString && (byte === 0x7B || byte === 0x5B))
      deepest = Math.max(deepest, ++depth)
    else if (!inString && (byte === 0x7D || byte === 0x5D))
      depth--
  }
  return deepest
}

type Chunks = Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>

/** Where the body is depends on who called: a socket, a fetch handler, a platform that has read it, Nitro itself. */
function bodyOf(event: H3Event): Chunks {
  const request = event.node.req as typeof event.node.req & { rawBody?: unknown, body?: unknown }
  const body: unknown = event.web?.request?.body ?? request.rawBody ?? request.body
  if (body == null)
    return request
  if (typeof body === 'string' || body instanceof Uint8Array)
    return [body]
  if (typeof body === 'object' && Symbol.asyncIterator in body)
    return body as AsyncIterable<Uint8Array>
  return [JSON.stringify(body)]
}

function tooLarge(limit: number): RstoreError {
  return new RstoreError('RSTORE_BODY_TOO_LARGE', `The body is larger than ${limit} bytes.`)
}
