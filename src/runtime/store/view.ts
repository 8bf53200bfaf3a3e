import type { Key } from '../shared/key'
import type { Row } from '../shared/model'
import type { PageMoves } from './page-moves'
import type { IndexedView } from './view-index'
import type { ViewSpec } from './view-spec'
import type { WindowRange } from './window'
import { ViewWindow } from './window'

/** How much of what a stem selects is known to be in the cache. */
export interface Coverage {
  /** The server has answered, if only in part. */
  answered: boolean
  /** Every row there is, is here. */
  complete: boolean
  /** Order tuple up to which the cache is complete. */
  to?: Row
  /** Where the server goes on. */
  cursor?: string
  /** What the server's page said of windows that do not begin at the start, until somebody shows them. */
  ranges?: Map<string, WindowRange>
  /** Keys in the server's order, where only it knows membership. */
  members?: Map<Key, number>
}

/** What a view needs of its collection. */
export interface ViewHost {
  /** Some cached rows lack columns. */
  readonly hasPartialRows: boolean
  candidates: (spec: ViewSpec) => Iterable<Row>
  keyOf: (row: Row) => Key
  rowsOf: (keys: Iterable<Key>) => Row[]
  /** Have the window read again at the end of the batch. */
  invalidate: (window: ViewWindow) => void
  readonly moves: PageMoves
  /** What the window shows can't be told from the cache alone any more. */
  requestRefresh: (window: ViewWindow) => void
}

/**
 * The rows of a stem, sorted, kept up to date change by change. Every change costs a binary search,
 * whatever the size. Invariants: `items` holds exactly the cached rows that match, ordered by
 * `compare`; no two items compare as equal, since the primary key is the last term.
 */
export class View implements IndexedView {
  items: Row[] = []
  readonly windows = new Map<string, ViewWindow>()

  constructor(private readonly host: ViewHost, readonly spec: ViewSpec, readonly coverage: Coverage) {
    this.rebuild()
  }

  get keys() { return this.spec.keys }
  get equality() { return this.spec.equality }

  window(offset: number, limit: number | undefined): ViewWindow {
    const id = `${offset}:${limit ?? ''}`
    let window = this.windows.get(id)
    if (!window)
      this.windows.set(id, window = new ViewWindow(this, id, offset, limit))
    return window
  }

  rebuild(): void {
    const items: Row[] = []
    for (const row of this.host.candidates(this.spec)) {
      if (this.matches(row))
        items.push(row)
    }
    this.items = items.sort(this.compare)
    this.invalidateAll()
  }

  /** What the server has answered counts no more. */
  reset(): void {
    for (const window of this.windows.values())
      window.range = undefined
    this.ask()
    this.rebuild()
  }

  /** Has the server asked for what is shown and not known. */
  ask(): void {
    for (const window of this.windows.values()) {
      if (window.askers > 0)
        this.host.requestRefresh(window)
    }
  }

  apply(old: Row | undefined, next: Row | undefined): void {
    const was = old !== undefined && this.matches(old)
    const is = next !== undefined && this.matches(next)
    if (was) {
      const index = this.indexOf(old)
      if (is && this.compare(old, next) === 0) {
        this.items[index] = next
        this.touch(index, index, next)
        return
      }
      this.items.splice(index, 1)
      this.touch(index, Infinity, old)
    }
    if (is) {
      const index = this.lowerBound(next)
      this.items.splice(index, 0, next)
      this.touch(index, Infinity, next)
    }
  }

  /** Number of items that are known to have no gap before them. */
  coveredLength(): number {
    const { answered, complete, to } = this.coverage
    return answered && !complete && to ? this.upperBound(to) : this.items.length
  }

  /** Index of the first item not before the row. */
  lowerBound(row: Row): number {
    let low = 0
    let high = this.items.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.compare(this.items[middle]!, row) < 0)
        low = middle + 1
      else
        high = middle
    }
    return low
  }

  /** Index of the first item after the row. */
  upperBound(row: Row): number {
    const index = this.lowerBound(row)
    return index < this.items.length && this.compare(this.items[index]!, row) === 0 ? index + 1 : index
  }

  /** What is shown of a page that the server gave for an offset. */
  rangeOf({ from, to, last, members }: WindowRange, limit: number): Row[] {
    if (members)
      return this.host.rowsOf(members)
    if (!from || !to)
      return []
    const start = this.lowerBound(from)
    return this.items.slice(start, Math.min(last ? this.items.length : this.upperBound(to), start + limit))
  }

  /** Whether the row is one of the items. */
  holds(row: Row): boolean {
    return this.items[this.lowerBound(row)] === row
  }

  invalidateAll(): void {
    for (const window of this.windows.values())
      this.host.invalidate(window)
  }

  takeRange(window: string): WindowRange | undefined {
    const range = this.coverage.ranges?.get(window)
    this.coverage.ranges?.delete(window)
    return range
  }

  track(window: ViewWindow): void {
    this.host.moves.track(window)
  }

  requestRefresh(window: ViewWindow): void {
    this.host.requestRefresh(window)
  }

  private readonly compare = (a: Row, b: Row): number => {
    const { members } = this.coverage
    return members
      ? members.get(this.host.keyOf(a))! - members.get(this.host.keyOf(b))!
      : this.spec.compare(a, b)
  }

  private matches(row: Row): boolean {
    if (this.spec.serverMode && this.coverage.members)
      return this.coverage.members.has(this.host.keyOf(row))
    if (this.spec.predicate && !this.spec.predicate(row))
      return false
    return !this.host.hasPartialRows || this.spec.required.every(field => row[field] !== undefined)
  }

  private indexOf(row: Row): number {
    const index = this.lowerBound(row)
    return this.items[index] === row ? index : this.items.indexOf(row)
  }

  /** A change at `index`; with `last` beyond it, everything after has moved. */
  private touch(index: number, last: number, row: Row): void {
    for (const window of this.windows.values()) {
      if (window.offset > 0 && last > index && (!window.range?.from || this.compare(row, window.range.from) < 0))
        this.host.moves.move(window)
      // One beyond the end decides on `hasMore`.
      if (window.range || (index <= window.end && last >= window.offset))
        this.host.invalidate(window)
    }
  }
}
