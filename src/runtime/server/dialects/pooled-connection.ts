import type { WriteQueue, WriteQueueOptions } from '../mutation/write-queue'
import { createWriteQueue, retryWhile } from '../mutation/write-queue'

interface TransactionalDatabase {
  $client?: unknown
  transaction: <T>(run: (handle: unknown) => Promise<T>) => Promise<T>
}

/** What goes on in a client that is one connection for everybody. */
interface SharedConnection {
  queue: WriteQueue
  /** Until it ends: the transaction that is open. */
  open?: Promise<void>
}

export interface PooledConnectionOptions extends WriteQueueOptions {
  /** Whether what the database said means: run it again. */
  isConflict: (error: unknown) => boolean
  /** Whether all that goes through this client shares one connection. */
  isShared: (client: object) => boolean
}

/**
 * Decides when statements run on a database server. A pool takes whatever comes. On a client that is a single
 * connection, transactions run one after the other and other statements wait: they would be part of it.
 */
export function createPooledConnections({ isConflict, isShared, ...options }: PooledConnectionOptions) {
  const shared = new WeakMap<object, SharedConnection>()
  const transactions = new WeakSet<object>()

  /** Statements that make no transaction of their own. */
  async function statement<T>(database: object, run: () => PromiseLike<T>): Promise<T> {
    // In a transaction, what failed has taken all before it along: only the whole can be run again.
    if (transactions.has(database))
      return run()
    const connection = connectionOf(database)
    return retryWhile(isConflict, async () => {
      while (connection?.open)
        await connection.open
      return run()
    }, options)
  }

  async function transaction<T>(database: object, run: (handle: object) => Promise<T>): Promise<T> {
    if (transactions.has(database))
      return run(database)
    const begin = () => (database as TransactionalDatabase).transaction(handle => within(handle as object, run))
    const connection = connectionOf(database)
    return connection ? connection.queue(() => alone(connection, begin)) : retryWhile(isConflict, begin, options)
  }

  /** By the driver: postgres.js lets a transaction fail for any statement that failed outside of a savepoint of its own. */
  function savepoint<T>(database: object, run: (handle: object) => Promise<T>): Promise<T> {
    return (database as TransactionalDatabase).transaction(handle => within(handle as object, run))
  }

  async function alone<T>(connection: SharedConnection, run: () => Promise<T>): Promise<T> {
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

  async function within<T>(handle: object, run: (handle: object) => Promise<T>): Promise<T> {
    transactions.add(handle)
    try {
      return await run(handle)
    }
    finally {
      transactions.delete(handle)
    }
  }

  function connectionOf(database: object): SharedConnection | undefined {
    const { $client: client } = database as TransactionalDatabase
    if (typeof client !== 'object' || client === null || !isShared(client))
      return undefined
    let connection = shared.get(client)
    if (!connection)
      shared.set(client, connection = { queue: createWriteQueue(isConflict, options) })
    return connection
  }

  return { statement, transaction, savepoint }
}
