import type { Execution } from '../query/rows'
import type { Answer, Executed, Prepared } from '../pipeline/prepared'
import type { PipelineRequest } from '../pipeline/request'
import type { Operation } from './operation'
import type { BatchContext, BatchResult } from './result'
import { isRstoreError } from '../../shared/errors'
import { TransactionEnded } from '../dialects/savepoint'
import { committed, execute, recover, run } from '../pipeline/prepared'
import { prepareOperation } from './operation'
import { failure, settleResult } from './result'

/** How an operation of a shared transaction ended. */
type Outcome = Executed | { error: unknown }

/**
 * In the order given, so that a parent is there before its child. Where no hook runs in between, writes that follow each other
 * share a transaction, each in a savepoint of its own; the others see all that was written before.
 */
export async function runWrites(operations: readonly Operation[], context: BatchContext): Promise<BatchResult[]> {
  const results: BatchResult[] = []
  let together: Operation[] = []
  const flush = async () => {
    results.push(...await runTogether(together, context))
    together = []
  }
  for (const operation of operations) {
    if (!context.request.rules.hasHooks(operation.collection, subjects[operation.type as keyof typeof subjects])) {
      together.push(operation)
      continue
    }
    await flush()
    results.push(await settleResult(alone(operation, context), context))
  }
  await flush()
  return results
}

const subjects = { create: 'index.post', update: 'item.patch', delete: 'item.delete' } as const

async function runTogether(operations: readonly Operation[], context: BatchContext): Promise<BatchResult[]> {
  const { request } = context
  const prepared = await Promise.all(operations.map(async (operation) => {
    try {
      return await prepareOperation(operation, request)
    }
    catch (error) {
      return failure(error, context)
    }
  }))
  const writes = prepared.filter((one): one is Prepared => 'execute' in one)
  const outcomes = writes.length > 1 ? await share(writes, context) : undefined
  const results: BatchResult[] = []
  for (const one of prepared) {
    if (!('execute' in one))
      results.push(one)
    else if (!outcomes)
      results.push(await settleResult(run(one, request), context))
    else
      results.push(await settleResult(finish(one, outcomes.get(one)!, request), context))
  }
  return results
}

/** Runs writes in one transaction. Nothing where the transaction as a whole has failed: then each has to be run by itself. */
async function share(writes: readonly Prepared[], { request: { execution } }: BatchContext): Promise<Map<Prepared, Outcome> | undefined> {
  const { dialect, database } = execution
  try {
    return await dialect.transaction(database, async (transaction) => {
      const outcomes = new Map<Prepared, Outcome>()
      for (const write of writes)
        outcomes.set(write, await inSavepoint(write, { ...execution, database: transaction }))
      return outcomes
    })
  }
  catch {
    // A constraint that is checked at the end, a lock: whose fault it was shows when they run one by one.
    return undefined
  }
}

async function inSavepoint(write: Prepared, execution: Execution): Promise<Outcome> {
  try {
    return await execution.dialect.savepoint(execution.database, database => execute(write, { ...execution, database }))
  }
  catch (error) {
    if (error instanceof TransactionEnded || (isRstoreError(error) && error.code === 'RSTORE_BUSY'))
      throw error
    return { error }
  }
}

async function finish(write: Prepared, outcome: Outcome, request: PipelineRequest): Promise<Answer> {
  if ('error' in outcome)
    return recover(write, outcome.error)
  committed(outcome, request)
  return outcome.finish()
}

async function alone(operation: Operation, { request }: BatchContext) {
  return run(await prepareOperation(operation, request), request)
}
