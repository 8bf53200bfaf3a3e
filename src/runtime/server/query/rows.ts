import type { SQL } from 'drizzle-orm'
import type { ConditionNode } from '../../shared/condition'
import type { Row, WireRow } from '../../shared/model'
import type { OrderTerm } from '../../shared/order'
import type { FieldSource, SelectStatement, SqlDialect } from '../dialects/types'
import type { ServerCollection } from '../registry'
import type { ReportBadValue } from './decode-rows'
import { and, Placeholder } from 'drizzle-orm'
import { toBase64 } from '../../shared/codec'
import { compileWhere, toDriver } from './compile-where'
import { decodeRow } from './decode-rows'
import { encodeRaw } from './encode-rows'
import { compileAfter, compileOrder } from './keyset'
import { bindRequest } from './shape'

/** What a read or a write works with. */
export interface Execution {
  database: unknown
  dialect: SqlDialect
  report: ReportBadValue
  /** Whether rows are to be given decoded, as hooks take them, instead of in wire form. */
  decoded?: boolean
}

/** What rows to read. All restrictions have to be met. */
export interface RowsRequest {
  fields: readonly string[]
  where?: readonly ConditionNode[]
  /** Decoded fields of one row's key. */
  key?: Row
  /** The fields have one of these tuples of driver values. */
  among?: { fields: readonly string[], values: readonly (readonly unknown[])[] | Placeholder }
  /** Rows that follow one in `order`, of which these are the driver's values. */
  after?: readonly unknown[]
  /** By hooks: nobody can look into them, so that the statement is made anew each time. */
  conditions?: readonly SQL[]
  /** Expressions to give beside the fields. */
  extras?: Record<string, SQL>
  order?: readonly OrderTerm[]
  limit?: number | Placeholder
  offset?: number | Placeholder
  /** As of a `SelectStatement`. */
  lock?: boolean
}

/** Rows of one collection, by field, as the driver gives them. */
export function selectRows(collection: ServerCollection, request: RowsRequest, { dialect, database }: Execution): Promise<Row[]> {
  const shape = dialect.selectShape && bindRequest(collection, request, dialect)
  if (shape) {
    return dialect.selectShape!(database, {
      key: shape.key,
      values: shape.values,
      statement: () => ({ ...statementOf(collection, shape.request, dialect), columns: sourcesOf(collection, request.fields) }),
    })
  }
  return dialect.select(database, {
    ...statementOf(collection, request, dialect),
    fields: { ...outputs(collection, request.fields, dialect), ...request.extras },
  })
}

export function outputs(collection: ServerCollection, fields: readonly string[], dialect: SqlDialect): Record<string, SQL> {
  return Object.fromEntries(fields.map(field => [field, dialect.output(collection.fields[field]!.source)]))
}

/** Among the driver's values for a row, those of the collection's fields and of `extras`, as the execution wants them. */
export function give(raw: Row, collection: ServerCollection, { report, decoded }: Execution, extras: Record<string, SQL> = {}): Row | WireRow {
  const given = decoded ? decodeRow(raw, collection, report) : encodeRaw(raw, collection, report)
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

/** The key has this very value, and not one that a collation takes for the same. */
export function keyConditions(collection: ServerCollection, key: Row, dialect: SqlDialect): SQL[] {
  return Object.entries(key).map(([name, value]) => {
    const field = collection.fields[name]!
    return dialect.same(field.source, toDriver(value, field))
  })
}

export function sourcesOf(collection: ServerCollection, fields: readonly string[]): Record<string, FieldSource> {
  return Object.fromEntries(fields.map(field => [field, collection.fields[field]!.source]))
}

export function statementOf(collection: ServerCollection, request: RowsRequest, dialect: SqlDialect): Omit<SelectStatement, 'fields'> {
  const { order = [], limit, offset, lock } = request
  return {
    from: collection.table,
    where: and(...restrictions(collection, request, dialect)),
    orderBy: compileOrder(order, collection, dialect),
    limit,
    offset,
    lock,
  }
}

/** Conditions of a request; ANDed. */
export function restrictions(collection: ServerCollection, { where = [], key, among, after, order = [], conditions = [] }: Omit<RowsRequest, 'fields'>, dialect: SqlDialect): SQL[] {
  return [
    ...where.map(node => compileWhere(node, collection, dialect)),
    ...key ? keyConditions(collection, key, dialect) : [],
    ...among ? [isAmong(collection, among, dialect)] : [],
    ...after ? [compileAfter(order, after, collection, dialect)] : [],
    ...conditions,
  ]
}

function isAmong(collection: ServerCollection, { fields, values }: NonNullable<RowsRequest['among']>, dialect: SqlDialect): SQL {
  const sources = fields.map(name => collection.fields[name]!.source)
  if (values instanceof Placeholder)
    return dialect.listParameter!.includes(sources, values)
  return sources.length === 1 ? dialect.inList(sources[0]!, values.map(([value]) => value)) : dialect.inTuples(sources, values as unknown[][])
}
