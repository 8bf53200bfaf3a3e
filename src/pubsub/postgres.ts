/** Pub/sub over LISTEN and NOTIFY of PostgreSQL, with a client of `pg`. */
export { createPostgresPubSub } from '../runtime/pubsub/postgres'
export type { PostgresClient, PostgresPubSubOptions } from '../runtime/pubsub/postgres'
