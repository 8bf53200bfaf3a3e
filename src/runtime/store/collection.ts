import type { CollectionModel, Dialect, Row } from '../shared/model'
import type { Key } from '../shared/key'
import type { ViewsHost } from './views'
import type { RowFactory } from './row'
import type { Stem, ViewSpec } from './view-spec'
import type { ViewWindow } from './window'
import { getKey, normalizeKey } from '../shared/key'
import { fold } from './overlay'
import { PageMoves } from './page-moves'
import { PendingRows } from './pending-rows'
import { createCompletenessTest, sameValues } from './row'
import { RowIndex } from './row-index'
import { createViewSpec, prepareSpecs } from './view-spec'
import { Views } from './views'
import { Answers } from './answers'
import { ReadClock } from './read-clock'
import { ReadTracker } from './read-tracker'

/** Handed out by the read clock: rows that changed after it are not overwritten by its answer. */
type ReadToken = number

/** Changes from here on in one batch are cheaper to sort anew than to insert one by one. */
const rebuildFrom = 1000

/** The normalized rows of one collection, what is pending on them, and the views that show them. */
export class EngineCollection implements ViewsHost {
  readonly rows = new Map<Key, Row>()
  readonly answers = new Answers()
  readonly clock = new ReadClock()
  readonly moves = new PageMoves(window => this.invalidate(window), () => this.pending.size > 0)
  readonly pendingRows: PendingRows
  readonly views = new Views(this)
  hasPartialRows = false
  outdated = new Set<Key>()
  /** The server knows no row by this key, and never will. */
  isTemporary: (key: Key) => boolean = () => false
  onRefresh: (window: ViewWindow) => void = () => undefined
  /** Rows that an answer lacks, but other views may hold. */
  onGhosts: (keys: Key[]) => Promise<void> = async () => undefined
  /** Two answers that crossed tell different things of a row. */
  onDoubt: (key: Key) => void = () => undefined

  /** For reads that no view answers. */
  readonly tracker = new ReadTracker()
  private readonly prepared = new Map<string, ReturnType<typeof prepareSpecs>>()
  private readonly rowIndex: RowIndex
  private readonly columns: string[]
  private readonly isComplete: (row: Row) => boolean
  private queue: ViewWindow[] = []
  private depth = 0
  private paused = false
  /** Views are brought up to date at the end of the batch, not change by change. */
  private rebuilding = false

  constructor(readonly model: CollectionModel, readonly dialect: Dialect, readonly createRow: RowFactory, readonly related: (name: string) => EngineCollection) {
    this.pendingRows = new PendingRows(this)
    this.rowIndex = new RowIndex(model, this.rows)
    this.columns = Object.keys(model.columns)
    this.isComplete = createCompletenessTest(this.columns)
  }

  keyOf(row: Row): Key {
    return getKey(this.model, row)!
  }

  /** What is pending, by row. */
  get pending(): PendingRows['overlays'] {
    return this.pendingRows.overlays
  }

  isOptimistic(key: Key): boolean {
    return this.pending.has(key)
  }

  /** The row without what is pending on it. */
  serverRow(key: Key): Row | undefined {
    const overlay = this.pending.get(key)
    return overlay ? overlay.base : this.rows.get(key)
  }

  /** The server has yet to store the row. */
  isUnsaved(key: Key): boolean {
    const overlay = this.pending.get(key)
    return overlay !== undefined && overlay.base === undefined
  }

  isFull(row: Row, fields: readonly string[] = this.columns): boolean {
    return !this.hasPartialRows || fields.every(field => row[field] !== undefined)
  }

  specOf(stem: Stem): ViewSpec {
    return createViewSpec(stem, this.model, this.dialect)
  }

  /** Specs of the rows where the fields equal what is given each time. */
  prepare(fields: readonly string[]): ReturnType<typeof prepareSpecs> {
    const id = fields.join()
    let prepared = this.prepared.get(id)
    if (!prepared)
      this.prepared.set(id, prepared = prepareSpecs({}, this.model, this.dialect, fields))
    return prepared
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
      const isFirst = this.rows.size === 0 && this.pending.size === 0 && !this.tracker.isUsed && (this.rebuilding || this.views.size === 0)
      for (const row of rows) {
        const key = getKey(this.model, row)
        if (key === undefined)
          continue
        if (this.outdated.has(key) && this.isComplete(row))
          this.outdated.delete(key)
        if (!this.clock.accepts(key, token, row))
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
      if (token === undefined) {
        this.moves.moveAll(this.serverRow(key))
        this.moves.moveWatched()
      }
      this.putServerRow(key, undefined)
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

  /** Forgets all rows but those with pending mutations, and all that is known of answers. What is shown is asked for again. */
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

  /** Takes rows out of the cache that the server still has. */
  forget(keys: readonly Key[]): void {
    const rows = this.rowsOf(keys)
    this.batch(() => keys.forEach(key => this.put(key, undefined)))
    this.answers.forget(keys, rows)
  }

  /** What was shown of a row counted as known, and is taken back: the server may have more of it, or another row by its key. */
  doubt(key: Key): void {
    const row = this.rows.get(key)
    if (row && this.isFull(row))
      return
    this.answers.forget([key], [])
    for (const view of this.views.values()) {
      if (view.keys?.has(key))
        view.ask()
    }
  }

  /** While paused, what is shown stands still. */
  set isPaused(paused: boolean) {
    if (paused === this.paused)
      return
    this.paused = paused
    if (paused)
      this.depth++
    else
      this.batch(() => this.depth--)
  }

  /** A row of the first answer: there is nothing to compare it with, and nobody to tell. */
  private insert(key: Key, values: Row): void {
    const row = this.createRow(values)
    this.hasPartialRows ||= !this.isComplete(row)
    this.rows.set(key, row)
    this.rowIndex.replace(key, undefined, row)
  }

  /** An answer that is too old for the row may still have columns that the row lacks, or that what is newer has not told. */
  private complete(key: Key, values: Row, token: ReadToken | undefined): void {
    const remaining = this.clock.remaining(key, token!, values)
    const known = this.serverRow(key)
    if (this.clock.crosses(key, token!) && !(known && sameValues(known, values)))
      this.onDoubt(key)
    if (known)
      this.writeRow(key, Object.fromEntries(Object.keys(values).filter(field => known[field] === undefined || remaining.includes(field)).map(field => [field, values[field]])), token)
  }

  private writeRow(key: Key, values: Row, token: ReadToken | undefined): void {
    const known = this.serverRow(key)
    // Even where a read has brought the change already: others may have been answered before it.
    if (token === undefined)
      this.moves.moveWatched()
    if (known && sameValues(known, values))
      return
    if (token === undefined)
      this.moves.moveAll(known)
    const row = this.createRow(known ?? values, known && values)
    this.hasPartialRows ||= !this.isComplete(row)
    this.putServerRow(key, row)
  }

  private putServerRow(key: Key, row: Row | undefined): void {
    const overlay = this.pending.get(key)
    if (overlay)
      overlay.base = row
    this.put(key, overlay ? fold(overlay, this.createRow) : row)
  }

  put(key: Key, next: Row | undefined): void {
    const old = this.rows.get(key)
    if (next)
      this.rows.set(key, next)
    else if (old)
      this.rows.delete(key)
    else
      return
    this.rowIndex.replace(key, old, next)
    this.tracker.trigger(key, old, next)
    if (!this.rebuilding)
      this.views.apply(key, old, next)
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
}
