import type { SQL, SQLWrapper, Table, View } from 'drizzle-orm'
import type { ArrayOperator } from '../../shared/condition'
import type { RstoreErrorCode } from '../../shared/errors'
import type { ColumnModel, Dialect, Row } from '../../shared/model'

/** What a field of a collection reads: a column, or an aliased expression of a view. */
export type FieldSource = SQLWrapper

export type Sign = '=' | '<>' | '<' | '<=' | '>' | '>='

export interface SelectStatement {
  /** A table, a view, or a subquery in parentheses with its alias. */
  from: Table | View | SQL
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
  /** Names of the fields that tell rows apart, where the table declares no primary key. */
  key?: readonly string[]
}

/** Why the database refused, where it said so in a way that we understand. */
export interface DatabaseFailure {
  code: Extract<RstoreErrorCode, 'RSTORE_DUPLICATE' | 'RSTORE_CONSTRAINT' | 'RSTORE_INVALID_VALUE' | 'RSTORE_BUSY' | 'RSTORE_LIMIT_EXCEEDED'>
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
  /** What ORDER BY goes by; `binary` for text by its bytes, whatever its collation. */
  sortKey: (source: FieldSource, binary?: boolean) => SQL
  /** `source sign value`, in the order of `sortKey`; the value as the driver takes it or as `output` gave it. */
  compare: (source: FieldSource, sign: Sign, value: unknown, binary?: boolean) => SQL
  /** The field has this very value, and not one that a collation takes for the same. */
  same: (source: FieldSource, value: unknown) => SQL
  /** `source IN (values)`; values as the driver takes them or as `output` gave them, NULL allowed, never empty. */
  inList: (source: FieldSource, values: unknown[]) => SQL
  /** `(sources) IN (tuples)`; as `inList`, for composite keys. */
  inTuples: (sources: FieldSource[], tuples: unknown[][]) => SQL
  like: (source: FieldSource, pattern: string | null, insensitive: boolean, column: ColumnModel) => SQL
  /** Absent where the database has no arrays. */
  array?: (operator: ArrayOperator, source: FieldSource, value: unknown) => SQL
  select: (database: unknown, statement: SelectStatement) => Promise<Row[]>
  insert: (database: unknown, statement: WriteStatement & { values: Row }) => Promise<Row[]>
  update: (database: unknown, statement: WriteStatement & { values: Row, where: SQL | undefined }) => Promise<Row[]>
  delete: (database: unknown, statement: WriteStatement & { where: SQL | undefined }) => Promise<Row[]>
  /**
   * Runs statements that take effect together or not at all: it commits once `run` has, and rolls back where
   * `run` rejects. The statement methods take the handle that `run` gets as their `database`; with a handle
   * of an open transaction as `database`, this joins it. Where the database was locked, `run` is called
   * again from the start.
   */
  transaction: <T>(database: unknown, run: (transaction: unknown) => Promise<T>) => Promise<T>
  /**
   * Runs statements of an open transaction, whose handle it takes, through the handle that `run` gets; where that
   * rejects, it takes back what they did, and the transaction can go on. One at a time, not nested. Rejects with `TransactionEnded` where the database has
   * rolled back all of it, which then has to fail as a whole.
   */
  savepoint: <T>(transaction: unknown, run: (transaction: unknown) => Promise<T>) => Promise<T>
  failureOf: (error: unknown) => DatabaseFailure | undefined
}
