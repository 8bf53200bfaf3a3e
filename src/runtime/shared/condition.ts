import { RstoreError } from './errors'

export type ComparisonOperator = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte'
export type PatternOperator = 'like' | 'notLike' | 'ilike' | 'notIlike'
export type ListOperator = 'inArray' | 'notInArray'
export type ArrayOperator = 'arrayContains' | 'arrayContained' | 'arrayOverlaps'
export type ValueOperator = ComparisonOperator | PatternOperator | ListOperator | ArrayOperator
export type RangeOperator = 'between' | 'notBetween'
export type NullOperator = 'isNull' | 'isNotNull'

/** A condition tree: plain JSON, the same on the wire, in SQL and in the browser. */
export type ConditionNode
  = | { operator: ValueOperator, field: string, value: unknown }
    | { operator: RangeOperator, field: string, value1: unknown, value2: unknown }
    | { operator: NullOperator, field: string }
    | { operator: 'and' | 'or', conditions: ConditionNode[] }
    | { operator: 'not', condition: ConditionNode }

export type Operator = ConditionNode['operator']

declare const brand: unique symbol
/** A condition on rows of type `T`. Made by `eq()`, `and()`, …; opaque to the app. */
export interface Condition<T> {
  readonly operator: string
  readonly [brand]?: (row: T) => T
}

// The type parameter of a builder comes from the query it is written in; a free-standing `eq()` is unchecked.
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the contextual default
type Unchecked = any
type Value<T, F extends keyof T> = NonNullable<T[F]>
type TextField<T> = { [F in keyof T & string]: NonNullable<T[F]> extends string ? F : never }[keyof T & string]
type Element<V> = V extends readonly (infer E)[] ? E : never
type Operand<T> = Condition<T> | false | null | undefined

