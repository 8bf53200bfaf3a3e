import type { Ref } from 'vue'
import type { Condition } from '../shared/condition'
import type { CollectionRef, createCacheApi } from './cache-api'
import type { FetchPolicy } from './plan'
import type { StoreState } from './state'

/* The store as an app sees it, for a schema `S` of the shape `{ [collection]: CollectionTypes }`. */

type Row<S, N extends keyof S> = S[N] extends { row: infer R } ? R : never
type Create<S, N extends keyof S> = S[N] extends { create: infer C } ? C : never
type Update<S, N extends keyof S> = S[N] extends { update: infer U } ? U : never
/** Keys are given as the column has them or as text, the way a route parameter comes. */
export type KeyInput = string | number | bigint
/** Nothing is read while there is no key. */
type MaybeKey = KeyInput | null | undefined
type Getter<T> = () => T

/** A row, by reference equal as long as it is unchanged. Change it with `$update`, never in place. */
export type Item<S, N extends keyof S, Visible = Row<S, N>> = { readonly [K in keyof Visible]: Visible[K] } & ItemMethods<S, N>

export interface ItemMethods<S, N extends keyof S> {
  readonly $collection: N & string
  /** A mutation of the row waits for its answer. */
  readonly $isOptimistic: boolean
  $getKey: () => string | number
  /** The columns as a plain object that may be changed. */
  $raw: () => Row<S, N>
  $update: (patch: Update<S, N>, options?: MutationOptions<Row<S, N>>) => Promise<Item<S, N>>
  $delete: (options?: MutationOptions<Row<S, N>>) => Promise<void>
}

export interface MutationOptions<R> {
  /** Show the change before the server has answered; values given here in place of the guess. @default true */
  optimistic?: boolean | Partial<R>
}

/** `field.asc`, `field.desc`, or the field alone for ascending. */
export type OrderTerm<R> = `${keyof R & string}.${'asc' | 'desc'}` | (keyof R & string)
type ColumnSelection<R> = { readonly [K in keyof R]?: true }
/** Names a column that does not exist where the selection is written. */
type Exact<C, R> = { readonly [K in Exclude<keyof C, keyof R>]: never }
type Selected<R, C> = keyof C extends never ? R : Pick<R, keyof R & keyof C>

export interface ReadOptions<R, C = unknown> {
  /** Falsy: no condition. */
  where?: Condition<R> | null | false
  orderBy?: readonly OrderTerm<R>[]
  /** Columns that are needed; the key and what filters and sorts come with them. @default all */
  columns?: C & Exact<C, R>
  /** Free values for hooks on the server. */
  params?: Record<string, unknown>
  /** @default 'cache-first' */
  fetchPolicy?: FetchPolicy
  /** Nothing is read while it is false. @default true */
  enabled?: boolean | Ref<boolean> | Getter<boolean>
}

export interface ManyOptions<R, C = unknown> extends ReadOptions<R, C> {
  /** Most rows shown. Without it all there are, fetched page by page. */
  limit?: number
  /** Rows skipped; needs a `limit`. @default 0 */
  offset?: number
  keys?: readonly KeyInput[]
}

export interface FirstOptions<R, C = unknown> extends ReadOptions<R, C> {
  key?: KeyInput
}

// One signature, not two: in the arguments of an overload, conditions are not checked.
type FirstTarget<R, C> = MaybeKey | FirstOptions<R, C>

declare const result: unique symbol
/** What the callback of `query` returns. */
export interface QueryPlan<T> { readonly kind: 'first' | 'many', readonly [result]?: T }

export interface QueryBuilder<S, N extends keyof S> {
  /** All rows that fit. */
  many: <const C extends ColumnSelection<Row<S, N>> = Record<never, never>>(options?: ManyOptions<Row<S, N>, C> | Getter<ManyOptions<Row<S, N>, C>>) => QueryPlan<Item<S, N, Selected<Row<S, N>, C>>[]>
  /** One row, by key or the first that fits. */
  first: <const C extends ColumnSelection<Row<S, N>> = Record<never, never>>(target?: FirstTarget<Row<S, N>, C> | Ref<MaybeKey> | Getter<FirstTarget<Row<S, N>, C>>) => QueryPlan<Item<S, N, Selected<Row<S, N>, C>> | undefined>
}

export interface QueryState<T> {
  /** A new array at each change; rows that did not change keep their identity. */
  readonly data: Readonly<Ref<T>>
  /** The server has yet to answer; what `data` shows meanwhile comes from the cache. */
  readonly loading: Ref<boolean>
  readonly error: Readonly<Ref<Error | undefined>>
  /** The server holds rows after the last one shown. */
  readonly hasMore: Readonly<Ref<boolean>>
  /** Asks the server again. */
  refresh: () => Promise<void>
  /** Shows `limit` more rows. */
  fetchMore: () => Promise<void>
  /** Ends a query made outside of a component. */
  stop: () => void
}

/** Await it in `<script setup>` to have the server render its rows; an error is in `error`, never thrown. */
export interface Query<T> extends QueryState<T>, PromiseLike<QueryState<T>> {}

export interface ReadableCollection<S, N extends keyof S> {
  readonly name: N & string
  readonly meta: { readonly table: string, readonly primaryKeys: readonly string[] }
  /** Key of a row; composite ones joined with `::`. */
  getKey: (item: Partial<Row<S, N>>) => string | number | undefined
  query: {
    (): Query<Item<S, N>[]>
    <T>(callback: (q: QueryBuilder<S, N>) => QueryPlan<T>): Query<T>
  }
  findMany: <const C extends ColumnSelection<Row<S, N>> = Record<never, never>>(options?: ManyOptions<Row<S, N>, C>) => Promise<Item<S, N, Selected<Row<S, N>, C>>[]>
  findFirst: <const C extends ColumnSelection<Row<S, N>> = Record<never, never>>(target?: FirstTarget<Row<S, N>, C>) => Promise<Item<S, N, Selected<Row<S, N>, C>> | undefined>
  /** From the cache, at once. */
  peekMany: (options?: ManyOptions<Row<S, N>>) => Item<S, N>[]
  /** From the cache, at once. */
  peekFirst: (target?: KeyInput | FirstOptions<Row<S, N>>) => Item<S, N> | undefined
  /** Puts a row that came by other ways into the cache. */
  writeItem: (item: Row<S, N>) => Item<S, N> | undefined
  /** Takes a row out of the cache; the server keeps it. */
  clearItem: (key: KeyInput) => void
}

export interface WritableCollection<S, N extends keyof S> {
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

export interface StoreMethods<S> {
  readonly $collections: readonly { readonly name: string }[]
  /** A collection by name, also by a ref or getter of it. */
  $collection: <N extends keyof S>(name: N | Ref<N> | Getter<N>) => Collection<S, N>
  readonly $cache: ReturnType<typeof createCacheApi>
  /** Failures of requests that nobody waits for. Gives a function that ends it. */
  $onError: (listener: (error: Error) => void) => () => void
}

export type Store<S> = { readonly [N in keyof S]: Collection<S, N> } & StoreMethods<S>

export type { CollectionRef, Condition, FetchPolicy, StoreState }
