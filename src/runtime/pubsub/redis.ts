import type { PubSub, RstoreDrizzlePubSubChannels } from '../realtime/pubsub'
import type { IoredisClient, NodeRedisClient, RedisAddress } from './redis-client'
import type { RelayOptions } from './relay'
import { connectRedis, createRedisClient } from './redis-client'
import { Relay, toPubSub } from './relay'

export interface RedisPubSubOptions extends RedisAddress, RelayOptions {
  /**
   * Instead of an address: a client of `ioredis` or `redis`. It is used as a template and neither connected nor closed; make it with
   * `lazyConnect: true`, or don't connect it, if nothing else uses it.
   */
  client?: IoredisClient | NodeRedisClient
  /** Put before the name of every channel. */
  prefix?: string
}

/**
 * Tells the other instances of an app that something happened, over exactly two connections to Redis, however many features share it.
 * It keeps nothing: what is published while an instance has no connection, that instance does not get. Clients reconnect with their
 * own back-off, and subscriptions are made again.
 *
 * With neither `client`, `url` nor `host` it has no connections: there is one instance, and no message ever arrives.
 */
export class RealtimePubSub extends Relay {
  constructor(options: RedisPubSubOptions = {}) {
    const { client, url, host, prefix = '' } = options
    super(options, client || url || host ? async events => connectRedis(client ?? await createRedisClient(options), prefix, events) : undefined)
  }
}

/**
 * Pub/sub over Redis, on a `RealtimePubSub`. Keeps the order of each publisher; delivers at most once. `prefix` is `'rstore-drizzle:'`
 * unless given. Without `client`, `url` and `host` it delivers within this process. There is no `history`.
 */
export function createRedisPubSub<Channels extends object = RstoreDrizzlePubSubChannels>(options: RedisPubSubOptions): PubSub<Channels> {
  return toPubSub(new RealtimePubSub({ prefix: 'rstore-drizzle:', ...options }), options)
}
