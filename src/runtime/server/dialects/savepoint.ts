import type { SQL } from 'drizzle-orm'
import { sql } from 'drizzle-orm'

/** The database has rolled back the whole transaction: nothing may follow in it. `cause` is what it was told. */
export class TransactionEnded extends Error {
  constructor(cause: unknown) {
    super('The database has ended the transaction.', { cause })
  }
}

/**
 * Runs something in a savepoint of its own, by the statements that all databases have in common.
 * @param execute - runs a statement on the connection of the transaction
 */
export async function withSavepoint<T>(execute: (statement: SQL) => PromiseLike<unknown>, run: () => Promise<T>): Promise<T> {
  await execute(sql`savepoint rstore`)
  try {
    const result = await run()
    await execute(sql`release savepoint rstore`)
    return result
  }
  catch (error) {
    await rollBack(execute, error)
    throw error
  }
}

async function rollBack(execute: (statement: SQL) => PromiseLike<unknown>, cause: unknown): Promise<void> {
  try {
    await execute(sql`rollback to savepoint rstore`)
    await execute(sql`release savepoint rstore`)
  }
  catch {
    // A deadlock, a full disk. Some connections then take further statements, each for a transaction of its own.
    throw new TransactionEnded(cause)
  }
}
