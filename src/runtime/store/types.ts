import type { Ref } from 'vue'
import type { FormMethods } from './form-types'
import type { Checked, ColumnSelection, Include, Included, Selected } from './include-types'
import type { Create, Item, MutationOptions, Row, Update } from './item-types'
import type { FirstArgument, FirstOptions, Getter, KeyInput, ManyArgument, QueryBuilder, QueryFunction, QueryPlan } from './query-types'
import type { History } from './lazy-history'
import type { StoreState } from './state'

/* The store as an app sees it, for a schema `S` of the shape `{ [collection]: CollectionTypes }`. */

export interface ReadableCollection<S, N extends keyof S> {
  readonly name: N & string
  readonly meta: { readonly table: string, readonly primaryKeys: readonly string[] }
  /** Key of a row; composite ones joined with `::`. */
  getKey: (item: Partial<Row<S, N>>) => string | number | undefined
  query: QueryFunction<S, N>
  /** A query that follows changes by others while it is mounted. */
  liveQuery: QueryFunction<S, N>
  /** Has the cache follow changes by others of what fits, until the component or the function given back ends it. */
  subscribe: (callback?: (q: QueryBuilder<S, N>) => QueryPlan<unknown>) => () => void
  findMany: <const C extends ColumnSelection<Row<S, N>>, const I extends Include<S, N>>(options?: ManyArgument<S, N, C, I>) => Promise<Item<S, N, Selected<Row<S, N>, C>, Included<S, N, I>>[]>
  findFirst: <const C extends ColumnSelection<Row<S, N>>, const I extends Include<S, N>>(target?: FirstArgument<S, N, C, I>) => Promise<Item<S, N, Selected<Row<S, N>, C>, Included<S, N, I>> | undefined>
  /** From the cache, at once. */
  peekMany: <const C extends ColumnSelection<Row<S, N>>, const I extends Include<S, N>>(options?: ManyArgument<S, N, C, I>) => Item<S, N, Selected<Row<S, N>, C>, Included<S, N, I>>[]
  /** From the cache, at once. */
  peekFirst: <const C extends ColumnSelection<Row<S, N>>, const I extends Include<S, N>>(target?: KeyInput | (FirstOptions<S, N, C, I> & Checked<S, N, C, I>)) => Item<S, N, Selected<Row<S, N>, C>, Included<S, N, I>> | undefined
  /** Puts a row that came by other ways into the cache. */
  writeItem: (item: Row<S, N>) => Item<S, N> | undefined
  /** Takes a row out of the cache; the server keeps it. */
  clearItem: (key: KeyInput) => void
}

export interface WritableCollection<S, N extends keyof S> extends FormMethods<S, N> {
  /** Rejects with an `RstoreError` and takes the row back where the server refuses it. */
  create: (item: Create<S, N>, options?: MutationOptions<Row<S, N>>) => Promise<Item<S, N>>
  createMany: (items: readonly Create<S, N>[], options?: MutationOptions<Row<S, N>>) => Promise<Item<S, N>[]>
  /** The patch names the key, or the option does. */
  update: (patch: Update<S, N>, options?: MutationOptions<Row<S, N>> & { key?: KeyInput }) => Promise<Item<S, N>>
  updateMany: (patches: readonly Update<S, N>[], options?: MutationOptions<Row<S, N>>) => Promise<Item<S, N>[]>
  delete: (target: KeyInput | Partial<Row<S, N>>, options?: MutationOptions<Row<S, N>>) => Promise<void>
  deleteMany: (targets: readonly (KeyInput | Partial<Row<S, N>>)[], options?: MutationOptions<Row<S, N>>) => Promise<void>
}

/** `store.<name>`; a view of the database can only be read. */
export type Collection<S, N extends keyof S> = [Create<S, N>] extends [never]
  ? ReadableCollection<S, N>
  : ReadableCollection<S, N> & WritableCollection<S, N>

/** A collection by name, or what `store.$collection` gives. */
export type CollectionTarget<N> = N | { readonly name: N }

/** The normalized rows behind all queries. Nothing here asks the server. */
export interface StoreCache<S> {
  /** Everything cached, as plain JSON. */
  getState: () => StoreState
  /** Adds what `getState` gave to what is cached. Collections that no longer exist are left out. */
  setState: (state: StoreState) => void
  /** Forgets every row but those with pending mutations. */
  clear: () => void
  readItem: <N extends keyof S & string>(options: { collection: CollectionTarget<N>, key: KeyInput }) => Item<S, N> | undefined
  /** Those of the keys that are cached; without keys every row. */
  readItems: <N extends keyof S & string>(options: { collection: CollectionTarget<N>, keys?: readonly KeyInput[] }) => Item<S, N>[]
  writeItem: <N extends keyof S & string>(options: { collection: CollectionTarget<N>, key?: KeyInput, item: Row<S, NoInfer<N>> }) => void
  writeItems: <N extends keyof S & string>(options: { collection: CollectionTarget<N>, items: readonly { key?: KeyInput, value: Row<S, NoInfer<N>> }[] }) => void
  deleteItem: <N extends keyof S & string>(options: { collection: CollectionTarget<N>, key: KeyInput }) => void
  /** Holds back what changes until `resume`: queries then show all of it at once. */
  pause: () => void
  resume: () => void
}

export interface StoreMethods<S> {
  readonly $collections: readonly { readonly name: keyof S & string }[]
  /** A collection by name, also by a ref or getter of it. */
  $collection: <N extends keyof S>(name: N | Ref<N> | Getter<N>) => Collection<S, N>
  readonly $cache: StoreCache<S>
  /** Called after `$cache.clear()`. Gives a function that ends it. */
  $onCacheReset: (callback: () => void) => () => void
  /** Failures of requests that nobody waits for. Gives a function that ends it. */
  $onError: (listener: (error: Error) => void) => () => void
  /**
   * Shows the mutations made in the callback as they are made, and sends them as one when it has settled: all
   * take effect, or none. Rejects, with all of them taken back, where the callback throws or the server
   * refuses one. Inside, a mutation's promise gives the row as it is shown. Gives what the callback gives.
   */
  $transaction: <T>(callback: () => T | PromiseLike<T>) => Promise<T>
  /** Undo and redo. */
  readonly $history: History
}

export type Store<S> = { readonly [N in keyof S]: Collection<S, N> } & StoreMethods<S>

export type { Condition } from '../shared/condition'
export type { ColumnSelection, Include, IncludeOptions, OrderTerm } from './include-types'
export type { Create, Item, ItemMethods, MutationOptions, Row, Update } from './item-types'
export type { FetchPolicy } from './plan'
export type { CreateFields, CreateFormOptions, Form, FormIssue, FormState, StandardSchema, UpdateFields, UpdateFormOptions } from './form-types'
export type { FirstOptions, KeyInput, ManyOptions, Query, QueryBuilder, QueryPage, QueryParams, QueryPlan, QueryState, ReadOptions } from './query-types'
export type { StoreState }
