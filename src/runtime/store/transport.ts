import type { CollectionModel, Row } from '../shared/model'
import type { Key } from '../shared/key'
import type { ListQuery } from '../shared/query'
import type { RstoreError } from '../shared/errors'

/** Keys in portions that one request takes. */
export function* inPortions<T>(keys: readonly T[], size: number): Iterable<T[]> {
  for (let i = 0; i < keys.length; i += size)
    yield keys.slice(i, i + size)
}

/** How an operation travels: alone and at once, or with those of the same group. @default as the app is configured */
export type Batch = false | { group: string }

/** The group of operations that name none. */
export const defaultGroup = ''

export interface WriteOptions {
  batch?: Batch
  /** Stays the same however often the mutation is sent: the server answers it once. */
  mutationId?: string
  /** Mutations that go together run in this order, a parent before its child. @default as they come */
  order?: number
}

/** An answer to a read of many rows. Rows are decoded. */
export interface ListAnswer {
  rows: Row[]
  /** Where the next page begins; absent where there is none. */
  nextCursor?: string
}

/**
 * How the store reaches the server. Every method rejects with an `RstoreError`. Rows come decoded and may be kept; values
 * of inputs and keys are decoded too and must not be changed. Related rows are nested in the rows they belong to,
 * under the name of the relation; a row whose related rows have not been read lacks the property.
 */
export interface Transport {
  fetchMany: (collection: CollectionModel, query: ListQuery) => Promise<ListAnswer>
  /** Reads of many rows that are begun within it may go as one request. @default each on its own */
  together?: (begin: () => void) => void
  /** `undefined` where there is no such row. */
  fetchFirst: (collection: CollectionModel, key: Key, query: Pick<ListQuery, 'columns' | 'params' | 'include'>, batch?: Batch) => Promise<Row | undefined>
  create: (collection: CollectionModel, item: Row, options?: WriteOptions) => Promise<Row>
  update: (collection: CollectionModel, key: Key, patch: Row, options?: WriteOptions) => Promise<Row>
  /** The row as it was, as far as the answer says. */
  delete: (collection: CollectionModel, key: Key, options?: WriteOptions) => Promise<Row>
  /** A result for each mutation; with `atomic`, they take effect together or not at all. Rejects where the request itself fails. */
  batch: (operations: readonly BatchOperation[], options: { atomic: boolean }) => Promise<BatchResult[]>
}

export interface BatchOperation {
  type: 'create' | 'update' | 'delete'
  collection: CollectionModel
  /** Of a create in an atomic batch: the temporary key by which the rest of the batch refers to the row, as key or foreign key. */
  key?: Key
  item?: Row
  mutationId?: string
}

/** The row that was written or deleted, or why nothing was. */
export type BatchResult = { ok: true, result: Row } | { ok: false, error: RstoreError }
