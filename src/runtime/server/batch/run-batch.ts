import type { QueryLimits } from '../../shared/query'
import type { Operation } from './operation'
import type { BatchContext, BatchResult } from './result'
import { RstoreError } from '../../shared/errors'
import { isWrite, parseOperation } from './operation'
import { failure } from './result'
import { rolledBack, runAtomic } from './run-atomic'
import { runReads } from './run-reads'
import { runWrites } from './run-writes'

export interface Batch {
  operations: unknown[]
  /** All or none, in one transaction. */
  atomic: boolean
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
  const results = new Map<number, BatchResult>()
  const parsed = new Map<number, Operation>()
  for (const [i, input] of operations.entries()) {
    try {
      parsed.set(i, parseOperation(input, context.request.registry))
    }
    catch (error) {
      results.set(i, failure(error, context))
    }
  }
  if (atomic && results.size > 0)
    return operations.map((_, i) => results.get(i) ?? rolledBack(parsed.get(i)!, context))
  if (atomic)
    return runAtomic([...parsed.values()], context)
  const reads = [...parsed].filter(([, operation]) => !isWrite(operation))
  const writes = [...parsed].filter(([, operation]) => isWrite(operation))
  await Promise.all([
    collect(reads, runReads(reads.map(([, operation]) => operation), context)),
    collect(writes, runWrites(writes.map(([, operation]) => operation), context)),
  ])
  return operations.map((_, i) => results.get(i)!)

  async function collect(operations: [place: number, operation: Operation][], running: Promise<BatchResult[]>): Promise<void> {
    const found = await running
    operations.forEach(([place], i) => results.set(place, found[i]!))
  }
}
