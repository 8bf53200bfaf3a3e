import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core'
import type { WriteQueue, WriteQueueOptions } from '../mutation/write-queue'
import { sql } from 'drizzle-orm'
import { createWriteQueue, retryWhile } from '../mutation/write-queue'
import { keepError, localClient, withLock } from './libsql-lock'

export type Database = BaseSQLiteDatabase<'sync' | 'async', unknown>
type Run<T> = (db: Database) => Promise<T>

/** What goes on in one database client. */
interface Connection {
  queue: WriteQueue
  /** Until it ends: a transaction on the only connection, which everybody else reads from too. */
  open?: Promise<void>
  /** Whether other processes may hold locks on the database; known once something was written. */
  isFile?: boolean
}

/**
 * Decides when statements run. Writes and transactions of one client run one after the other; what
 * belongs to a transaction that is open runs at once, as part of it.
 */
export function createConnections(isBusy: (error: unknown) => boolean, options: WriteQueueOptions) {
  const connections = new WeakMap<object, Connection>()
  const transactions = new WeakSet<object>()

  function read<T>(database: Database, run: Run<T>): Promise<T> {
    if (transactions.has(database))
      return run(database)
    const connection = connectionOf(database)
    return retryWhile(isBusy, async () => {
      while (connection.open)
        await connection.open
      return run(database)
    }, options)
  }

  function write<T>(database: Database, run: Run<T>): Promise<T> {
    if (transactions.has(database))
      return run(database)
    const connection = connectionOf(database)
    return connection.queue(async () => {
      const client = localClient(database)
      return client && await isFile(database, connection) ? withLock(database, client, run) : run(database)
    })
  }

  async function transaction<T>(database: Database, run: Run<T>): Promise<T> {
    if (transactions.has(database))
      return run(database)
    const connection = connectionOf(database)
    const within: Run<T> = async (handle) => {
      transactions.add(handle)
      try {
        return await run(handle)
      }
      finally {
        transactions.delete(handle)
      }
    }
    return connection.queue(async () => {
      if (isSync(database))
        return alone(connection, () => byStatements(database, within))
      const client = localClient(database)
      if (!client)
        return begin(database, within)
      return await isFile(database, connection) ? withLock(database, client, within) : alone(connection, () => begin(database, within))
    })
  }

  function connectionOf(database: Database): Connection {
    // An app may wrap one client in a new Drizzle instance per request: what must not overlap is the client.
    const client = (database as { $client?: unknown }).$client
    const owner = typeof client === 'object' && client !== null ? client : database
    let connection = connections.get(owner)
    if (!connection)
      connections.set(owner, connection = { queue: createWriteQueue(isBusy, options) })
    return connection
  }

  return { read, write, transaction }
}

function begin<T>(database: Database, run: Run<T>): Promise<T> {
  return keepError(run, within =>
    (database as BaseSQLiteDatabase<'async', unknown>).transaction(handle => within(handle as unknown as Database)))
}

/** Sync drivers refuse a transaction whose callback waits. */
async function byStatements<T>(database: Database, run: Run<T>): Promise<T> {
  await database.run(sql`begin immediate`)
  try {
    const result = await run(Object.create(database) as Database)
    await database.run(sql`commit`)
    return result
  }
  catch (error) {
    try {
      await database.run(sql`rollback`)
    }
    catch {
      // SQLite has rolled back by itself already, as it does on some errors. The first one is what counts.
    }
    throw error
  }
}

/** Readers wait until it ends: they would see what may yet be rolled back, or find no connection. */
async function alone<T>(connection: Connection, run: () => Promise<T>): Promise<T> {
  let end!: () => void
  connection.open = new Promise<void>(resolve => end = resolve)
  try {
    return await run()
  }
  finally {
    connection.open = undefined
    end()
  }
}

function isSync(database: Database): boolean {
  return (database as unknown as { resultKind?: unknown }).resultKind === 'sync'
}

async function isFile(database: Database, connection: Connection): Promise<boolean> {
  if (connection.isFile === undefined) {
    const [main] = await database.all<{ file: string | null }>(sql`select file from pragma_database_list where name = 'main'`)
    connection.isFile = !!main?.file
  }
  return connection.isFile
}
