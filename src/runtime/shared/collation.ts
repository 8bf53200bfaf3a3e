import type { ConditionNode } from './condition'
import type { CollectionModel, Dialect } from './model'

/**
 * Whether only the database can tell which rows a query has and in what order, because of how it compares
 * text. `orderFields` are those that the query names: the key that breaks their ties is compared by its bytes.
 */
export function isServerSide(where: ConditionNode | undefined, orderFields: readonly string[], model: CollectionModel, dialect: Dialect): boolean {
  return orderFields.some(field => model.columns[field]?.collation) || (!!where && dependsOnCollation(where, model, dialect))
}

function dependsOnCollation(node: ConditionNode, model: CollectionModel, dialect: Dialect): boolean {
  if ('conditions' in node)
    return node.conditions.some(child => dependsOnCollation(child, model, dialect))
  if ('condition' in node)
    return dependsOnCollation(node.condition, model, dialect)
  const column = model.columns[node.field]
  const collation = (column?.items ?? column)?.collation
  switch (node.operator) {
    case 'isNull':
    case 'isNotNull': return false
    // MySQL's lower() goes further than ASCII whatever the collation, and its enums have one of their own.
    case 'ilike':
    case 'notIlike': return !!collation || dialect === 'mysql'
    case 'like':
    case 'notLike': return collation === 'opaque' || (dialect === 'mysql' && (!!collation || column?.order === 'enum'))
    // Texts are equal in PostgreSQL where their bytes are, in any collation but those declared not to be deterministic.
    case 'eq':
    case 'ne':
    case 'inArray':
    case 'notInArray':
    case 'arrayContains':
    case 'arrayContained':
    case 'arrayOverlaps': return collation === 'opaque' || (dialect === 'mysql' && !!collation)
    default: return !!collation
  }
}
