import type { SQL } from 'drizzle-orm'
import type { Row, WireRow } from '../../shared/model'
import type { OrderTerm } from '../../shared/order'
import type { SqlDialect } from '../dialects/types'
import type { ServerCollection } from '../registry'
import type { ReportBadValue } from './decode-rows'
import { and } from 'drizzle-orm'
import { encodeRow } from '../../shared/codec'
import { decodeRow } from './decode-rows'
import { compileOrder } from './keyset'

/** What a read or a write works with. */
export interface Execution {
  database: unknown
  dialect: SqlDialect
  report: ReportBadValue
}

export interface RowsRequest {
  fields: readonly string[]
  /** ANDed. */
  conditions: readonly SQL[]
  order?: readonly OrderTerm[]
  limit?: number
  offset?: number
}

/** Rows of one collection, by field, as the driver gives them. */
export function selectRows(collection: ServerCollection, { fields, conditions, order = [], limit, offset }: RowsRequest, { dialect, database }: Execution): Promise<Row[]> {
  return dialect.select(database, {
    from: collection.table,
    fields: outputs(collection, fields, dialect),
    where: and(...conditions),
    orderBy: compileOrder(order, collection, dialect),
    limit,
    offset,
  })
}

export function outputs(collection: ServerCollection, fields: readonly string[], dialect: SqlDialect): Record<string, SQL> {
  return Object.fromEntries(fields.map(field => [field, dialect.output(collection.fields[field]!.source)]))
}

/** Among the driver's values for a row, those of the collection's fields, in wire form. */
export function encode(raw: Row, collection: ServerCollection, { report }: Execution): WireRow {
  return encodeRow(decodeRow(raw, collection, report), collection.model)
}
