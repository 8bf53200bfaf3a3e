import type { ShallowRef } from 'vue'
import type { Key } from '../shared/key'
import type { Row } from '../shared/model'
import type { NodeLayer } from './node-layer'
import type { View } from './view'
import { shallowRef } from 'vue'

/** What the server gave for a window that does not begin at the start. */
export interface WindowRange {
  from: Row | undefined
  to: Row | undefined
  /** No rows follow. */
  last: boolean
  /** The rows themselves, where only the server knows which belong. */
  members?: Key[]
}

/** The visible part of a view. Equal queries share one. */
export class ViewWindow {
  /** A new array whenever what is visible changes; the same one otherwise. */
  readonly data: ShallowRef<Row[]> = shallowRef([])
  /** Queries that show it. */
  holders = 0
  /** Of these, the ones that may ask the server. */
  askers = 0
  /** It belongs to a row of another window: no query asks for it, so it asks by itself. */
  asksItself = false
  /** The nodes that queries show in place of its rows, by what they include. */
  readonly layers = new Map<string, NodeLayer>()
  /** Told when what is visible has changed. */
  readonly observers = new Set<{ sync: () => void }>()
  range: WindowRange | undefined
  /** Rows may have come or gone before it since the server was asked, so its offset may be off. */
  moved = false
  /** Rows of the range that were shown when it came. */
  private filled = 0
  /** Whether the server holds rows after the last one shown. */
  readonly hasMore = shallowRef(false)
  /** Waiting for the end of the batch. */
  queued = false
  /** Why the window could not be filled up. */
  readonly error: ShallowRef<Error | undefined> = shallowRef()

  constructor(readonly view: View, readonly id: string, readonly offset: number, readonly limit: number | undefined) {
    const range = view.takeRange(id)
    if (range)
      this.setRange(range)
    this.data.value = this.read()
  }

  /** Index after the last visible item. */
  get end(): number {
    return this.offset + (this.limit ?? Infinity)
  }

  setRange(range: WindowRange): void {
    this.range = range
    this.view.track(this)
    this.filled = this.read().length
  }

  /** Reads the items again and tells those who look, where anything visible has changed. */
  refresh(): void {
    const next = this.read()
    const shown = this.data.value
    if (next.length !== shown.length || next.some((row, i) => row !== shown[i])) {
      this.data.value = next
      for (const layer of this.layers.values())
        layer.sync()
      for (const observer of this.observers)
        observer.sync()
    }
    this.hasMore.value = this.moreBeyond()
    if (this.isShort(next))
      this.view.requestRefresh(this)
  }

  /** Has the server asked again for what could not be read. */
  retry(): void {
    if (this.error.value) {
      this.error.value = undefined
      this.view.requestRefresh(this)
    }
  }

  /** Whether all that the window shows is known. */
  isCovered(): boolean {
    const { coverage } = this.view
    return coverage.complete || this.end === 0 || (coverage.answered && this.limit !== undefined && this.view.coveredLength() >= this.end)
  }

  /** Whether the cache or the server has answered for it: nothing needs to be asked. */
  isKnown(): boolean {
    return this.range !== undefined || this.isCovered()
  }

  private moreBeyond(): boolean {
    const { coverage } = this.view
    if (this.range && !this.isCovered())
      return !this.range.last || (this.range.from !== undefined && this.view.items.length > this.view.lowerBound(this.range.from) + this.limit!)
    return this.view.coveredLength() > this.end || (coverage.answered && !coverage.complete)
  }

  private read(): Row[] {
    const { view, offset, limit, end } = this
    if (offset > 0 && !this.isCovered()) {
      if (this.range)
        return view.rangeOf(this.range, limit!)
      // What lies before is unknown, so what comes at this offset is too.
      if (this.askers > 0 && !view.coverage.answered)
        return []
    }
    return view.items.slice(offset, Math.min(end, view.coveredLength()))
  }

  /** Rows have left and the server has more to fill up with. */
  private isShort(rows: Row[]): boolean {
    const { coverage, spec } = this.view
    if (this.askers === 0 || this.limit === 0)
      return false
    // Only the server can place a row there.
    if (spec.serverMode && this.moved)
      return true
    if (coverage.complete)
      return false
    if (this.range && !this.isCovered())
      return this.moved || (!this.range.last && rows.length < this.filled)
    return coverage.answered ? this.limit === undefined || rows.length < this.limit : this.asksItself
  }
}
