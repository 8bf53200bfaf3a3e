import type { SQL } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { Row } from '../../shared/model'
import type { CompiledStatement } from './compiled-statement'
import type { Batch, Database } from './sqlite-connection'
import type { FieldSource, ShapedGroups, ShapedSelect, ShapedUpdate, StatementShape, UpdatedRow, UpdateShape } from './types'
import { and, sql } from 'drizzle-orm'
import { compileStatement, withValues } from './compiled-statement'
import { isIndexed } from './sqlite-index'
import { output, selectOf } from './sqlite-select'
import { maxPackedColumns, packed, unpack, unpackGroups } from './sqlite-pack'
import { StatementCache } from './statement-cache'

/** Runs statements that are compiled once and give their rows as one text of JSON. */
export function createSqliteShapes() {
  const selects = new StatementCache<CompiledSelect>()
  const groups = new StatementCache<CompiledSelect>()
  const updates = new StatementCache<CompiledUpdate>()
  const exchanges = new StatementCache<CompiledExchange>()

  /** The owner is the instance that `database` is, or is a transaction of. */
  async function select(database: Database, owner: Database, shape: StatementShape<ShapedSelect>): Promise<Row[]> {
    const { names, compiled } = selects.get(owner, shape.key, () => compileSelect(owner, shape.statement()))
    if (!compiled)
      return selectUnpacked(database, shape)
    const text = await firstValue(database, compiled, shape.values)
    return unpack(`[${text}]`, names) ?? selectUnpacked(database, shape)
  }

  async function selectGroups(database: Database, owner: Database, shape: StatementShape<ShapedGroups>): Promise<Row[][] | undefined> {
    const { names, compiled } = groups.get(owner, shape.key, () => compileGroups(owner, shape.statement()))
    return compiled && unpackGroups(`[${await firstValue(database, compiled, shape.values)}]`, names)
  }

  async function update(database: Database, owner: Database, shape: UpdateShape): Promise<Row[]> {
    const { names, compiled } = updates.get(owner, shape.key, () => compileUpdate(owner, shape.statement()))
    if (names.length > maxPackedColumns)
      return (await database.values<unknown[]>(withValues(compiled, shape.values))).map(values => rowOf(names, values))
    const rows = await database.values<[string]>(withValues(compiled, shape.values))
    return unpack(`[${rows.map(row => row[0]).join()}]`, names) ?? shape.reread(database)
  }

  /** An update that gives the row as it was before, too. In a transaction. */
  async function exchange(database: Database, owner: Database, shape: UpdateShape): Promise<UpdatedRow[]> {
    const [previous] = await select(database, owner, { ...shape, statement: () => readOf(shape.statement()) })
    return (await update(database, owner, shape)).map(row => ({ row, previous }))
  }

  /** Value by value, since what can't be unpacked can't be read again. */
  async function exchangeTogether(database: Database, batch: Batch, shape: UpdateShape): Promise<UpdatedRow[]> {
    const { names, before, change } = exchanges.get(database, shape.key, () => compileExchange(database, shape.statement()))
    const [was, is] = await batch([before, change].map(compiled => database.values(withValues(compiled, shape.values)))) as [unknown[][], unknown[][]]
    return is.map((values, i) => ({ row: rowOf(names, values), previous: rowOf(names, was[i]!) }))
  }

  return { select, selectGroups, update, exchange, exchangeTogether }
}

interface CompiledSelect {
  names: string[]
  /** Gives the rows as one text; absent where they have too many columns. */
  compiled: CompiledStatement | undefined
}

/** Packed, but where there are too many columns. */
interface CompiledUpdate {
  names: string[]
  compiled: CompiledStatement
}

interface CompiledExchange {
  names: string[]
  before: CompiledStatement
  change: CompiledStatement
}

function compileSelect(database: Database, { columns, ...statement }: ShapedSelect): CompiledSelect {
  const { names, sources } = parts(columns)
  if (names.length > maxPackedColumns)
    return { names, compiled: undefined }
  const { sql: rows, params } = selectOf(database, { ...statement, fields: { packed: sql`${packed(sources)}`.as('packed') } }).toSQL()
  // Aggregates take the rows of a subquery in its order.
  return { names, compiled: compileStatement({ sql: `select group_concat("packed") from (${rows})`, params }) }
}

/** A subquery for each group, so that SQLite can stop where a group has as many rows as it may have. */
function compileGroups(database: Database, { columns, by, groups, where, ...statement }: ShapedGroups): CompiledSelect {
  const { names, sources } = parts(columns)
  if (names.length > maxPackedColumns || !isIndexed(statement.from, by))
    return { names, compiled: undefined }
  const same = by.map((source, i) => by.length === 1 ? sql`${source} = "$groups"."value"` : sql`${source} = json_extract("$groups"."value", ${sql.raw(`'$[${i}]'`)})`)
  const { sql: rows, params } = selectOf(database, { ...statement, where: and(...same, where), fields: { packed: sql`${packed(sources)}`.as('packed') } }).toSQL()
  return {
    names,
    compiled: compileStatement({
      sql: `select group_concat('[' || "rows" || ']') from (select coalesce((select group_concat("packed") from (${rows})), '') as "rows" from json_each(?) as "$groups")`,
      params: [...params, groups],
    }),
  }
}

function compileUpdate(database: Database, { into, values, where, returning }: ShapedUpdate): CompiledUpdate {
  const { names, sources } = parts(returning)
  const query = database.update(into as SQLiteTable).set(values).where(where).returning(names.length > maxPackedColumns ? outputsOf(returning) : { packed: packed(sources) })
  return { names, compiled: compileStatement(query.toSQL()) }
}

function compileExchange(database: Database, { into, values, where, returning }: ShapedUpdate): CompiledExchange {
  const fields = outputsOf(returning)
  return {
    names: Object.keys(fields),
    before: compileStatement(selectOf(database, { from: into, fields, where }).toSQL()),
    change: compileStatement(database.update(into as SQLiteTable).set(values).where(where).returning(fields).toSQL()),
  }
}

/** A list without its brackets. */
async function firstValue(database: Database, compiled: CompiledStatement, values: readonly unknown[]): Promise<string> {
  const [row] = await database.values<[string | null]>(withValues(compiled, values))
  return row![0] ?? ''
}

/** Value by value, as the driver has them. */
async function selectUnpacked(database: Database, { statement, values }: StatementShape<ShapedSelect>): Promise<Row[]> {
  const { columns, ...rest } = statement()
  return await selectOf(database, { ...rest, fields: outputsOf(columns) }).prepare().all({ ...values }) as Row[]
}

/** Drizzle makes buffers of blobs, but not where it gives values as they come. */
function rowOf(names: readonly string[], values: readonly unknown[]): Row {
  return Object.fromEntries(names.map((name, i) => [name, values[i] instanceof ArrayBuffer ? Buffer.from(values[i]) : values[i]]))
}

/** What reads the row that an update will change. */
function readOf({ into, where, returning }: ShapedUpdate): ShapedSelect {
  return { from: into, columns: returning, where }
}

function outputsOf(columns: Record<string, FieldSource>): Record<string, SQL> {
  return Object.fromEntries(Object.entries(columns).map(([name, source]) => [name, output(source)]))
}

function parts(columns: Record<string, FieldSource>): { names: string[], sources: FieldSource[] } {
  return { names: Object.keys(columns), sources: Object.values(columns) }
}
