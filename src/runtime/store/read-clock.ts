import type { Key } from '../shared/key'
import type { Row } from '../shared/model'

/** What was told of a row, and when: the columns of an answer, or all there is to it. `since`: by the answer to a mutation that was sent then, or 0 by one that only lacks the row. */
interface Stamp { at: number, row?: Row, former?: Stamp, since?: number }

/**
 * Keeps an answer from overwriting what is newer than it. A change that is not the answer to a read
 * stamps its key; an answer that was asked for before the stamp leaves the row alone. Stamps of
 * deletions are the tombstones. Nothing is kept while no read is under way.
 */
export class ReadClock {
  private now = 0
  private readonly reads = new Set<number>()
  private readonly stamps = new Map<Key, Stamp>()

  /** A read begins, or a mutation is sent: its token. */
  begin(): number {
    this.reads.add(++this.now)
    return this.now
  }

  end(token: number): void {
    this.reads.delete(token)
    if (this.reads.size === 0)
      this.stamps.clear()
  }

  /** The row was changed by something other than a read; with `since`, by a mutation that was sent then. */
  stamp(key: Key, since?: number): void {
    if (this.reads.size > 0)
      this.stamps.set(key, { at: ++this.now, since })
  }

  /** Whether the answer to the read may be written; then older answers may not any more. Without its columns, it says all there is to say. */
  accepts(key: Key, token: number | undefined, row?: Row): boolean {
    if (token === undefined) {
      this.stamp(key)
      return true
    }
    if (this.changedSince(key, token))
      return false
    if (this.reads.size > 1) {
      const former = this.stamps.get(key)
      const [oldest] = this.reads
      // What is older than every read that is under way, none of them has to be told.
      this.stamps.set(key, { at: token, row, former: row && former && former.at > oldest! ? former : undefined })
    }
    return true
  }

  /** Columns of an answer that is not accepted, but for those of which something newer has told. */
  remaining(key: Key, token: number, row: Row): string[] {
    const latest = this.stamps.get(key)!
    const fields = Object.keys(row).filter((field) => {
      for (let stamp: Stamp | undefined = latest; stamp; stamp = stamp.former) {
        if (stamp.at > token && (!stamp.row || field in stamp.row))
          return false
      }
      return true
    })
    if (latest.row)
      latest.former = { at: token, row, former: latest.former }
    return fields
  }

  /** Whether a row changed after the read began. */
  changedSince(key: Key, token: number): boolean {
    return (this.stamps.get(key)?.at ?? 0) > token
  }

  /** The answer that was accepted last says no more than where the row is not. */
  doubt(key: Key): void {
    const stamp = this.stamps.get(key)
    if (stamp)
      stamp.since = 0
  }

  /** Whether something else has told of the row while a mutation of it was under way: which of them is newer, nobody knows. */
  toldSince(key: Key, token: number): boolean {
    const stamp = this.stamps.get(key)
    return stamp !== undefined && !stamp.since && stamp.at > token
  }

  /** Likewise for a read that was asked for while a mutation of the row was under way, or before one that lacks it. */
  crosses(key: Key, token: number): boolean {
    const stamp = this.stamps.get(key)
    return stamp?.since !== undefined && stamp.since < token && token < stamp.at
  }
}
