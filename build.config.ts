/** What is built beside the module, which the builder finds itself. */
export default { entries: ['src/schema', 'src/realtime', 'src/pubsub/nats', 'src/pubsub/postgres', 'src/pubsub/redis'] }
