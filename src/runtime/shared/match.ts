import type { ConditionNode, PatternOperator } from './condition'
import type { CollectionModel, ColumnModel, Dialect, Row } from './model'
import { compareFor, hasEquals, isComparable } from './compare'
import { compileLike } from './like'

/** True where the condition is true; false where it is false or, because of a NULL, unknown. */
export type Predicate = (row: Row) => boolean

/**
 * The JavaScript twin of the SQL that `where` compiles to. The condition must have been through
 * `parseCondition`, so its values are decoded.
 *
 * SQL knows three truth values. Two suffice here because a negation is pushed down to the
 * comparisons: each is compiled as "is true" or as "is false", and NULL is neither.
 */
export function compilePredicate(condition: ConditionNode, model: CollectionModel, dialect: Dialect): Predicate {
  return compile(condition, false)

  function compile(node: ConditionNode, negated: boolean): Predicate {
    switch (node.operator) {
      case 'and':
      case 'or':
        return (node.operator === 'and') !== negated
          ? every(node.conditions.map(child => compile(child, negated)))
          : some(node.conditions.map(child => compile(child, negated)))
      case 'not': return compile(node.condition, !negated)
      case 'isNull': return nullTest(node.field, !negated)
      case 'isNotNull': return nullTest(node.field, negated)
      case 'ne': return comparison('eq', node.field, node.value, !negated)
      case 'eq':
      case 'gt':
      case 'gte':
      case 'lt':
      case 'lte': return comparison(node.operator, node.field, node.value, negated)
      case 'between': return range(node.field, node.value1, node.value2, negated)
      case 'notBetween': return range(node.field, node.value1, node.value2, !negated)
      case 'inArray': return list(node.field, node.value as unknown[], negated)
      case 'notInArray': return list(node.field, node.value as unknown[], !negated)
      case 'like':
      case 'ilike': return pattern(node.operator, node.field, node.value, negated)
      case 'notLike': return pattern('like', node.field, node.value, !negated)
      case 'notIlike': return pattern('ilike', node.field, node.value, !negated)
      case 'arrayContains': return arrays(node.field, node.value, negated, (row, values, has) => values.every(value => has(row, value)))
      case 'arrayContained': return arrays(node.field, node.value, negated, (row, values, has) => row.every(value => has(values, value)))
      case 'arrayOverlaps': return arrays(node.field, node.value, negated, (row, values, has) => values.some(value => has(row, value)))
    }
  }

  function comparison(operator: 'eq' | 'gt' | 'gte' | 'lt' | 'lte', field: string, value: unknown, negated: boolean): Predicate {
    if (value == null)
      return never
    const column = model.columns[field]!
    if (operator === 'eq' && column.type !== 'date' && !hasEquals(column)) {
      return negated
        ? row => row[field] != null && row[field] !== value
        : row => row[field] === value
    }
    const compare = compareFor(column, dialect)
    const holds = test(operator)
    return (row) => {
      const own = row[field]
      return own != null && holds(compare(own, value)) !== negated
    }
  }

  function range(field: string, min: unknown, max: unknown, negated: boolean): Predicate {
    const bounds = [comparison('gte', field, min, negated), comparison('lte', field, max, negated)]
    return negated ? some(bounds) : every(bounds)
  }

  function list(field: string, values: unknown[], negated: boolean): Predicate {
    if (values.length === 0)
      return negated ? always : never
    if (negated && values.includes(null))
      return never
    const column = model.columns[field]!
    const wanted = values.filter(value => value != null)
    // No Set can tell what is equal.
    if (hasEquals(column)) {
      const compare = compareFor(column, dialect)
      return row => row[field] != null && wanted.some(value => compare(row[field], value) === 0) !== negated
    }
    const identity = column.type === 'date' ? (value: unknown) => (value as Date).getTime() : (value: unknown) => value
    const set = new Set(wanted.map(identity))
    return row => row[field] != null && set.has(identity(row[field])) !== negated
  }

  function pattern(operator: PatternOperator, field: string, value: unknown, negated: boolean): Predicate {
    if (value == null)
      return never
    const like = compileLike(value as string, dialect, operator === 'ilike')
    return row => row[field] != null && like(row[field] as string) !== negated
  }

  /** PostgreSQL looks at the elements alone, however deep they are nested, and finds no NULL in an array. */
  function arrays(field: string, value: unknown, negated: boolean, holds: (row: unknown[], values: unknown[], has: (list: unknown[], value: unknown) => boolean) => boolean): Predicate {
    if (value == null)
      return never
    const compare = compareFor(elementOf(model.columns[field]!), dialect)
    const has = (list: unknown[], value: unknown) => value != null && list.some(other => other != null && compare(other, value) === 0)
    const values = (value as unknown[]).flat(Infinity)
    return row => row[field] != null && holds((row[field] as unknown[]).flat(Infinity), values, has) !== negated
  }
}

/** Fields whose value decides the condition alone: `field = value`, joined to the rest by AND. */
export function equalityConjuncts(condition: ConditionNode | undefined): { field: string, value: unknown }[] {
  if (condition?.operator === 'eq')
    return [{ field: condition.field, value: condition.value }]
  return condition?.operator === 'and' ? condition.conditions.flatMap(equalityConjuncts) : []
}

/** Every field a condition reads. */
export function conditionFields(condition: ConditionNode): string[] {
  if ('conditions' in condition)
    return condition.conditions.flatMap(conditionFields)
  return 'condition' in condition ? conditionFields(condition.condition) : [condition.field]
}

/** Whether an operator can be asked of a column. */
export function supportsOperator(operator: ConditionNode['operator'], column: ColumnModel): boolean {
  switch (operator) {
    case 'isNull':
    case 'isNotNull': return true
    case 'like':
    case 'notLike':
    case 'ilike':
    case 'notIlike': return column.type === 'string' && column.order !== 'numeric'
    case 'arrayContains':
    case 'arrayContained':
    case 'arrayOverlaps': return column.type === 'array' && isComparable(elementOf(column))
    default: return isComparable(column)
  }
}

function elementOf(column: ColumnModel): ColumnModel {
  return column.type === 'array' && column.items ? elementOf(column.items) : column
}

const always: Predicate = () => true
const never: Predicate = () => false

function nullTest(field: string, wanted: boolean): Predicate {
  return row => (row[field] == null) === wanted
}

function test(operator: 'eq' | 'gt' | 'gte' | 'lt' | 'lte'): (order: number) => boolean {
  switch (operator) {
    case 'eq': return order => order === 0
    case 'gt': return order => order > 0
    case 'gte': return order => order >= 0
    case 'lt': return order => order < 0
    case 'lte': return order => order <= 0
  }
}

function every(predicates: Predicate[]): Predicate {
  if (predicates.length === 2) {
    const [a, b] = predicates as [Predicate, Predicate]
    return row => a(row) && b(row)
  }
  return row => predicates.every(predicate => predicate(row))
}

function some(predicates: Predicate[]): Predicate {
  return row => predicates.some(predicate => predicate(row))
}
