import type { Executed, Prepared } from '../pipeline/prepared'
import type { PipelineRequest } from '../pipeline/request'
import type { PendingRow } from '../pipeline/pending-key'
import type { Operation } from './operation'
import type { BatchContext, BatchResult } from './result'
import { RstoreError } from '../../shared/errors'
import { AnsweredMeanwhile } from '../once/answers'
import { committed, execute } from '../pipeline/prepared'
import { PendingRows } from '../pipeline/pending-key'
import { translateDatabaseError } from '../rest/errors'
import { isWrite, prepareOperation } from './operation'
import { failure, settleResult } from './result'

interface Step { operation: Operation, prepared: Prepared, pending?: PendingRow }

/** In order, in one transaction, with the keys of new rows put in place. Hooks run before it begins and after it has committed. */
export async function runAtomic(operations: readonly Operation[], context: BatchContext, isRepeated = false): Promise<BatchResult[]> {
  const { execution } = context.request
  /** The operation at fault; none while the transaction begins or commits. */
  let current: Operation | undefined
  try {
    const steps = await prepareAll(operations, context.request, operation => current = operation)
    const done = await execution.dialect.transaction(execution.database, async (transaction) => {
      const done: Executed[] = []
      for (const { operation, prepared, pending } of steps) {
        current = operation
        const executed = await execute(prepared, { ...execution, database: transaction })
        pending?.resolve(executed.key!())
        done.push(executed)
      }
      current = undefined
      return done
    })
    done.forEach(executed => committed(executed, context.request))
    const results: BatchResult[] = []
    for (const executed of done)
      results.push(await settleResult(executed.finish(), context))
    return results
  }
  catch (error) {
    // The same transaction was sent twice at the same time, and the other one has committed.
    if (error instanceof AnsweredMeanwhile && !isRepeated)
      return runAtomic(operations, context, true)
    // What the database says to the commit (a deferred constraint, a lock) is about all of them.
    return operations.map((operation, i) => !(current ? operation === current : isWrite(operation) || i === 0)
      ? rolledBack(operation, context)
      : failure(translateDatabaseError(error, operation.collection, execution.dialect), context))
  }
}

export function rolledBack({ collection: { name } }: Operation, context: BatchContext): BatchResult {
  return failure(new RstoreError('RSTORE_ROLLED_BACK', 'Another operation of the transaction failed.', { collection: name }), context)
}

async function prepareAll(operations: readonly Operation[], request: PipelineRequest, begin: (operation: Operation | undefined) => void): Promise<Step[]> {
  const rows = new PendingRows()
  const steps: Step[] = []
  for (const operation of operations) {
    begin(operation)
    const { type, collection, key } = operation
    const prepared = await prepareOperation(operation, { ...request, pending: rows })
    steps.push({ operation, prepared, pending: type === 'create' && key !== undefined ? rows.add(collection, key) : undefined })
  }
  begin(undefined)
  return steps
}
