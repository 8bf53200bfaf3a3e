import type { PgDatabase, PgQueryResultHKT, PgTable } from 'drizzle-orm/pg-core'
import type { Row } from '../../shared/model'
import type { WriteQueueOptions } from '../mutation/write-queue'
import type { SelectStatement, SqlDialect } from './types'
import { createPooledConnections } from './pooled-connection'
import { failureOf, isConflict } from './postgresql-errors'
import { array, compare, inList, inTuples, like, output, sortKey } from './postgresql-values'

type Database = PgDatabase<PgQueryResultHKT, Record<string, unknown>>
type From = Parameters<ReturnType<Database['select']>['from']>[0]

/** PostgreSQL through any of Drizzle's drivers. */
export function createPostgresqlDialect(options: WriteQueueOptions = {}): SqlDialect {
  // A `Client` of `pg`, which unlike its `Pool` is one connection.
  const connections = createPooledConnections({ ...options, isConflict, isShared: client => 'connectionParameters' in client })
  const run = (database: unknown, statement: (db: Database) => PromiseLike<unknown>) =>
    connections.statement(database as Database, () => statement(database as Database) as PromiseLike<Row[]>)

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
    update: (database, { into, values, where, returning }) => run(database, db => db.update(into as PgTable).set(values).where(where).returning(returning)),
    delete: (database, { into, where, returning }) => run(database, db => db.delete(into as PgTable).where(where).returning(returning)),
    transaction: (database, run) => connections.transaction(database as Database, run),
    savepoint: (transaction, run) => connections.savepoint(transaction as Database, run),
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
