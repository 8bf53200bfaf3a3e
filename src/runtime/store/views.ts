import type { Key } from '../shared/key'
import type { Row } from '../shared/model'
import type { Answers } from './answers'
import type { ViewHost } from './view'
import type { ViewSpec } from './view-spec'
import type { ViewWindow } from './window'
import { View } from './view'
import { ViewIndex } from './view-index'

/** What the views need of their collection. */
export interface ViewsHost extends ViewHost {
  readonly answers: Answers
  readonly rows: ReadonlyMap<Key, Row>
  /** Rows of which changes may have been missed since they were read. */
  readonly outdated: ReadonlySet<Key>
  isFull: (row: Row, fields: readonly string[]) => boolean
  batch: (change: () => void) => void
}

/** The views that are shown, by the id of their stem. */
export class Views extends Map<string, View> {
  private readonly index = new ViewIndex()

  constructor(private readonly host: ViewsHost) {
    super()
  }

  /** The window of a view, held until `letGo`. One that `asks` is filled up from the server; `itself`, where no query asks for it. */
  hold(spec: ViewSpec, offset: number, limit: number | undefined, asks: boolean, itself = false): ViewWindow {
    const window = this.of(spec).window(offset, limit)
    window.holders++
    window.asksItself ||= asks && itself
    if (asks) {
      window.askers++
      if (spec.serverMode)
        this.host.moves.watch(window)
    }
    this.host.batch(() => this.host.invalidate(window))
    return window
  }

  letGo(window: ViewWindow, asks: boolean): void {
    window.holders--
    if (asks)
      window.askers--
    this.release(window)
  }

  /** A view ends with the last of its windows. */
  release(window: ViewWindow): void {
    const { view } = window
    if (window.holders > 0)
      return
    view.windows.delete(window.id)
    this.host.moves.forget(window)
    if (view.windows.size === 0 && this.delete(view.spec.id))
      this.index.delete(view)
  }

  /** Tells the views that a change of a row may concern. */
  apply(key: Key, old: Row | undefined, next: Row | undefined): void {
    if (this.size > 0)
      this.index.apply(key, old, next)
  }

  /** Keys of all rows that belong to a mounted query. */
  shownKeys(): Set<Key> {
    return new Set([...this.values()].flatMap(view => view.items.map(row => this.host.keyOf(row))))
  }

  private of(spec: ViewSpec): View {
    let view = this.get(spec.id)
    if (!view) {
      view = new View(this.host, spec, this.host.answers.coverage(spec, this.isHere(spec)))
      this.set(spec.id, view)
      this.index.add(view)
    }
    return view
  }

  /** The rows are named by their keys, and all of them are cached. */
  private isHere({ keys, required }: ViewSpec): boolean {
    return keys !== undefined && [...keys].every((key) => {
      const row = this.host.rows.get(key)
      return row !== undefined && !this.host.outdated.has(key) && this.host.isFull(row, required)
    })
  }
}
