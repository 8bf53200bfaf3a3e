import { RstoreError } from '../shared/errors'

/** What a backend that keeps messages has to do. Places are texts that only it understands. */
export interface Log {
  /** Place of the last entry there is. */
  end: () => Promise<string>
  /** Up to `pageSize` entries after the place, oldest first; `undefined` where some of them are gone, and for what is no place of this log. */
  read: (since: string) => Promise<LogEntry[] | undefined>
  /** Writes an entry on `gapChannel`. */
  mark: () => Promise<unknown>
  /** Says that this instance lives for as many milliseconds more, and marks a gap for each other one that has not said so in time. */
  renew: (lease: number) => Promise<unknown>
  /** Says that this instance has told all that it had to. */
  release: () => Promise<unknown>
}

export interface LogEntry {
  offset: string
  channel: string
  message: string
}

export interface LeaseOptions {
  /**
   * Milliseconds, 15,000 unless given. A process that has not been heard of for as long may have died between a commit and its message: a gap
   * is marked in the log, at which all processes have their clients read again.
   */
  lease?: number
}

/** No name of a channel: these come encoded. An entry on it says that something may be missing before it. */
export const gapChannel = ':gap'

export const pageSize = 1000

/** What `history` gives at once, at most: entries, and what they hold together. */
export const maxHistory = 10_000
export const maxCharacters = 16 * 2 ** 20

export function checkedLease({ lease = 15_000 }: LeaseOptions): number {
  return checkedCount('lease', lease)
}

export function checkedCount(field: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RstoreError('RSTORE_PUBSUB', `\`${field}\` of pub/sub must be a positive integer, not ${String(value)}.`, { field })
  return value
}

/** As names of channels travel. */
export function encodeChannel(channel: string): string {
  return encodeURIComponent(channel).replace(/[.*!'()~]/g, char => `%${char.charCodeAt(0).toString(16)}`)
}
