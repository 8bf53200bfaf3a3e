import type { SubscriptionUpdateMessage } from '../shared/protocol'

/** What is published on the channel `update`. */
export type RstoreDrizzleRealtimePayload = SubscriptionUpdateMessage

/** Channels by name, with what is published on each. */
export interface RstoreDrizzlePubSubChannels {
  update: RstoreDrizzleRealtimePayload
}

/**
 * Carries messages between the processes of an app. An implementation MUST deliver the messages of one publisher in their
 * order, and MAY deliver to an instance what it has published itself.
 */
export interface PubSub<Channels extends object = Record<string, unknown>> {
  /** Gives what ends the subscription. */
  subscribe: <C extends keyof Channels & string>(channel: C, callback: (payload: Channels[C]) => void) => () => void
  publish: <C extends keyof Channels & string>(channel: C, payload: Channels[C]) => void | Promise<void>
  /** Ends connections. Called when the server closes. */
  dispose?: () => void | Promise<void>
}

export type RstoreDrizzlePubSub = PubSub<RstoreDrizzlePubSubChannels>

/** For one process: delivers at once, to the publisher too. A subscriber that throws does not keep the message from the others. */
export function createMemoryPubSub<Channels extends object = RstoreDrizzlePubSubChannels>(): PubSub<Channels> {
  const channels = new Map<string, Set<(payload: never) => void>>()
  return {
    subscribe(channel, callback) {
      // One of its own, so that a callback that is subscribed twice is two subscriptions.
      const own = (payload: never) => callback(payload)
      const callbacks = channels.get(channel) ?? new Set()
      channels.set(channel, callbacks.add(own))
      return () => {
        if (callbacks.delete(own) && callbacks.size === 0 && channels.get(channel) === callbacks)
          channels.delete(channel)
      }
    },
    publish(channel, payload) {
      for (const callback of [...channels.get(channel) ?? []]) {
        try {
          callback(payload as never)
        }
        catch (error) {
          // Nobody waits for it: as an error of a timer, it reaches whoever watches the process.
          queueMicrotask(() => {
            throw error
          })
        }
      }
    },
    dispose: () => channels.clear(),
  }
}

let current: RstoreDrizzlePubSub | undefined

/** The one of this process; in memory unless another was set. */
export function getPubSub(): RstoreDrizzlePubSub {
  return current ??= createMemoryPubSub()
}

/** To be called before anything subscribes: what has subscribed stays with the former one. */
export function setPubSub(pubsub: RstoreDrizzlePubSub): void {
  current = pubsub
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
