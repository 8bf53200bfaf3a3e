import type { Condition } from '../shared/condition'
import type { Relations, Row } from './item-types'

/* What may be asked for with a row. Unknown names are found by checks of what was given, since a type parameter that is inferred from an object takes all of it. */

/** Relations to read with each row, by name: `true`, options, or a map of the relations of the related rows. */
export type Include<S, N extends keyof S> = {
  readonly [P in keyof Relations<S, N>]?: IncludeValue<S, Target<S, Relations<S, N>[P]>>
}

export interface IncludeOptions<S, N extends keyof S> {
  /** Falsy: no condition. */
  readonly where?: Condition<Row<S, N>> | Falsy
  readonly orderBy?: readonly OrderTerm<Row<S, N>>[]
  /** Most rows for each row they belong to. */
  readonly limit?: number
  /** Columns that are needed; the key and what relates, filters and sorts come with them. @default all */
  readonly columns?: ColumnSelection<Row<S, N>>
  readonly include?: Include<S, N>
}

/** `field.asc`, `field.desc`, or the field alone for ascending. */
export type OrderTerm<R> = `${keyof R & string}.${'asc' | 'desc'}` | (keyof R & string)
export type ColumnSelection<R> = { readonly [K in keyof R]?: true }
export type Falsy = false | null | undefined
export type NoInclude = Record<never, never>

/** A row with the columns that are selected for certain. Where nothing was given, `C` is all that can be. */
export type Selected<R, C> = ColumnSelection<R> extends C ? R : Pick<R, { [K in keyof C]-?: undefined extends C[K] ? never : K }[keyof C] & keyof R>

/** What is included. Where nothing was given, `I` is all that can be. */
export type Included<S, N extends keyof S, I> = Include<S, N> extends I ? NoInclude : I

/** Name of the collection that a relation leads to. */
export type Target<S, R> = R extends { to: infer T extends keyof S } ? T : never

export type IncludeOption = keyof IncludeOptions<never, never>

/** What is wrong with columns and includes, at the property that is wrong. */
export interface Checked<S, N extends keyof S, C, I> {
  columns?: CheckColumns<S, N, C>
  include?: CheckInclude<S, N, I>
}

/** Where it shows up, the message says what is wrong. */
export interface Mistake<Message extends string> { readonly [mistake]: Message }
declare const mistake: unique symbol

type IncludeValue<S, N extends keyof S> = boolean | null | (IncludeOptions<S, N> & IncludeMap<S, N>)
type IncludeMap<S, N extends keyof S> = {
  readonly [P in Exclude<keyof Relations<S, N>, IncludeOption>]?: IncludeValue<S, Target<S, Relations<S, N>[P]>>
}

type CheckColumns<S, N extends keyof S, C> = {
  readonly [K in Exclude<keyof C, keyof Row<S, N>>]: Mistake<`${Text<N>} has no column ${Text<K>}`>
}
export type CheckInclude<S, N extends keyof S, I> = {
  readonly [P in keyof I]: P extends keyof Relations<S, N> ? CheckValue<S, Target<S, Relations<S, N>[P]>, I[P]> : Mistake<`${Text<N>} has no relation ${Text<P>}`>
}
type CheckValue<S, N extends keyof S, O> = O extends object
  ? keyof O extends IncludeOption ? CheckOptions<S, N, O> : CheckMap<S, N, O>
  : unknown
type CheckOptions<S, N extends keyof S, O> = {
  readonly [K in keyof O]: K extends 'columns' ? CheckColumns<S, N, O[K]> : K extends 'include' ? CheckInclude<S, N, O[K]> : unknown
}
type CheckMap<S, N extends keyof S, O> = {
  readonly [K in keyof O]: K extends IncludeOption ? unknown
    : K extends keyof Relations<S, N>
      ? keyof O & IncludeOption extends never ? CheckValue<S, Target<S, Relations<S, N>[K]>, O[K]> : Mistake<`beside options, ${Text<K>} has to stand in their include`>
      : Mistake<`an include has no option ${Text<K>}, and ${Text<N>} no such relation`>
}
type Text<T> = T & string
