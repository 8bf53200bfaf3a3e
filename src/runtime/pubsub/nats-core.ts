import type { NatsSource } from './nats-connection'
import type { Link, LinkEvents } from './relay'
import { encodeChannel } from './log'
import { connectServers } from './nats-connection'

/** Core NATS, which keeps nothing. */
export function connectCore(source: NatsSource, prefix: string, events: LinkEvents): Link {
  const { connection, close } = connectServers(source, { up: events.connected, down: events.disconnected, failed: events.failed })
  const subscriptions = new Map<string, { unsubscribe: () => void }>()
  let flush: Promise<void> | undefined
  return {
    async subscribe(channel) {
      const nats = await connection
      if (subscriptions.has(channel))
        return
      subscriptions.set(channel, nats.subscribe(prefix + encodeChannel(channel), { callback: (error, message) => {
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
      nats.publish(prefix + encodeChannel(channel), message)
      // The only way to hear of a message that was lost: NATS empties its buffer when it reconnects. One for all messages of a tick.
      await (flush ??= Promise.resolve().then(() => {
        flush = undefined
        return nats.flush()
      }))
    },
    close() {
      for (const subscription of subscriptions.values())
        subscription.unsubscribe()
      return close()
    },
  }
}
