import type { OrderTerm } from '../../shared/order'
import { fromBase64, toBase64 } from '../../shared/codec'
import { RstoreError } from '../../shared/errors'

/*
 * A cursor is the place of a row in an order: what the driver gave for each order column, undecoded,
 * since a Date may hold less than the database does. Text of JSON in base64url: the order it is for,
 * then the values. It grants nothing: its values only ever become one more condition.
 */

export function encodeCursor(collection: string, terms: readonly OrderTerm[], position: readonly unknown[]): string {
  const text = JSON.stringify([orderName(collection, terms), ...position.map(pack)])
  return toBase64(new TextEncoder().encode(text)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** @throws RstoreError RSTORE_INVALID_CURSOR where it is malformed or was made for another collection or order */
export function decodeCursor(cursor: string, collection: string, terms: readonly OrderTerm[]): unknown[] {
  const parts = parse(cursor)
  if (!Array.isArray(parts) || parts.length !== terms.length + 1 || parts[0] !== orderName(collection, terms))
    throw new RstoreError('RSTORE_INVALID_CURSOR', 'The cursor was not issued for this collection and order.', { collection })
  return parts.slice(1).map((part) => {
    const value = unpack(part)
    if (value === undefined)
      throw new RstoreError('RSTORE_INVALID_CURSOR', 'The cursor is malformed.', { collection })
    return value
  })
}

function orderName(collection: string, terms: readonly OrderTerm[]): string {
  return `${collection}:${terms.map(({ field, descending }) => `${descending ? '-' : '+'}${field}`).join(',')}`
}

function parse(cursor: string): unknown {
  try {
    const bytes = fromBase64(cursor.replaceAll('-', '+').replaceAll('_', '/'))
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  }
  catch {
    return undefined
  }
}

/** Text, finite numbers and NULL stand for themselves; anything else is an object that names its type. */
function pack(value: unknown): unknown {
  if (value instanceof Uint8Array)
    return { bytes: toBase64(value) }
  if (value instanceof ArrayBuffer)
    return { bytes: toBase64(new Uint8Array(value)) }
  if (value instanceof Date)
    return { date: value.toISOString() }
  if (typeof value === 'bigint')
    return { int: String(value) }
  if (typeof value === 'number' && !Number.isFinite(value))
    return { real: String(value) }
  return value ?? null
}

function unpack(part: unknown): unknown {
  if (part === null || typeof part !== 'object')
    return part
  const { bytes, date, int, real } = part as Record<string, unknown>
  if (typeof bytes === 'string' && /^[\w+/]*={0,2}$/.test(bytes) && bytes.length % 4 === 0)
    return Buffer.from(bytes, 'base64')
  if (typeof date === 'string' && !Number.isNaN(Date.parse(date)))
    return new Date(date)
  if (typeof int === 'string' && /^-?\d{1,19}$/.test(int))
    return BigInt.asIntN(64, BigInt(int)) === BigInt(int) ? BigInt(int) : undefined
  return real === 'Infinity' ? Infinity : real === '-Infinity' ? -Infinity : undefined
}
