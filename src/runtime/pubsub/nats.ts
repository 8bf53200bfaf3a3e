import type { PubSub, RstoreDrizzlePubSubChannels } from '../realtime/pubsub'
import type { Link, LinkEvents, RelayOptions } from './relay'
import { RstoreError } from '../shared/errors'
import { Relay } from './relay'
import { retry } from './retry'
import { toPubSub } from './to-pubsub'

/** What is needed of a connection of `@nats-io/transport-node` or `@nats-io/nats-core`. */
export interface NatsConnection {
  publish: (subject: string, payload: string) => void
  subscribe: (subject: string, options: { callback: (error: Error | null, message: { string: () => string }) => void }) => { unsubscribe: () => void }
  flush: () => Promise<void>
  status: () => AsyncIterable<{ type: string }>
  drain: () => Promise<void>
  close: () => Promise<void>
  isClosed: () => boolean
}

export interface NatsPubSubOptions extends RelayOptions {
  /** A connection of the app, which is left open. Give it `maxReconnectAttempts: -1`, since NATS gives up after ten otherwise. */
  connection?: NatsConnection
  /** Instead of a connection: `'host:port'`, or a list of them. Connects with the package `@nats-io/transport-node`, and goes on trying. */
  servers?: string | string[]
  /** Put before the subject of every channel; `'rstore-drizzle.'` unless given. */
  prefix?: string
}

/**
 * Pub/sub over core NATS. Keeps the order of each publisher; delivers at most once, and messages of up to the server's `max_payload`
 * (1 MiB unless configured). There is no `history`: JetStream is not used. Throws `RSTORE_PUBSUB` where it is told of no server.
 */
export function createNatsPubSub<Channels extends object = RstoreDrizzlePubSubChannels>(options: NatsPubSubOptions): PubSub<Channels> {
  const { connection, servers, prefix = 'rstore-drizzle.' } = options
  if (!connection && !servers?.length)
    throw new RstoreError('RSTORE_PUBSUB', 'Pub/sub over NATS needs `connection` or `servers`.', { field: 'servers' })
  return toPubSub(new Relay(options, async events => connectNats(connection, servers, prefix, events)), options)
}

function connectNats(given: NatsConnection | undefined, servers: string | string[] | undefined, prefix: string, events: LinkEvents): Link {
  const closing = new AbortController()
  const connection = given ? Promise.resolve(given) : retry(() => open(servers!), error => events.failed(error, 'connect'), closing.signal)
  connection.then(watch, () => {})
  const subscriptions = new Map<string, { unsubscribe: () => void }>()
  let flush: Promise<void> | undefined
  return {
    // NATS subscribes again by itself after a reconnect.
    async subscribe(channel) {
      const nats = await connection
      if (subscriptions.has(channel))
        return
      subscriptions.set(channel, nats.subscribe(subjectOf(prefix, channel), { callback: (error, message) => {
        if (error)
          events.failed(error, 'subscribe')
        else
          events.message(channel, message.string())
      } }))
    },
    async unsubscribe(channel) {
      await connection
      subscriptions.get(channel)?.unsubscribe()
      subscriptions.delete(channel)
    },
    async publish(channel, message) {
      const nats = await connection
      nats.publish(subjectOf(prefix, channel), message)
      // The only way to hear of a message that was lost: NATS empties its buffer when it reconnects. One for all messages of a tick.
      await (flush ??= Promise.resolve().then(() => {
        flush = undefined
        return nats.flush()
      }))
    },
    async close() {
      closing.abort()
      for (const subscription of subscriptions.values())
        subscription.unsubscribe()
      const nats = await connection.catch(() => undefined)
      if (nats && !given && !nats.isClosed())
        await nats.close()
    },
  }

  async function watch(nats: NatsConnection): Promise<void> {
    const states = nats.status()
    nats.flush().then(events.connected, error => events.failed(error, 'connect'))
    for await (const { type } of states) {
      if (closing.signal.aborted)
        return
      if (type === 'disconnect' || type === 'close')
        events.disconnected()
      if (type === 'disconnect')
        events.failed(new RstoreError('RSTORE_PUBSUB', 'The connection to NATS was lost.'), 'connect')
      else if (type === 'close')
        events.failed(new RstoreError('RSTORE_PUBSUB', 'The connection to NATS has ended and is not tried again.'), 'connect')
      else if (type === 'reconnect')
        events.connected()
    }
  }
}

async function open(servers: string | string[]): Promise<NatsConnection> {
  const { connect } = await import('@nats-io/transport-node').catch((cause) => {
    throw new RstoreError('RSTORE_PUBSUB', 'Pub/sub over NATS needs the package "@nats-io/transport-node".', { cause })
  })
  return connect({ servers, maxReconnectAttempts: -1 })
}

/** A channel is one token, in which dots, wildcards and spaces have a meaning of their own. */
function subjectOf(prefix: string, channel: string): string {
  return prefix + encodeURIComponent(channel).replace(/[.*!'()~]/g, char => `%${char.charCodeAt(0).toString(16)}`)
}
