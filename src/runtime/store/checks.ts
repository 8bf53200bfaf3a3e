import type { ConditionNode } from '../shared/condition'
import type { Includes } from '../shared/include'
import type { CollectionModel, Row } from '../shared/model'
import { roundValue } from '../shared/codec'
import { columnOf, selectedColumns } from '../shared/column-of'
import { roundCondition } from '../shared/condition-codec'
import { includeOptions, parseInclude, relationOf } from '../shared/include'
import { decodeInput } from '../shared/input'
import { parseCondition } from '../shared/parse-condition'

type ModelOf = (name: string) => CollectionModel

/** What is done to conditions, includes and inputs before they are used: their values come out decoded and rounded. */
export interface Checks {
  condition: (condition: unknown, model: CollectionModel) => ConditionNode
  include: (include: unknown, model: CollectionModel, modelOf: ModelOf) => Includes | undefined
  input: (input: Row, model: CollectionModel) => Row
}

/** Tells a mistake where it is made, before anything is sent. For development: the server checks the same. */
export const thorough: Checks = {
  condition: (condition, model) => parseCondition(condition, model, { maxKeys: Infinity, maxWhereNodes: Infinity }),
  include: (include, model, collection) => parseInclude(include, model, { collection, condition: (where, target) => where ? thorough.condition(where, target) : undefined }),
  // What is missing may be filled in by the server.
  input: (input, model) => decodeInput(model, input, 'update'),
}

/** Leaves the checking to the server, which spares browsers the code of it. */
export const light: Checks = {
  condition: (condition, model) => roundCondition(condition as ConditionNode, model),
  include: trustInclude,
  input: (input, model) => Object.fromEntries(Object.entries(input)
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => [field, roundValue(value, columnOf(model, field))])),
}

/** What `parseInclude` makes of an include without mistakes. A relation that does not exist is told even here: nothing could be shown for it. */
function trustInclude(given: unknown, model: CollectionModel, modelOf: ModelOf): Includes | undefined {
  const entries = Object.entries(given ?? {}).filter(([, query]) => query).sort(([a], [b]) => a < b ? -1 : 1).map(([name, query]) => {
    const target = modelOf(relationOf(model, name).to)
    const { where, orderBy, limit, columns, include, with: related = include } = Object.keys(query as object).every(key => includeOptions.includes(key))
      ? query as Record<string, unknown>
      : { include: query } as Record<string, unknown>
    return [name, Object.fromEntries(Object.entries({
      where: where ? roundCondition(where as ConditionNode, target) : undefined,
      orderBy: typeof orderBy === 'string' ? [orderBy] : orderBy,
      limit,
      columns: columns && selectedColumns(columns as Record<string, unknown>, target),
      include: trustInclude(related, target, modelOf),
    }).filter(([, value]) => value !== undefined))] as const
  })
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}
