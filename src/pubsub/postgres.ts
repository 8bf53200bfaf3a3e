/** Pub/sub over LISTEN and NOTIFY of PostgreSQL, with a client of `pg`. */
export { outboxSetup, outboxSql, outboxTrigger } from '../runtime/pubsub/outbox-sql'
export type { OutboxPlace, OutboxTrigger, OutboxUpdate } from '../runtime/pubsub/outbox-sql'
export { createPostgresPubSub } from '../runtime/pubsub/postgres'
export type { PostgresPubSubOptions } from '../runtime/pubsub/postgres'
export type { PostgresClient } from '../runtime/pubsub/postgres-connection'
