import type { Table } from 'drizzle-orm'
import type { Rules } from '../../../src/runtime/server/rules/rules'
import type { History } from './steps'
import { eq, getTableColumns, isNull, or } from 'drizzle-orm'
import { owned, readRule } from './read-rule'

export interface Session { user: string, isAdmin: boolean }

/** Has a server keep what `readRule` says, by policies alone or with hooks where rows are read. */
export function applyRules(rules: Pick<Rules<unknown>, 'setSession' | 'policyForTable' | 'hooksForTable'>, tables: Record<string, Table>, how: History['rules'], isAdmin: (user: string) => boolean): void {
  // A browser can't give a WebSocket headers.
  const userOf = ({ headers, path }: { headers: Headers, path: string }) => new URL(path, 'http://localhost').searchParams.get('user') ?? headers.get('x-user') ?? ''
  rules.setSession(({ headers, event }): Session => {
    const user = userOf({ headers, path: event!.path })
    return { user, isAdmin: isAdmin(user) }
  })
  for (const [name, field] of Object.entries(owned)) {
    const table = tables[name]!
    const rule = ({ session }: { session: unknown }) => readRule(name, (session as Session).user, (session as Session).isAdmin) as never
    rules.policyForTable(table, { read: how === 'policies' ? rule : true, create: rule, update: rule, delete: rule })
    if (how === 'policies')
      continue
    const column = getTableColumns(table)[field]!
    const restrict = ({ event, transformQuery }: { event: { headers: Headers, path: string }, transformQuery: (transform: (q: { where: (condition: never) => unknown }) => unknown) => void }) => {
      const user = userOf(event)
      if (!isAdmin(user))
        transformQuery(q => q.where(or(eq(column, user), isNull(column)) as never))
    }
    rules.hooksForTable(table, { 'index.get.before': restrict as never, 'item.get.before': restrict as never })
  }
}
