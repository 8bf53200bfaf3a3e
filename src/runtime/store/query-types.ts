import type { Ref } from 'vue'
import type { Condition } from '../shared/condition'
import type { Checked, ColumnSelection, Falsy, Include, Included, Mistake, OrderTerm, Selected } from './include-types'
import type { Item, Row } from './item-types'
import type { FetchPolicy } from './plan'
import type { Batch } from './transport'

/*
 * Queries as an app writes them. Of options only `C` and `I` are inferred: a type parameter for all of them would let
 * unknown ones through. What a getter gives is not checked for those anyway, so there `O` is all of it.
 */

/** Keys are given as the column has them or as text, the way a route parameter comes. */
export type KeyInput = string | number | bigint
/** Nothing is read while there is no key. */
export type MaybeKey = KeyInput | null | undefined
export type Getter<T> = () => T

export interface ReadOptions<S, N extends keyof S, C = ColumnSelection<Row<S, N>>, I = Include<S, N>> {
  /** Falsy: no condition. */
  where?: Condition<Row<S, N>> | Falsy
  orderBy?: readonly OrderTerm<Row<S, N>>[]
  /** Columns that are needed; the key and what filters and sorts come with them. @default all */
  columns?: C
  /**
   * Relations to read with each row. Where it depends on something, say so at the relation
   * (`{ author: flag && true }`) or fall back to `{}`, and the type of the rows knows.
   */
  include?: I
  /** Narrows what `where` leaves, in the browser: the server knows nothing of it. */
  filter?: (item: Item<S, N>) => boolean
  /** Who decides which rows fit, and their order: the cache along with the server, or the server alone. @default 'auto' */
  resultMode?: 'auto' | 'server'
  params?: QueryParams<Row<S, N>>
  /** @default 'cache-first' */
  fetchPolicy?: FetchPolicy
  /** Nothing is read while it is false. @default true */
  enabled?: boolean | Ref<boolean> | Getter<boolean>
}

/** Free values for hooks on the server, and overrides of options that types don't follow. */
export interface QueryParams<R> {
  /** Wins over `include`. */
  with?: unknown
  keys?: readonly KeyInput[]
  columns?: ColumnSelection<R> | readonly (keyof R & string)[]
  [name: string]: unknown
}

export interface ManyOptions<S, N extends keyof S, C = ColumnSelection<Row<S, N>>, I = Include<S, N>> extends ReadOptions<S, N, C, I> {
  /** Most rows shown. Without it all there are, fetched page by page. */
  limit?: number
  /** Rows skipped; needs a `limit`. @default 0 */
  offset?: number
  /** Page shown first, from 0; in place of `offset`. Needs a `pageSize`. */
  pageIndex?: number
  /** Rows of a page; in place of `limit`. */
  pageSize?: number
  keys?: readonly KeyInput[]
}

export interface FirstOptions<S, N extends keyof S, C = ColumnSelection<Row<S, N>>, I = Include<S, N>> extends ReadOptions<S, N, C, I> {
  key?: KeyInput
  /**
   * How a row is read by its key: `false` alone and at once, a group with what is of the same group. Other reads always go alone.
   * @default as the option `batching` of the module says
   */
  batch?: Batch
}

/** Options of many rows, with what is wrong with them. */
export type ManyArgument<S, N extends keyof S, C, I, O = unknown> = ManyOptions<S, N, C, I> & Checked<S, N, C, I> & O
// One signature, not two: in the arguments of an overload, conditions are not checked.
export type FirstArgument<S, N extends keyof S, C, I, O = unknown> = MaybeKey | (FirstOptions<S, N, C, I> & Checked<S, N, C, I> & O)
type NoOther<Options, O> = O extends object ? { readonly [K in Exclude<keyof O, keyof Options>]: Mistake<`a query has no option ${K & string}`> } : unknown

/** What the callback of `query` returns. */
export interface QueryPlan<T> { readonly kind: 'first' | 'many', readonly [result]?: T }
declare const result: unique symbol

export interface QueryBuilder<S, N extends keyof S> {
  /** All rows that fit. */
  many: <const C extends ColumnSelection<Row<S, N>>, const I extends Include<S, N>, O extends object = object>(
    options?: ManyArgument<S, N, C, I> | Getter<ManyArgument<S, N, C, I, O & NoOther<ManyOptions<S, N>, NoInfer<O>>>>,
  ) => QueryPlan<Item<S, N, Selected<Row<S, N>, C>, Included<S, N, I>>[]>
  /** One row, by key or the first that fits. */
  first: <const C extends ColumnSelection<Row<S, N>>, const I extends Include<S, N>, O extends object = object>(
    target?: FirstArgument<S, N, C, I> | Ref<MaybeKey> | Getter<FirstArgument<S, N, C, I, O & NoOther<FirstOptions<S, N>, NoInfer<O>>>>,
  ) => QueryPlan<Item<S, N, Selected<Row<S, N>, C>, Included<S, N, I>> | undefined>
}

/** The rows that one `limit` of a query has added. Reactive. */
export interface QueryPage<T> {
  readonly pageIndex: number
  readonly data: readonly T[]
  readonly loading: boolean
  readonly error: Error | undefined
  /** Asks the server for this page again. */
  refresh: () => Promise<void>
}

/** @typeParam T what `data` holds; @typeParam E an item of it */
export interface QueryState<T, E = T extends readonly (infer I)[] ? I : NonNullable<T>> {
  /** A new array at each change; rows that did not change keep their identity. */
  readonly data: Readonly<Ref<T>>
  /** The server has yet to answer; what `data` shows meanwhile comes from the cache. */
  readonly loading: Ref<boolean>
  readonly error: Readonly<Ref<Error | undefined>>
  /** Free for the app and its plugins; the store keeps nothing there. */
  readonly meta: Ref<Record<string, unknown>>
  /** By page index; `undefined` where a page has not been asked for. Empty for `first`. */
  readonly pages: Readonly<Ref<readonly (QueryPage<E> | undefined)[]>>
  getPage: (pageIndex: number) => QueryPage<E> | undefined
  /** The server holds rows after the last one shown. */
  readonly hasMore: Readonly<Ref<boolean>>
  /** Asks the server again. */
  refresh: () => Promise<void>
  /** Shows the next page as well, or the one asked for. Settles once it is there. */
  fetchMore: (options?: { pageIndex?: number }) => Promise<{ page: QueryPage<E> | undefined }>
  /** Ends a query made outside of a component. */
  stop: () => void
}

/** Await it in `<script setup>` to have the server render its rows; an error is in `error`, never thrown. */
export interface Query<T> extends QueryState<T>, PromiseLike<QueryState<T>> {}

/** `query` and `liveQuery` of a collection. */
export interface QueryFunction<S, N extends keyof S> {
  (): Query<Item<S, N>[]>
  <T>(callback: (q: QueryBuilder<S, N>) => QueryPlan<T>): Query<T>
}
