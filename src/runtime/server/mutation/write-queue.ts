import { RstoreError } from '../../shared/errors'

export interface WriteQueueOptions {
  /** Most writes that wait at one time. @default 1000 */
  maxWaiting?: number
  /** Longest time a write waits for its turn, and longest time it is tried again, in milliseconds. @default 10000 */
  maxWait?: number
}

export type WriteQueue = <T>(run: () => PromiseLike<T>) => Promise<T>

/**
 * Runs writes one after the other, in the order they came, and tries one again while the database is
 * locked by somebody else.
 * @throws RstoreError RSTORE_BUSY where the queue is full or the wait too long
 */
export function createWriteQueue(isBusy: (error: unknown) => boolean, options: WriteQueueOptions = {}): WriteQueue {
  const { maxWaiting = 1000, maxWait = 10_000 } = options
  const waiting: { start: () => void }[] = []
  let running = false

  function next(): void {
    const first = waiting.shift()
    running = first !== undefined
    first?.start()
  }

  function turn(): Promise<void> {
    if (!running) {
      running = true
      return Promise.resolve()
    }
    if (waiting.length >= maxWaiting)
      return Promise.reject(busy(`${maxWaiting} writes are waiting already.`))
    return new Promise((resolve, reject) => {
      const entry = {
        start() {
          clearTimeout(timer)
          resolve()
        },
      }
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(entry), 1)
        reject(busy(`The write waited for ${maxWait} ms.`))
      }, maxWait)
      waiting.push(entry)
    })
  }

  return async (run) => {
    await turn()
    try {
      return await retryWhile(isBusy, run, options)
    }
    finally {
      next()
    }
  }
}

/** Runs again, with growing pauses, while the database says that it is locked; then throws what it said. */
export async function retryWhile<T>(isBusy: (error: unknown) => boolean, run: () => PromiseLike<T>, { maxWait = 10_000 }: WriteQueueOptions = {}): Promise<T> {
  let pause = 2
  let waited = 0
  for (;;) {
    try {
      return await run()
    }
    catch (error) {
      if (waited >= maxWait || !isBusy(error))
        throw error
    }
    await new Promise(resolve => setTimeout(resolve, pause))
    waited += pause
    pause = Math.min(pause * 2, 100)
  }
}

function busy(why: string): RstoreError {
  return new RstoreError('RSTORE_BUSY', `The database is busy. ${why}`)
}
