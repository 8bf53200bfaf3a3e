import type { WriteOptions } from '../store/transport'
import { isRstoreError } from '../shared/errors'
import { defaultGroup, inPortions } from '../store/transport'

/** What travels in batches, and how long it waits for company. */
export interface BatchingOptions {
  /** Reads of one row by its key. */
  fetch: boolean
  /** Creates, updates and deletes. */
  mutations: boolean
  /** How long a batch waits for another operation, in milliseconds; 0: no longer than the tick. */
  delay: number
  /** How long it waits in all, in milliseconds, however many come. */
  maxWait: number
  /** Most operations in one request. */
  maxSize: number
}

/** One operation that may travel with others. */
export interface Operation<T> {
  type: 'fetchFirst' | 'fetchMany' | 'create' | 'update' | 'delete'
  /** Its form in a batch. */
  wire: () => object
  /** Sends it as a request of its own. */
  alone: () => Promise<T>
  /** What its part of a batch's answer says. Throws where that is a failure. */
  read: (answer: BatchAnswer) => T | Promise<T>
}

export type BatchAnswer = { ok: true, result: unknown, nextCursor?: string } | { ok: false, error: ErrorBody }
export interface ErrorBody { statusCode?: number, message?: string, statusMessage?: string, data?: { code?: string, field?: string } }

interface Entry<T = unknown> extends Pick<Operation<T>, 'alone' | 'read'> {
  isWrite: boolean
  order: number
  wire: object
  resolve: (value: T | Promise<T>) => void
  reject: (error: unknown) => void
}

interface Queue {
  entries: Entry[]
  /** No later than this it is sent. */
  until: number
  timer?: ReturnType<typeof setTimeout>
}

/**
 * Folds operations into batches, one for each group. Each settles by itself; where the request fails, all of it do.
 * `send` gives an answer for each operation, in their order.
 */
export function createBatching(send: (operations: readonly object[]) => Promise<BatchAnswer[]>, { fetch, mutations, delay, maxWait, maxSize }: BatchingOptions) {
  const queues = new Map<string, Queue>()
  let isGathering = false

  function run<T>({ type, wire, alone, read }: Operation<T>, { batch, order = 0 }: WriteOptions = {}): Promise<T> {
    const isWrite = type !== 'fetchFirst' && type !== 'fetchMany'
    const isFolded = batch ?? (isWrite ? mutations : isGathering || (fetch && type === 'fetchFirst'))
    return isFolded
      ? new Promise((resolve, reject) => enqueue(batch ? batch.group : defaultGroup, { isWrite, order, wire: wire(), alone, read, resolve, reject } as Entry))
      : alone()
  }

  function enqueue(group: string, entry: Entry): void {
    let queue = queues.get(group)
    const isNew = !queue
    if (!queue)
      queues.set(group, queue = { entries: [], until: Date.now() + maxWait })
    const size = queue.entries.push(entry)
    clearTimeout(queue.timer)
    if (delay > 0 && size < maxSize)
      queue.timer = setTimeout(flush, Math.min(delay, queue.until - Date.now()), group)
    else if (delay > 0 ? size === maxSize : isNew)
      void endOfTick().then(() => flush(group))
  }

  function flush(group: string): void {
    const { entries } = queues.get(group)!
    queues.delete(group)
    entries.sort((a, b) => a.order - b.order)
    if (entries.length <= maxSize)
      return void request(entries)
    // Reads wait for nobody, writes for those before them: a row may belong to one in the portion before.
    for (const portion of inPortions(entries.filter(({ isWrite }) => !isWrite), maxSize))
      void request(portion)
    void inTurn(inPortions(entries.filter(({ isWrite }) => isWrite), maxSize))
  }

  async function inTurn(portions: Iterable<Entry[]>): Promise<void> {
    for (const portion of portions)
      await request(portion)
  }

  /** Never rejects: that is for the operations to do. */
  async function request(entries: Entry[]): Promise<void> {
    try {
      if (entries.length === 1)
        return entries[0]!.resolve(await entries[0]!.alone())
      const answers = await send(entries.map(({ wire }) => wire))
      entries.forEach((entry, i) => settle(entry, answers[i]!))
    }
    catch (error) {
      // Refused unread, and each on its own may pass.
      if (isRstoreError(error) && error.statusCode === 413 && entries.length > 1)
        return inTurn(inPortions(entries, Math.ceil(entries.length / 2)))
      for (const { reject } of entries)
        reject(error)
    }
  }

  /** Reads that are begun within it go as one request, whatever the options say. */
  function together(begin: () => void): void {
    isGathering = true
    try {
      begin()
    }
    finally {
      isGathering = false
    }
  }

  return { run, together }
}

function settle({ read, resolve, reject }: Entry, answer: BatchAnswer): void {
  try {
    resolve(read(answer))
  }
  catch (error) {
    reject(error)
  }
}

/**
 * All that is begun in this tick has come as far as the transport: a mutation takes a few turns to find out its keys. Turns and
 * no timer, which browsers hold back in hidden tabs, and which a page rendered on the server would leave behind.
 */
async function endOfTick(): Promise<void> {
  for (let turn = 0; turn < 20; turn++)
    await undefined
}
