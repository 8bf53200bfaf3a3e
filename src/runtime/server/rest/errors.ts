import type { H3Error } from 'h3'
import type { ServerCollection } from '../registry'
import type { DatabaseFailure, SqlDialect } from '../dialects/types'
import { isError, sanitizeStatusCode, sanitizeStatusMessage } from 'h3'
import type { RstoreErrorCode } from '../../shared/errors'
import { errorCatalogue, isRstoreError, RstoreError } from '../../shared/errors'

/** What the client gets to know of an error: never SQL, never a stack. */
export interface ErrorAnswer {
  statusCode: number
  statusMessage: string
  message: string
  data?: unknown
}

/** Errors of this library and of user code as they are, the database's as ours; all else is internal. */
export function toErrorAnswer(error: unknown): ErrorAnswer {
  const statusCode = isRstoreError(error) ? statusOf(error) : 0
  if (isRstoreError(error) && statusCode > 0) {
    const { code, field, collection, message } = error
    return { statusCode, statusMessage: reasons[statusCode] ?? 'Error', message, data: { code, field, collection } }
  }
  if (isError(error) && !error.unhandled)
    return fromUser(error)
  return { statusCode: 500, statusMessage: reasons[500]!, message: 'The server failed to answer.', data: { code: 'RSTORE_INTERNAL' } }
}

/** What the database refused, as one of our errors; anything else as it is. */
export function translateDatabaseError(error: unknown, collection: ServerCollection, dialect: SqlDialect): unknown {
  const failure = isRstoreError(error) || isError(error) ? undefined : dialect.failureOf(error)
  if (!failure)
    return error
  const field = fieldOf(failure, collection)
  return new RstoreError(failure.code, explain(failure, collection, field), { field, collection: collection.name, cause: error })
}

function statusOf({ code, statusCode }: RstoreError): number {
  return statusCode || (Object.hasOwn(errorCatalogue, code) ? errorCatalogue[code as RstoreErrorCode].status : 0)
}

const reasons: Record<number, string> = {
  400: 'Bad Request', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed', 409: 'Conflict', 413: 'Payload Too Large',
  415: 'Unsupported Media Type', 422: 'Unprocessable Content', 424: 'Failed Dependency', 500: 'Internal Server Error', 503: 'Service Unavailable',
}

function fromUser(error: H3Error): ErrorAnswer {
  const statusCode = sanitizeStatusCode(error.statusCode, 500)
  const statusMessage = sanitizeStatusMessage(error.statusMessage) || reasons[statusCode] || 'Error'
  return { statusCode, statusMessage, message: error.message || statusMessage, data: error.data }
}

function explain({ code }: DatabaseFailure, { name }: ServerCollection, field: string | undefined): string {
  switch (code) {
    case 'RSTORE_DUPLICATE': return field ? `A row of "${name}" with this "${field}" exists.` : `A row of "${name}" with this value exists.`
    case 'RSTORE_CONSTRAINT': return field ? `The database refused the value of "${field}".` : `The database refused the change of "${name}".`
    case 'RSTORE_INVALID_VALUE': return field ? `The database can't take the value for "${field}".` : `The database can't take a value that was given for "${name}".`
    case 'RSTORE_BUSY': return 'The database stayed locked. Try again.'
    case 'RSTORE_LIMIT_EXCEEDED': return 'The request lists more values than the database takes.'
  }
}

/** The first field that the database named, unless it is one that nobody may know of. */
function fieldOf({ columns = [] }: DatabaseFailure, collection: ServerCollection): string | undefined {
  for (const column of columns) {
    // With `casing`, the database's name is derived from the field's by a rule of the Drizzle instance.
    const field = collection.visible.find(name => collection.fields[name]!.columnName === column)
      ?? collection.visible.find(name => letters(collection.fields[name]!.columnName) === letters(column))
    if (field)
      return field
  }
  return undefined
}

function letters(name: string): string {
  return name.replaceAll('_', '').toLowerCase()
}
