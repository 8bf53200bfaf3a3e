import type { PubSub, PubSubEntry } from '../realtime/pubsub'
import type { LogEntry } from './log'
import type { Relay, RelayOptions } from './relay'
import { Subscribers } from '../realtime/subscribers'
import { RstoreError } from '../shared/errors'
import { logError } from './relay'

/**
 * Pub/sub with payloads instead of text. Subscribers of this instance get them at once and by reference, those of others through the relay,
 * which is not asked to carry what `isTold` to them in another way.
 */
export function toPubSub<Channels extends object>(relay: Relay, { onError = logError }: RelayOptions, isTold: (channel: string, payload: unknown) => boolean = () => false): PubSub<Channels> {
  const subscribers = new Subscribers<never>(error => onError(error, { stage: 'message' }), channel => relay.subscribe(channel, (message) => {
    subscribers.deliver(channel, payloadOf(channel, message))
  }))
  return {
    subscribe: (channel, callback) => subscribers.add(channel, callback),
    publish(channel, payload) {
      const published = isTold(channel, payload) ? undefined : relay.publish(channel, { payload })
      subscribers.deliver(channel, payload as never)
      return published
    },
    onGap: callback => relay.onGap(callback),
    state: () => relay.state(),
    ...relay.keeps && {
      position: () => relay.position,
      async history(since: string) {
        const entries = await relay.history(since)
        return entries?.flatMap(readEntry)
      },
    },
    dispose() {
      subscribers.clear()
      return relay.dispose()
    },
  }

  /** What is no message of ours has been told when it arrived. */
  function readEntry({ offset, channel, message }: LogEntry): PubSubEntry<Channels>[] {
    try {
      const name = decodeURIComponent(channel) as keyof Channels & string
      return [{ offset, channel: name, payload: payloadOf(name, message) }]
    }
    catch {
      return []
    }
  }
}

function payloadOf(channel: string, message: string): never {
  const data = JSON.parse(message) as { payload: never } | null
  if (data === null || !Object.hasOwn(data, 'payload'))
    throw new RstoreError('RSTORE_PUBSUB', `A message on "${channel}" was published by something else than this package.`)
  return data.payload
}
