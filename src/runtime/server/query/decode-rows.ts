import type { ColumnModel, Row } from '../../shared/model'
import type { ServerCollection, ServerField } from '../registry'

export type ReportBadValue = (collection: string, field: string) => void

/**
 * Decodes what the driver gave. A stored value that its column can't mean (malformed JSON, a date out of
 * range, an integer beyond 2^53) becomes NULL and is reported: one bad row must not hide all others.
 */
export function decodeRow(raw: Row, collection: ServerCollection, report: ReportBadValue): Row {
  const row: Row = {}
  for (const name in raw) {
    const value = raw[name]
    const field = collection.fields[name]!
    const decoded = value == null ? null : decode(value, field)
    if (decoded === undefined)
      report(collection.name, name)
    row[name] = decoded ?? null
  }
  return row
}

function decode(value: unknown, field: ServerField): unknown {
  const { column } = field
  try {
    const decoded = field.fromDriver(asNumber(value, column))
    return isOfType(decoded, column) ? decoded : undefined
  }
  catch {
    return undefined
  }
}

/** Drivers may be set to give integers as bigints or text; what is beyond 2^53 is left as it is. */
function asNumber(value: unknown, column: ColumnModel): unknown {
  if (typeof value !== 'bigint' && (typeof value !== 'string' || !/^-?\d{1,19}$/.test(value)))
    return value
  const wantsNumber = column.type === 'number' || column.type === 'boolean' || column.type === 'date'
  return wantsNumber && Number.isSafeInteger(Number(value)) ? Number(value) : value
}

function isOfType(value: unknown, { type }: ColumnModel): boolean {
  switch (type) {
    case 'number': return typeof value === 'number' && Number.isFinite(value)
    case 'date': return value instanceof Date && !Number.isNaN(value.getTime())
    case 'bytes': return value instanceof Uint8Array
    case 'array': return Array.isArray(value)
    case 'json': return value !== undefined && typeof value !== 'bigint' && typeof value !== 'function' && typeof value !== 'symbol'
    default: return typeof value === type
  }
}
