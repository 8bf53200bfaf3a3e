import type { Row } from '../shared/model'
import type { EngineCollection } from './collection'
import type { BatchOperation, Transport } from './transport'
import { isRstoreError, RstoreError } from '../shared/errors'
import { inBatch } from './answer'

/** A mutation that is shown, and what becomes of it. */
export interface Pending {
  collection: EngineCollection
  /** The mutation of the same row before it. */
  previous: Promise<unknown> | undefined
  /** What to send, once all keys it needs are known. */
  prepare: () => Promise<BatchOperation>
  /** The server has done it. Gives the row. */
  confirm: (row: Row) => Row
  /** It is taken back. With `recheck`, the server is asked for the row. */
  refuse: (error: unknown, recheck: boolean) => void
}

interface Entry extends Pending {
  resolve: (row: Row) => void
  reject: (error: unknown) => void
}

/** Mutations that are collected to be sent as one. */
export class Transaction {
  readonly entries: Entry[] = []
  /** Mutations of the same rows from before. */
  readonly before: Promise<unknown>[] = []
  /** Above 0 while it is the callback that runs, or what follows in it on one of its mutations. */
  running = 0
  private readonly own = new Set<Promise<unknown>>()

  add(pending: Pending): Promise<Row> {
    const done = new Promise<Row>((resolve, reject) => this.entries.push({ ...pending, resolve, reject }))
    // The caller of the transaction is told.
    done.catch(() => undefined)
    this.own.add(done)
    if (pending.previous && !this.own.has(pending.previous))
      this.before.push(pending.previous)
    return done
  }

  run<T>(callback: () => T): T {
    this.running++
    try {
      return callback()
    }
    finally {
      this.running--
    }
  }

  /** For a promise made inside: what follows on it at once, through a few functions that await it, belongs to the callback. */
  async answer<T>(value: T): Promise<T> {
    await undefined
    this.running++
    let left = 50
    const close = () => void (left-- > 0 ? queueMicrotask(close) : this.running--)
    close()
    return value
  }
}

export interface TransactionOptions {
  transport: Transport
  /** Most mutations of one transaction. */
  maxBatchSize: number
  /** Longest time that a transaction waits for another to be collected, in milliseconds. @default 10000 */
  maxWait?: number
}

/** What makes several mutations one. Shared by all collections of a store. */
export function createTransactions({ transport, maxBatchSize, maxWait = 10_000 }: TransactionOptions) {
  const state = {
    current: undefined as Transaction | undefined,
    group: undefined as object | undefined,
    maxBatchSize,
    /** Mutations of all collections so far. */
    made: 0,
    run,
    turn,
    asOne,
  }
  let collected: Promise<void>

  /**
   * Runs the callback, shows its mutations as they are made, and sends them as one when it has settled. Where
   * it throws, or the server refuses one of them, all are taken back. Gives what the callback gives.
   */
  async function run<T>(callback: () => T | PromiseLike<T>): Promise<T> {
    if (state.current?.running)
      return collect(state.current, callback)
    while (state.current)
      await turn()
    const transaction = state.current = new Transaction()
    let end!: () => void
    collected = new Promise(resolve => end = resolve)
    let result: T
    try {
      result = await collect(transaction, callback)
    }
    finally {
      state.current = undefined
      end()
    }
    await send(transaction)
    return result
  }

  async function collect<T>(transaction: Transaction, callback: () => T | PromiseLike<T>): Promise<T> {
    const start = transaction.entries.length
    try {
      return await transaction.answer(await transaction.run(callback))
    }
    catch (error) {
      refuse(transaction.entries.splice(start), error)
      throw error
    }
  }

  /** The transaction that is being collected has been. */
  function turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new RstoreError('RSTORE_BUSY', `A transaction waited ${maxWait} ms for another one to be made. One inside of another must be begun before that awaits anything but mutations.`)), maxWait)
      void collected.then(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  async function send(transaction: Transaction): Promise<void> {
    const { entries, before } = transaction
    if (entries.length === 0)
      return
    let isUnanswered = false
    try {
      if (entries.length > maxBatchSize)
        throw new RstoreError('RSTORE_LIMIT_EXCEEDED', `The transaction has ${entries.length} mutations; at most ${maxBatchSize} can be sent together.`)
      // Each has told its own caller how it went.
      await Promise.allSettled(before)
      const operations = await Promise.all(entries.map(({ prepare }) => prepare()))
      isUnanswered = true
      const results = await transport.batch(operations, { atomic: true })
      isUnanswered = false
      const failed = results.filter(result => !result.ok)
      if (failed.length > 0)
        throw (failed.find(({ error }) => error.code !== 'RSTORE_ROLLED_BACK') ?? failed[0]!).error
      inBatch(collectionsOf(entries), () => entries.forEach((entry, i) => entry.resolve(entry.confirm((results[i] as { result: Row }).result))))
    }
    catch (error) {
      // Without an answer, nobody knows whether it took place.
      refuse(entries, error, isUnanswered && !(isRstoreError(error) && error.statusCode >= 400 && error.statusCode < 500))
      throw error
    }
  }

  function refuse(entries: Entry[], error: unknown, recheck = false): void {
    inBatch(collectionsOf(entries), () => {
      for (const entry of [...entries].reverse()) {
        entry.refuse(error, recheck)
        entry.reject(error)
      }
    })
  }

  /** Mutations that are made in the callback, at once, are one step. */
  function asOne<T>(callback: () => T): T {
    const outer = state.group
    state.group ??= {}
    try {
      return callback()
    }
    finally {
      state.group = outer
    }
  }

  return state
}

export type Transactions = ReturnType<typeof createTransactions>

function collectionsOf(entries: readonly Entry[]): EngineCollection[] {
  return [...new Set(entries.map(({ collection }) => collection))]
}
