import type { PublishedUpdate } from '../../shared/protocol'
import type { PubSubEntry, RstoreDrizzlePubSub, RstoreDrizzlePubSubChannels } from '../../realtime/pubsub'

/** An update as the hubs of an app tell it to each other. */
export interface SharedUpdate extends PublishedUpdate {
  /** Which hub it comes from. */
  origin?: string
  /** Whether rows that the database changes along with this one are told as well, each by itself, or are too many for that. */
  dependents?: 'told' | 'many'
}

export interface ExchangeEvents {
  received: (update: SharedUpdate) => void
  /** Updates of others may be lost for good. */
  lost: () => void
  failed: (error: unknown) => void
}

/** For how long an answer about the past is kept for those who ask for the same, in milliseconds: clients come back all at once. */
const keptFor = 1000
const maxKept = 100

/** What goes to the other processes of the app, and comes from them. */
export class Exchange {
  private ends: (() => void)[] | undefined
  private readonly histories = new Map<string, Promise<SharedUpdate[] | undefined>>()

  constructor(private readonly origin: string, private readonly pubsub: () => RstoreDrizzlePubSub, private readonly events: ExchangeEvents) {}

  /** Listens, if it does not yet. */
  open(): void {
    if (this.ends)
      return
    const { received, lost, failed } = this.events
    const pubsub = this.pubsub()
    const unwatch = pubsub.onGap?.(lost)
    const unsubscribe = pubsub.subscribe('update', (update: SharedUpdate) => {
      try {
        if (update.origin !== this.origin)
          received(update)
      }
      catch (error) {
        failed(error)
      }
    })
    this.ends = [() => unwatch?.(), unsubscribe]
  }

  /** Nobody waits for it. */
  send(update: SharedUpdate): void {
    try {
      Promise.resolve(this.pubsub().publish('update', { ...update, origin: this.origin } as SharedUpdate)).catch(this.events.failed)
    }
    catch (error) {
      this.events.failed(error)
    }
  }

  /** Place in the log of the driver up to which everything has been received; nothing where it keeps none. */
  get position(): string | undefined {
    return this.ends && this.pubsub().position?.()
  }

  /** What has been sent since a place in the log, by whomever; nothing where that can't be told. */
  async since(position: string): Promise<SharedUpdate[] | undefined> {
    let history = this.histories.get(position)
    if (!history) {
      history = this.read(position)
      if (this.histories.size < maxKept) {
        this.histories.set(position, history)
        setTimeout(() => this.histories.delete(position), keptFor).unref?.()
      }
    }
    return history
  }

  get state() {
    return this.pubsub().state?.()
  }

  close(): void {
    this.ends?.forEach(end => end())
    this.ends = undefined
  }

  private async read(position: string): Promise<SharedUpdate[] | undefined> {
    try {
      const entries = await this.pubsub().history?.(position)
      return entries?.filter(({ channel }) => channel === 'update').map(({ payload }: PubSubEntry<RstoreDrizzlePubSubChannels>) => payload)
    }
    catch (error) {
      this.events.failed(error)
      return undefined
    }
  }
}
