import type { Row, WireRow } from '../../shared/model'
import type { Dependent } from '../mutation/dependents'
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
  /** Gives the answer in spite of an error of `execute`, after what it did was undone; else rejects with that error. */
  recover?: (error: unknown) => Promise<Answer>
}

/** An operation that has taken effect, or will once its transaction commits. */
export interface Executed {
  /** Of a write: the decoded key of its row. */
  key?: () => Row
  /** Of a write that has changed something: what there is to tell once it is committed. */
  change?: Change
  /** Whether `finish` runs hooks. */
  hooked: boolean
  /** Runs the after hooks, outside of any transaction, and gives the answer. */
  finish: () => Promise<Answer>
}

/** One row has changed. */
export interface Change {
  collection: ServerCollection
  type: 'created' | 'updated' | 'deleted'
  /** The row in wire form, without hidden columns; of a deleted one, as it was. */
  row: () => WireRow
  /** Of an updated one, where `wantsPrevious` says so: the row as it was right before, likewise. */
  previous?: () => WireRow
  /**
   * The rows that the database may have deleted or changed along with this one, by foreign keys: those of collections of which
   * `wantsPrevious` says so. `many` where there are too many to tell. A row may be told in vain, where the database does not enforce a key.
   */
  dependents?: Dependent[] | 'many'
}

export interface Answer {
  /** A row, rows, or `null` where no row fits. */
  result: unknown
  /** Where more rows follow. */
  nextCursor?: string
}

/** Runs an operation on its own. */
export async function run(prepared: Prepared, request: PipelineRequest): Promise<Answer> {
  const { execution } = request
  const { dialect, database } = execution
  let executed: Executed
  try {
    executed = prepared.needsTransaction
      ? await dialect.transaction(database, transaction => execute(prepared, { ...execution, database: transaction }))
      : await execute(prepared, execution)
  }
  catch (error) {
    return recover(prepared, error)
  }
  committed(executed, request)
  return executed.finish()
}

/** To be called for each operation once its transaction has committed, before it is finished. */
export function committed({ change, hooked }: Executed, { onChange }: PipelineRequest): void {
  if (change)
    // A hook that fails afterwards has the client take back what it has shown: it has to be told as well.
    onChange?.(change, !hooked)
}

/** What becomes of an operation whose `execute` has failed. */
export async function recover({ recover }: Prepared, error: unknown): Promise<Answer> {
  if (!recover)
    throw error
  return recover(error)
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
