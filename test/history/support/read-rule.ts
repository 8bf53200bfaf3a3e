import type { ConditionNode } from '../../../src/runtime/shared/condition'

/** Rows of these collections belong to whom the field names, or to everybody. */
export const owned: Record<string, string> = { todos: 'userId', lists: 'ownerId' }

/** What a user may read of a collection. */
export function readRule(collection: string, user: string, isAdmin: boolean): ConditionNode | true {
  const field = owned[collection]
  return isAdmin || !field
    ? true
    : { operator: 'or', conditions: [{ operator: 'eq', field, value: user }, { operator: 'isNull', field }] }
}
