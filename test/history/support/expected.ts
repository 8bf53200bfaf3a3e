import type { Row } from '../../../src/runtime/shared/model'
import type { FlatQuery } from '../../oracle/support/live/expected'
import type { LiveSetup } from '../../oracle/support/live/server'
import { Expected } from '../../oracle/support/live/expected'
import { readRule } from './read-rule'

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
