import type { PublishedUpdate } from '../shared/protocol'
import { Subscribers } from './subscribers'

/** What is published on the channel `update`. */
export type RstoreDrizzleRealtimePayload = PublishedUpdate

/** Channels by name, with what is published on each. */
export interface RstoreDrizzlePubSubChannels {
  update: RstoreDrizzleRealtimePayload
}

/** Where pub/sub failed: `message` is the reading or the delivery of one that has arrived, a callback that throws included. */
export type PubSubStage = 'connect' | 'subscribe' | 'publish' | 'message'

/** Told of every failure. A driver that is given none writes to the console. */
export type PubSubErrorHandler = (error: unknown, context: { stage: PubSubStage }) => void

/**
 * Carries messages between the processes of an app. An implementation
 * - MUST deliver the messages of one publisher in their order. Those of two publishers may arrive in either order.
 * - MAY deliver to an instance what it has published itself. All drivers of this package do, at once and exactly once, which is how a
 *   standalone server reaches its own peers while the backend is away.
 * - MUST NOT throw into a publisher or reject its promise when the backend fails, nor keep the failure to itself: it is told to an
 *   `onError` (see `PubSubErrorHandler`) that the driver takes as an option.
 * - MUST NOT call a callback once its subscription has ended, for messages that are on their way either. A callback that throws
 *   does not keep a message from the others.
 * - MAY lose messages, and says so by `onGap`.
 */
export interface PubSub<Channels extends object = Record<string, unknown>> {
  /** Gives what ends the subscription; calling it again does nothing. Messages that others publish before the backend knows of it are not delivered. */
  subscribe: <C extends keyof Channels & string>(channel: C, callback: (payload: Channels[C]) => void) => () => void
  /** A promise resolves once the backend has the message, or `onError` was told that it has not. Payloads are what JSON can hold. */
  publish: <C extends keyof Channels & string>(channel: C, payload: Channels[C]) => void | Promise<void>
  /**
   * Calls back whenever messages of others may have been lost for good. A driver without a log does so with each connection that is made,
   * the first one included; one with a log where that can't tell what was published meanwhile, or where a process may have died without
   * telling. What is read after the call misses nothing that came before it. Gives what ends it.
   */
  onGap?: (callback: () => void) => () => void
  /**
   * For drivers with a log: place of the last message up to which all have been delivered to subscribers here, those of this instance
   * included, which count when they come back. `undefined` before the first connection.
   */
  position?: () => string | undefined
  /**
   * For drivers with a log: the messages after the place `since`, oldest first, those of this instance included. `undefined` where that
   * can't be told: some of them are gone, they are more than 10,000 or 16 MiB, one was lost for all (see `onGap`), `since` is of another log or no place at
   * all, or the backend is away, which is not waited for.
   */
  history?: (since: string) => Promise<PubSubEntry<Channels>[] | undefined>
  /** How it is at this moment. */
  state?: () => PubSubState
  /** Ends subscriptions and connections. Called when the server closes; calling it again does nothing. */
  dispose?: () => void | Promise<void>
}

/** A message that a driver has kept. */
export interface PubSubEntry<Channels extends object = Record<string, unknown>> {
  /** Place of the message, as `position` gives it. */
  offset: string
  channel: keyof Channels & string
  payload: Channels[keyof Channels]
}

/** What a driver tells of itself. */
export interface PubSubState {
  /** Whether messages of others arrive, with none of them missing. */
  connected: boolean
  /** Characters that wait to be published. */
  pending: number
  /** PostgreSQL with an outbox: for how many milliseconds the oldest open transaction has kept messages from being delivered. 0 where it keeps none. */
  lag?: number
}

export type RstoreDrizzlePubSub = PubSub<RstoreDrizzlePubSubChannels>

/**
 * For one process: delivers at once, by reference, to the publisher too. What a subscriber throws goes to `onError`; without one it is
 * an uncaught error of the process.
 */
export function createMemoryPubSub<Channels extends object = RstoreDrizzlePubSubChannels>({ onError }: { onError?: PubSubErrorHandler } = {}): PubSub<Channels> {
  const subscribers = new Subscribers<never>((error) => {
    if (onError)
      return onError(error, { stage: 'message' })
    // Nobody waits for it: as an error of a timer, it reaches whoever watches the process.
    queueMicrotask(() => {
      throw error
    })
  })
  return {
    subscribe: (channel, callback) => subscribers.add(channel, callback),
    publish: (channel, payload) => subscribers.deliver(channel, payload as never),
    dispose: () => subscribers.clear(),
  }
}

let current: RstoreDrizzlePubSub | undefined
let create: (() => RstoreDrizzlePubSub) | undefined

/** The one of this process; in memory unless another was set. */
export function getPubSub(): RstoreDrizzlePubSub {
  return current ??= create?.() ?? createMemoryPubSub()
}

/** Whether the app has set one, which may reach other processes. */
export function hasPubSub(): boolean {
  return create !== undefined
}

/** To be called before anything subscribes: what has subscribed stays with the former one. */
export function setPubSub(pubsub: RstoreDrizzlePubSub): void {
  current = undefined
  create = () => pubsub
}

/** Has one made when it is first needed, unless another is set before that. */
export function offerPubSub(make: () => RstoreDrizzlePubSub): void {
  create ??= make
}

/** The one that has been made or set, if any. */
export function usedPubSub(): RstoreDrizzlePubSub | undefined {
  return current
}

/** Subscriptions of one peer. */
export interface PeerPubSub {
  subscribe: RstoreDrizzlePubSub['subscribe']
  /** Ends all that were begun under this peer's id. */
  unsubscribeAll: () => void
}

const peers = new Map<string, Set<() => void>>()

/** Subscriptions that end together, when their peer leaves. The same id gives the same ones. */
export function usePeerPubSub(peerId: string): PeerPubSub {
  return {
    subscribe(channel, callback) {
      const ends = peers.get(peerId) ?? new Set()
      peers.set(peerId, ends)
      const unsubscribe = getPubSub().subscribe(channel, callback)
      const end = () => {
        if (ends.delete(end) && ends.size === 0 && peers.get(peerId) === ends)
          peers.delete(peerId)
        unsubscribe()
      }
      ends.add(end)
      return end
    },
    unsubscribeAll() {
      for (const end of [...peers.get(peerId) ?? []])
        end()
    },
  }
}
