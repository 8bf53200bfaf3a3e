import { sql } from 'drizzle-orm'

/** What a transaction's handle can do in all databases, in the words of its driver. */
type Handle = { run: (statement: unknown) => unknown } | { execute: (statement: unknown) => unknown }

/** Within an open transaction: undoes what `run` did where it rejects, and rejects as well. */
export async function savepoint<T>(transaction: unknown, run: () => Promise<T>): Promise<T> {
  const handle = transaction as Handle
  const statement = async (text: string) => 'run' in handle ? handle.run(sql.raw(text)) : handle.execute(sql.raw(text))
  await statement('savepoint rstore')
  try {
    const result = await run()
    await statement('release savepoint rstore')
    return result
  }
  catch (error) {
    await statement('rollback to savepoint rstore')
    await statement('release savepoint rstore')
    throw error
  }
}
