import type { Dialect, ReferentialAction } from '../runtime/shared/model'
import { Column, getTableColumns, is, SQL, Table, View } from 'drizzle-orm'
import { getTableConfig as getMySqlTableConfig, MySqlTable, MySqlView } from 'drizzle-orm/mysql-core'
import { getTableConfig as getPgTableConfig, PgMaterializedView, PgTable, PgView } from 'drizzle-orm/pg-core'
import { getTableConfig as getSQLiteTableConfig, getViewConfig, SQLiteTable, SQLiteView } from 'drizzle-orm/sqlite-core'

/*
 * The one place that knows how Drizzle's objects look inside, in 0.44 and later and in 1.0. The app's
 * schema may be built with another copy of drizzle-orm than the one imported here, so nothing relies
 * on `instanceof`: `is()` and the symbols work across copies.
 */

export type DrizzleTable = Table | View

/** The parts of a column that say what it stores. */
export interface DrizzleColumn {
  name: string
  primary: boolean
  notNull: boolean
  hasDefault: boolean
  default: unknown
  defaultFn?: unknown
  onUpdateFn?: unknown
  dataType: string
  columnType: string
  enumValues?: string[]
  generated?: unknown
  generatedIdentity?: { type?: string }
  length?: unknown
  /** SQLite date columns: `timestamp` for seconds, `timestamp_ms` for milliseconds. */
  mode?: unknown
  /** Element of an array, before 1.0. */
  baseColumn?: DrizzleColumn
  /** Dimensions of an array, from 1.0; those of a vector before. */
  dimensions?: unknown
  getSQLType: () => string
}

/** What a column decodes to, whichever version names it. */
export type DataType = 'string' | 'number' | 'boolean' | 'date' | 'bigint' | 'json' | 'buffer' | 'array'

export interface DrizzleForeignKey {
  columns: DrizzleColumn[]
  foreignColumns: DrizzleColumn[]
  foreignTable: Table
  onDelete?: ReferentialAction
  onUpdate?: ReferentialAction
}

export interface DrizzleTableConfig {
  primaryKeys: DrizzleColumn[][]
  /** Resolved on call: a reference into a file that is not imported throws. */
  foreignKeys: (() => DrizzleForeignKey)[]
}

export function isTableOrView(value: unknown): value is DrizzleTable {
  return is(value, Table) || is(value, View)
}

export function isView(value: unknown): value is View {
  return is(value, View)
}

/** Dialect a table or view is written for; `undefined` for one that this module does not know. */
export function dialectOfTable(table: DrizzleTable): Dialect | undefined {
  if (is(table, SQLiteTable) || is(table, SQLiteView))
    return 'sqlite'
  if (is(table, PgTable) || is(table, PgView) || is(table, PgMaterializedView))
    return 'postgresql'
  return is(table, MySqlTable) || is(table, MySqlView) ? 'mysql' : undefined
}

/** Name in the database, with its schema where it has one. */
export function tableName(table: DrizzleTable): string {
  const { name, schema } = isView(table)
    ? getViewConfig(table as SQLiteView) as { name: string, schema?: string }
    : { name: table[nameSymbol as never] as string, schema: table[schemaSymbol as never] as string | undefined }
  return schema ? `${schema}.${name}` : name
}

/** What the fields of a table or view are, by field name. */
export function fieldsOf(table: DrizzleTable): Record<string, unknown> {
  return isView(table) ? getViewConfig(table as SQLiteView).selectedFields as Record<string, unknown> : getTableColumns(table)
}

export function isColumn(value: unknown): value is DrizzleColumn {
  return is(value, Column)
}

/** The column or constructor that decodes a computed field of a view; `undefined` where it is no computed field. */
export function decoderOf(field: unknown): { decoder: unknown } | undefined {
  if (is(field, SQL.Aliased))
    return { decoder: (field.sql as unknown as { decoder: unknown }).decoder }
  return is(field, SQL) ? { decoder: (field as unknown as { decoder: unknown }).decoder } : undefined
}

export function tableConfig(table: Table): DrizzleTableConfig {
  const config = is(table, SQLiteTable) ? getSQLiteTableConfig(table) : is(table, PgTable) ? getPgTableConfig(table) : getMySqlTableConfig(table as MySqlTable)
  return {
    primaryKeys: config.primaryKeys.map(key => key.columns as unknown as DrizzleColumn[]),
    foreignKeys: config.foreignKeys.map(key => () => ({
      ...key.reference() as unknown as Pick<DrizzleForeignKey, 'columns' | 'foreignColumns' | 'foreignTable'>,
      onDelete: key.onDelete as ReferentialAction | undefined,
      onUpdate: key.onUpdate as ReferentialAction | undefined,
    })),
  }
}

/** 0.x says `date` where 1.0 says `object date`, `number` for `number int53`, and so on. */
export function dataTypeOf(column: DrizzleColumn): DataType {
  const [first, second] = column.dataType.split(' ') as [string, string?]
  const type = first === 'object' ? second : first
  switch (type) {
    case 'string': case 'number': case 'boolean': case 'bigint': case 'date': case 'buffer': case 'array': return type
    default: return 'json'
  }
}

/** Elements of an array column and how deep they are nested; `undefined` for any other column. */
export function arrayOf(column: DrizzleColumn): { element: DrizzleColumn, depth: number } | undefined {
  if (column.baseColumn) {
    const inner = arrayOf(column.baseColumn)
    return { element: inner?.element ?? column.baseColumn, depth: (inner?.depth ?? 0) + 1 }
  }
  const depth = column.columnType.endsWith('Vector') ? 0 : Number(column.dimensions ?? 0)
  return depth > 0 ? { element: column, depth } : undefined
}

/** Text of an SQL default, empty where it has parameters; `undefined` where the value is no SQL. */
export function sqlText(value: unknown): string | undefined {
  if (!is(value, SQL))
    return undefined
  const chunks: unknown[] = value.queryChunks
  return chunks.every(chunk => isKind(chunk, 'StringChunk')) ? chunks.flatMap(chunk => (chunk as { value: string | string[] }).value).join('') : ''
}

/** Whether a value is an instance of the Drizzle class of this kind. For classes that not every version exports. */
export function isKind(value: unknown, kind: string): boolean {
  if (typeof value !== 'object' || value === null)
    return false
  for (let type: unknown = Object.getPrototypeOf(value)?.constructor; typeof type === 'function'; type = Object.getPrototypeOf(type)) {
    if ((type as unknown as Record<symbol, unknown>)[kindSymbol] === kind)
      return true
  }
  return false
}

const kindSymbol = Symbol.for('drizzle:entityKind')
const nameSymbol = Symbol.for('drizzle:Name')
const schemaSymbol = Symbol.for('drizzle:Schema')
