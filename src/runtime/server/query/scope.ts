import type { SQL } from 'drizzle-orm'
import type { ConditionNode } from '../../shared/condition'
import type { ServerCollection } from '../registry'
import type { SqlDialect } from '../dialects/types'
import { compileWhere } from './compile-where'

/** What rules of the app let an operation reach in one collection, whatever it asks for. */
export interface Scope {
  /** Nothing at all. */
  denied: boolean
  /** By policies. */
  where?: ConditionNode
  /** By hooks; ANDed. */
  conditions: SQL[]
  /** What hooks answer with each row beside its columns. */
  extras: Record<string, SQL>
}

/** The scope of whoever no rule restricts. */
export const everything: Scope = Object.freeze({ denied: false, conditions: [], extras: {} })

/** What the rows of a request have to fulfil to be within a scope. */
export function withinScope({ where, conditions, extras }: Pick<Scope, 'where' | 'conditions' | 'extras'>): { where: ConditionNode[], conditions: SQL[], extras: Record<string, SQL> } {
  return { where: where ? [where] : [], conditions, extras }
}

export function scopeConditions({ where, conditions }: Scope, collection: ServerCollection, dialect: SqlDialect): SQL[] {
  return where ? [compileWhere(where, collection, dialect), ...conditions] : conditions
}
