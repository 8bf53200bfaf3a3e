import type { CollectionModel } from '../shared/model'
import type { ListQuery } from '../shared/query'
import type { ListAnswer } from '../store/transport'

type FetchMany = (model: CollectionModel, query: ListQuery) => Promise<ListAnswer>
/** An answer for each query, in order; an error in place of an answer. */
type FetchBatch = (reads: readonly { model: CollectionModel, query: ListQuery }[]) => Promise<(ListAnswer | Error)[]>

interface Waiting {
  model: CollectionModel
  query: ListQuery
  resolve: (answer: ListAnswer) => void
  reject: (error: unknown) => void
}

/** Reads that are begun within `together` go as one request, with what other collections begin in the same tick. */
export function gatherReads(fetchMany: FetchMany, fetchBatch: FetchBatch, maxBatchSize: number) {
  let isGathering = false
  let waiting: Waiting[] = []

  async function flush(): Promise<void> {
    const reads = waiting
    waiting = []
    if (reads.length === 1) {
      const [{ model, query, resolve, reject }] = reads as [Waiting]
      return fetchMany(model, query).then(resolve, reject)
    }
    for (let i = 0; i < reads.length; i += maxBatchSize)
      void send(reads.slice(i, i + maxBatchSize))
  }

  async function send(reads: Waiting[]): Promise<void> {
    try {
      const answers = await fetchBatch(reads)
      reads.forEach(({ resolve, reject }, i) => answers[i] instanceof Error ? reject(answers[i]) : resolve(answers[i] as ListAnswer))
    }
    catch (error) {
      reads.forEach(({ reject }) => reject(error))
    }
  }

  return {
    fetchMany(model: CollectionModel, query: ListQuery): Promise<ListAnswer> {
      if (!isGathering)
        return fetchMany(model, query)
      return new Promise((resolve, reject) => {
        if (waiting.push({ model, query, resolve, reject }) === 1)
          queueMicrotask(flush)
      })
    },
    together(begin: () => void): void {
      isGathering = true
      try {
        begin()
      }
      finally {
        isGathering = false
      }
    },
  }
}
