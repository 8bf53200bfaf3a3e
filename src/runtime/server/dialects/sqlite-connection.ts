import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core'
import type { WriteQueue, WriteQueueOptions } from '../mutation/write-queue'
import type { Lock } from './libsql-lock'
import { sql } from 'drizzle-orm'
import { createWriteQueue, retryWhile } from '../mutation/write-queue'
import { createGroupCommit } from './group-commit'
import { localClient, withLock } from './libsql-lock'
import { withSavepoint } from './savepoint'

export type Database = BaseSQLiteDatabase<'sync' | 'async', unknown>
type Run<T> = (db: Database) => Promise<T>
/** Runs statements as a transaction, and gives what each gives. */
export type Batch = (statements: unknown[]) => Promise<unknown[]>

/** What goes on in one database client. */
interface Connection {
  queue: WriteQueue
  /** Of a file that libsql opens: writes that share transactions. */
  commit?: ReturnType<typeof createGroupCommit>
  /** Until it ends: a transaction on the only connection, which everybody else reads from too. */
  open?: Promise<void>
  /** Whether other processes may hold locks on the database; known once something was written. */
  isFile?: boolean
}

interface OpenTransaction {
  /** The instance that it was begun on. */
  owner: Database
  lock?: Lock
}

/**
 * Decides when statements run. Writes and transactions of one client run one after the other; what
 * belongs to a transaction that is open runs at once, as part of it.
 */
export function createConnections(isBusy: (error: unknown) => boolean, options: WriteQueueOptions) {
  const connections = new WeakMap<object, Connection>()
  /** By the handles of those that are open. */
  const transactions = new WeakMap<object, OpenTransaction>()

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

  /** Where writes don't share transactions, `alone` runs it. */
  async function write<T>(database: Database, run: Run<T>, alone = () => connectionOf(database).queue(() => run(database))): Promise<T> {
    if (transactions.has(database))
      return run(database)
    const connection = connectionOf(database)
    const client = localClient(database)
    // In the queue, since a transaction may be open on the only connection.
    if (!client || !(connection.isFile ?? await connection.queue(() => isFile(database, connection))))
      return alone()
    connection.commit ??= createGroupCommit({ queue: connection.queue, withLock: run => withLock(client, run), isBusy })
    return connection.commit(lock => lock.on(database, run))
  }

  /**
   * Runs statements that nobody else's write comes between.
   * @param database - any handle
   * @param inTurn - runs them one by one
   * @param together - has them run by the function it gets, which only takes all of them
   */
  function inOneGo<T>(database: Database, inTurn: Run<T>, together: (batch: Batch) => Promise<T>): Promise<T> {
    // A batch is one round trip, and all that D1 has.
    return write(database, inTurn, () => hasBatch(database)
      ? connectionOf(database).queue(() => together(statements => database.batch(statements)))
      : transaction(database, inTurn))
  }

  async function transaction<T>(database: Database, run: Run<T>): Promise<T> {
    if (transactions.has(database))
      return run(database)
    const connection = connectionOf(database)
    const within = (lock?: Lock): Run<T> => async (handle) => {
      transactions.set(handle, { owner: database, lock })
      try {
        return await run(handle)
      }
      finally {
        transactions.delete(handle)
      }
    }
    return connection.queue(async () => {
      if (isSync(database))
        return alone(connection, () => byStatements(database, within()))
      const client = localClient(database)
      if (!client)
        return begin(database, within())
      return await isFile(database, connection) ? withLock(client, lock => lock.on(database, within(lock))) : alone(connection, () => begin(database, within()))
    })
  }

  /** D1 can only take statements together, when all of them are known. */
  function canTransact(database: Database): boolean {
    return transactions.has(database) || !hasBatch(database) || 'transaction' in (database as unknown as { $client: object }).$client
  }

  /** The instance that a handle belongs to. */
  function ownerOf(handle: Database): Database {
    return transactions.get(handle)?.owner ?? handle
  }

  function savepoint<T>(handle: Database, run: () => Promise<T>): Promise<T> {
    return withSavepoint(transactions.get(handle)?.lock?.execute ?? (async statement => handle.run(sql.raw(statement))), run)
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

  return { read, write, inOneGo, transaction, canTransact, savepoint, ownerOf }
}

/** Where a transaction has ended already, libsql refuses to roll it back: what had happened before is what counts. */
async function begin<T>(database: Database, run: Run<T>): Promise<T> {
  let failure: { error: unknown } | undefined
  try {
    return await (database as BaseSQLiteDatabase<'async', unknown>).transaction(handle => run(handle as unknown as Database).catch((error) => {
      failure = { error }
      throw error
    }))
  }
  catch (error) {
    throw failure ? failure.error : error
  }
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

/** Whether statements can be sent together, to be run as a transaction: libsql and D1 do so. */
function hasBatch(database: Database): database is Database & { batch: Batch } {
  const { $client: client, batch } = database as { $client?: { batch?: unknown }, batch?: unknown }
  return typeof client?.batch === 'function' && typeof batch === 'function'
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
