import type { WriteQueue } from '../mutation/write-queue'
import type { Lock } from './libsql-lock'
import { TransactionEnded, withSavepoint } from './savepoint'

export interface GroupCommitOptions {
  queue: WriteQueue
  withLock: <T>(run: (lock: Lock) => Promise<T>) => Promise<T>
  isBusy: (error: unknown) => boolean
}

interface Write {
  run: (lock: Lock) => Promise<unknown>
  /** Known before its turn where another has taken it along. */
  outcome?: Promise<unknown>
  /** It was in a transaction that failed as a whole. */
  alone?: true
  /** Nobody waits for it any more. */
  settled?: true
}

/** Most writes of one transaction. */
const maxGroup = 50

/**
 * Runs writes so that those which wait at the same time share a transaction, each in a savepoint: what takes long is the commit, since it
 * waits for the disk. Each is acknowledged after it.
 */
export function createGroupCommit({ queue, withLock, isBusy }: GroupCommitOptions) {
  const waiting = new Set<Write>()

  async function write<T>(run: (lock: Lock) => Promise<T>): Promise<T> {
    const own: Write = { run }
    waiting.add(own)
    try {
      return await queue(() => own.outcome ?? lead(own)) as T
    }
    catch (error) {
      // It may have been given up while it was being written.
      if (own.outcome)
        return await own.outcome as T
      throw error
    }
    finally {
      own.settled = true
      waiting.delete(own)
    }
  }

  async function lead(own: Write): Promise<unknown> {
    waiting.delete(own)
    // libsql blocks until the disk has answered: requests that have arrived by now get no turn otherwise.
    if (!own.alone)
      await new Promise(resolve => setImmediate(resolve))
    const others = own.alone ? [] : [...waiting].filter(write => !write.alone).slice(0, maxGroup - 1)
    if (others.length === 0)
      return withLock(own.run)
    others.forEach(write => waiting.delete(write))
    try {
      const [outcome, ...taken] = await withLock(lock => together([own, ...others], lock))
      others.forEach((write, i) => write.outcome = taken[i])
      return outcome
    }
    catch (error) {
      others.filter(write => !write.settled).forEach(write => waiting.add(write))
      if (isBusy(error))
        throw error
      // Whose fault it was shows when they run one by one.
      for (const write of [own, ...others])
        write.alone = true
      return withLock(own.run)
    }
  }

  /** Rejects where there is nothing to be committed. */
  async function together(writes: readonly Write[], lock: Lock): Promise<Promise<unknown>[]> {
    const outcomes: Promise<unknown>[] = []
    for (const { run } of writes) {
      const outcome = withSavepoint(lock.execute, () => run(lock))
      outcomes.push(outcome)
      await outcome.catch((error) => {
        if (isBusy(error) || error instanceof TransactionEnded)
          throw error
      })
    }
    return outcomes
  }

  return write
}
