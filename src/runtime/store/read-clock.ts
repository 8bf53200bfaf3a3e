import type { Key } from '../shared/key'

/**
 * Keeps an answer from overwriting what is newer than it. A change that is not the answer to a read
 * stamps its key; an answer that was asked for before the stamp leaves the row alone. Stamps of
 * deletions are the tombstones. Nothing is kept while no read is under way.
 */
export class ReadClock {
  private now = 0
  private readonly reads = new Set<number>()
  private readonly stamps = new Map<Key, number>()

  /** A read begins: its token. */
  begin(): number {
    this.reads.add(++this.now)
    return this.now
  }

  end(token: number): void {
    this.reads.delete(token)
    if (this.reads.size === 0)
      this.stamps.clear()
  }

  /** The row was changed by something other than a read. */
  stamp(key: Key): void {
    if (this.reads.size > 0)
      this.stamps.set(key, ++this.now)
  }

  /** Whether the answer to the read may be written; then older answers may not any more. */
  accepts(key: Key, token: number | undefined): boolean {
    if (token === undefined) {
      this.stamp(key)
      return true
    }
    if ((this.stamps.get(key) ?? 0) > token)
      return false
    if (this.reads.size > 1)
      this.stamps.set(key, token)
    return true
  }

  /** Whether a row changed after the read began. */
  changedSince(key: Key, token: number): boolean {
    return (this.stamps.get(key) ?? 0) > token
  }
}
