import type { SQL, SQLWrapper, Table, View } from 'drizzle-orm'
import type { RstoreErrorCode } from '../../shared/errors'
import type { Dialect, Row } from '../../shared/model'

/** What a field of a collection reads: a column, or an aliased expression of a view. */
export type FieldSource = SQLWrapper

export interface SelectStatement {
  from: Table | View
  /** Output by name. Values come back as the driver gives them. */
  fields: Record<string, SQL>
  where: SQL | undefined
  orderBy?: SQL[]
  limit?: number
  offset?: number
}

export interface WriteStatement {
  into: Table
  /** Fields of the written row to give back, as the driver has them. */
  returning: Record<string, SQL>
}

/** Why the database refused, where it said so in a way that we understand. */
export interface DatabaseFailure {
  code: Extract<RstoreErrorCode, 'RSTORE_DUPLICATE' | 'RSTORE_CONSTRAINT' | 'RSTORE_BUSY' | 'RSTORE_LIMIT_EXCEEDED'>
  /** Names of database columns. */
  columns?: string[]
}

/**
 * All that differs between databases. Statements MUST give driver values undecoded (a cursor is made
 * of them) and MUST NOT fail because of what one stored value is.
 */
export interface SqlDialect {
  name: Dialect
  /** Whether NULL sorts before every value or after. */
  nullsAreLeast: boolean
  /** The output expression of a field. */
  output: (source: FieldSource) => SQL
  /** `source IN (values)`; values as the driver takes them, NULL allowed, never empty. */
  inList: (source: FieldSource, values: unknown[]) => SQL
  /** `(sources) IN (tuples)`; as `inList`, for composite keys. */
  inTuples: (sources: FieldSource[], tuples: unknown[][]) => SQL
  like: (source: FieldSource, pattern: string | null, insensitive: boolean) => SQL
  select: (database: unknown, statement: SelectStatement) => Promise<Row[]>
  insert: (database: unknown, statement: WriteStatement & { values: Row }) => Promise<Row[]>
  update: (database: unknown, statement: WriteStatement & { values: Row, where: SQL | undefined }) => Promise<Row[]>
  delete: (database: unknown, statement: WriteStatement & { where: SQL | undefined }) => Promise<Row[]>
  failureOf: (error: unknown) => DatabaseFailure | undefined
}
