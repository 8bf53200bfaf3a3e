import type { ConditionNode } from '../shared/condition'
import type { CollectionModel, Dialect } from '../shared/model'
import type { Comparator } from '../shared/order'
import type { Key } from '../shared/key'
import type { ListQuery } from '../shared/query'
import type { Predicate } from '../shared/match'
import { compileComparator, parseOrderBy } from '../shared/order'
import { compilePredicate, conditionFields, equalityConjuncts } from '../shared/match'
import { isServerSide } from '../shared/collation'
import { encodeCondition } from '../shared/condition-codec'
import { selectiveField } from './row-index'

/** Which rows in which order: a query without its window. */
export interface Stem extends Omit<ListQuery, 'limit' | 'offset' | 'cursor' | 'include'> {
  /** The app leaves membership and order to the server. */
  byServer?: true
}

/** A stem, compiled. */
export interface ViewSpec {
  /** Equal stems, equal id. */
  id: string
  stem: Stem
  predicate: Predicate | undefined
  compare: Comparator
  keys: ReadonlySet<Key> | undefined
  equality: { field: string, value: unknown } | undefined
  equalities: { field: string, value: unknown }[]
  /** Columns a row must have loaded to be shown. */
  required: string[]
  /** The conjuncts as text: a stem whose conjuncts are among another's contains it. */
  conjuncts: string[]
  /** Only the server knows which rows belong: its answer decides membership and order. */
  serverMode: boolean
}

export function createViewSpec(stem: Stem, model: CollectionModel, dialect: Dialect): ViewSpec {
  return prepareSpecs(stem, model, dialect)([])
}

/**
 * Specs that differ only in what some fields equal, as those of the rows that belong to one row each: what
 * they have in common is compiled once. A single field that is the whole key makes specs with a key.
 */
export function prepareSpecs(base: Stem, model: CollectionModel, dialect: Dialect, fields: readonly string[] = []): (values: readonly unknown[]) => ViewSpec {
  const byKey = fields.length === 1 && model.primaryKey.length === 1 && fields[0] === model.primaryKey[0]
  const terms = parseOrderBy(model, base.orderBy)
  const compare = compileComparator(terms, model, dialect)
  const own = base.where ? conjunctsOf(base.where) : []
  const texts = own.map(part => JSON.stringify(encodeCondition(part, model)))
  const predicate = base.where && compilePredicate(base.where, model, dialect)
  const equalities = equalityConjuncts(base.where)
  const required = requiredColumns(base, model, [...fields, ...terms.map(term => term.field)])
  const hasParams = Object.values(base.params ?? {}).some(value => value !== undefined)
  const tail = `\n${base.orderBy?.join() ?? ''}\n${base.columns?.join() ?? ''}\n${hasParams ? JSON.stringify(sorted(base.params!)) : ''}\n${base.byServer ?? ''}`
  const serverMode = base.byServer || hasParams || isServerSide(joinConditions([...fields.map(field => equals(field, null)), ...own]), base.orderBy ?? [], model, dialect)
  const joinField = byKey ? undefined : selectiveField(model, fields.map(field => ({ field })))?.field

  return (values) => {
    const added = byKey ? [] : fields.map((field, i) => equals(field, values[i]))
    const conjuncts = added.length > 0 ? [...added.map(part => JSON.stringify(encodeCondition(part, model))), ...texts] : texts
    const keys = byKey && fields.length > 0 ? [values[0] as Key] : base.keys
    const stem = fields.length === 0 ? base : { ...base, keys, where: joinConditions([...added, ...own]) }
    const all = added.length > 0 ? [...added, ...equalities] : equalities
    return {
      id: `${conjuncts.length > 1 ? `{"operator":"and","conditions":[${conjuncts.join()}]}` : conjuncts[0] ?? ''}${tail}\n${keys ? JSON.stringify(keys) : ''}`,
      stem,
      predicate: added.length === 0 ? predicate : withEqualities(added, predicate, model, dialect),
      compare,
      keys: keys && new Set(keys),
      equality: joinField === undefined ? selectiveField(model, all) : added.find(({ field }) => field === joinField),
      equalities: all,
      required,
      conjuncts,
      serverMode,
    }
  }
}

/** All of the conditions; none where there are none. */
export function joinConditions(conditions: ConditionNode[]): ConditionNode | undefined {
  return conditions.length > 1 ? { operator: 'and', conditions } : conditions[0]
}

function equals(field: string, value: unknown): ConditionNode & { operator: 'eq', field: string, value: unknown } {
  return { operator: 'eq', field, value }
}

function withEqualities(added: ConditionNode[], predicate: Predicate | undefined, model: CollectionModel, dialect: Dialect): Predicate {
  const joined = compilePredicate(joinConditions(added)!, model, dialect)
  return predicate ? row => joined(row) && predicate(row) : joined
}

function requiredColumns(stem: Stem, model: CollectionModel, needed: string[]): string[] {
  return stem.columns
    ? [...new Set([...stem.columns, ...needed, ...(stem.where ? conditionFields(stem.where) : [])])]
    : Object.keys(model.columns)
}

function conjunctsOf(where: ConditionNode): ConditionNode[] {
  return where.operator === 'and' ? where.conditions : [where]
}

function sorted(params: Record<string, unknown>): [string, unknown][] {
  return Object.entries(params).filter(([, value]) => value !== undefined).sort(([a], [b]) => a < b ? -1 : 1)
}
