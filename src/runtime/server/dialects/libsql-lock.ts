import type { Database } from './sqlite-connection'

/** What we use of libsql's client for a local file. */
interface LocalClient {
  protocol: 'file'
  transaction: (mode: 'deferred') => Promise<LocalTransaction>
}

interface LocalTransaction {
  execute: (statement: unknown) => Promise<unknown>
  batch: (statements: unknown) => Promise<unknown>
  executeMultiple: (text: string) => Promise<void>
  rollback: () => Promise<void>
  commit: () => Promise<void>
  close: () => void
}

interface Session { transaction: <T>(run: (handle: Database) => Promise<T>) => Promise<T> }

/** The client of an instance that works on a local database through libsql. */
export function localClient(database: Database): LocalClient | undefined {
  const { $client: client, session } = database as { $client?: Partial<LocalClient>, session?: Partial<Session> }
  return client?.protocol === 'file' && typeof client.transaction === 'function' && typeof session?.transaction === 'function'
    ? client as LocalClient
    : undefined
}

/**
 * Drizzle's transaction, with another way to the lock. libsql leaves a statement unfinished that SQLite has
 * refused because of one: as long as it lies there, SQLite takes nothing for finished that is written through
 * the same connection, and what was acknowledged is lost. Statements of `executeMultiple` are always finished,
 * and once that has the lock no other statement can meet one.
 */
export function withLock<T>(database: Database, client: LocalClient, run: (handle: Database) => Promise<T>): Promise<T> {
  const { session } = database as unknown as { session: Session }
  const locking = Object.create(session, { client: { value: { transaction: () => begin(client) } } }) as Session
  return keepError(run, within => locking.transaction(within))
}

/** Where a transaction has ended already, libsql refuses to roll it back: what had happened before is what counts. */
export async function keepError<T>(run: (handle: Database) => Promise<T>, transaction: (run: (handle: Database) => Promise<T>) => Promise<T>): Promise<T> {
  let failure: { error: unknown } | undefined
  try {
    return await transaction(handle => run(handle).catch((error) => {
      failure = { error }
      throw error
    }))
  }
  catch (error) {
    throw failure ? failure.error : error
  }
}

async function begin(client: LocalClient): Promise<LocalTransaction> {
  const transaction = await client.transaction('deferred')
  try {
    await transaction.executeMultiple('rollback; begin immediate')
  }
  catch (error) {
    transaction.close()
    throw error
  }
  return {
    execute: statement => transaction.execute(statement),
    batch: statements => transaction.batch(statements),
    executeMultiple: text => transaction.executeMultiple(text),
    rollback: () => transaction.rollback(),
    async commit() {
      await transaction.executeMultiple('commit')
      transaction.close()
    },
    close: () => transaction.close(),
  }
}
