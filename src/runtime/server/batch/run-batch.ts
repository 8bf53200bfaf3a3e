import type { QueryLimits } from '../../shared/query'
import type { Execution } from '../query/rows'
import type { Registry } from '../registry'
import type { ErrorAnswer } from '../rest/errors'
import type { Operation, OperationAnswer } from './operation'
import { RstoreError } from '../../shared/errors'
import { toErrorAnswer, translateDatabaseError } from '../rest/errors'
import { isWrite, parseOperation, runOperation } from './operation'
import { TemporaryKeys } from './temporary-keys'

export interface Batch {
  operations: unknown[]
  /** All or none, in one transaction. */
  atomic: boolean
}

export type BatchResult = { ok: true } & OperationAnswer | { ok: false, error: ErrorAnswer }

export interface BatchContext {
  registry: Registry
  execution: Execution
  limits: QueryLimits
  /** An error that nobody expected. */
  onError: (error: unknown) => void
}

/** @throws RstoreError where the batch as a whole can't be worked off */
export function parseBatch(body: unknown, { maxBatchSize }: QueryLimits): Batch {
  const { operations, atomic = false } = (body ?? {}) as Partial<Record<keyof Batch, unknown>>
  if (!Array.isArray(operations))
    throw new RstoreError('RSTORE_INVALID_BODY', 'A batch must be given as an object with a list of "operations".')
  if (typeof atomic !== 'boolean')
    throw new RstoreError('RSTORE_INVALID_BODY', '"atomic" must be true or false.')
  if (operations.length > maxBatchSize)
    throw new RstoreError('RSTORE_LIMIT_EXCEEDED', `The batch has ${operations.length} operations; at most ${maxBatchSize} are taken at a time.`)
  return { operations, atomic }
}

/** A result for each operation, in their order. One that fails is a result as well: this rejects for none of them. */
export async function runBatch({ operations, atomic }: Batch, context: BatchContext): Promise<BatchResult[]> {
  const parsed = operations.map((input) => {
    try {
      return parseOperation(input, context.registry)
    }
    catch (error) {
      return failure(error, undefined, context)
    }
  })
  return atomic ? runAtomic(parsed, context) : runApart(parsed, context)
}

/** Reads at the same time; writes one after the other. */
async function runApart(parsed: (Operation | BatchResult)[], context: BatchContext): Promise<BatchResult[]> {
  const run = async (operation: Operation): Promise<BatchResult> => {
    try {
      return { ok: true, ...await runOperation(operation, context.execution, context.limits) }
    }
    catch (error) {
      return failure(error, operation, context)
    }
  }
  let writes: Promise<unknown> = Promise.resolve()
  return Promise.all(parsed.map((operation) => {
    if (isResult(operation))
      return operation
    if (!isWrite(operation))
      return run(operation)
    const result = writes.then(() => run(operation))
    writes = result
    return result
  }))
}

/** In order, in one transaction, with the keys of new rows put in place. */
async function runAtomic(parsed: (Operation | BatchResult)[], context: BatchContext): Promise<BatchResult[]> {
  if (parsed.some(isResult))
    return parsed.map(operation => isResult(operation) ? operation : rolledBack(operation, context))
  const operations = parsed as Operation[]
  const { execution, limits } = context
  /** The operation that runs; none while the transaction begins or commits. */
  let current: Operation | undefined
  try {
    return await execution.dialect.transaction(execution.database, async (transaction) => {
      const keys = new TemporaryKeys()
      const results: BatchResult[] = []
      for (const operation of operations) {
        current = operation
        const answer = await runOperation(keys.replace(operation), { ...execution, database: transaction }, limits)
        keys.learn(operation, answer.result)
        results.push({ ok: true, ...answer })
      }
      current = undefined
      return results
    })
  }
  catch (error) {
    // What the database says to the commit (a deferred constraint, a lock) is about all of them.
    return operations.map((operation, i) => !(current ? operation === current : isWrite(operation) || i === 0)
      ? rolledBack(operation, context)
      : failure(error, operation, context))
  }
}

function rolledBack(operation: Operation, context: BatchContext): BatchResult {
  return failure(new RstoreError('RSTORE_ROLLED_BACK', 'Another operation of the transaction failed.', { collection: operation.collection.name }), operation, context)
}

function failure(error: unknown, operation: Operation | undefined, { execution, onError }: BatchContext): BatchResult {
  const answer = toErrorAnswer(operation ? translateDatabaseError(error, operation.collection, execution.dialect) : error)
  if (answer.statusCode >= 500)
    onError(error)
  return { ok: false, error: answer }
}

function isResult(one: Operation | BatchResult): one is BatchResult {
  return 'ok' in one
}
