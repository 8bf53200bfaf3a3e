import type { CollectionModel, Row } from '../shared/model'
import type { Key } from '../shared/key'
import type { ListQuery } from '../shared/query'

/** Keys in portions that one request takes. */
export function* inPortions(keys: readonly Key[], size: number): Iterable<Key[]> {
  for (let i = 0; i < keys.length; i += size)
    yield keys.slice(i, i + size)
}

/** An answer to a read of many rows. Rows are decoded. */
export interface ListAnswer {
  rows: Row[]
  /** Where the next page begins; absent where there is none. */
  nextCursor?: string
}

/**
 * How the store reaches the server. Every method rejects with an `RstoreError`. Rows come decoded and
 * may be kept; values of inputs and keys are decoded too and must not be changed.
 */
export interface Transport {
  fetchMany: (collection: CollectionModel, query: ListQuery) => Promise<ListAnswer>
  /** `undefined` where there is no such row. */
  fetchFirst: (collection: CollectionModel, key: Key, query: Pick<ListQuery, 'columns' | 'params'>) => Promise<Row | undefined>
  create: (collection: CollectionModel, item: Row) => Promise<Row>
  update: (collection: CollectionModel, key: Key, patch: Row) => Promise<Row>
  delete: (collection: CollectionModel, key: Key) => Promise<void>
}
