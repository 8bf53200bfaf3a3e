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
export async function withSavepoint<T>(execute: (statement: string) => PromiseLike<unknown>, run: () => Promise<T>): Promise<T> {
  await execute('savepoint rstore')
  try {
    const result = await run()
    await execute('release savepoint rstore')
    return result
  }
  catch (error) {
    await rollBack(execute, error)
    throw error
  }
}

async function rollBack(execute: (statement: string) => PromiseLike<unknown>, cause: unknown): Promise<void> {
  try {
    await execute('rollback to savepoint rstore')
    await execute('release savepoint rstore')
  }
  catch {
    // A deadlock, a full disk. Some connections then take further statements, each for a transaction of its own.
    throw new TransactionEnded(cause)
  }
}
