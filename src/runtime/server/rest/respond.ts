import type { H3Event } from 'h3'
import { setResponseHeaders, setResponseStatus } from 'h3'

/**
 * Answers JSON. The text is made here: h3 takes an object with a property like `buffer` or `end`, which a
 * row may well have, for a stream.
 */
export function sendJson(event: H3Event, status: number, value: unknown, headers: Record<string, string> = {}): string | null {
  setResponseHeaders(event, { 'cache-control': 'private, no-store', ...headers })
  const statusMessage = (value as { statusMessage?: string } | undefined)?.statusMessage
  setResponseStatus(event, status, status >= 400 ? statusMessage : undefined)
  if (value === undefined)
    return null
  setResponseHeaders(event, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' })
  // A body that was refused may not have been read to its end.
  if (status === 413)
    setResponseHeaders(event, { connection: 'close' })
  return event.method === 'HEAD' ? '' : JSON.stringify(value)
}
