import type { Log, LogEntry } from './log'
import { gapChannel, maxCharacters, maxHistory, pageSize } from './log'
import { retry } from './retry'

export interface FollowerOptions {
  log: Promise<Log>
  deliver: (entry: LogEntry) => void
  /** Something is missing before what is delivered next; `first` where nothing has been delivered yet. */
  gap: (first: boolean) => void
  failed: (error: unknown) => void
  signal: AbortSignal
}

/**
 * Follows a log: each entry is delivered once and in order, whether it arrives by itself or has to be read. One that arrives is taken
 * if it comes right after the last one; everything else is read.
 */
export class Follower {
  /** Of the last entry that was delivered. */
  position: string | undefined
  /** Whether all there was has been delivered since the last connection was made. */
  caughtUp = false
  private connected = false
  private reading = false
  private again = false
  /** While the log is read. */
  private arrived: { entry: LogEntry, previous: string }[] = []

  constructor(private readonly options: FollowerOptions) {}

  /** Entries arrive from now on. */
  connect(): void {
    this.connected = true
    void this.catchUp()
  }

  disconnect(): void {
    this.connected = false
    this.caughtUp = false
  }

  /** An entry has arrived, with the place of the one before. */
  arrive(entry: LogEntry, previous: string): void {
    if (this.reading && this.arrived.length < pageSize)
      this.arrived.push({ entry, previous })
    else if (!this.reading && previous === this.position)
      this.take(entry)
    else if (this.connected)
      void this.catchUp()
  }

  /** Reads what is new. */
  async catchUp(): Promise<void> {
    this.again = true
    if (this.reading)
      return
    this.reading = true
    try {
      while (this.again)
        await this.readOn()
      this.caughtUp = this.connected
    }
    catch (error) {
      if (!this.options.signal.aborted)
        this.options.failed(error)
    }
    this.reading = false
  }

  /** What is after the place; `undefined` where that can't be told. */
  async history(since: string): Promise<LogEntry[] | undefined> {
    const found: LogEntry[] = []
    let characters = 0
    for (let place = since; this.caughtUp; place = found.at(-1)!.offset) {
      const entries = await (await this.options.log).read(place)
      characters += entries?.reduce((sum, { message }) => sum + message.length, 0) ?? 0
      if (!entries || entries.some(({ channel }) => channel === gapChannel) || found.length + entries.length > maxHistory || characters > maxCharacters)
        return undefined
      found.push(...entries)
      if (entries.length < pageSize)
        return found
    }
    return undefined
  }

  private async readOn(): Promise<void> {
    const { log, failed, gap, signal } = this.options
    this.again = false
    this.arrived = []
    const { entries, end } = await retry(async () => {
      const entries = this.position === undefined ? undefined : await (await log).read(this.position)
      return entries ? { entries } : { entries: [], end: await (await log).end() }
    }, failed, signal)
    signal.throwIfAborted()
    if (end !== undefined) {
      const first = this.position === undefined
      this.position = end
      gap(first)
    }
    entries.forEach(entry => this.take(entry))
    let skipped = false
    for (const { entry, previous } of this.arrived.splice(0)) {
      if (previous === this.position)
        this.take(entry)
      else
        skipped = true
    }
    // What was skipped has been read just now, or is after what has been.
    this.again ||= entries.length >= pageSize || (skipped && (entries.length > 0 || end !== undefined))
  }

  private take(entry: LogEntry): void {
    this.position = entry.offset
    if (entry.channel === gapChannel)
      this.options.gap(false)
    else
      this.options.deliver(entry)
  }
}
