import type { ServerCollection } from '../registry'
import type { Change, Hint } from './change'
import { randomId } from '../../shared/random-id'
import { fold } from './change'

/** Changes of a collection that can be told to who was away. */
interface Log {
  entries: { position: number, hint: Hint }[]
  /** Of what came up to this position, something is missing. */
  floor: number
}

/** Changes of one collection that are kept, at most. */
const maxEntries = 10_000

/**
 * What has changed, in the order this process has heard of it. An offset is a place in it: of this start of this process, since
 * another counts anew.
 */
export class Feed {
  readonly origin = randomId()
  position = 0
  private readonly logs = new Map<string, Log>()

  /** How far it has come. What is read afterwards holds all that was added before. */
  get offset(): string {
    return `${this.origin}:${this.position}`
  }

  add({ name }: ServerCollection, hint: Hint): void {
    const log = this.logOf(name)
    // Who comes back says where to look: what the row became need not be kept.
    log.entries.push({ position: ++this.position, hint: { ...hint, next: undefined } })
    if (log.entries.length > maxEntries)
      log.floor = log.entries.splice(0, maxEntries / 10).at(-1)!.position
  }

  /** A place between what was before and what comes after. */
  mark(): number {
    return ++this.position
  }

  /** The place that an offset of this feed names. */
  positionOf(offset: string): number | undefined {
    const [origin, text = ''] = offset.split(':')
    return origin === this.origin && /^\d{1,15}$/.test(text) ? Number(text) : undefined
  }

  /** Something has happened to the collection that is not known. */
  skip(name: string): void {
    const log = this.logOf(name)
    log.floor = ++this.position
    log.entries = []
  }

  /** What has changed since an offset of this feed, by key; nothing where it can't be told, or where that would be more than `max` rows. */
  since(collection: ServerCollection, offset: string, max: number): Map<string, Change> | undefined {
    const position = this.positionOf(offset)
    const log = this.logs.get(collection.name)
    if (position === undefined || position < (log?.floor ?? 0))
      return undefined
    return foldAll(log?.entries.slice(after(log.entries, position)).map(({ hint }) => hint) ?? [], collection, max)
  }

  private logOf(name: string): Log {
    let log = this.logs.get(name)
    if (!log)
      this.logs.set(name, log = { entries: [], floor: 0 })
    return log
  }
}

/** Hints by key; nothing where there are more than `max`. */
export function foldAll(hints: readonly Hint[], collection: ServerCollection, max: number): Map<string, Change> | undefined {
  const changes = new Map<string, Change>()
  for (const hint of hints) {
    changes.set(hint.key, fold(changes.get(hint.key), hint, collection))
    if (changes.size > max)
      return undefined
  }
  return changes
}

/** Index of the first entry behind a position. */
function after(entries: Log['entries'], position: number): number {
  let [low, high] = [0, entries.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (entries[middle]!.position > position)
      high = middle
    else
      low = middle + 1
  }
  return low
}
