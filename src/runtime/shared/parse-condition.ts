import type { ConditionNode, Operator } from './condition'
import type { CollectionModel } from './model'
import { columnOf } from './column-of'
import { decodeValue } from './decode'
import { RstoreError } from './errors'
import { supportsOperator } from './match'

export interface ConditionLimits {
  /** Most nodes in one tree. @default 100 */
  maxWhereNodes?: number
  /** Most values in one list. @default 1000 */
  maxKeys?: number
  /** Nodes counted so far, where the limit is one for several conditions together. */
  counted?: { nodes: number }
}

const operators: Record<Operator, 'comparison' | 'pattern' | 'list' | 'range' | 'null' | 'join' | 'not'> = {
  eq: 'comparison', ne: 'comparison', gt: 'comparison', gte: 'comparison', lt: 'comparison', lte: 'comparison',
  like: 'pattern', notLike: 'pattern', ilike: 'pattern', notIlike: 'pattern',
  inArray: 'list', notInArray: 'list', arrayContains: 'list', arrayContained: 'list', arrayOverlaps: 'list',
  between: 'range', notBetween: 'range', isNull: 'null', isNotNull: 'null', and: 'join', or: 'join', not: 'not',
}
const maxPatternLength = 1000

/**
 * Checks a condition from anywhere against the model and gives it with decoded values and the long
 * names. Takes the short name `op` for `operator`.
 * @throws RstoreError RSTORE_INVALID_CONDITION, RSTORE_UNKNOWN_COLUMN, RSTORE_LIMIT_EXCEEDED or what `decodeValue` throws
 */
export function parseCondition(input: unknown, model: CollectionModel, limits: ConditionLimits = {}): ConditionNode {
  const { maxWhereNodes = 100, maxKeys = 1000, counted = { nodes: 0 } } = limits
  return parse(input)

  function parse(node: unknown): ConditionNode {
    if (++counted.nodes > maxWhereNodes)
      throw new RstoreError('RSTORE_LIMIT_EXCEEDED', `The conditions have more than ${maxWhereNodes} parts together.`, { collection: model.name })
    if (typeof node !== 'object' || node === null || Array.isArray(node))
      throw invalid('A condition must be an object.')
    const given = node as Record<string, unknown>
    const operator = (given.operator ?? given.op) as Operator
    if (typeof operator !== 'string' || !Object.hasOwn(operators, operator))
      throw invalid(operator === undefined ? 'A condition needs an operator.' : `Unknown operator${typeof operator === 'string' ? ` ${JSON.stringify(operator.slice(0, 40))}` : ''}.`)
    const kind = operators[operator]
    if (kind === 'join') {
      if (!Array.isArray(given.conditions) || given.conditions.length === 0)
        throw invalid(`"${operator}" needs a list of conditions.`)
      return { operator, conditions: given.conditions.map(parse) } as ConditionNode
    }
    if (kind === 'not')
      return { operator: 'not', condition: parse(given.condition) }
    return parseLeaf(operator, kind, given)
  }

  function parseLeaf(operator: Operator, kind: string, given: Record<string, unknown>): ConditionNode {
    const field = given.field
    if (typeof field !== 'string')
      throw invalid(`"${operator}" needs a field.`)
    const column = columnOf(model, field)
    if (!supportsOperator(operator, column))
      throw invalid(`"${operator}" can't be asked of "${field}", which holds ${column.type}.`, field)
    // An enum may be compared with any text, and a length does not bound what one may look for.
    const compared = { ...column, enumValues: undefined, length: undefined, range: undefined }
    const decode = (value: unknown) => {
      if (value === undefined)
        throw invalid(`"${operator}" on "${field}" needs a value.`, field)
      return decodeValue(value, compared, field, model.name)
    }
    if (kind === 'null')
      return { operator, field } as ConditionNode
    if (kind === 'range')
      return { operator, field, value1: decode(given.value1), value2: decode(given.value2) } as ConditionNode
    if (kind === 'list')
      return { operator, field, value: parseList(operator, field, given.value, column.items ? value => decodeValue(value, column.items!, field, model.name) : decode) } as ConditionNode
    if (kind === 'pattern' && typeof given.value === 'string' && given.value.length > maxPatternLength)
      throw new RstoreError('RSTORE_LIMIT_EXCEEDED', `The pattern on "${field}" is longer than ${maxPatternLength} characters.`, { field, collection: model.name })
    return { operator, field, value: kind === 'pattern' ? decodeValue(given.value ?? null, { ...compared, type: 'string' }, field, model.name) : decode(given.value) } as ConditionNode
  }

  function parseList(operator: string, field: string, values: unknown, decode: (value: unknown) => unknown): unknown[] {
    if (!Array.isArray(values))
      throw invalid(`"${operator}" on "${field}" needs a list of values.`, field)
    if (values.length > maxKeys)
      throw new RstoreError('RSTORE_LIMIT_EXCEEDED', `"${operator}" on "${field}" lists more than ${maxKeys} values.`, { field, collection: model.name })
    return values.map(decode)
  }

  function invalid(message: string, field?: string): RstoreError {
    return new RstoreError('RSTORE_INVALID_CONDITION', message, { field, collection: model.name })
  }
}
