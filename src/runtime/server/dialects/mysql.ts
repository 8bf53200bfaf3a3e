import type { Row } from '../../shared/model'
import type { WriteQueueOptions } from '../mutation/write-queue'
import type { Database } from './mysql-writes'
import type { SelectStatement, SqlDialect } from './types'
import { sql } from 'drizzle-orm'
import { failureOf, isConflict } from './mysql-errors'
import { compare, inList, inTuples, like, output, same, sortKey } from './mysql-values'
import { insert, remove, update } from './mysql-writes'
import { createPooledConnections } from './pooled-connection'
import { withSavepoint } from './savepoint'

type From = Parameters<ReturnType<Database['select']>['from']>[0]

/** MySQL 8 and MariaDB 10.5 or later, through any of Drizzle's drivers. */
export function createMysqlDialect(options: WriteQueueOptions = {}): SqlDialect {
  // A single connection of mysql2, unlike its pool.
  const connections = createPooledConnections({ ...options, isConflict, isShared: client => !('getConnection' in client) && 'threadId' in client })
  const write = <T>(database: unknown, run: (db: Database) => Promise<T>) =>
    connections.transaction(database as Database, handle => run(handle as Database))

  return {
    name: 'mysql',
    nullsAreLeast: true,
    output,
    sortKey,
    compare,
    same,
    inList,
    inTuples,
    like,
    select: (database, statement) => connections.statement(database as Database, () => select(database as Database, statement)),
    insert: (database, statement) => write(database, db => insert(db, statement)),
    update: (database, statement) => write(database, db => update(db, statement)),
    delete: (database, statement) => write(database, db => remove(db, statement)),
    transaction: (database, run) => connections.transaction(database as Database, run),
    savepoint: (transaction, run) => withSavepoint(statement => (transaction as Database).execute(sql.raw(statement)), () => run(transaction)),
    failureOf,
  }
}

async function select(db: Database, { from, fields, where, orderBy = [], limit, offset, lock }: SelectStatement): Promise<Row[]> {
  const query = db.select(fields).from(from as From).where(where).orderBy(...orderBy).$dynamic()
  // MySQL has no OFFSET without a LIMIT.
  if (limit !== undefined || offset)
    query.limit(limit ?? Number.MAX_SAFE_INTEGER)
  if (offset)
    query.offset(offset)
  if (lock)
    query.for('update')
  return await query as Row[]
}
