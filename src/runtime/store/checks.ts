import type { ConditionNode } from '../shared/condition'
import type { CollectionModel, Row } from '../shared/model'
import { roundValue } from '../shared/codec'
import { columnOf } from '../shared/column-of'
import { roundCondition } from '../shared/condition-codec'
import { decodeInput } from '../shared/input'
import { parseCondition } from '../shared/parse-condition'

/** What is done to conditions and inputs before they are used: their values come out decoded and rounded. */
export interface Checks {
  condition: (condition: unknown, model: CollectionModel) => ConditionNode
  input: (input: Row, model: CollectionModel) => Row
}

/** Tells a mistake where it is made, before anything is sent. For development: the server checks the same. */
export const thorough: Checks = {
  condition: (condition, model) => parseCondition(condition, model, { maxKeys: Infinity, maxWhereNodes: Infinity }),
  // What is missing may be filled in by the server.
  input: (input, model) => decodeInput(model, input, 'update'),
}

/** Leaves the checking to the server, which spares browsers the code of it. */
export const light: Checks = {
  condition: (condition, model) => roundCondition(condition as ConditionNode, model),
  input: (input, model) => Object.fromEntries(Object.entries(input)
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => [field, roundValue(value, columnOf(model, field))])),
}
