import type { CollectionModel, ColumnModel, Row, WireRow } from './model'

/*
 * Wire form by column type: dates as ISO strings, bigints as decimal strings, bytes as base64,
 * everything else as JSON has it. The model says which is which, so nothing on the wire does.
 */

/** The wire form of a decoded value. */
export function encodeValue(value: unknown, column: ColumnModel): unknown {
  if (value == null)
    return null
  switch (column.type) {
    case 'date': return value instanceof Date ? value.toISOString() : value
    case 'bigint': return String(value)
    case 'bytes': return toBase64(value as Uint8Array)
    case 'array': return column.items && needsCodec(column.items) ? (value as unknown[]).map(item => encodeValue(item, column.items!)) : value
    default: return value
  }
}

/** The decoded form of a value that the server sent: trusted, so only its form changes. */
export function reviveValue(value: unknown, column: ColumnModel): unknown {
  if (value == null)
    return null
  switch (column.type) {
    case 'date': return new Date(value as string)
    case 'bigint': return BigInt(value as string)
    case 'bytes': return fromBase64(value as string)
    case 'array': return column.items && needsCodec(column.items) ? (value as unknown[]).map(item => reviveValue(item, column.items!)) : value
    default: return value
  }
}

/** Whether the wire form of a column differs from its decoded form. */
export function needsCodec(column: ColumnModel): boolean {
  return column.type === 'date' || column.type === 'bigint' || column.type === 'bytes' || (column.type === 'array' && !!column.items && needsCodec(column.items))
}

/** Decodes rows of a collection in place, touching only the columns that need it. */
export function createReviver(model: CollectionModel): (row: WireRow) => Row {
  const columns = Object.entries(model.columns).filter(([, column]) => needsCodec(column))
  return (row) => {
    for (const [field, column] of columns) {
      if (row[field] != null)
        row[field] = reviveValue(row[field], column)
    }
    return row
  }
}

/** A row, or part of one, in wire form. Fields that the collection does not have are left out. */
export function encodeRow(row: Row, model: CollectionModel): WireRow {
  const wire: WireRow = {}
  for (const field in row) {
    const column = model.columns[field]
    if (column && row[field] !== undefined)
      wire[field] = encodeValue(row[field], column)
  }
  return wire
}

/**
 * The decoded form of a value that the app gave, rounded to what the column stores. Takes the wire form
 * and the decoded form alike, and checks neither: `decodeValue` does.
 */
export function roundValue(value: unknown, column: ColumnModel): unknown {
  if (column.type === 'date' && value != null)
    return roundDate(value instanceof Date ? value.getTime() : Date.parse(value as string), column)
  return typeof value === 'string' || typeof value === 'number' ? reviveIfText(value, column) : value
}

export function roundDate(time: number, { precision = 1 }: ColumnModel): Date {
  return new Date(precision > 1 ? Math.floor(time / precision) * precision : time)
}

function reviveIfText(value: string | number, column: ColumnModel): unknown {
  if (column.type === 'number')
    return value === 0 ? 0 : value
  return column.type === 'bigint' || column.type === 'bytes' ? reviveValue(value, column) : value
}

export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let i = 0; i < bytes.length; i += 8192)
    binary += String.fromCharCode(...bytes.subarray(i, i + 8192))
  return btoa(binary)
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), character => character.charCodeAt(0))
}
