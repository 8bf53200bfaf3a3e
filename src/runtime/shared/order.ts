import type { CollectionModel, Dialect, Row } from './model'
import { compareFor, isComparable } from './compare'
import { columnOf } from './column-of'
import { RstoreError } from './errors'

export interface OrderTerm {
  field: string
  descending: boolean
  /** A key in text of an unknown collation that only breaks ties: by its bytes, which both sides know how to do. */
  binary?: true
}
export type Comparator = (a: Row, b: Row) => number

/**
 * `['createdAt.desc', 'title']` as terms, ended by the primary key so that no two rows tie. The key
 * runs in the direction of the last term, which lets a database walk an index backwards.
 */
export function parseOrderBy(model: CollectionModel, orderBy: readonly string[] = []): OrderTerm[] {
  const terms: OrderTerm[] = []
  for (const text of orderBy) {
    const dot = text.lastIndexOf('.')
    const suffix = text.slice(dot + 1)
    const field = dot < 0 ? text : text.slice(0, dot)
    const column = columnOf(model, field)
    if ((dot >= 0 && suffix !== 'asc' && suffix !== 'desc') || !isComparable(column))
      throw new RstoreError('RSTORE_INVALID_QUERY', isComparable(column) ? `"${text}" must end in ".asc" or ".desc".` : `"${model.name}.${field}" holds ${column.type}, which has no order.`, { field, collection: model.name })
    if (!terms.some(term => term.field === field))
      terms.push({ field, descending: suffix === 'desc' && dot >= 0 })
  }
  const descending = terms.at(-1)?.descending ?? false
  for (const field of model.primaryKey) {
    if (!terms.some(term => term.field === field))
      terms.push({ field, descending, ...model.columns[field]!.collation && { binary: true } })
  }
  return terms
}

/** Order of rows as the database has it: NULL is the least value in SQLite and MySQL, the greatest in PostgreSQL. */
export function compileComparator(terms: readonly OrderTerm[], model: CollectionModel, dialect: Dialect): Comparator {
  const comparators = terms.map(term => compileTerm(term, model, dialect))
  if (comparators.length === 1)
    return comparators[0]!
  if (comparators.length === 2) {
    const [first, second] = comparators as [Comparator, Comparator]
    return (a, b) => first(a, b) || second(a, b)
  }
  return (a, b) => {
    for (const comparator of comparators) {
      const order = comparator(a, b)
      if (order !== 0)
        return order
    }
    return 0
  }
}

function compileTerm({ field, descending }: OrderTerm, model: CollectionModel, dialect: Dialect): Comparator {
  const compare = compareFor(model.columns[field]!, dialect)
  const sign = descending ? -1 : 1
  const nullSign = dialect === 'postgresql' ? sign : -sign
  return (a, b) => {
    const x = a[field]
    const y = b[field]
    if (x == null || y == null)
      return x == null ? (y == null ? 0 : nullSign) : -nullSign
    return sign * compare(x, y)
  }
}
