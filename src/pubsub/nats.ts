/** Pub/sub over NATS, with a connection of `@nats-io/transport-node`. */
export { createNatsPubSub } from '../runtime/pubsub/nats'
export type { NatsPubSubOptions } from '../runtime/pubsub/nats'
export type { NatsConnection } from '../runtime/pubsub/nats-connection'
