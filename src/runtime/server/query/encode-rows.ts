import type { Row, WireRow } from '../../shared/model'
import type { ServerCollection, ServerField } from '../registry'
import type { ReportBadValue } from './decode-rows'
import { Column, is } from 'drizzle-orm'
import { encodeValue } from '../../shared/codec'
import { decodeField } from './decode-rows'

/** The wire form of what the driver gave; `undefined` where its column can't mean it. Never gets NULL. */
type Encoder = (value: unknown) => unknown

/** What `encodeRow` makes of what `decodeRow` gives, in one step. */
export function encodeRaw(raw: Row, collection: ServerCollection, report: ReportBadValue): WireRow {
  const encoders = encodersOf(collection)
  const wire: WireRow = {}
  for (const name in raw) {
    const encode = encoders[name]
    if (!encode)
      continue
    const value = raw[name]
    const encoded = value == null ? null : encode(value)
    if (encoded === undefined)
      report(collection.name, name)
    wire[name] = encoded ?? null
  }
  return wire
}

const known = new WeakMap<ServerCollection, Record<string, Encoder>>()

function encodersOf(collection: ServerCollection): Record<string, Encoder> {
  let encoders = known.get(collection)
  if (!encoders) {
    // Without a prototype: what a row holds beside the fields may have any name.
    encoders = Object.create(null) as Record<string, Encoder>
    for (const [name, field] of Object.entries(collection.fields))
      encoders[name] = encoderOf(field)
    known.set(collection, encoders)
  }
  return encoders
}

/** Most values are of the type that their column is for, and need nothing but to be told so. */
function encoderOf(field: ServerField): Encoder {
  const { column, source, fromDriver } = field
  const { type, order, integer } = column
  const slow: Encoder = (value) => {
    const decoded = decodeField(value, field)
    return decoded === undefined ? undefined : encodeValue(decoded, column)
  }
  if (!is(source, Column))
    return slow
  if (source.mapFromDriverValue === Column.prototype.mapFromDriverValue && !order) {
    switch (type) {
      case 'string': return value => typeof value === 'string' ? value : slow(value)
      case 'boolean': return value => typeof value === 'boolean' ? value : slow(value)
      case 'number': return integer ? value => Number.isSafeInteger(value) ? value : slow(value) : value => Number.isFinite(value) ? value : slow(value)
    }
  }
  switch (source.columnType) {
    case 'SQLiteBoolean': return value => value === 1 ? true : value === 0 ? false : slow(value)
    case 'SQLiteBlobBuffer': return value => Buffer.isBuffer(value) ? value.toString('base64') : slow(value)
    case 'SQLiteTimestamp': return value => typeof value === 'number' ? isoOf(fromDriver(value) as Date) : slow(value)
    default: return slow
  }
}

function isoOf(date: Date): string | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
