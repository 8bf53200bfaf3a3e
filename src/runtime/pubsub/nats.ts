import type { PubSub, RstoreDrizzlePubSubChannels } from '../realtime/pubsub'
import type { LeaseOptions } from './log'
import type { NatsConnection } from './nats-connection'
import type { JetStream } from './nats-jetstream'
import type { RelayOptions } from './relay'
import { RstoreError } from '../shared/errors'
import { checkedCount, checkedLease } from './log'
import { connectCore } from './nats-core'
import { connectJetStream } from './nats-jetstream'
import { Relay } from './relay'
import { toPubSub } from './to-pubsub'

export interface NatsPubSubOptions extends RelayOptions, LeaseOptions {
  /** A connection of the app, which is left open. Give it `maxReconnectAttempts: -1`, since NATS gives up after ten otherwise. */
  connection?: NatsConnection
  /** Instead of a connection: `'host:port'`, or a list of them. Connects with the package `@nats-io/transport-node`, and goes on trying. */
  servers?: string | string[]
  /** Put before the subject of every channel; `'rstore-drizzle.'` unless given. */
  prefix?: string
  /**
   * How many messages a stream of JetStream keeps, for up to a day: 10,000 unless given; needs the package `@nats-io/jetstream`. `false` is
   * core NATS, which keeps none. All instances of an app have to agree on that. A stream that is there is used as it is.
   */
  history?: number | false
}

/**
 * Pub/sub over NATS, with messages of up to the server's `max_payload` (1 MiB unless configured). Keeps the order of all messages; what was
 * missed while a connection was lost is delivered once it is back, or told by `onGap`. With `history: false` it keeps the order of each
 * publisher and delivers at most once. Throws `RSTORE_PUBSUB`, with the field, where it is told of no server, and where `history` or
 * `lease` is no positive integer.
 */
export function createNatsPubSub<Channels extends object = RstoreDrizzlePubSubChannels>(options: NatsPubSubOptions): PubSub<Channels> {
  const { connection, servers, prefix = 'rstore-drizzle.', history = 10_000 } = options
  if (!connection && !servers?.length)
    throw new RstoreError('RSTORE_PUBSUB', 'Pub/sub over NATS needs `connection` or `servers`.', { field: 'servers' })
  const lease = checkedLease(options)
  const source = async () => connection ?? await createConnect(servers!)
  if (history === false)
    return toPubSub(new Relay(options, async events => connectCore(await source(), prefix, events)), options)
  checkedCount('history', history)
  return toPubSub(new Relay(options, async (events, instanceId) => connectJetStream(await source(), await loadJetStream(), { prefix, history, instanceId }, events), lease), options)
}

/** Found missing once, not with each attempt. */
async function createConnect(servers: string | string[]): Promise<() => Promise<NatsConnection>> {
  const { connect } = await import('@nats-io/transport-node').catch(missing('@nats-io/transport-node'))
  return () => connect({ servers, maxReconnectAttempts: -1 })
}

async function loadJetStream(): Promise<JetStream> {
  return import('@nats-io/jetstream').catch(missing('@nats-io/jetstream'))
}

function missing(name: string): (cause: unknown) => never {
  return (cause) => {
    throw new RstoreError('RSTORE_PUBSUB', `Pub/sub over NATS${name.endsWith('jetstream') ? ' with a history' : ''} needs the package "${name}".`, { cause })
  }
}
