import type { H3Event } from 'h3'
import type { Registry, ServerCollection } from '../registry'
import type { Hook, HookName, HookSubject, TableHooks } from './hooks'
import type { AnyPolicy, Policy } from './policy'
import { RstoreError } from '../../shared/errors'
import { hookNames } from './hooks'

/** A Drizzle table or view as far as types go: those of two copies of drizzle-orm differ in private state. */
export interface TableLike { $inferSelect: unknown, $inferInsert?: unknown }
type RowOf<T extends TableLike> = T['$inferSelect']
/** Nothing can be written to a view. */
type InputOf<T extends TableLike> = T extends { $inferInsert: infer Input } ? Input : never
export type HooksOf<T extends TableLike> = TableHooks<RowOf<T>, InputOf<T>>
export type PolicyOf<T extends TableLike, Session> = Policy<RowOf<T>, Partial<InputOf<T>>, Session>
/** A hook of all tables. */
export type AnyHook<N extends HookName> = NonNullable<TableHooks<Record<string, unknown>, Record<string, unknown>>[N]>
/** Who asks. `peer` is there for a connection, `event` for a request. */
export interface SessionSource { headers: Headers, event?: H3Event, peer?: unknown }
export type SessionResolver<Session> = (source: SessionSource) => Session | PromiseLike<Session>

/** What the app has laid down for its collections, in Nitro plugins when the server starts. */
export interface Rules<Session> {
  /** Refuses all tables but these and those of other calls. */
  allowTables: (tables: readonly unknown[]) => void
  /** Runs code around the operations on a table. Hooks run in the order they were registered, those of all tables first. */
  hooksForTable: <T extends TableLike>(table: T, hooks: HooksOf<T>) => void
  /** Runs code around the operations on any table. Gives what removes the hook again. */
  hook: <N extends HookName>(name: N, hook: AnyHook<N>) => () => void
  /** Says who may do what with the rows of a table. A table has one policy. */
  policyForTable: <T extends TableLike>(table: T, policy: PolicyOf<T, Session>) => void
  /** Says who the caller of a request or the owner of a connection is. Called once for each. @default no session */
  setSession: (resolver: SessionResolver<Session>) => void
}

/** The same as operations ask it. */
export interface RuleBook extends Rules<unknown> {
  /** @throws RstoreError RSTORE_NOT_ALLOWED */
  assertAllowed: (collection: ServerCollection) => void
  hooksOf: (collection: ServerCollection, name: HookName) => readonly Hook[]
  hasHooks: (collection: ServerCollection, subject: HookSubject) => boolean
  /** `'none'` where the app has set no rules for the table and needs none. */
  policyOf: (collection: ServerCollection) => AnyPolicy | 'none'
  resolveSession: (source: SessionSource) => unknown
}

export interface RuleOptions {
  /** Denies tables that have no policy. */
  requirePolicies?: boolean
}

export function createRules(registry: Registry, { requirePolicies = false }: RuleOptions = {}): RuleBook {
  let allowed: Set<string> | undefined
  let resolver: SessionResolver<unknown> | undefined
  const policies = new Map<string, AnyPolicy>()
  /** By hook name, then those of all tables before those of one. */
  const globalHooks = new Map<string, Hook[]>()
  const tableHooks = new Map<string, Hook[]>()

  function add(hooks: Map<string, Hook[]>, id: string, hook: Hook): void {
    hooks.set(id, [...hooks.get(id) ?? [], hook])
  }

  function hooksOf({ name }: ServerCollection, hookName: string): readonly Hook[] {
    const all = globalHooks.get(hookName) ?? none
    const own = tableHooks.get(`${hookName}:${name}`)
    return own ? [...all, ...own] : all
  }

  return {
    hooksOf,
    hasHooks: (collection, subject) => hooksOf(collection, `${subject}.before`).length > 0 || hooksOf(collection, `${subject}.after`).length > 0,
    allowTables(tables) {
      const names = tables.map(table => registry.collectionOf(table).name)
      allowed ??= new Set()
      names.forEach(name => allowed!.add(name))
    },
    hooksForTable(table, hooks) {
      const { name } = registry.collectionOf(table)
      for (const [hookName, hook] of Object.entries(hooks)) {
        if (hook !== undefined)
          add(tableHooks, `${checked(hookName, hook)}:${name}`, hook as Hook)
      }
    },
    hook(name, hook) {
      // One of its own for each registration, so that removing it leaves an equal one in place.
      const own = (payload: never) => (hook as Hook)(payload)
      add(globalHooks, checked(name, hook), own)
      return () => void globalHooks.set(name, globalHooks.get(name)!.filter(other => other !== own))
    },
    policyForTable(table, policy) {
      const { name } = registry.collectionOf(table)
      if (policies.has(name))
        throw new Error(`"${name}" has a policy already: two of them would leave open which one holds.`)
      for (const [action, rule] of Object.entries(policy)) {
        if (!['read', 'create', 'update', 'delete'].includes(action))
          throw new Error(`The policy of "${name}" has a rule for "${action}"; there are rules for read, create, update and delete.`)
        if (rule !== undefined && typeof rule !== 'boolean' && typeof rule !== 'function')
          throw new Error(`The rule for "${action}" in the policy of "${name}" must be true, false or a function.`)
      }
      policies.set(name, policy as AnyPolicy)
    },
    setSession(given) {
      resolver = given
    },
    assertAllowed({ name }) {
      if (allowed && !allowed.has(name))
        throw new RstoreError('RSTORE_NOT_ALLOWED', `Collection "${name}" is not allowed.`, { collection: name })
    },
    policyOf: ({ name }) => policies.get(name) ?? (requirePolicies ? closed : 'none'),
    resolveSession: source => resolver?.(source),
  }
}

const none: readonly Hook[] = []
const closed: AnyPolicy = {}

function checked(name: string, hook: unknown): string {
  if (!hookNames.includes(name))
    throw new Error(`There is no hook "${name}". Hooks are: ${hookNames.join(', ')}.`)
  if (typeof hook !== 'function')
    throw new Error(`The hook "${name}" must be a function.`)
  return name
}
