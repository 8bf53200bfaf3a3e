import type { Database } from './sqlite-connection'

/** What we use of libsql's client for a local file. */
export interface LocalClient {
  protocol: 'file'
  transaction: (mode: 'deferred') => Promise<LocalTransaction>
}

interface LocalTransaction {
  execute: (statement: unknown) => Promise<unknown>
  batch: (statements: unknown) => Promise<unknown>
  executeMultiple: (text: string) => Promise<void>
  close: () => void
}

interface Session { transaction: <T>(run: (handle: Database) => Promise<T>) => Promise<T> }

/** A transaction that has the lock. */
export interface Lock {
  /** Runs statements without parameters, which are finished even where they are refused. */
  execute: (text: string) => Promise<void>
  /** Runs something on a handle of an instance of the client. */
  on: <T>(database: Database, run: (handle: Database) => Promise<T>) => Promise<T>
}

/** The client of an instance that works on a local database through libsql. */
export function localClient(database: Database): LocalClient | undefined {
  const { $client: client, session } = database as { $client?: Partial<LocalClient>, session?: Partial<Session> }
  return client?.protocol === 'file' && typeof client.transaction === 'function' && typeof session?.transaction === 'function'
    ? client as LocalClient
    : undefined
}

/**
 * A transaction that goes another way to its lock. libsql leaves a statement unfinished that SQLite has
 * refused because of one: as long as it lies there, SQLite takes nothing for finished that is written through
 * the same connection, and what was acknowledged is lost. Statements of `executeMultiple` are always finished,
 * and once that has the lock no other statement can meet one.
 */
export async function withLock<T>(client: LocalClient, run: (lock: Lock) => Promise<T>): Promise<T> {
  const transaction = await client.transaction('deferred')
  let failure: { error: unknown } | undefined
  try {
    await transaction.executeMultiple('rollback; begin immediate')
    const result = await run(lockOf(transaction))
    await transaction.executeMultiple('commit')
    return result
  }
  catch (error) {
    failure = { error }
    throw error
  }
  finally {
    end(transaction, failure)
  }
}

/** Gives the connection back, having rolled back what was not committed. */
function end(transaction: LocalTransaction, failure: { error: unknown } | undefined): void {
  try {
    transaction.close()
  }
  catch (error) {
    throw failure ? failure.error : error
  }
}

function lockOf(transaction: LocalTransaction): Lock {
  // Drizzle's transactions may come and go: the one that they are part of ends by itself.
  const part = {
    execute: (statement: unknown) => transaction.execute(statement),
    batch: (statements: unknown) => transaction.batch(statements),
    executeMultiple: (text: string) => transaction.executeMultiple(text),
    commit: async () => {},
    rollback: async () => {},
    close: () => {},
  }
  return {
    execute: text => transaction.executeMultiple(text),
    on(database, run) {
      const { session } = database as unknown as { session: Session }
      const locking = Object.create(session, { client: { value: { transaction: async () => part } } }) as Session
      return locking.transaction(run)
    },
  }
}
