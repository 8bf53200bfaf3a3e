import type { Table, View } from 'drizzle-orm'
import type { CollectionModel, ColumnModel, Dialect, ForeignKeyModel } from '../runtime/shared/model'
import type { TextCollation } from './columns'
import type { DrizzleColumn, DrizzleForeignKey, DrizzleTable } from './drizzle'
import type { SchemaExport } from './load-schema'
import type { CollectionOptions, ResolvedOptions } from './options'
import type { Problem } from './problem'
import { mutationsTableName } from '../runtime/shared/mutation-id'
import { describeColumn, describeViewField } from './columns'
import { dialectOfTable, fieldsOf, isColumn, isTableOrView, isView, tableConfig, tableName } from './drizzle'

/** Tables and views that the schema exports, found by export name and by name in the database. */
export interface TableIndex {
  /** What is generated, by collection name, sorted. */
  collections: Map<string, { name: string, table: DrizzleTable, file: string }>
  /** Collections that the app left out, sorted. */
  excluded: string[]
  /** The export that `rstoreMutations()` made: the server's own, and no collection. */
  mutations?: { name: string, file: string }
  /** Collection of a table; `false` where the app left it out, `undefined` where the schema does not export it. */
  collectionOf: (table: DrizzleTable) => string | false | undefined
}

/** Finds the tables among the exports of a schema. The same table re-exported under its name counts once. */
export function indexTables(exports: readonly SchemaExport[], dialect: Dialect, options: Pick<ResolvedOptions, 'collections'>, problems: Problem[]): TableIndex {
  const found = new Map<string, { name: string, table: DrizzleTable, file: string }>()
  const byTable = new Map<string, string>()
  // A default export is usually a second name of something exported properly.
  const ordered = [...exports].sort((a, b) => Number(a.name === 'default') - Number(b.name === 'default'))
  for (const { name, value, file } of ordered) {
    if (!isTableOrView(value))
      continue
    const error = (message: string, fix: string) => problems.push({ severity: 'error', file, subject: name, message, fix })
    const known = found.get(name)
    const first = byTable.get(tableName(value))
    if (known?.table === value || (name === 'default' && first !== undefined))
      continue
    if (known) {
      error(`is exported by ${known.file} too, for another table.`, 'Collections are named after exports: rename one of the two.')
    }
    else if (dialectOfTable(value) !== dialect) {
      error(`is a table of another dialect than the config's "${dialect}".`, `Define it with drizzle-orm/${dialect === 'postgresql' ? 'pg' : dialect}-core, or correct \`dialect\` in the Drizzle config.`)
    }
    else {
      found.set(name, { name, table: value, file })
      if (options.collections[name] === false)
        continue
      if (first !== undefined)
        error(`is the table "${tableName(value)}", which is exported as "${first}" already.`, `Export it once, or set \`rstoreDrizzle.collections: { ${name}: false }\`.`)
      byTable.set(tableName(value), name)
    }
  }
  const sorted = [...found.values()].sort((a, b) => a.name < b.name ? -1 : 1)
  const mutations = sorted.find(({ table }) => tableName(table) === mutationsTableName)
  const excluded = sorted.filter(entry => options.collections[entry.name] === false || entry === mutations)
  const excludedTables = new Set(excluded.map(({ table }) => tableName(table)))
  return {
    collections: new Map(sorted.filter(entry => !excluded.includes(entry)).map(entry => [entry.name, entry])),
    excluded: excluded.filter(entry => entry !== mutations).map(({ name }) => name),
    ...mutations && { mutations: { name: mutations.name, file: mutations.file } },
    collectionOf: table => byTable.get(tableName(table)) ?? (excludedTables.has(tableName(table)) ? false : undefined),
  }
}

