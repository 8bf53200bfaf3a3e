import type { SQL } from 'drizzle-orm'
import type { ArrayOperator, ConditionNode } from '../../shared/condition'
import type { Sign, SqlDialect } from '../dialects/types'
import type { ServerCollection, ServerField } from '../registry'
import { Placeholder, sql } from 'drizzle-orm'
import { RstoreError } from '../../shared/errors'

/**
 * The SQL of a condition that has been through `parseCondition`. Means what `compilePredicate` of
 * `shared/match.ts` means: change both, and the oracle tests, together. Placeholders may stand for values.
 */
export function compileWhere(condition: ConditionNode, collection: ServerCollection, dialect: SqlDialect): SQL {
  return compile(condition)

  function compile(node: ConditionNode): SQL {
    switch (node.operator) {
      case 'and':
      case 'or': return sql`(${sql.join(node.conditions.map(compile), joins[node.operator])})`
      case 'not': return sql`not (${compile(node.condition)})`
      case 'isNull': return sql`${fieldOf(node.field).source} is null`
      case 'isNotNull': return sql`${fieldOf(node.field).source} is not null`
      case 'eq':
      case 'ne':
      case 'gt':
      case 'gte':
      case 'lt':
      case 'lte': return comparison(fieldOf(node.field), signs[node.operator], node.value)
      case 'between': return range(fieldOf(node.field), node.value1, node.value2)
      case 'notBetween': return sql`not (${range(fieldOf(node.field), node.value1, node.value2)})`
      case 'inArray': return list(fieldOf(node.field), node.value as unknown[] | Placeholder)
      case 'notInArray': return sql`not (${list(fieldOf(node.field), node.value as unknown[] | Placeholder)})`
      case 'like':
      case 'ilike': return pattern(fieldOf(node.field), node.value, node.operator === 'ilike')
      case 'notLike':
      case 'notIlike': return sql`not (${pattern(fieldOf(node.field), node.value, node.operator === 'notIlike')})`
      case 'arrayContains':
      case 'arrayContained':
      case 'arrayOverlaps':
        return array(node.operator, node.field, node.value)
    }
  }

  function fieldOf(name: string): ServerField {
    return collection.fields[name]!
  }

  function list(field: ServerField, values: unknown[] | Placeholder): SQL {
    if (values instanceof Placeholder)
      return dialect.listParameter!.includes([field.source], values)
    // Nothing is in an empty list, not even NULL.
    return values.length === 0 ? sql`1 = 0` : dialect.inList(field.source, values.map(field.toDriver))
  }

  function pattern(field: ServerField, value: unknown, insensitive: boolean): SQL {
    return dialect.like(field.source, value as string | null, insensitive, field.column)
  }

  function comparison(field: ServerField, sign: Sign, value: unknown): SQL {
    return dialect.compare(field.source, sign, toDriver(value, field))
  }

  function range(field: ServerField, min: unknown, max: unknown): SQL {
    return sql`(${comparison(field, '>=', min)} and ${comparison(field, '<=', max)})`
  }

  function array(operator: ArrayOperator, name: string, value: unknown): SQL {
    const field = fieldOf(name)
    if (!dialect.array)
      throw new RstoreError('RSTORE_INVALID_CONDITION', `"${operator}" can't be asked of this database.`, { field: name, collection: collection.name })
    return dialect.array(operator, field.source, field.toDriver(value))
  }
}

/** Placeholders stand for values that are the driver's already. */
export function toDriver(value: unknown, field: ServerField): unknown {
  return value instanceof Placeholder ? value : field.toDriver(value)
}

const joins = { and: sql` and `, or: sql` or ` }
const signs = { eq: '=', ne: '<>', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const
