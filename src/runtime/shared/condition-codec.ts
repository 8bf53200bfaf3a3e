import type { ConditionNode } from './condition'
import type { CollectionModel, ColumnModel } from './model'
import { encodeValue, roundValue } from './codec'
import { columnOf } from './column-of'

/** The wire form of a condition, with its keys in a fixed order: equal conditions, equal text. */
export function encodeCondition(node: ConditionNode, model: CollectionModel): ConditionNode {
  return mapValues(node, model, encodeValue)
}

/** A condition with its values decoded and rounded, but not checked: `parseCondition` does. */
export function roundCondition(node: ConditionNode, model: CollectionModel): ConditionNode {
  return mapValues(node, model, roundValue)
}

function mapValues(node: ConditionNode, model: CollectionModel, map: (value: unknown, column: ColumnModel) => unknown): ConditionNode {
  if ('conditions' in node)
    return { operator: node.operator, conditions: node.conditions.map(child => mapValues(child, model, map)) }
  if ('condition' in node)
    return { operator: node.operator, condition: mapValues(node.condition, model, map) }
  const column = columnOf(model, node.field)
  const each = (value: unknown): unknown => Array.isArray(value) ? value.map(each) : map(value, column.items ?? column)
  if ('value1' in node)
    return { operator: node.operator, field: node.field, value1: each(node.value1), value2: each(node.value2) }
  return 'value' in node
    ? { operator: node.operator, field: node.field, value: each(node.value) }
    : { operator: node.operator, field: node.field }
}
