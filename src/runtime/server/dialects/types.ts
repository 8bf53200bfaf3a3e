import type { Placeholder, SQL, SQLWrapper, Table, View } from 'drizzle-orm'
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
  limit?: number | Placeholder
  offset?: number | Placeholder
  /** In a transaction: nobody may change the rows, or refer to them, until it ends. Where only one transaction can write, nothing is to be done. */
  lock?: boolean
}

/**
 * A statement that comes again and again with other values. In `statement`, they are placeholders, each named by its
 * index in `values`.
 */
export interface StatementShape<S> {
  /** The same for the same statement; in this and nothing else, two shapes of one kind differ. */
  key: string
  /** As the driver takes them; those of an update as the app has them. */
  values: readonly unknown[]
  /** Called only where the statement is not known yet. */
  statement: () => S
}

/** Rows of plain fields, which the dialect gives as `output` does, in whatever way is the fastest. */
export type ShapedSelect = Omit<SelectStatement, 'fields'> & { columns: Record<string, FieldSource> }

/** Rows by what they are related to: `limit` is for each group. */
export type ShapedGroups = ShapedSelect & {
  /** What the tuples of the groups are compared with. */
  by: FieldSource[]
  /** As `listParameter` has it. */
  groups: Placeholder
}

export interface ShapedUpdate {
  into: Table
  values: Record<string, Placeholder>
  where: SQL | undefined
  returning: Record<string, FieldSource>
}

export interface UpdateShape extends StatementShape<ShapedUpdate> {
  /** Whether to give the fields of the row as it was before, too: as of `UpdateStatement`. */
  previous: boolean
  /** Reads the rows once they are written, where one of them holds what no fast way can give. */
  reread: (transaction: unknown) => Promise<Row[]>
}

export interface WriteStatement {
  into: Table
  /** Fields of the written row to give back, as the driver has them. */
  returning: Record<string, SQL>
  /** Names of the fields that tell rows apart. */
  key?: readonly string[]
}

export interface UpdateStatement extends WriteStatement {
  values: Row
  where: SQL | undefined
  /**
   * Fields to give of the row as it was right before: nobody else's change MUST come in between, of another process
   * neither. Only where `where` names one row.
   */
  previous?: Record<string, SQL>
}

/** A row after a change and, where that was asked for, before it. */
export interface UpdatedRow { row: Row, previous?: Row }

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
  /** Lists of any length as a single parameter, so that they share a shape. Absent where no parameter can be a list. */
  listParameter?: {
    /** @returns `undefined` where the values have to be sent one by one */
    of: (tuples: readonly (readonly unknown[])[]) => unknown
    /** `(sources) IN (list)` */
    includes: (sources: FieldSource[], list: Placeholder) => SQL
  }
  /** `(sources) IN (tuples)`; as `inList`, for composite keys. */
  inTuples: (sources: FieldSource[], tuples: unknown[][]) => SQL
  like: (source: FieldSource, pattern: string | null, insensitive: boolean, column: ColumnModel) => SQL
  /** Absent where the database has no arrays. */
  array?: (operator: ArrayOperator, source: FieldSource, value: unknown) => SQL
  select: (database: unknown, statement: SelectStatement) => Promise<Row[]>
  /** Absent where nothing is gained. */
  selectShape?: (database: unknown, shape: StatementShape<ShapedSelect>) => Promise<Row[]>
  /**
   * The rows of each group, in the order of the groups; a row may be in more than one. Nothing where another way is better,
   * as it is unless an index leads to the rows of a group. Absent where nothing is gained.
   */
  selectGroups?: (database: unknown, shape: StatementShape<ShapedGroups>) => Promise<Row[][] | undefined>
  insert: (database: unknown, statement: WriteStatement & { values: Row }) => Promise<Row[]>
  update: (database: unknown, statement: UpdateStatement) => Promise<UpdatedRow[]>
  /** Absent where nothing is gained. */
  updateShape?: (database: unknown, shape: UpdateShape) => Promise<UpdatedRow[]>
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
  /** Whether a database has transactions. Absent where all have. */
  canTransact?: (database: unknown) => boolean
  failureOf: (error: unknown) => DatabaseFailure | undefined
}
