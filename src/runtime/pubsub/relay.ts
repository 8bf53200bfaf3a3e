import type { PubSubErrorHandler, PubSubStage, PubSubState } from '../realtime/pubsub'
import type { Log, LogEntry } from './log'
import { Subscribers } from '../realtime/subscribers'
import { RstoreError } from '../shared/errors'
import { Follower } from './follower'
import { maxCharacters } from './log'
import { pause, retry } from './retry'

/** What a backend has to do. A rejected promise is a failure that is told to `onError`. */
export interface Link {
  /** Called for a channel that has its first callback, and for all channels after each `connected`. */
  subscribe: (channel: string) => void | Promise<void>
  unsubscribe: (channel: string) => void | Promise<void>
  /** Called in the order of the messages, which must be kept. */
  publish: (channel: string, message: string) => Promise<unknown>
  /** Called once. */
  close: () => Promise<void>
  /** Of a backend that keeps messages, whatever their channels. */
  log?: Log
  /** For how many milliseconds messages have been held back. */
  lag?: () => number
}

/** What a backend tells. */
export interface LinkEvents {
  /** Of a backend without a log. */
  message: (channel: string, message: string) => void
  /** Of one with a log: an entry, and the place of the one before it. */
  entry: (entry: LogEntry, previous: string) => void
  /** Of one with a log: there may be something to read. */
  woken: () => void
  /** There is a connection, the first or a new one. */
  connected: () => void
  disconnected: () => void
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
  /** For a backend with a log. */
  private readonly follower: Follower | undefined
  private readonly link: Promise<Link> | undefined
  private readonly onError: PubSubErrorHandler
  private readonly subscribers: Subscribers<string>
  private readonly gaps = new Set<() => void>()
  private readonly closing = new AbortController()
  private readonly sending = new Set<Promise<void>>()
  private pending = 0
  private connected = false
  /** That were made or lost. */
  private connections = 0
  /** How many messages the log lacks that were to be there. */
  private missing = 0
  private lag: (() => number) | undefined
  private left = () => {}
  private readonly keeping: Promise<void> | undefined
  private disposing: Promise<void> | undefined

