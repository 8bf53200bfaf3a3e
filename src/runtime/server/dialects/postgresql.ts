import type { SQLWrapper } from 'drizzle-orm'
import type { PgDatabase, PgQueryResultHKT, PgTable } from 'drizzle-orm/pg-core'
import type { Row } from '../../shared/model'
import type { WriteQueueOptions } from '../mutation/write-queue'
import type { SelectStatement, SqlDialect, UpdatedRow, UpdateStatement } from './types'
import { getTableColumns, sql } from 'drizzle-orm'
import { createPooledConnections } from './pooled-connection'
import { failureOf, isConflict } from './postgresql-errors'
import { array, compare, inList, inTuples, like, output, sortKey } from './postgresql-values'

type Database = PgDatabase<PgQueryResultHKT, Record<string, unknown>>
type From = Parameters<ReturnType<Database['select']>['from']>[0]

/** PostgreSQL through any of Drizzle's drivers. */
export function createPostgresqlDialect(options: WriteQueueOptions = {}): SqlDialect {
  // A `Client` of `pg`, which unlike its `Pool` is one connection.
  const connections = createPooledConnections({ ...options, isConflict, isShared: client => 'connectionParameters' in client })
  const run = <T = Row>(database: unknown, statement: (db: Database) => PromiseLike<unknown>) =>
    connections.statement(database as Database, () => statement(database as Database) as PromiseLike<T[]>)

  return {
    name: 'postgresql',
    nullsAreLeast: false,
    output,
    sortKey,
    compare,
    same: (source, value) => compare(source, '=', value),
    inList,
    inTuples,
    like,
    array,
    select: (database, statement) => run(database, db => select(db, statement)),
    insert: (database, { into, values, returning }) => run(database, db => db.insert(into as PgTable).values(values).returning(returning)),
    update: (database, statement) => run<UpdatedRow>(database, db => update(db, statement)),
    delete: (database, { into, where, returning }) => run(database, db => db.delete(into as PgTable).where(where).returning(returning)),
    transaction: (database, run) => connections.transaction(database as Database, run),
    savepoint: (transaction, run) => connections.savepoint(transaction as Database, run),
    failureOf,
  }
}

async function select(db: Database, { from, fields, where, orderBy = [], limit, offset, lock }: SelectStatement): Promise<Row[]> {
  const query = db.select(fields).from(from as From).where(where).orderBy(...orderBy).$dynamic()
  if (limit !== undefined)
    query.limit(limit)
  if (offset)
    query.offset(offset)
  if (lock)
    query.for('update')
  return await query
}

/**
 * One statement: it locks the row, which waits for whoever is changing it and then gives what they have left, and changes that
 * very row. The lock is the one that the change takes itself, so that rows which refer to this one may come meanwhile.
 */
async function update(db: Database, { into, values, where, returning, key = [], previous }: UpdateStatement): Promise<UpdatedRow[]> {
  const change = db.update(into as PgTable).set(values)
  if (!previous)
    return (await change.where(where).returning(returning)).map(row => ({ row }))
  const columns = getTableColumns(into)
  const fields = Object.keys(previous)
  // No name that SQL of a hook could mean.
  const as = (source: SQLWrapper, name: string) => sql`${source} as ${sql.identifier(name)}`
  const read = sql.join([...fields.map((field, i) => as(previous[field]!, `$${i}`)), ...key.map((field, i) => as(columns[field]!, `$key${i}`))], sql`, `)
  const of = (name: string) => sql`"$previous".${sql.identifier(name)}`
  const rows: Row[] = await change
    .from(sql`(select ${read} from ${into} where ${where} for no key update) as "$previous"`)
    .where(sql.join(key.map((field, i) => sql`${columns[field]} = ${of(`$key${i}`)}`), sql` and `))
    .returning({ ...returning, ...Object.fromEntries(fields.map((_, i) => [`$${i}`, of(`$${i}`)])) })
  return rows.map(row => ({ row, previous: Object.fromEntries(fields.map((field, i) => [field, row[`$${i}`]])) }))
}
