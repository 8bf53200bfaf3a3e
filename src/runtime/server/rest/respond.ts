import type { H3Event } from 'h3'
import { setResponseHeaders, setResponseStatus } from 'h3'
import type { ErrorAnswer } from './errors'
import { driverError } from '../dialects/error-chain'
import { offsetHeader } from '../../shared/query'
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

/** Says how far the feed of changes has come, before anything is read. */
export function sendOffset(event: H3Event, offset: (() => string) | undefined): void {
  if (offset)
    setResponseHeaders(event, { [offsetHeader]: offset() })
}

/** Where errors go besides to the client. */
export interface ErrorReport {
  /** Nobody expected it; the client only learns that there was one. */
  onError: (error: unknown, event: H3Event) => void
  /** The client was told what is wrong with its request; in one line, what it was told. @default nowhere */
  onRefusal?: (line: string) => void
}

/** Answers an error, and reports it. */
export function sendError(event: H3Event, error: unknown, report: ErrorReport): string | null {
  const answer = reportError(event, error, report)
  return sendJson(event, answer.statusCode, answer)
}

/** Reports an error. Gives what the client gets to know of it. */
export function reportError(event: H3Event, error: unknown, { onError, onRefusal }: ErrorReport): ErrorAnswer {
  const answer = toErrorAnswer(error)
  if (answer.statusCode >= 500)
    onError(driverError(error), event)
  else
    onRefusal?.(`${event.method} ${event.path.split('?', 1)[0]}: ${answer.statusCode} ${answer.message}`.replace(/\p{Cc}+/gu, ' '))
  return answer
}
