import type { ConditionNode } from '../../../../../src/runtime/shared/condition'
import type { CollectionModel, Dialect, Row } from '../../../../../src/runtime/shared/model'
import type { ListQuery } from '../../../../../src/runtime/shared/query'

/* What a query means, written down the slow and plain way, without a line of the engine's. */

/** SQL's three truth values; `undefined` is unknown. */
type Truth = boolean | undefined

export function holds(condition: ConditionNode | undefined, row: Row): boolean {
  return condition === undefined || evaluate(condition, row) === true
}

function evaluate(node: ConditionNode, row: Row): Truth {
  switch (node.operator) {
    case 'and': return node.conditions.reduce<Truth>((all, child) => both(all, evaluate(child, row)), true)
    case 'or': return not(node.conditions.reduce<Truth>((all, child) => both(all, not(evaluate(child, row))), true))
    case 'not': return not(evaluate(node.condition, row))
    case 'isNull': return row[node.field] === null
    case 'isNotNull': return row[node.field] !== null
    case 'eq': return compared(row[node.field], node.value, order => order === 0)
    case 'ne': return compared(row[node.field], node.value, order => order !== 0)
    case 'gt': return compared(row[node.field], node.value, order => order > 0)
    case 'gte': return compared(row[node.field], node.value, order => order >= 0)
    case 'lt': return compared(row[node.field], node.value, order => order < 0)
    case 'lte': return compared(row[node.field], node.value, order => order <= 0)
    case 'inArray': return (node.value as unknown[]).length > 0 && compared(row[node.field], 0, () => (node.value as unknown[]).some(one => plain(one) === plain(row[node.field])))
    default: throw new Error(`The test server does not know "${node.operator}".`)
  }
}

function both(a: Truth, b: Truth): Truth {
  return a === false || b === false ? false : a === undefined || b === undefined ? undefined : true
}

function not(a: Truth): Truth {
  return a === undefined ? undefined : !a
}

function compared(a: unknown, b: unknown, holds: (order: number) => boolean): Truth {
  return a == null || b == null ? undefined : holds(order(a, b))
}

function plain(value: unknown): unknown {
  return value instanceof Date ? value.getTime() : value
}

/** No text in these tests is beyond ASCII. */
function order(a: unknown, b: unknown): number {
  const x = plain(a) as number
  const y = plain(b) as number
  return x < y ? -1 : x > y ? 1 : 0
}

export function sorter(model: CollectionModel, dialect: Dialect, orderBy: readonly string[] = []): (a: Row, b: Row) => number {
  const terms = orderBy.map((term) => {
    const [field, direction = 'asc'] = term.split('.')
    return { field: field!, sign: direction === 'desc' ? -1 : 1 }
  })
  const sign = terms.at(-1)?.sign ?? 1
  terms.push(...model.primaryKey.map(field => ({ field, sign })))
  return (a, b) => {
    for (const { field, sign } of terms) {
      const x = a[field]
      const y = b[field]
      const nullFirst = dialect === 'postgresql' ? 1 : -1
      const ordered = x == null || y == null ? (x == null ? (y == null ? 0 : nullFirst) : -nullFirst) : order(x, y)
      if (ordered !== 0)
        return sign * ordered
    }
    return 0
  }
}

export function select(rows: Iterable<Row>, model: CollectionModel, dialect: Dialect, { where, orderBy, offset = 0, limit = Infinity }: ListQuery): Row[] {
  return [...rows].filter(row => holds(where, row)).sort(sorter(model, dialect, orderBy)).slice(offset, offset + limit)
}
