import type { Comparator } from '../shared/order'
import type { CollectionModel, Dialect } from '../shared/model'
import type { Key } from '../shared/key'
import type { ListQuery } from '../shared/query'
import type { Predicate } from '../shared/match'
import { compileComparator, parseOrderBy } from '../shared/order'
import { compilePredicate, conditionFields, equalityConjuncts } from '../shared/match'
import { toSearchParams } from '../shared/query-params'
import { encodeCondition } from '../shared/condition-codec'
import { selectiveField } from './row-index'

/** Which rows in which order: a query without its window. */
export type Stem = Omit<ListQuery, 'limit' | 'offset' | 'cursor'>

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
  const terms = parseOrderBy(model, stem.orderBy)
  const equalities = equalityConjuncts(stem.where)
  return {
    id: toSearchParams(stem, model).toString(),
    stem,
    predicate: stem.where && compilePredicate(stem.where, model, dialect),
    compare: compileComparator(terms, model, dialect),
    keys: stem.keys && new Set(stem.keys),
    equality: selectiveField(model, equalities),
    equalities,
    required: requiredColumns(stem, model, terms.map(term => term.field)),
    conjuncts: conjunctsOf(stem, model),
    serverMode: Object.values(stem.params ?? {}).some(value => value !== undefined),
  }
}

function requiredColumns(stem: Stem, model: CollectionModel, orderFields: string[]): string[] {
  return stem.columns
    ? [...new Set([...stem.columns, ...orderFields, ...(stem.where ? conditionFields(stem.where) : [])])]
    : Object.keys(model.columns)
}

function conjunctsOf({ where }: Stem, model: CollectionModel): string[] {
  if (!where)
    return []
  const parts = where.operator === 'and' ? where.conditions : [where]
  return parts.map(part => JSON.stringify(encodeCondition(part, model)))
}