/** Models of all collections, without their relations. */
export function introspect(index: TableIndex, dialect: Dialect, options: Pick<ResolvedOptions, 'collections'> & Partial<Pick<ResolvedOptions, 'textCollation'>>, problems: Problem[]): Record<string, CollectionModel> {
  const textCollation = dialect === 'sqlite' ? 'binary' : options.textCollation ?? 'server'
  const collections: Record<string, CollectionModel> = {}
  for (const { name, table, file } of index.collections.values()) {
    const given = options.collections[name] || {}
    const columns = isView(table) ? describeView(table, name, file, textCollation, problems) : describeTable(table, textCollation)
    const keys = isView(table) ? undefined : declaredKey(table)
    const primaryKey = keys ?? given.primaryKey ?? (isView(table) && columns.id ? ['id'] : [])
    for (const [field, column] of Object.entries(columns)) {
      column.nullable &&= !primaryKey.includes(field)
      // SQLite numbers the rows of a table whose whole key is one integer column.
      column.hasDefault ||= dialect === 'sqlite' && keys?.length === 1 && keys[0] === field && column.type === 'number' && !!column.integer
    }
    collections[name] = {
      name,
      table: tableName(table),
      primaryKey,
      columns: applyOptions(columns, given),
      relations: {},
      foreignKeys: isView(table) ? [] : describeForeignKeys(table, name, file, index, problems),
      readonly: isView(table),
    }
  }
  return collections
}

/** Field names of columns, which may be declared under another name in the database. */
export function fieldNames(table: DrizzleTable, columns: readonly DrizzleColumn[]): (string | undefined)[] {
  const fields = Object.entries(fieldsOf(table))
  return columns.map(column => (fields.find(([, field]) => field === column) ?? fields.find(([, field]) => isColumn(field) && field.name === column.name))?.[0])
}

function applyOptions(columns: Record<string, ColumnModel>, { hidden = [], readonly = [] }: CollectionOptions): Record<string, ColumnModel> {
  return Object.fromEntries(Object.entries(columns).map(([field, column]) => [field, {
    ...column,
    readonly: readonly.includes(field),
    ...(hidden.includes(field) && { hidden: true as const }),
  }]))
}

function describeTable(table: Table, textCollation: TextCollation): Record<string, ColumnModel> {
  return Object.fromEntries(Object.entries(fieldsOf(table)).map(([field, column]) => [field, describeColumn(column as DrizzleColumn, textCollation)]))
}

function describeView(view: View, name: string, file: string, textCollation: TextCollation, problems: Problem[]): Record<string, ColumnModel> {
  const columns: Record<string, ColumnModel> = {}
  const fields = fieldsOf(view)
  for (const field of Object.keys(fields)) {
    const column = describeViewField(readField(fields, field), textCollation)
    if (column)
      columns[field] = column
    else
      problems.push({ severity: 'error', file, subject: `${name}.${field}`, message: 'is neither a column nor an expression with an alias.', fix: `Flatten nested selections and give expressions \`.as('name')\`, or leave the view out with \`rstoreDrizzle.collections: { ${name}: false }\`.` })
  }
  return columns
}

/** Drizzle's views throw on access to an expression without an alias. */
function readField(fields: Record<string, unknown>, field: string): unknown {
  try {
    return fields[field]
  }
  catch {
    return undefined
  }
}

function declaredKey(table: Table): string[] | undefined {
  const fields = Object.entries(fieldsOf(table)) as [string, DrizzleColumn][]
  const composite = tableConfig(table).primaryKeys[0]
  const key = composite ? fieldNames(table, composite).filter(field => field !== undefined) : fields.filter(([, column]) => column.primary).map(([field]) => field)
  return key.length > 0 ? key : undefined
}

function describeForeignKeys(table: Table, name: string, file: string, index: TableIndex, problems: Problem[]): ForeignKeyModel[] {
  const foreignKeys: ForeignKeyModel[] = []
  for (const resolve of tableConfig(table).foreignKeys) {
    let key: DrizzleForeignKey
    try {
      key = resolve()
    }
    catch (error) {
      problems.push({ severity: 'error', file, subject: name, message: `has a foreign key that can't be resolved: ${(error as Error).message}`, fix: 'Check what `references()` returns: it must be a column of an imported table.' })
      continue
    }
    const names = (of: DrizzleTable, columns: DrizzleColumn[]) => fieldNames(of, columns).map((field, i) => field ?? columns[i]!.name)
    const action = (value: ForeignKeyModel['onDelete']) => value === 'no action' ? undefined : value
    const { columns, foreignColumns, foreignTable } = key
    const onDelete = action(key.onDelete)
    const onUpdate = action(key.onUpdate)
    foreignKeys.push({
      columns: names(table, columns),
      to: index.collectionOf(foreignTable) || tableName(foreignTable),
      toColumns: names(foreignTable, foreignColumns),
      ...(onDelete && { onDelete }),
      ...(onUpdate && { onUpdate }),
    })
  }
  return foreignKeys
}
