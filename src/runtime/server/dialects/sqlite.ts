import type { SQL } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { Row } from '../../shared/model'
import type { WriteQueueOptions } from '../mutation/write-queue'
import type { Database } from './sqlite-connection'
import type { DatabaseFailure, FieldSource, SelectStatement, Sign, SqlDialect } from './types'
import { sql } from 'drizzle-orm'
import { errorChain } from './error-chain'
import { withSavepoint } from './savepoint'
import { createConnections } from './sqlite-connection'

type From = Parameters<ReturnType<Database['select']>['from']>[0]

/** SQLite through any of Drizzle's drivers. Writes to one instance run one after the other. */
export function createSqliteDialect(options: WriteQueueOptions = {}): SqlDialect {
  const connections = createConnections(isBusy, options)
  const write = (database: unknown, run: (db: Database) => PromiseLike<unknown>) =>
    connections.write(database as Database, async db => await run(db) as Row[])

  return {
    name: 'sqlite',
    nullsAreLeast: true,
    output,
    sortKey: source => sql`${source}`,
    compare,
    same: (source, value) => compare(source, '=', value),
    inList,
    inTuples,
    like: (source, pattern) => sql`${source} like ${sql.param(pattern)}`,
    select: (database, statement) => connections.read(database as Database, db => select(db, statement)),
    insert: (database, { into, values, returning }) =>
      write(database, db => db.insert(into as SQLiteTable).values(values).returning(returning)),
    update: (database, { into, values, where, returning }) =>
      write(database, db => db.update(into as SQLiteTable).set(values).where(where).returning(returning)),
    delete: (database, { into, where, returning }) =>
      write(database, db => db.delete(into as SQLiteTable).where(where).returning(returning)),
    transaction: (database, run) => connections.transaction(database as Database, run),
    savepoint: (transaction, run) => withSavepoint(async statement => (transaction as Database).run(statement), () => run(transaction)),
    failureOf,
  }
}

async function select(db: Database, { from, fields, where, orderBy = [], limit, offset }: SelectStatement): Promise<Row[]> {
  const query = db.select(fields).from(from as From).where(where).orderBy(...orderBy).$dynamic()
  if (limit !== undefined)
    query.limit(limit)
  if (offset)
    query.offset(offset)
  return await query
}

/**
 * A driver that gives integers as numbers throws for the whole list when one of them is beyond 2^53:
 * those come as text.
 */
function output(source: FieldSource): SQL {
  return sql`case when typeof(${source}) = 'integer' and ${source} not between -9007199254740991 and 9007199254740991 then cast(${source} as text) else ${source} end`
}

function compare(source: FieldSource, sign: Sign, value: unknown): SQL {
  // Drivers refuse infinities as parameters, but the database stores them.
  const parameter = value === Infinity ? sql`9e999` : value === -Infinity ? sql`-9e999` : sql.param(value)
  return sql`${source} ${sql.raw(sign)} ${parameter}`
}

/**
 * One JSON parameter keeps the shape of the statement fixed and has no limit on the number of values.
 * Reals and blobs are sent one by one: SQLite does not read every decimal back to the same double,
 * and JSON has no blobs.
 */
function inList(source: FieldSource, values: unknown[]): SQL {
  return values.every(survivesJson)
    ? sql`${source} in (select value from json_each(${JSON.stringify(values)}))`
    : sql`${source} in (${sql.join(values.map(value => sql.param(value)), sql`, `)})`
}

function inTuples(sources: FieldSource[], tuples: unknown[][]): SQL {
  const columns = sql.join(sources.map(source => sql`${source}`), sql`, `)
  if (!tuples.every(tuple => tuple.every(survivesJson))) {
    const rows = tuples.map(tuple => sql`(${sql.join(tuple.map(value => sql.param(value)), sql`, `)})`)
    return sql`(${columns}) in (values ${sql.join(rows, sql`, `)})`
  }
  const parts = sources.map((_, i) => sql`json_extract(value, ${sql.raw(`'$[${i}]'`)})`)
  return sql`(${columns}) in (select ${sql.join(parts, sql`, `)} from json_each(${JSON.stringify(tuples)}))`
}

function survivesJson(value: unknown): boolean {
  return value === null || typeof value === 'string' || Number.isSafeInteger(value)
}

function isBusy(error: unknown): boolean {
  // The last is libsql's: a transaction holds the only connection that a database in memory can have.
  return errorChain(error).some(({ code, message }) =>
    /^SQLITE_(?:BUSY|LOCKED)|^TRANSACTION_ACTIVE$/.test(String(code)) || /database (?:table )?is locked/.test(message))
}

const constraint = /\b(UNIQUE|PRIMARY KEY|NOT NULL|CHECK|FOREIGN KEY) constraint failed(?:: (.+))?/

function failureOf(error: unknown): DatabaseFailure | undefined {
  if (isBusy(error))
    return { code: 'RSTORE_BUSY' }
  for (const { code, message } of errorChain(error)) {
    const [, kind, subject] = constraint.exec(message) ?? []
    if (kind)
      return { code: kind === 'UNIQUE' || kind === 'PRIMARY KEY' ? 'RSTORE_DUPLICATE' : 'RSTORE_CONSTRAINT', columns: columnsIn(subject) }
    // A trigger that raises, or a value that the column's strict type refuses.
    if (/^SQLITE_(?:CONSTRAINT|MISMATCH)/.test(String(code)))
      return { code: 'RSTORE_CONSTRAINT', columns: columnsIn(/cannot store \w+ value in \w+ column (.+)/.exec(message)?.[1]) }
    if (/too many SQL variables|Expression tree is too large|string or blob too big/.test(message))
      return { code: 'RSTORE_LIMIT_EXCEEDED' }
  }
  return undefined
}

/** `todos.list_id, todos.position` as column names. */
function columnsIn(subject: string | undefined): string[] | undefined {
  return subject?.split(', ').flatMap(name => name.includes('.') ? [name.slice(name.lastIndexOf('.') + 1)] : [])
}
