/** What a realtime server needs that runs apart from Nuxt: the protocol, its filters, and pub/sub. Runs wherever JavaScript does. */
export { filterWhere } from './runtime/realtime/filter-where'
export { createMemoryPubSub, getPubSub, setPubSub, usePeerPubSub } from './runtime/realtime/pubsub'
export type { PeerPubSub, PubSub, PubSubEntry, PubSubErrorHandler, PubSubStage, PubSubState, RstoreDrizzlePubSub, RstoreDrizzlePubSubChannels, RstoreDrizzleRealtimePayload } from './runtime/realtime/pubsub'
export { getSubscriptionId, normalizeSubscriptionKey } from './runtime/shared/protocol'
export type { ClientInitMessage, ClientMessage, RstoreDrizzleCondition, ServerMessage, SubscriptionMessage, SubscriptionUpdateMessage } from './runtime/shared/protocol'
