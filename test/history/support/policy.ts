import type { ConditionNode } from '../../../src/runtime/shared/condition'
import type { Row } from '../../../src/runtime/shared/model'
import type { FlatQuery } from '../../oracle/support/live/expected'
import type { LiveSetup } from '../../oracle/support/live/server'
import { Expected } from '../../oracle/support/live/expected'

/** Rows of these collections belong to whom the field names, or to everybody. */
export const owned: Record<string, string> = { todos: 'userId', lists: 'ownerId' }

/** What a user may read of a collection. */
export function readRule(collection: string, user: string, isAdmin: boolean): ConditionNode | true {
  const field = owned[collection]
  return isAdmin || !field
    ? true
    : { operator: 'or', conditions: [{ operator: 'eq', field, value: user }, { operator: 'isNull', field }] }
}

/** What a query of this user should show: what the database gives for it, and the policy. */
export class ExpectedFor extends Expected {
  constructor({ live, schema }: LiveSetup, private readonly user: string, private readonly isAdmin: boolean) {
    super(live, schema)
  }

  override flat(collection: string, query: FlatQuery): PromiseLike<Row[]> {
    const rule = readRule(collection, this.user, this.isAdmin)
    const where = rule === true ? query.where : query.where ? { operator: 'and' as const, conditions: [rule, query.where] } : rule
    return super.flat(collection, { ...query, where })
  }
}
