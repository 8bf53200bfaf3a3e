import type { PubSub, PubSubErrorHandler, PubSubStage } from '../realtime/pubsub'
import { Subscribers } from '../realtime/subscribers'
import { RstoreError } from '../shared/errors'

/** What a backend has to do. A rejected promise is a failure that is told to `onError`. */
export interface Link {
  /** Called for a channel that has its first callback, and for all channels after each `connected`. */
  subscribe: (channel: string) => void | Promise<void>
  unsubscribe: (channel: string) => void | Promise<void>
  /** Called in the order of the messages, which must be kept. */
  publish: (channel: string, message: string) => Promise<unknown>
  /** Called once. */
  close: () => Promise<void>
}

/** What a backend tells. */
export interface LinkEvents {
  message: (channel: string, message: string) => void
  /** There is a connection, the first or a new one. */
  connected: () => void
  failed: (error: unknown, stage: PubSubStage) => void
}

export interface RelayOptions {
  /** Told of every failure; writes to the console unless given. */
  onError?: PubSubErrorHandler
}

/** Messages of other instances, as text. Each is a JSON object whose last member, `origin`, is the id of the instance that sent it. */
export class Relay {
  /** Differs with every instance; `origin` of what this one publishes. */
  readonly instanceId: string = crypto.randomUUID()
  private readonly link: Promise<Link> | undefined
  private readonly onError: PubSubErrorHandler
  private readonly subscribers: Subscribers<string>
  private readonly connects = new Set<() => void>()
  private pending = 0
  private disposing: Promise<void> | undefined

  /** Without `open` there are no others, and nothing arrives. */
  constructor({ onError = logError }: RelayOptions, open?: (events: LinkEvents) => Promise<Link>) {
    this.onError = onError
    this.subscribers = new Subscribers(error => onError(error, { stage: 'message' }), (channel) => {
      void this.attempt('subscribe', link => link.subscribe(channel))
      return () => void this.attempt('subscribe', link => link.unsubscribe(channel))
    })
    this.link = open?.({
      message: (channel, message) => this.receive(channel, message),
      connected: () => void this.connected(),
      failed: (error, stage) => {
        if (!this.disposing)
          onError(error, { stage })
      },
    })
    this.link?.catch(error => onError(error, { stage: 'connect' }))
  }

  /** Calls back with what other instances publish on the channel. Gives what ends the subscription. */
  subscribe(channel: string, callback: (message: string) => void): () => void {
    if (this.disposing) {
      this.onError(disposed(), { stage: 'subscribe' })
      return () => {}
    }
    return this.subscribers.add(channel, callback)
  }

  /**
   * Sends an object to the other instances, as JSON with the member `origin` added. Dates become ISO 8601 strings, bigints decimal ones.
   * The promise resolves once the backend has the message or `onError` has the error; it never rejects. At most 16 MiB wait to be sent.
   */
  async publish(channel: string, data: object): Promise<void> {
    let message = ''
    const counted = () => this.pending -= message.length
    try {
      if (this.disposing)
        throw disposed()
      message = this.sign(data)
      this.pending += message.length
    }
    catch (error) {
      return this.onError(error, { stage: 'publish' })
    }
    if (this.pending > maxPending) {
      counted()
      return this.onError(new RstoreError('RSTORE_PUBSUB', `More than ${maxPending} characters wait to be published: this message is given up.`), { stage: 'publish' })
    }
    await this.attempt('publish', link => link.publish(channel, message))
    counted()
  }

  /** Calls back whenever there is a connection, the first or a new one, and all channels are subscribed to on it. Gives what ends that. */
  onGap(callback: () => void): () => void {
    const own = () => callback()
    this.connects.add(own)
    return () => this.connects.delete(own)
  }

  /** Ends subscriptions and connections. */
  dispose(): Promise<void> {
    return this.disposing ??= this.close()
  }

  private async close(): Promise<void> {
    const link = this.link?.catch(() => undefined)
    this.connects.clear()
    this.subscribers.clear()
    try {
      await (await link)?.close()
    }
    catch (error) {
      this.onError(error, { stage: 'connect' })
    }
  }

  private async attempt(stage: PubSubStage, act: (link: Link) => unknown): Promise<void> {
    try {
      const link = await this.link
      if (link)
        await act(link)
    }
    catch (error) {
      if (stage === 'publish' || !this.disposing)
        this.onError(error, { stage })
    }
  }

  private async connected(): Promise<void> {
    await Promise.all(this.subscribers.names().map(channel => this.attempt('subscribe', link => link.subscribe(channel))))
    for (const callback of this.connects) {
      try {
        callback()
      }
      catch (error) {
        this.onError(error, { stage: 'connect' })
      }
    }
  }

  private receive(channel: string, message: string): void {
    // What `sign` has put at the end can't stand there in any other place: quotes within JSON strings are escaped.
    if (!message.endsWith(this.signature))
      this.subscribers.deliver(channel, message)
  }

  private sign(data: object): string {
    if (typeof data !== 'object' || data === null || Array.isArray(data))
      throw new RstoreError('RSTORE_INVALID_VALUE', 'What is published must be an object.', { field: 'data' })
    const json = JSON.stringify({ ...data, origin: undefined }, (_, value) => typeof value === 'bigint' ? String(value) : value)
    return `${json.slice(0, -1)}${json === '{}' ? '' : ','}${this.signature}`
  }

  private get signature(): string {
    return `"origin":"${this.instanceId}"}`
  }
}

/** Pub/sub with payloads instead of text. Subscribers of this instance get them at once and by reference, those of others through the relay. */
export function toPubSub<Channels extends object>(relay: Relay, { onError = logError }: RelayOptions): PubSub<Channels> {
  const subscribers = new Subscribers<never>(error => onError(error, { stage: 'message' }), channel => relay.subscribe(channel, (message) => {
    const data = JSON.parse(message) as { payload: never }
    if (!Object.hasOwn(data, 'payload'))
      throw new RstoreError('RSTORE_PUBSUB', `A message on "${channel}" was published by something else than this package.`)
    subscribers.deliver(channel, data.payload)
  }))
  return {
    subscribe: (channel, callback) => subscribers.add(channel, callback),
    publish(channel, payload) {
      const published = relay.publish(channel, { payload })
      subscribers.deliver(channel, payload as never)
      return published
    },
    onGap: callback => relay.onGap(callback),
    dispose() {
      subscribers.clear()
      return relay.dispose()
    },
  }
}

/** Characters. */
const maxPending = 16 * 2 ** 20

function disposed(): RstoreError {
  return new RstoreError('RSTORE_PUBSUB', 'This pub/sub was disposed of.')
}

const logError: PubSubErrorHandler = (error, { stage }) => console.error(`[nuxt-rstore-drizzle] Pub/sub, ${stage}:`, error)
