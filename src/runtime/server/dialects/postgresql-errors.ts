import type { DatabaseFailure } from './types'
import { errorChain } from './error-chain'

/** By the codes that PostgreSQL documents (SQLSTATE), which are the same whatever its language. */
export function failureOf(error: unknown): DatabaseFailure | undefined {
  for (const link of errorChain(error)) {
    const { code, column, column_name: name, detail, message } = link as typeof link & { column?: unknown, column_name?: unknown, detail?: unknown }
    // PGlite's own word for a parameter that is not of the type the database wants.
    if (code === undefined && /^Invalid input for \w+ type$/.test(message))
      return { code: 'RSTORE_INVALID_VALUE' }
    if (typeof code !== 'string' || !/^[\dA-Z]{5}$/.test(code))
      continue
    const columns = columnsOf(column ?? name, detail)
    if (code === '23505')
      return { code: 'RSTORE_DUPLICATE', columns }
    // A trigger that raises counts as a constraint.
    if (code.startsWith('23') || code === 'P0001')
      return { code: 'RSTORE_CONSTRAINT', columns }
    if (busy.has(code))
      return { code: 'RSTORE_BUSY' }
    // The last is how PostgreSQL takes bytes for a parameter of another type.
    if (code.startsWith('22') || code === '08P01')
      return { code: 'RSTORE_INVALID_VALUE', columns }
    if (code.startsWith('54'))
      return { code: 'RSTORE_LIMIT_EXCEEDED' }
  }
  return undefined
}

/** The database gave the statement up for others' sake: it may be run again at once. */
export function isConflict(error: unknown): boolean {
  return errorChain(error).some(({ code }) => code === '40001' || code === '40P01')
}

/** Serialization failure, deadlock, lock not available, too many connections, starting or shutting down. */
const busy = new Set(['40001', '40P01', '55P03', '53300', '57P01', '57P03'])

/** `Key (list_id, position)=(…) already exists.`, with quotes around names that need them. */
function columnsOf(column: unknown, detail: unknown): string[] | undefined {
  if (typeof column === 'string')
    return [column]
  const names = typeof detail === 'string' ? /^\S+ \(([^()]+)\)=\(/.exec(detail)?.[1] : undefined
  return names?.split(', ').map(name => name.replace(/^"(.*)"$/, '$1'))
}
