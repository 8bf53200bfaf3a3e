import type { ColumnModel, Row } from '../../shared/model'
import type { ServerCollection, ServerField } from '../registry'
import { roundSingle } from '../../shared/decode'

export type ReportBadValue = (collection: string, field: string) => void

/**
 * Decodes what the driver gave. A stored value that its column can't mean (malformed JSON, a date out of
 * range, an integer beyond 2^53) becomes NULL and is reported: one bad row must not hide all others.
 */
export function decodeRow(raw: Row, collection: ServerCollection, report: ReportBadValue): Row {
  const row: Row = {}
  for (const name in raw) {
    const field = collection.fields[name]
    if (!field)
      continue
    const value = raw[name]
    const decoded = value == null ? null : decodeField(value, field)
    if (decoded === undefined)
      report(collection.name, name)
    row[name] = decoded ?? null
  }
  return row
}

/** What the driver gave for a field, decoded; `undefined` where the column can't mean it. Never gets NULL. */
export function decodeField(value: unknown, field: ServerField): unknown {
  const { column } = field
  try {
    const decoded = field.fromDriver(asNumber(value, column))
    return isOfType(decoded, column) ? rounded(decoded, column) : undefined
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

/** Databases differ in how many digits of a number of single precision they give. */
function rounded(value: unknown, column: ColumnModel): unknown {
  if (column.items)
    return (value as unknown[]).map(item => item === null ? null : rounded(item, column.items!))
  return column.order === 'single' ? roundSingle(value as number) : value
}

function isOfType(value: unknown, column: ColumnModel): boolean {
  switch (column.type) {
    case 'number': return typeof value === 'number' && (column.integer ? Number.isSafeInteger(value) : Number.isFinite(value))
    case 'string': return typeof value === 'string' && (column.order !== 'numeric' || !Number.isNaN(Number(value)))
    case 'date': return value instanceof Date && !Number.isNaN(value.getTime())
    case 'bytes': return value instanceof Uint8Array
    case 'array': return Array.isArray(value) && value.every(item => item === null || !column.items || isOfType(item, column.items))
    case 'json': return value !== undefined && typeof value !== 'bigint' && typeof value !== 'function' && typeof value !== 'symbol'
    default: return typeof value === column.type
  }
}
