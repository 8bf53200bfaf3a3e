import type { Key } from '../shared/key'
import type { Row } from '../shared/model'
import type { EngineCollection } from './collection'
import type { Transport } from './transport'
import type { View } from './view'
import type { ViewWindow } from './window'
import { inPortions } from './transport'

export interface RequestLimits {
  /** Most rows in one answer. */
  maxLimit: number
  /** Most keys in one request. */
  maxKeys: number
}

/** Where a read of several pages has come to. */
interface Page {
  count: number
  to: Row | undefined
  cursor: string | undefined
  /** Keys in the server's order, where only it knows membership. */
  members: Map<Key, number> | undefined
}

/** Reads of one collection: each brings a window up to date, and is sent once however many wait for it. */
export function createRequests(collection: EngineCollection, transport: Transport, limits: RequestLimits) {
  const { model, clock } = collection
  const inFlight = new Map<string, Promise<void>>()
  /** Views that requests are about to change, and how many: they are not filled up meanwhile. */
  const busy = new Map<View, number>()
  const scheduled = new Set<ViewWindow>()
  /** Requests that were begun in this very tick: nothing can have happened since. */
  const fresh = new Set<Promise<void>>()
  const queued = new Map<ViewWindow, Promise<void>>()

  collection.onRefresh = (window) => {
    if (scheduled.size === 0)
      queueMicrotask(runScheduled)
    scheduled.add(window)
  }

  /** Asks the server for all that the window shows. */
  function load(window: ViewWindow): Promise<void> {
    const { view } = window
    const { id, keys } = view.spec
    if (keys)
      return once(id, window, () => loadKeys(view, [...keys]))
    if (window.offset > 0)
      return once(`${id}|${window.id}`, window, () => loadPage(window))
    const end = Math.max(window.end, ...[...view.windows.values()].filter(other => other.offset === 0 && other.askers > 0).map(other => other.end))
    return end === 0 ? Promise.resolve() : once(`${id}|${end}`, window, () => loadFromStart(view, end))
  }

  /** Asks anew: an answer that is under way may be from before what the caller knows of. */
  function reload(window: ViewWindow): Promise<void> {
    const running = load(window)
    if (fresh.has(running))
      return running
    let next = queued.get(window)
    if (!next) {
      window.holders++
      const again = () => {
        queued.delete(window)
        window.holders--
        const reloaded = load(window)
        collection.release(window)
        return reloaded
      }
      queued.set(window, next = running.then(again, again))
    }
    return next
  }

  /** Reads rows into the cache, and takes those out of it that the server does not have. */
  async function recheck(keys: readonly Key[]): Promise<void> {
    for (const chunk of inPortions(keys, limits.maxKeys)) {
      await read(token => transport.fetchMany(model, { keys: chunk, limit: undefined }).then((answer) => {
        const found = new Set(answer.rows.map(row => collection.keyOf(row)))
        collection.batch(() => {
          collection.writeRows(answer.rows, token)
          for (const key of chunk) {
            if (!found.has(key))
              collection.deleteRow(key, token)
          }
        })
      }))
    }
  }

  async function loadKeys(view: View, keys: Key[]): Promise<void> {
    const { stem } = view.spec
    const { keys: _, ...rest } = stem
    for (const chunk of inPortions(keys, limits.maxKeys)) {
      await read(async (token) => {
        const rows = keys.length === 1 && !stem.where
          ? await transport.fetchFirst(model, keys[0]!, { columns: stem.columns, params: stem.params }).then(row => row ? [row] : [])
          : (await transport.fetchMany(model, { ...rest, keys: chunk })).rows
        collection.batch(() => {
          collection.writeRows(rows, token)
          dropGhosts(view, rows, collection.rowsOf(chunk).filter(row => view.holds(row)), token)
        })
      })
    }
    cover(view, { to: undefined, cursor: undefined, members: undefined })
  }

  async function loadPage(window: ViewWindow): Promise<void> {
    const { view, offset } = window
    const { stem, serverMode } = view.spec
    const rows: Row[] = []
    let moved = false
    let cursor: string | undefined
    window.moved = false
    collection.moves.track(window)
    do {
      await read(async (token) => {
        const before = rows.at(-1)
        const answer = await transport.fetchMany(model, { ...stem, offset: before ? undefined : offset, limit: Math.min(window.limit! - rows.length, limits.maxLimit), cursor })
        cursor = answer.nextCursor
        rows.push(...answer.rows)
        // The rows of this answer move nothing; those that are newer than it may have.
        moved ||= window.moved || answer.rows.some(row => clock.changedSince(collection.keyOf(row), token))
        collection.batch(() => {
          collection.writeRows(answer.rows, token)
          if (rows.length > 0 && !serverMode)
            dropGhosts(view, answer.rows, view.items.slice(before ? view.upperBound(before) : view.lowerBound(rows[0]!), view.upperBound(rows.at(-1)!)), token)
        })
        window.moved = false
      })
    } while (cursor !== undefined && rows.length < window.limit!)
    window.setRange({ from: rows[0], to: rows.at(-1), last: cursor === undefined, members: serverMode ? rows.map(row => collection.keyOf(row)) : undefined })
    window.moved ||= moved
  }

  /** Page by page up to `end`. The first time, each is visible as it comes; later the former rows stay until all is read. */
  async function loadFromStart(view: View, end: number): Promise<void> {
    const progressive = !view.coverage.answered
    let page: Page = { count: 0, to: undefined, cursor: undefined, members: undefined }
    do {
      page = await appendPage(view, end, page)
      if (progressive)
        cover(view, page)
    } while (page.cursor !== undefined && page.count < end)
    cover(view, page)
  }

  /** Rows have left a window, or it has grown: goes on after the last row that the server gave. */
  function fill(window: ViewWindow): Promise<void> {
    const { view } = window
    return once(`${view.spec.id}|fill|${window.id}`, window, async () => {
      const { to, cursor, members } = view.coverage
      let page: Page = { count: view.coveredLength(), to, cursor, members }
      while (page.cursor !== undefined && page.count < window.end) {
        page = await appendPage(view, window.end, page)
        cover(view, page)
      }
    })
  }

  async function appendPage(view: View, end: number, before: Page): Promise<Page> {
    return read(async (token) => {
      const limit = Number.isFinite(end) ? Math.min(end - before.count, limits.maxLimit) : undefined
      const { rows, nextCursor } = await transport.fetchMany(model, { ...view.spec.stem, limit, cursor: before.cursor })
      const to = rows.at(-1) ?? before.to
      collection.writeRows(rows, token)
      if (!view.spec.serverMode)
        dropGhosts(view, rows, view.items.slice(before.to ? view.upperBound(before.to) : 0, nextCursor !== undefined && to ? view.upperBound(to) : undefined), token)
      return { count: before.count + rows.length, to, cursor: nextCursor, members: view.spec.serverMode ? withMembers(before.members, rows) : undefined }
    })
  }

  function withMembers(before: Map<Key, number> | undefined, rows: readonly Row[]): Map<Key, number> {
    const members = new Map(before)
    for (const row of rows)
      members.set(collection.keyOf(row), members.size)
    return members
  }

  /** Rows that should have been in the answer and are not: gone, or changed beyond the filter. */
  function dropGhosts(view: View, rows: readonly Row[], shown: readonly Row[], token: number): void {
    if (shown.length === 0)
      return
    const keys = new Set(rows.map(row => collection.keyOf(row)))
    const ghosts = shown.filter((row) => {
      const key = collection.keyOf(row)
      return !keys.has(key) && !collection.isOptimistic(key) && !clock.changedSince(key, token)
    })
    const elsewhere = ghosts.filter(row => view.spec.stem.where && [...collection.views.values()].some(other => other !== view && other.holds(row)))
    collection.batch(() => {
      for (const row of ghosts) {
        if (!elsewhere.includes(row))
          collection.deleteRow(collection.keyOf(row), token)
      }
    })
    if (elsewhere.length > 0)
      void quietly(view, () => recheck(elsewhere.map(row => collection.keyOf(row))))
  }

  function cover(view: View, { to, cursor, members }: Omit<Page, 'count'>): void {
    Object.assign(view.coverage, { answered: true, complete: cursor === undefined, to, cursor, members })
    collection.batch(() => members ? view.rebuild() : view.invalidateAll())
  }

  async function runScheduled(): Promise<void> {
    const windows = [...scheduled]
    scheduled.clear()
    for (const window of windows) {
      // What goes wrong is shown by the window.
      if (window.askers > 0 && !busy.has(window.view) && !window.error.value)
        (window.offset > 0 ? load(window) : fill(window)).catch(() => undefined)
    }
  }

  /** For requests that nobody awaits and no window has asked for. */
  async function quietly(view: View, request: () => Promise<void>): Promise<void> {
    try {
      await request()
    }
    catch (error) {
      for (const window of view.windows.values())
        window.error.value = error as Error
    }
  }

  /** Joins the same request where it is under way already. */
  function once(id: string, window: ViewWindow, request: () => Promise<void>): Promise<void> {
    const running = inFlight.get(id)
    if (running)
      return running
    const begun = run(id, window, request)
    inFlight.set(id, begun)
    fresh.add(begun)
    queueMicrotask(() => fresh.delete(begun))
    return begun
  }

  /** Keeps the view for as long as the request takes, for whoever comes to show it meanwhile. */
  async function run(id: string, window: ViewWindow, request: () => Promise<void>): Promise<void> {
    const { view } = window
    window.holders++
    busy.set(view, (busy.get(view) ?? 0) + 1)
    try {
      await request()
      for (const other of view.windows.values())
        other.error.value = undefined
    }
    catch (error) {
      window.error.value = error as Error
      throw error
    }
    finally {
      inFlight.delete(id)
      const others = busy.get(view)! - 1
      if (others > 0)
        busy.set(view, others)
      else
        busy.delete(view)
      collection.batch(() => view.invalidateAll())
      window.holders--
      collection.release(window)
    }
  }

  async function read<T>(request: (token: number) => Promise<T>): Promise<T> {
    const token = clock.begin()
    try {
      return await request(token)
    }
    finally {
      clock.end(token)
    }
  }

  /** Asks the server for what the window lacks, if anything. */
  async function ensure(window: ViewWindow): Promise<void> {
    if (window.isKnown())
      return
    const { answered, cursor } = window.view.coverage
    return answered && cursor !== undefined && window.offset === 0 ? fill(window) : load(window)
  }

  return { load, reload, ensure, recheck }
}
