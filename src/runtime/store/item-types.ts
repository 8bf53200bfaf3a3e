import type { Batch } from './transport'
import type { CheckInclude, ColumnSelection, Falsy, Include, IncludeOption, NoInclude, Selected, Target } from './include-types'

/* What a row looks like to an app, for a schema `S` of the shape `{ [collection]: CollectionTypes }`. */

export type Row<S, N extends keyof S> = S[N] extends { row: infer R } ? R : never
export type Create<S, N extends keyof S> = S[N] extends { create: infer C } ? C : never
export type Update<S, N extends keyof S> = S[N] extends { update: infer U } ? U : never
export type Relations<S, N extends keyof S> = S[N] extends { relations: infer R } ? R : never

/**
 * A row with the relations that `I` asks for, by reference equal as long as it is unchanged. Change it with
 * `$update`, never in place.
 */
export type Item<S, N extends keyof S, Visible = Row<S, N>, I = NoInclude>
  = & { readonly [K in keyof Visible]: Visible[K] }
    & (keyof I extends never ? unknown : RelationsOf<S, N, I>)
    & ItemMethods<S, N, Visible>

export interface ItemMethods<S, N extends keyof S, Visible = Row<S, N>> {
  readonly $collection: N & string
  /** A mutation of the row waits for its answer. */
  readonly $isOptimistic: boolean
  $getKey: () => string | number
  /** The columns as a plain object that may be changed. */
  $raw: () => Visible
  $update: (patch: Update<S, N>, options?: MutationOptions<Row<S, N>>) => Promise<Item<S, N>>
  $delete: (options?: MutationOptions<Row<S, N>>) => Promise<void>
  /** What `JSON.stringify` prints: columns, and the relations that were included. */
  toJSON: () => Record<string, unknown>
}

export interface MutationOptions<R> {
  /** Show the change before the server has answered; values given here in place of the guess. @default true */
  optimistic?: boolean | Partial<R>
  /**
   * `false` sends the mutation alone and at once, a group with those of the same group. In a transaction it always goes with that.
   * @default as the option `batching` of the module says; several mutations of one call go together
   */
  batch?: Batch
}

/** An item with the relations of `I`, which is checked as the `include` of a query is. */
export type SchemaItem<S, N extends keyof S, I extends Include<S, N> & CheckInclude<S, N, I> = NoInclude> = Item<S, N, Row<S, N>, I>

// Homomorphic in `I` on purpose: what may be missing there may be missing here.
type RelationsOf<S, N extends keyof S, I> = {
  readonly [P in keyof I as P extends keyof Relations<S, N> ? P : never]: P extends keyof Relations<S, N> ? Related<S, Relations<S, N>[P], I[P]> : never
}
type Related<S, R, O> = (O extends Falsy ? undefined : never) | RelatedItems<S, R, Exclude<O, Falsy>>
type RelatedItems<S, R, O> = [O] extends [never] ? never
  : R extends { many: true } ? readonly Node<S, Target<S, R>, O>[] : Node<S, Target<S, R>, O> | null
type Node<S, N extends keyof S, O> = O extends object
  ? keyof O extends IncludeOption
    ? Item<S, N, O extends { columns: infer C extends ColumnSelection<Row<S, N>> } ? Selected<Row<S, N>, C> : Row<S, N>, O extends { include: infer J } ? NonNullable<J> : NoInclude>
    : Item<S, N, Row<S, N>, O>
  : Item<S, N>
