import type { SQL } from 'drizzle-orm'
import type { Row, WireRow } from '../../shared/model'
import type { OrderTerm } from '../../shared/order'
import type { SqlDialect } from '../dialects/types'
import type { ServerCollection } from '../registry'
import type { ReportBadValue } from './decode-rows'
import { and } from 'drizzle-orm'
import { encodeRow, toBase64 } from '../../shared/codec'
import { decodeRow } from './decode-rows'
import { compileOrder } from './keyset'

/** What a read or a write works with. */
export interface Execution {
  database: unknown
  dialect: SqlDialect
  report: ReportBadValue
  /** Whether rows are to be given decoded, as hooks take them, instead of in wire form. */
  decoded?: boolean
}

export interface RowsRequest {
  fields: readonly string[]
  /** ANDed. */
  conditions: readonly SQL[]
  /** Expressions to give beside the fields. */
  extras?: Record<string, SQL>
  order?: readonly OrderTerm[]
  limit?: number
  offset?: number
}

/** Rows of one collection, by field, as the driver gives them. */
export function selectRows(collection: ServerCollection, { fields, conditions, extras, order = [], limit, offset }: RowsRequest, { dialect, database }: Execution): Promise<Row[]> {
  return dialect.select(database, {
    from: collection.table,
    fields: { ...outputs(collection, fields, dialect), ...extras },
    where: and(...conditions),
    orderBy: compileOrder(order, collection, dialect),
    limit,
    offset,
  })
}

export function outputs(collection: ServerCollection, fields: readonly string[], dialect: SqlDialect): Record<string, SQL> {
  return Object.fromEntries(fields.map(field => [field, dialect.output(collection.fields[field]!.source)]))
}

/** Among the driver's values for a row, those of the collection's fields and of `extras`, as the execution wants them. */
export function give(raw: Row, collection: ServerCollection, { report, decoded }: Execution, extras: Record<string, SQL> = {}): Row | WireRow {
  const row = decodeRow(raw, collection, report)
  const given = decoded ? row : encodeRow(row, collection.model)
  for (const name in extras)
    given[name] = plain(raw[name])
  return given
}

/** A value that no column describes, as JSON can have it. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint')
    return String(value)
  if (value instanceof ArrayBuffer)
    return toBase64(new Uint8Array(value))
  return value instanceof Uint8Array ? toBase64(value) : value
}
