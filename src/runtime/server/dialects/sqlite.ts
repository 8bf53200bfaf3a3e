import type { Placeholder, SQL } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { Row } from '../../shared/model'
import type { WriteQueueOptions } from '../mutation/write-queue'
import type { Database } from './sqlite-connection'
import type { DatabaseFailure, FieldSource, Sign, SqlDialect } from './types'
import { sql } from 'drizzle-orm'
import { errorChain } from './error-chain'
import { createConnections } from './sqlite-connection'
import { output, selectOf } from './sqlite-select'
import { createSqliteShapes } from './sqlite-shapes'

/** SQLite through any of Drizzle's drivers. Writes to one instance run one after the other. */
export function createSqliteDialect(options: WriteQueueOptions = {}): SqlDialect {
  const connections = createConnections(isBusy, options)
  const shapes = createSqliteShapes()
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
    listParameter: { of: jsonOf, includes: inJson },
    inTuples,
    like: (source, pattern) => sql`${source} like ${sql.param(pattern)}`,
    select: (database, statement) => connections.read(database as Database, async db => await selectOf(db, statement) as Row[]),
    selectShape: (database, shape) => connections.read(database as Database, db => shapes.select(db, connections.ownerOf(database as Database), shape)),
    selectGroups: (database, shape) => connections.read(database as Database, db => shapes.selectGroups(db, connections.ownerOf(database as Database), shape)),
    insert: (database, { into, values, returning }) =>
      write(database, db => db.insert(into as SQLiteTable).values(values).returning(returning)),
    async update(database, { into, values, where, returning, previous }) {
      const change = (db: Database) => db.update(into as SQLiteTable).set(values).where(where).returning(returning)
      if (!previous)
        return (await write(database, change)).map(row => ({ row }))
      const read = (db: Database) => selectOf(db, { from: into, fields: previous, where })
      const [before, after] = await connections.inOneGo<unknown[]>(database as Database, async db => [await read(db), await change(db)], batch => batch([read(database as Database), change(database as Database)]))
      return (after as Row[]).map((row, i) => ({ row, previous: (before as Row[])[i] }))
    },
    async updateShape(database, shape) {
      const owner = connections.ownerOf(database as Database)
      if (!shape.previous)
        return (await connections.write(database as Database, db => shapes.update(db, owner, shape))).map(row => ({ row }))
      return connections.inOneGo(database as Database, db => shapes.exchange(db, owner, shape), batch => shapes.exchangeTogether(database as Database, batch, shape))
    },
    delete: (database, { into, where, returning }) =>
      write(database, db => db.delete(into as SQLiteTable).where(where).returning(returning)),
    transaction: (database, run) => connections.transaction(database as Database, run),
    savepoint: (transaction, run) => connections.savepoint(transaction as Database, () => run(transaction)),
    canTransact: database => connections.canTransact(database as Database),
    failureOf,
  }
}

function compare(source: FieldSource, sign: Sign, value: unknown): SQL {
  // Drivers refuse infinities as parameters, but the database stores them. What no driver gives, a cursor of somebody's own making may have.
  const parameter = value === Infinity ? sql`9e999` : value === -Infinity ? sql`-9e999` : sql.param(typeof value === 'boolean' || value instanceof Date ? Number(value) : value)
  return sql`${source} ${sql.raw(sign)} ${parameter}`
}

/**
 * One JSON parameter keeps the shape of the statement fixed and has no limit on the number of values.
 * Reals and blobs are sent one by one: SQLite does not read every decimal back to the same double,
 * and JSON has no blobs.
 */
function inList(source: FieldSource, values: unknown[]): SQL {
  const list = jsonOf(values.map(value => [value]))
  return list !== undefined
    ? inJson([source], list)
    : sql`${source} in (${sql.join(values.map(value => sql.param(value)), sql`, `)})`
}

function inTuples(sources: FieldSource[], tuples: unknown[][]): SQL {
  const list = jsonOf(tuples)
  if (list !== undefined)
    return inJson(sources, list)
  const rows = tuples.map(tuple => sql`(${sql.join(tuple.map(value => sql.param(value)), sql`, `)})`)
  return sql`(${sql.join(sources.map(source => sql`${source}`), sql`, `)}) in (values ${sql.join(rows, sql`, `)})`
}

function jsonOf(tuples: readonly (readonly unknown[])[]): string | undefined {
  return tuples.every(tuple => tuple.every(survivesJson))
    ? JSON.stringify(tuples[0]?.length === 1 ? tuples.map(([value]) => value) : tuples)
    : undefined
}

function inJson(sources: FieldSource[], list: string | Placeholder): SQL {
  if (sources.length === 1)
    return sql`${sources[0]} in (select value from json_each(${list}))`
  const parts = sources.map((_, i) => sql`json_extract(value, ${sql.raw(`'$[${i}]'`)})`)
  return sql`(${sql.join(sources.map(source => sql`${source}`), sql`, `)}) in (select ${sql.join(parts, sql`, `)} from json_each(${list}))`
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
