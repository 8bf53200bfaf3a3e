import type { CollectionModel, Dialect, Row } from '../shared/model'
import type { Key } from '../shared/key'
import type { Overlay, Patch } from './overlay'
import type { ViewHost } from './view'
import type { RowFactory } from './row'
import type { Stem, ViewSpec } from './view-spec'
import type { ViewWindow } from './window'
import { getKey, normalizeKey } from '../shared/key'
import { fold, replaceValue } from './overlay'
import { PageMoves } from './page-moves'
import { createCompletenessTest, sameValues } from './row'
import { RowIndex } from './row-index'
import { View } from './view'
import { createViewSpec } from './view-spec'
import { ViewIndex } from './view-index'
import { Answers } from './answers'
import { ReadClock } from './read-clock'

/** Handed out by the read clock: rows that changed after it are not overwritten by its answer. */
type ReadToken = number

/** Changes from here on in one batch are cheaper to sort anew than to insert one by one. */
const rebuildFrom = 1000

/** The normalized rows of one collection, what is pending on them, and the views that show them. */
export class EngineCollection implements ViewHost {
  readonly rows = new Map<Key, Row>()
  readonly answers = new Answers()
  readonly clock = new ReadClock()
  readonly moves = new PageMoves(window => this.invalidate(window), () => this.pending.size > 0)
  /** What is pending, by row. */
  readonly pending = new Map<Key, Overlay>()
  /** The views that are shown, by the id of their stem. */
  readonly views = new Map<string, View>()
  hasPartialRows = false
  onRefresh: (window: ViewWindow) => void = () => undefined

  private readonly viewIndex = new ViewIndex()
  private readonly rowIndex: RowIndex
  private readonly columns: string[]
  private readonly isComplete: (row: Row) => boolean
  private queue: ViewWindow[] = []
  private depth = 0
  /** Views are brought up to date at the end of the batch, not change by change. */
  private rebuilding = false

  constructor(readonly model: CollectionModel, readonly dialect: Dialect, readonly createRow: RowFactory) {
    this.rowIndex = new RowIndex(model, this.rows)
    this.columns = Object.keys(model.columns)
    this.isComplete = createCompletenessTest(this.columns)
  }

  keyOf(row: Row): Key {
    return getKey(this.model, row)!
  }

  isOptimistic(key: Key): boolean {
    return this.pending.has(key)
  }

  isFull(row: Row, fields = this.columns): boolean {
    return !this.hasPartialRows || fields.every(field => row[field] !== undefined)
  }

  /** The view of a stem, shared by all who ask for it. Ends with `release`. */
  view(stem: Stem): View {
    const spec = createViewSpec(stem, this.model, this.dialect)
    let view = this.views.get(spec.id)
    if (!view) {
      view = new View(this, spec, this.answers.coverage(spec, this.hasKeys(spec)))
      this.views.set(spec.id, view)
      this.viewIndex.add(view)
    }
    return view
  }

  release(window: ViewWindow): void {
    const { view } = window
    if (window.holders > 0)
      return
    view.windows.delete(window.id)
    this.moves.forget(window)
    if (view.windows.size === 0 && this.views.delete(view.spec.id))
      this.viewIndex.delete(view)
  }

  /** Runs changes and tells the views once, at the end. */
  batch<T>(change: () => T): T {
    this.depth++
    try {
      return change()
    }
    finally {
      if (--this.depth === 0)
        this.flush()
    }
  }

  /** Rows as the server has them. Columns that a row does not name keep their value. */
  writeRows(rows: readonly Row[], token?: ReadToken): void {
    this.batch(() => {
      this.rebuilding ||= this.views.size > 0 && rows.length >= rebuildFrom && rows.length * 4 > this.rows.size
      const isFirst = this.rows.size === 0 && this.pending.size === 0 && (this.rebuilding || this.views.size === 0)
      for (const row of rows) {
        const key = getKey(this.model, row)
        if (key === undefined)
          continue
        if (!this.clock.accepts(key, token))
          this.complete(key, row, token)
        else if (isFirst)
          this.insert(key, row)
        else
          this.writeRow(key, row, token)
      }
    })
  }

  /** The row is gone on the server. */
  deleteRow(key: Key, token?: ReadToken): void {
    if (!this.clock.accepts(key, token))
      return
    this.batch(() => {
      if (token === undefined && !this.serverRow(key))
        this.moves.moveAll()
      this.putServerRow(key, undefined)
    })
  }

  /** Shows a mutation before the server has answered it. */
  addPatch(key: Key, patch: Patch): void {
    const overlay = this.pending.get(key) ?? { base: this.rows.get(key), patches: [] }
    overlay.patches.push(patch)
    this.pending.set(key, overlay)
    this.batch(() => {
      this.moves.isGuess = true
      this.put(key, fold(overlay, this.createRow))
      this.moves.isGuess = false
    })
  }

