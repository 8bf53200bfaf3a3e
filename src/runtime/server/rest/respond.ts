import type { H3Event } from 'h3'
import { setResponseHeaders, setResponseStatus } from 'h3'
import { toErrorAnswer } from './errors'

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

/** Answers an error. What nobody expected is reported: the client only learns that there was something. */
export function sendError(event: H3Event, error: unknown, report: (error: unknown) => void): string | null {
  const answer = toErrorAnswer(error)
  if (answer.statusCode >= 500)
    report(error)
  return sendJson(event, answer.statusCode, answer)
}
