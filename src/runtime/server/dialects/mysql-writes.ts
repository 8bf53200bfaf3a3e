import type { Column, SQL, Table } from 'drizzle-orm'
import type { AnyMySqlColumn, MySqlColumn, MySqlDatabase, PreparedQueryHKTBase, MySqlQueryResultHKT, MySqlTable } from 'drizzle-orm/mysql-core'
import type { Row } from '../../shared/model'
import type { UpdatedRow, UpdateStatement, WriteStatement } from './types'
import { getTableColumns, is, SQL as DrizzleSQL, sql } from 'drizzle-orm'
import { getTableConfig } from 'drizzle-orm/mysql-core'
import { compare, inList, inTuples, parameter } from './mysql-values'
import { mappingOf } from './mapping'

export type Database = MySqlDatabase<MySqlQueryResultHKT, PreparedQueryHKTBase>

/*
 * MySQL does not give back what it wrote: rows are read again by their keys, in the same transaction.
 */

export async function insert(db: Database, { into, values, returning, key }: WriteStatement & { values: Row }): Promise<Row[]> {
  const columns = keyColumns(into, key)
  const given = await withKey(db, values, columns)
  const result = await db.insert(into as MySqlTable).values(toDriver(into, given))
  const conditions = columns.map(([field, column]) => given[field] === undefined
    ? compare(column, '=', insertId(result))
    : compare(column, '=', mappingOf(column).toDriver(given[field])))
  return select(db, into, returning, sql.join(conditions, sql` and `))
}

/** Rows are found and locked first, since a change may take them out of the reach of the condition. */
export async function update(db: Database, { into, values, where, returning, key, previous }: UpdateStatement): Promise<UpdatedRow[]> {
  const columns = keyColumns(into, key)
  const found = await select(db, into, { ...previous, ...keyOutputs(columns) }, where, true)
  if (found.length === 0)
    return []
  const these = withKeys(columns, found)
  await db.update(into as MySqlTable).set(toDriver(into, values)).where(these)
  const rows = await select(db, into, returning, these)
  return rows.map((row, i) => ({ row, previous: previous && pick(found[i]!, previous) }))
}

export async function remove(db: Database, { into, where, returning, key }: WriteStatement & { where: SQL | undefined }): Promise<Row[]> {
  const columns = keyColumns(into, key)
  const found = await select(db, into, { ...returning, ...keyOutputs(columns) }, where, true)
  if (found.length > 0)
    await db.delete(into as MySqlTable).where(withKeys(columns, found))
  return found.map(row => pick(row, returning))
}

function pick(row: Row, fields: Record<string, SQL>): Row {
  return Object.fromEntries(Object.keys(fields).map(field => [field, row[field]]))
}

async function select(db: Database, from: Table, fields: Record<string, SQL>, where: SQL | undefined, lock = false): Promise<Row[]> {
  const query = db.select(fields).from(from as MySqlTable).where(where)
  return await (lock ? query.for('update') : query) as Row[]
}

type KeyColumns = [field: string, column: MySqlColumn][]

function keyColumns(table: Table, key: readonly string[] = []): KeyColumns {
  const { primaryKeys: [composite] } = getTableConfig(table as MySqlTable)
  const columns = Object.entries(getTableColumns(table)) as KeyColumns
  const declared = composite ? columns.filter(([, column]) => composite.columns.some(part => part.name === column.name)) : columns.filter(([, column]) => column.primary)
  return declared.length > 0 ? declared : columns.filter(([field]) => key.includes(field))
}

/** As text, since drivers give less than there is of large numbers; `parameter` takes it for what it is. */
function keyOutputs(columns: KeyColumns): Record<string, SQL> {
  return Object.fromEntries(columns.map(([, column], i) => [`$key${i}`, isBinary(column) ? sql`${column}` : sql`cast(${column} as char)`]))
}

function withKeys(columns: KeyColumns, rows: readonly Row[]): SQL {
  const values = rows.map(row => columns.map((_, i) => row[`$key${i}`]))
  const fractions = columns.some(([, column]) => /\([456]\)/.test(column.getSQLType()))
  // A list compares moments by milliseconds, which may be those of other rows too.
  if (fractions)
    return sql`(${sql.join(values.map(parts => sql`(${sql.join(parts.map((value, i) => sql`${columns[i]![1]} = ${parameter(columns[i]![1], value)}`), sql` and `)})`), sql` or `)})`
  const sources = columns.map(([, column]) => column)
  return sources.length === 1 ? inList(sources[0]!, values.map(([value]) => value)) : inTuples(sources, values)
}

function isBinary(column: Column): boolean {
  return /binary|blob/.test(column.getSQLType())
}

/** The key that the row will have, as far as it is not the number that the database counts on. */
async function withKey(db: Database, values: Row, columns: KeyColumns): Promise<Row> {
  const given = { ...values }
  for (const [field, column] of columns) {
    if (given[field] !== undefined || (column as { autoIncrement?: boolean }).autoIncrement)
      continue
    const { defaultFn, onUpdateFn, default: fallback } = column as AnyMySqlColumn
    const value = defaultFn ? defaultFn() : fallback ?? onUpdateFn?.()
    given[field] = is(value, DrizzleSQL) ? await evaluate(db, value) : value
  }
  return given
}

/** A default like `(uuid())` gives another value each time, so it is asked for before the row is written. */
async function evaluate(db: Database, expression: SQL): Promise<unknown> {
  const [row] = await db.select({ value: sql`${expression}` }).from(sql`(select 1) as ${sql.identifier('one')}`)
  return row!.value
}

/** What mysql2 answers to an insert, or another driver in its own words. */
function insertId(result: unknown): unknown {
  const header = Array.isArray(result) ? result[0] as unknown : result
  return (header as { insertId?: unknown }).insertId
}

/** Values that Drizzle would leave to the driver, which does not do right by them. */
function toDriver(table: Table, values: Row): Row {
  const columns = getTableColumns(table)
  return Object.fromEntries(Object.entries(values).map(([field, value]) => {
    if (value instanceof Date && columns[field]?.columnType === 'MySqlDate')
      return [field, sql`${mappingOf(columns[field]).toDriver(value)}`]
    return [field, value instanceof Uint8Array ? Buffer.from(value) : value]
  }))
}