  /** Without `open` there are no others, and nothing arrives. With `lease` (milliseconds), its link has a log. */
  constructor({ onError = logError }: RelayOptions, open?: (events: LinkEvents, instanceId: string) => Promise<Link>, lease?: number) {
    this.onError = onError
    this.subscribers = new Subscribers(error => onError(error, { stage: 'message' }), (channel) => {
      void this.attempt('subscribe', link => link.subscribe(channel))
      return () => void this.attempt('subscribe', link => link.unsubscribe(channel))
    })
    const link = this.link = open?.({
      message: (channel, message) => this.receive(channel, message),
      entry: (entry, previous) => this.follower?.arrive(entry, previous),
      woken: () => void this.follower?.catchUp(),
      connected: () => void this.connect(),
      disconnected: () => {
        this.connections++
        this.connected = false
        this.follower?.disconnect()
        this.left()
      },
      failed: (error, stage) => this.failed(error, stage),
    }, this.instanceId)
    link?.catch(error => onError(error, { stage: 'connect' }))
    if (!link || lease === undefined)
      return
    const log = link.then(({ log }) => log!)
    this.follower = new Follower({ log, deliver: entry => this.take(entry), gap: first => this.gap(first), failed: error => this.failed(error, 'connect'), signal: this.closing.signal })
    this.keeping = log.then(log => this.keepLease(log, lease), () => {})
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
  publish(channel: string, data: object): Promise<void> {
    const sent = this.send(channel, data).catch((error) => {
      this.onError(error, { stage: 'publish' })
      void this.makeUp()
    }).finally(() => this.sending.delete(sent))
    this.sending.add(sent)
    return sent
  }

  /** Calls back when messages of others may be lost. Gives what ends that. */
  onGap(callback: () => void): () => void {
    const own = () => callback()
    this.gaps.add(own)
    return () => this.gaps.delete(own)
  }

  /** Whether there is a log. */
  get keeps(): boolean {
    return this.follower !== undefined
  }

  /** In the log, of what was delivered last. */
  get position(): string | undefined {
    return this.follower?.position
  }

  /** What is in the log after the place; `undefined` where that can't be told. */
  async history(since: string): Promise<LogEntry[] | undefined> {
    try {
      return await this.follower?.history(since)
    }
    catch (error) {
      this.failed(error, 'connect')
    }
  }

  state(): PubSubState {
    const { connected, pending, follower, lag } = this
    return { connected: follower ? follower.caughtUp : connected, pending, ...lag && { lag: lag() } }
  }

  /** Ends subscriptions and connections. */
  dispose(): Promise<void> {
    return this.disposing ??= this.close()
  }

  private async close(): Promise<void> {
    this.gaps.clear()
    this.subscribers.clear()
    this.closing.abort(disposed())
    try {
      const link = await this.link?.catch(() => undefined)
      if (link?.log && this.connected) {
        const left = new Promise<void>(resolve => this.left = resolve)
        await Promise.race([Promise.all([this.keeping, ...this.sending]), left])
        // Whoever has something left to say keeps the lease: others find it expired, and mark the gap.
        if (this.sending.size === 0 && this.missing === 0 && this.connected)
          await Promise.race([link.log.release(), left])
      }
      await link?.close()
    }
    catch (error) {
      this.onError(error, { stage: 'connect' })
    }
  }

  private async send(channel: string, data: object): Promise<void> {
    if (this.disposing)
      throw disposed()
    const message = this.sign(data)
    if (this.pending + message.length > maxCharacters)
      throw new RstoreError('RSTORE_PUBSUB', `More than ${maxCharacters} characters wait to be published: this message is given up.`)
    this.pending += message.length
    try {
      await (await this.link)?.publish(channel, message)
    }
    finally {
      this.pending -= message.length
    }
  }

  /** Marks a gap for messages that the log may not have got. */
  private async makeUp(): Promise<void> {
    if (!this.follower || this.missing++ > 0)
      return
    const link = await this.link!.catch(() => undefined)
    while (link && this.missing > 0 && !this.closing.signal.aborted) {
      const made = this.missing
      await retry(() => link.log!.mark(), error => this.failed(error, 'publish'), this.closing.signal).then(() => this.missing -= made, () => {})
    }
  }

  private async keepLease(log: Log, lease: number): Promise<void> {
    while (!this.closing.signal.aborted) {
      await log.renew(lease).catch(error => this.failed(error, 'connect'))
      await pause(lease / 3, this.closing.signal)
    }
  }

  private async attempt(stage: PubSubStage, act: (link: Link) => unknown): Promise<void> {
    // Where there is none for good, that has been told.
    const link = await this.link?.catch(() => undefined)
    try {
      if (link)
        await act(link)
    }
    catch (error) {
      this.failed(error, stage)
    }
  }

  private failed(error: unknown, stage: PubSubStage): void {
    if (!this.disposing)
      this.onError(error, { stage })
  }

  private async connect(): Promise<void> {
    const { follower } = this
    const connection = ++this.connections
    await Promise.all(this.subscribers.names().map(channel => this.attempt('subscribe', link => link.subscribe(channel))))
    this.lag = (await this.link!).lag
    if (connection !== this.connections)
      return
    this.connected = true
    if (follower)
      follower.connect()
    else
      this.gap()
  }

  /** Before the first connection, nobody has missed anything who had not subscribed. */
  private gap(first = false): void {
    if (first && this.subscribers.names().length === 0)
      return
    for (const callback of this.gaps) {
      try {
        callback()
      }
      catch (error) {
        this.onError(error, { stage: 'connect' })
      }
    }
  }

  private take({ channel, message }: LogEntry): void {
    try {
      this.receive(decodeURIComponent(channel), message)
    }
    catch (error) {
      this.failed(error, 'message')
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

function disposed(): RstoreError {
  return new RstoreError('RSTORE_PUBSUB', 'This pub/sub was disposed of.')
}

export const logError: PubSubErrorHandler = (error, { stage }) => console.error(`[nuxt-rstore-drizzle] Pub/sub, ${stage}:`, error)
