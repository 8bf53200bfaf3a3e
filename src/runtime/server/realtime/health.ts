import type { PubSubState } from '../../realtime/pubsub'
import type { Connection } from './connection'

/** How a hub is doing. */
export interface RealtimeHealth {
  /** Connections. */
  peers: number
  /** Subscriptions of all of them. */
  subscriptions: number
  /** Updates told in a second, each counted once for each peer; on average since the last time it was asked. */
  updatesPerSecond: number
  /** Frames sent in a second. */
  framesPerSecond: number
  /** Bytes that wait for peers to read. */
  bufferedBytes: number
  /** State of the driver of pub/sub, where it tells. */
  pubsub?: PubSubState
}

interface Count { updates: number, frames: number }

export function measure(connections: ReadonlySet<Connection>, count: Count, former: Count & { at: number }, now: number, pubsub: PubSubState | undefined): RealtimeHealth {
  const perSecond = (name: keyof Count) => Math.round((count[name] - former[name]) / Math.max(now - former.at, 1) * 1000)
  const health: RealtimeHealth = { peers: connections.size, subscriptions: 0, updatesPerSecond: perSecond('updates'), framesPerSecond: perSecond('frames'), bufferedBytes: 0, pubsub }
  for (const { subscriptions, buffered } of connections) {
    health.subscriptions += subscriptions
    health.bufferedBytes += buffered
  }
  return health
}
