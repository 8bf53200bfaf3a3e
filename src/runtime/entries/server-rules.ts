import type { RstoreDrizzlePubSub } from '../realtime/pubsub'
import type { HookName } from '../server/rules/hooks'
import type { AnyHook, HooksOf, PolicyOf, SessionResolver, TableLike } from '../server/rules/rules'
import type { Session } from './session'
import { setPubSub } from '../realtime/pubsub'
import { getKey } from '../shared/key'
import { hub, registry, rules } from './server-context'

// Functions that look `rules` up when they are called: an app's own modules, which `server-context` imports, may import these in turn.

export function allowTables(tables: readonly unknown[]): void {
  rules.allowTables(tables)
}

export function hooksForTable<T extends TableLike>(table: T, hooks: HooksOf<T>): void {
  rules.hooksForTable(table, hooks)
}

/** Hooks of all tables: `rstoreDrizzleHooks.hook(name, hook)`. */
export const rstoreDrizzleHooks = {
  hook: <N extends HookName>(name: N, hook: AnyHook<N>): () => void => rules.hook(name, hook),
}

export function policyForTable<T extends TableLike>(table: T, policy: PolicyOf<T, Session>): void {
  rules.policyForTable(table, policy)
}

export function setRstoreDrizzleSession(resolver: SessionResolver<Session>): void {
  rules.setSession(resolver)
}

/** What has changed, where the app has written past the API. */
export interface RealtimeUpdate {
  /** A Drizzle table, or the name of its collection. */
  collection: unknown
  type: 'created' | 'updated' | 'deleted'
  record: Record<string, unknown>
  /** What an updated row was before, with all columns that clients may know. Without it, all subscriptions of the collection are looked at. */
  previousRecord?: Record<string, unknown>
  /** @default what the record says */
  key?: string | number
  /** The client that has caused it and knows of it already. */
  originClientId?: string
}

/** Tells live queries of a change that was made past the API. Without `ws`, nobody listens. */
export function publishRstoreDrizzleRealtimeUpdate({ collection: target, type, record, previousRecord, key, originClientId }: RealtimeUpdate): void {
  const { name, model } = typeof target === 'string' ? registry.collection(target) : registry.collectionOf(target)
  const own = key ?? getKey(model, record)
  if (own === undefined)
    throw new Error(`What was published for "${name}" has no key: give one, or a record with ${model.primaryKey.join(', ')}.`)
  hub?.publish({ collection: name, type, record, previousRecord, key: String(own), originClientId })
}

/** Has the connections of these sessions come back: who they are is asked again, and what they show read again. */
export async function invalidateRstoreDrizzleSession(match: (session: Session) => boolean): Promise<void> {
  await hub?.invalidate(match as (session: unknown) => boolean)
}

/** Has changes reach the other processes of the app. To be called before the first connection. */
export function setRstoreDrizzlePubSub(pubsub: RstoreDrizzlePubSub): void {
  setPubSub(pubsub)
}
