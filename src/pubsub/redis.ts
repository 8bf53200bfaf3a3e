/** Pub/sub over Redis, with a client of `ioredis` or `redis`. */
export { createRedisPubSub, RealtimePubSub } from '../runtime/pubsub/redis'
export type { RedisOptions, RedisPubSubOptions } from '../runtime/pubsub/redis'
export type { IoredisClient, NodeRedisClient } from '../runtime/pubsub/redis-client'
