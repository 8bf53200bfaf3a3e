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

export interface Meter { updates: number, frames: number, at: number }

export function createMeter(now: () => number): Meter {
  return { updates: 0, frames: 0, at: now() }
}

/** Starts the meter anew. */
export function measure(connections: ReadonlySet<Connection>, meter: Meter, now: number, pubsub: PubSubState | undefined): RealtimeHealth {
  const seconds = Math.max(now - meter.at, 1) / 1000
  const health: RealtimeHealth = { peers: connections.size, subscriptions: 0, updatesPerSecond: meter.updates / seconds, framesPerSecond: meter.frames / seconds, bufferedBytes: 0, pubsub }
  for (const { subscriptions, buffered } of connections) {
    health.subscriptions += subscriptions
    health.bufferedBytes += buffered
  }
  Object.assign(meter, createMeter(() => now))
  return health
}
