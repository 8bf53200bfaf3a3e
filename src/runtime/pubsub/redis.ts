import type { PubSub, RstoreDrizzlePubSubChannels } from '../realtime/pubsub'
import type { LeaseOptions } from './log'
import type { IoredisClient, NodeRedisClient, RedisAddress } from './redis-client'
import type { RelayOptions } from './relay'
import { checkedCount, checkedLease } from './log'
import { createRedisClient } from './redis-client'
import { connectRedis, connectRedisLog } from './redis-link'
import { Relay } from './relay'
import { toPubSub } from './to-pubsub'

export interface RedisOptions extends RedisAddress, RelayOptions {
  /**
   * Instead of an address: a client of `ioredis` or `redis`. It is used as a template and neither connected nor closed; make it with
   * `lazyConnect: true`, or don't connect it, if nothing else uses it.
   */
  client?: IoredisClient | NodeRedisClient
  /** Put before the name of every channel. */
  prefix?: string
}

export interface RedisPubSubOptions extends RedisOptions, LeaseOptions {
  /**
   * How many messages Redis keeps at least, in the stream `<prefix>log`: 10,000 unless given. `false` is plain pub/sub, which keeps none. All
   * instances of an app have to agree on that.
   */
  history?: number | false
}

/**
 * Tells the other instances of an app that something happened, over exactly two connections to Redis, however many features share it.
 * It keeps nothing: what is published while an instance has no connection, that instance does not get. Clients reconnect with their
 * own back-off, and subscriptions are made again.
 *
 * With neither `client`, `url` nor `host` it has no connections: there is one instance, and no message ever arrives.
 */
export class RealtimePubSub extends Relay {
  constructor(options: RedisOptions = {}) {
    const { prefix = '' } = options
    super(options, isGiven(options) ? async events => connectRedis(await clientOf(options), prefix, events) : undefined)
  }
}

/**
 * Pub/sub over Redis, on two connections. `prefix` is `'rstore-drizzle:'` unless given. Keeps the order of all messages; what was missed
 * while a connection was lost is delivered once it is back, or told by `onGap`. With `history: false` it is on a `RealtimePubSub`, keeps
 * the order of each publisher, and delivers at most once. Without `client`, `url` and `host` it delivers within this process.
 * Throws `RSTORE_PUBSUB` where `history` or `lease` is no positive integer.
 */
export function createRedisPubSub<Channels extends object = RstoreDrizzlePubSubChannels>(options: RedisPubSubOptions): PubSub<Channels> {
  const { prefix = 'rstore-drizzle:', history = 10_000 } = options
  const lease = checkedLease(options)
  if (history === false || !isGiven(options))
    return toPubSub(new RealtimePubSub({ ...options, prefix }), options)
  checkedCount('history', history)
  return toPubSub(new Relay(options, async (events, instanceId) => connectRedisLog(await clientOf(options), { prefix, history, instanceId }, events), lease), options)
}

function isGiven({ client, url, host }: RedisOptions): boolean {
  return Boolean(client || url || host)
}

function clientOf(options: RedisOptions): IoredisClient | NodeRedisClient | Promise<IoredisClient | NodeRedisClient> {
  return options.client ?? createRedisClient(options)
}
