import type { Row } from '../../shared/model'
import type { Execution } from '../query/rows'
import type { ServerCollection } from '../registry'
import type { PipelineRequest } from './request'
import { translateDatabaseError } from '../rest/errors'

/*
 * Operations come in three steps. What prepares them and what finishes them runs code of the app, which may read and
 * write through a connection of its own. The SQL in between does not, so it may be part of a transaction.
 */

/** An operation that has been parsed, and allowed as far as that can be told beforehand. */
export interface Prepared {
  collection: ServerCollection
  /** SQL only. May be called again where it failed, or where its transaction did. */
  execute: (execution: Execution) => Promise<Executed>
  /** Whether `execute` checks what it has written, so that it has to be undone where it rejects. */
  needsTransaction: boolean
}

/** An operation that has taken effect, or will once its transaction commits. */
export interface Executed {
  /** Of a write: the row as the driver has it. */
  row?: Row
  /** Runs the after hooks, outside of any transaction, and gives the answer. */
  finish: () => Promise<Answer>
}

export interface Answer {
  /** A row, rows, or `null` where no row fits. */
  result: unknown
  /** Where more rows follow. */
  nextCursor?: string
}

/** Runs an operation on its own. */
export async function run(prepared: Prepared, { execution }: PipelineRequest): Promise<Answer> {
  const { dialect, database } = execution
  const executed = prepared.needsTransaction
    ? await dialect.transaction(database, transaction => execute(prepared, { ...execution, database: transaction }))
    : await execute(prepared, execution)
  return executed.finish()
}

/** The SQL of an operation; what the database refuses becomes an error of ours. */
export async function execute({ collection, execute }: Prepared, execution: Execution): Promise<Executed> {
  try {
    return await execute(execution)
  }
  catch (error) {
    throw translateDatabaseError(error, collection, execution.dialect)
  }
}