  /** Takes a patch back: the server has refused it, or has answered with the row that replaces it. */
  removePatch(key: Key, patch: Patch): void {
    const overlay = this.pending.get(key)
    if (!overlay)
      return
    overlay.patches = overlay.patches.filter(other => other !== patch)
    if (overlay.patches.length === 0)
      this.pending.delete(key)
    this.batch(() => {
      this.moves.settle()
      this.put(key, fold(overlay, this.createRow))
    })
  }

  /** The server has given a row its key: what is pending under the temporary one goes with it. */
  movePatches(from: Key, to: Key): void {
    const overlay = this.pending.get(from)
    if (!overlay)
      return
    this.pending.delete(from)
    this.put(from, undefined)
    for (const patch of overlay.patches)
      this.addPatch(to, patch)
  }

  /** Puts another value in place of one that pending rows hold. */
  replacePending(field: string, from: unknown, to: unknown): void {
    this.batch(() => {
      for (const [key, overlay] of this.pending) {
        if (replaceValue(overlay, field, String(from), to))
          this.put(key, fold(overlay, this.createRow))
      }
    })
  }

  candidates(spec: ViewSpec): Iterable<Row> {
    if (spec.keys)
      return this.rowsOf(spec.keys)
    const keys = this.rowIndex.candidates(spec.equalities)
    return keys ? this.rowsOf(keys) : this.rows.values()
  }

  /** The cached rows among these. */
  rowsOf(keys: Iterable<Key>): Row[] {
    const rows: Row[] = []
    for (const key of keys) {
      const row = this.rows.get(key)
      if (row)
        rows.push(row)
    }
    return rows
  }

  normalizeKey(key: unknown): Key {
    return normalizeKey(this.model, key)
  }

  invalidate(window: ViewWindow): void {
    if (!window.queued) {
      window.queued = true
      this.queue.push(window)
    }
  }

  requestRefresh(window: ViewWindow): void {
    this.onRefresh(window)
  }

  /** Forgets all rows but those with pending mutations, and all that is known of answers. */
  clear(): void {
    this.batch(() => {
      for (const key of [...this.rows.keys()]) {
        if (!this.pending.has(key))
          this.put(key, undefined)
      }
      this.answers.clear(this.views.values())
      for (const view of this.views.values())
        view.reset()
    })
  }

  /** A row of the first answer: there is nothing to compare it with, and nobody to tell. */
  private insert(key: Key, values: Row): void {
    const row = this.createRow(values)
    this.hasPartialRows ||= !this.isComplete(row)
    this.rows.set(key, row)
    this.rowIndex.replace(key, undefined, row)
  }

  /** An answer that is too old for the row may still have columns that the row lacks. */
  private complete(key: Key, values: Row, token: ReadToken | undefined): void {
    const known = this.serverRow(key)
    if (known && !this.isFull(known))
      this.writeRow(key, { ...values, ...known }, token)
  }

  private writeRow(key: Key, values: Row, token: ReadToken | undefined): void {
    const known = this.serverRow(key)
    if (known && sameValues(known, values))
      return
    if (known === undefined && token === undefined)
      this.moves.moveAll()
    const row = this.createRow(known ?? values, known && values)
    this.hasPartialRows ||= !this.isComplete(row)
    this.putServerRow(key, row)
  }

  /** The row without what is pending on it. */
  private serverRow(key: Key): Row | undefined {
    const overlay = this.pending.get(key)
    return overlay ? overlay.base : this.rows.get(key)
  }

  private putServerRow(key: Key, row: Row | undefined): void {
    const overlay = this.pending.get(key)
    if (overlay)
      overlay.base = row
    this.put(key, overlay ? fold(overlay, this.createRow) : row)
  }

  private put(key: Key, next: Row | undefined): void {
    const old = this.rows.get(key)
    if (next)
      this.rows.set(key, next)
    else if (old)
      this.rows.delete(key)
    else
      return
    this.rowIndex.replace(key, old, next)
    if (this.viewIndex.size > 0 && !this.rebuilding)
      this.viewIndex.apply(key, old, next)
    if (this.depth === 0)
      this.flush()
  }

  private flush(): void {
    if (this.rebuilding) {
      this.rebuilding = false
      for (const view of this.views.values())
        view.rebuild()
      this.moves.moveAll()
    }
    const windows = this.queue
    if (windows.length === 0)
      return
    this.queue = []
    for (const window of windows) {
      window.queued = false
      window.refresh()
    }
  }

  private hasKeys({ keys, stem, required }: ViewSpec): boolean {
    return keys !== undefined && !stem.where && [...keys].every((key) => {
      const row = this.rows.get(key)
      return row !== undefined && this.isFull(row, required)
    })
  }
}
