import { is, SQL } from 'drizzle-orm'
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core'

/** Whether the schema has an index on a table that begins with these columns, in any order. */
export function isIndexed(table: unknown, columns: readonly unknown[]): boolean {
  return is(table, SQLiteTable) && indexesOf(table).some(indexed => columns.every(column => indexed.slice(0, columns.length).includes(column)))
}

function indexesOf(table: SQLiteTable): unknown[][] {
  const { columns, indexes, primaryKeys, uniqueConstraints } = getTableConfig(table)
  return [
    ...columns.filter(column => column.primary || column.isUnique).map(column => [column]),
    ...indexes.filter(({ config }) => !config.where).map(({ config }) => config.columns.map(column => is(column, SQL) ? undefined : tableColumn(column.name))),
    ...[...primaryKeys, ...uniqueConstraints].map(({ columns }) => columns),
  ]

  /** An index holds columns with options of their own. */
  function tableColumn(name: string | undefined): unknown {
    return columns.find(column => column.name === name)
  }
}
