import type { ColumnModel, Row } from '../../shared/model'
import type { ServerCollection } from '../registry'
import { toBase64 } from '../../shared/codec'

/** Join values as text, the same for values that the database takes for equal. */
export function joinKey(raw: Row, fields: readonly string[], collection: ServerCollection, nameOf = (field: string) => field): string {
  const texts = fields.map(field => textOf(raw[nameOf(field)], collection.fields[field]!.column))
  return texts.length === 1 ? texts[0]! : JSON.stringify(texts)
}

function textOf(value: unknown, { type, order }: ColumnModel): string {
  if (value instanceof Uint8Array)
    return toBase64(value)
  if (value instanceof ArrayBuffer)
    return toBase64(new Uint8Array(value))
  if (value instanceof Date)
    return value.toISOString()
  const text = String(value)
  // Columns that relate may have been declared with different numbers of digits.
  return (order === 'numeric' || type === 'date') && text.includes('.') ? text.replace(/\.?0+$/, '') : text
}
