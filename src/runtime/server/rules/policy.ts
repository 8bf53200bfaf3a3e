import type * as builders from '../../shared/condition'
import type { Condition, ConditionNode } from '../../shared/condition'
import type { CollectionModel } from '../../shared/model'
import type { ServerCollection } from '../registry'
import type { QueryLimits } from '../../shared/query'
import { encodeCondition } from '../../shared/condition-codec'
import { isRstoreError } from '../../shared/errors'
import { parseCondition } from '../../shared/parse-condition'

type Field<T> = keyof T & string
type Value<T, F extends keyof T> = NonNullable<T[F]>
type TextField<T> = { [F in Field<T>]: NonNullable<T[F]> extends string ? F : never }[Field<T>]
type Element<V> = V extends readonly (infer E)[] ? E : never
type Compare<T> = <F extends Field<T>>(field: F, value: Value<T, F>) => Condition<T>
type List<T> = <F extends Field<T>>(field: F, values: readonly Value<T, F>[]) => Condition<T>
type Pattern<T> = (field: TextField<T>, pattern: string) => Condition<T>
type Elements<T> = <F extends Field<T>>(field: F, values: readonly Element<Value<T, F>>[]) => Condition<T>
type Range<T> = <F extends Field<T>>(field: F, min: Value<T, F>, max: Value<T, F>) => Condition<T>
type Join<T> = (...conditions: (Condition<T> | false | null | undefined)[]) => Condition<T> | undefined

/** The condition builders of the app, for rows of one table. */
export interface ConditionBuilders<T> extends Record<keyof typeof builders, unknown> {
  eq: Compare<T>
  ne: Compare<T>
  gt: Compare<T>
  gte: Compare<T>
  lt: Compare<T>
  lte: Compare<T>
  inArray: List<T>
  notInArray: List<T>
  like: Pattern<T>
  notLike: Pattern<T>
  ilike: Pattern<T>
  notIlike: Pattern<T>
  arrayContains: Elements<T>
  arrayContained: Elements<T>
  arrayOverlaps: Elements<T>
  between: Range<T>
  notBetween: Range<T>
  isNull: (field: Field<T>) => Condition<T>
  isNotNull: (field: Field<T>) => Condition<T>
  and: Join<T>
  or: Join<T>
  not: (condition: Condition<T>) => Condition<T>
}

/** Everything, nothing, or the rows that fulfil a condition. */
export type PolicyResult<T> = boolean | Condition<T>
export type PolicyRule<T, Context> = boolean | ((context: Context, builders: ConditionBuilders<T>) => PolicyResult<T>)

/**
 * Who may do what with the rows of a table. A rule is a value or a synchronous function of the session: what it has to
 * know of the database belongs into the session. What has no rule is denied.
 */
export interface Policy<Row, Input, Session> {
  /** Rows that can be seen, wherever they are read: lists, items, relations, batches, answers to writes. */
  read?: PolicyRule<Row, { session: Session }>
  /** Checked on the new row; `item` holds what the client and the before hooks give. */
  create?: PolicyRule<Row, { session: Session, item: Input }>
  /** Rows that can be changed, among those that can be read. The changed row has to fulfil both rules as well. */
  update?: PolicyRule<Row, { session: Session }>
  /** Rows that can be deleted, among those that can be read. */
  delete?: PolicyRule<Row, { session: Session }>
}

export type PolicyAction = keyof Policy<unknown, unknown, unknown>
/** A rule's result for one caller. */
export type Decision = boolean | ConditionNode

/** Any policy, and any rule of one that has to be asked, once the table it is for no longer matters. */
export type AnyPolicy = Policy<Record<string, unknown>, Record<string, unknown>, unknown>
export type AnyRule = Exclude<AnyPolicy[PolicyAction], boolean | undefined>

/**
 * Asks a rule.
 * @throws TypeError where it gives neither a boolean nor a condition on the table's columns: a mistake of the app, not of the client
 */
export function decide(rule: AnyRule, action: PolicyAction, context: { session: unknown, item: Record<string, unknown> }, { name, model }: ServerCollection, conditions: ConditionBuilders<Record<string, unknown>>): Decision {
  const wrong = (what: string, cause?: unknown) => new TypeError(`The policy of "${name}" gives ${what} for "${action}"; it must give true, false or a condition.`, { cause })
  try {
    const result: unknown = rule(context, conditions)
    if (typeof result === 'boolean')
      return result
    if (typeof result !== 'object' || result === null)
      throw wrong(String(result))
    if ('then' in result) {
      // Nobody else waits for it.
      Promise.resolve(result).catch(() => {})
      throw wrong('a promise')
    }
    const known = withHidden(model)
    return parseCondition(encodeCondition(result as ConditionNode, known), known, unlimited)
  }
  catch (error) {
    // Ours are for clients, and may name a hidden column.
    throw isRstoreError(error) ? wrong('a condition that can\'t be asked', error) : error
  }
}

const unlimited: Partial<QueryLimits> = { maxWhereNodes: Infinity, maxKeys: Infinity }
const known = new WeakMap<CollectionModel, CollectionModel>()

/** The model without secrets: rules of the app may go by columns that clients know nothing of. */
function withHidden(model: CollectionModel): CollectionModel {
  let open = known.get(model)
  if (!open)
    known.set(model, open = { ...model, columns: Object.fromEntries(Object.entries(model.columns).map(([name, { hidden, ...column }]) => [name, column])) })
  return open
}
