import type { ConditionNode } from './condition'

/*
 * The base protocol: text frames over one WebSocket, JSON but for `ping` and `pong`. Servers in other languages
 * speak it too, so its frames only ever gain optional members.
 */

/** A condition as it travels; `op` stands for `operator` on input. */
export type RstoreDrizzleCondition = ConditionNode | ShortCondition
type ShortCondition = { [K in ConditionNode['operator']]: { op: K } & Record<string, unknown> }[ConditionNode['operator']]

/** First frame of a client, at each connection: `{ init: … }`. */
export interface ClientInitMessage {
  /** Random, one for each tab: the server does not send a tab what it has changed itself. */
  clientId: string
  /** Asks for the additions to the base protocol, up to this version. @default none of them */
  v?: number
}

/** What a client wants to hear of, or no longer: `{ subscription: … }`. */
export interface SubscriptionMessage {
  action: 'subscribe' | 'unsubscribe'
  collection: string
  /** One row. Parts of a composite key are joined with `::`. */
  key?: string | number
  /** Only rows that fulfil it. */
  where?: RstoreDrizzleCondition
  /** Offset of what the client knows of these rows, if it knows that. Not part of what is subscribed. */
  since?: string
  /** As whom it knows that: `access` of the acknowledgement. */
  access?: string
  /** Given back with the acknowledgement. */
  ref?: number
}

export interface ClientMessage {
  init?: ClientInitMessage
  subscription?: SubscriptionMessage
}

export interface SubscriptionUpdateMessage {
  collection: string
  type: 'created' | 'updated' | 'deleted'
  /** The whole row; of a deleted one, as it was last. */
  record: Record<string, unknown>
  /** As text. Given for updated and deleted rows. */
  key?: string
  /** Which client has changed it, where one has. */
  originClientId?: string
}

/** An update between servers. */
export interface PublishedUpdate extends SubscriptionUpdateMessage {
  /** What an updated row was before, as far as clients may know. Without it, everybody who might have shown it is told. */
  previousRecord?: Record<string, unknown>
}

/** `{ update: … }` */
export interface ServerMessage {
  update: SubscriptionUpdateMessage
}

/**
 * Versions of the additions to the base protocol.
 *
 * 1: acknowledgements of `init` and of subscriptions, all updates of a moment in one frame, rows that no longer fulfil the condition they are
 * subscribed with, and notice of changes that are not told one by one.
 */
export const protocolVersion = 1

/** Frames that only clients get which have asked for them. */
export type AdditionalServerMessage
  = | { init: { ok: true, v: number } }
    /**
     * From here on nothing is missed. What has changed since the client's offset has been told by now, but for `missed`: then it has to
     * read what it shows, which is complete up to `offset` at least. `access` differs where other rows are seen.
     */
    | { subscription: { action: 'subscribed', id: string, missed: boolean, offset: string, access: string, ref?: number } }
    | { subscription: { action: 'rejected', id: string, reason: string } }
    /** With all of them, the client knows what has changed up to the offset, where one is given: of what was acknowledged before. */
    | { updates: SubscriptionUpdateMessage[], offset?: string }
    /** The same where nothing was to be told. */
    | { offset: string }
    /** Rows may have changed that were not told: of the collection, or of all. */
    | { truncated: true, collection?: string }

/** The same key is the same text, whether it was given as a number or as text. */
export function normalizeSubscriptionKey(key: string | number): string {
  return String(key)
}

/** Equal for equal subscriptions, whatever the order of the members of their conditions. */
export function getSubscriptionId({ collection, key, where }: Pick<SubscriptionMessage, 'collection' | 'key' | 'where'>): string {
  return JSON.stringify([collection, key == null ? null : normalizeSubscriptionKey(key), where == null ? null : canonical(where)])
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(canonical)
  if (typeof value !== 'object' || value === null || value instanceof Date)
    return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined).map(([name, member]): [string, unknown] => [name === 'op' ? 'operator' : name, canonical(member)])
  return members.sort(([a], [b]) => a < b ? -1 : 1)
}