/** `field = value`. NULL equals nothing: use `isNull`. */
export function eq<T = Unchecked, F extends keyof T & string = keyof T & string>(field: F, value: Value<T, F>): Condition<T> {
  return compare('eq', field, value)
}
/** `field <> value`. Rows where the field is NULL do not match. */
export function ne<T = Unchecked, F extends keyof T & string = keyof T & string>(field: F, value: Value<T, F>): Condition<T> {
  return compare('ne', field, value)
}
/** `field > value` */
export function gt<T = Unchecked, F extends keyof T & string = keyof T & string>(field: F, value: Value<T, F>): Condition<T> {
  return compare('gt', field, value)
}
/** `field >= value` */
export function gte<T = Unchecked, F extends keyof T & string = keyof T & string>(field: F, value: Value<T, F>): Condition<T> {
  return compare('gte', field, value)
}
/** `field < value` */
export function lt<T = Unchecked, F extends keyof T & string = keyof T & string>(field: F, value: Value<T, F>): Condition<T> {
  return compare('lt', field, value)
}
/** `field <= value` */
export function lte<T = Unchecked, F extends keyof T & string = keyof T & string>(field: F, value: Value<T, F>): Condition<T> {
  return compare('lte', field, value)
}
/** The field is one of the values. An empty list matches nothing. */
export function inArray<T = Unchecked, F extends keyof T & string = keyof T & string>(field: F, values: readonly Value<T, F>[]): Condition<T> {
  return compare('inArray', field, values)
}
/** The field is none of the values. An empty list matches everything, NULL included. */
export function notInArray<T = Unchecked, F extends keyof T & string = keyof T & string>(field: F, values: readonly Value<T, F>[]): Condition<T> {
  return compare('notInArray', field, values)
}
/** Pattern with `%` and `_`. Case follows the database: SQLite ignores that of ASCII letters, MySQL does as the column's collation does, PostgreSQL heeds it. */
export function like<T = Unchecked, F extends TextField<T> = TextField<T>>(field: F, pattern: string): Condition<T> {
  return compare('like', field, pattern)
}
/** The opposite of `like`; NULL does not match. */
export function notLike<T = Unchecked, F extends TextField<T> = TextField<T>>(field: F, pattern: string): Condition<T> {
  return compare('notLike', field, pattern)
}
/** `like`, whatever the case. */
export function ilike<T = Unchecked, F extends TextField<T> = TextField<T>>(field: F, pattern: string): Condition<T> {
  return compare('ilike', field, pattern)
}
/** The opposite of `ilike`; NULL does not match. */
export function notIlike<T = Unchecked, F extends TextField<T> = TextField<T>>(field: F, pattern: string): Condition<T> {
  return compare('notIlike', field, pattern)
}
/** The array column holds all of the values. PostgreSQL only. */
export function arrayContains<T = Unchecked, F extends keyof T & string = keyof T & string>(field: F, values: readonly Element<Value<T, F>>[]): Condition<T> {
  return compare('arrayContains', field, values)
}
/** All elements of the array column are among the values. PostgreSQL only. */
export function arrayContained<T = Unchecked, F extends keyof T & string = keyof T & string>(field: F, values: readonly Element<Value<T, F>>[]): Condition<T> {
  return compare('arrayContained', field, values)
}
/** The array column holds at least one of the values. PostgreSQL only. */
export function arrayOverlaps<T = Unchecked, F extends keyof T & string = keyof T & string>(field: F, values: readonly Element<Value<T, F>>[]): Condition<T> {
  return compare('arrayOverlaps', field, values)
}
/** `min <= field <= max` */
export function between<T = Unchecked, F extends keyof T & string = keyof T & string>(field: F, min: Value<T, F>, max: Value<T, F>): Condition<T> {
  return { operator: 'between', field, value1: given(field, min), value2: given(field, max) } as Condition<T>
}
/** The opposite of `between`; NULL does not match. */
export function notBetween<T = Unchecked, F extends keyof T & string = keyof T & string>(field: F, min: Value<T, F>, max: Value<T, F>): Condition<T> {
  return { operator: 'notBetween', field, value1: given(field, min), value2: given(field, max) } as Condition<T>
}
/** The field is NULL. */
export function isNull<T = Unchecked, F extends keyof T & string = keyof T & string>(field: F): Condition<T> {
  return { operator: 'isNull', field } as Condition<T>
}
/** The field is not NULL. */
export function isNotNull<T = Unchecked, F extends keyof T & string = keyof T & string>(field: F): Condition<T> {
  return { operator: 'isNotNull', field } as Condition<T>
}
/** All conditions hold. Falsy operands are left out; with none left there is no condition. */
export function and<T = Unchecked>(...conditions: Operand<T>[]): Condition<T> | undefined {
  return join('and', conditions)
}
/** At least one condition holds. Falsy operands are left out; with none left there is no condition. */
export function or<T = Unchecked>(...conditions: Operand<T>[]): Condition<T> | undefined {
  return join('or', conditions)
}
/** The condition is false. Where it is unknown because of a NULL, so is its opposite, and the row does not match. */
export function not<T = Unchecked>(condition: Condition<T>): Condition<T> {
  return { operator: 'not', condition } as unknown as Condition<T>
}

function compare<T>(operator: ValueOperator, field: string, value: unknown): Condition<T> {
  return { operator, field, value: given(field, value) } as Condition<T>
}

/** JSON drops `undefined`, which would turn a filter into another one: refused where it is written. */
function given(field: string, value: unknown): unknown {
  if (value === undefined)
    throw new RstoreError('RSTORE_INVALID_CONDITION', `The condition on "${field}" compares with undefined. Leave the condition out, or use isNull("${field}").`, { field })
  return value
}

function join<T>(operator: 'and' | 'or', operands: Operand<T>[]): Condition<T> | undefined {
  const conditions = operands.filter(Boolean) as Condition<T>[]
  return conditions.length > 1 ? { operator, conditions } as unknown as Condition<T> : conditions[0]
}
