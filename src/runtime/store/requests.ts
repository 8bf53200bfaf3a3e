import type { Key } from '../shared/key'
import type { Row } from '../shared/model'
import type { EngineCollection } from './collection'
import type { Transport } from './transport'
import type { View } from './view'
import type { ViewWindow } from './window'

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
}

/** Reads of one collection: each brings a window up to date, and is sent once however many wait for it. */
export function createRequests(collection: EngineCollection, transport: Transport, limits: RequestLimits) {
  const { model, clock } = collection
  const inFlight = new Map<string, Promise<void>>()
  /** Views that a request is about to change: they are not filled up meanwhile. */
  const busy = new Set<View>()
  const scheduled = new Set<ViewWindow>()

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
      return once(id, () => exclusive(view, () => loadKeys(view, [...keys])))
    if (window.offset > 0)
      return once(`${id}|${window.id}`, () => exclusive(view, () => loadPage(window)))
    const end = Math.max(...[...view.windows.values()].filter(other => other.offset === 0).map(other => other.end))
    return once(`${id}|${end}`, () => exclusive(view, () => loadFromStart(view, end)))
  }

  /** Reads rows into the cache, and takes those out of it that the server does not have. */
  async function recheck(keys: readonly Key[]): Promise<void> {
    for (let i = 0; i < keys.length; i += limits.maxKeys) {
      const chunk = keys.slice(i, i + limits.maxKeys)
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
    for (let i = 0; i < keys.length; i += limits.maxKeys) {
      const chunk = keys.slice(i, i + limits.maxKeys)
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
    cover(view, { to: undefined, cursor: undefined })
  }

  async function loadPage(window: ViewWindow): Promise<void> {
    const { view, offset, limit } = window
    await read(async (token) => {
      const { rows, nextCursor } = await transport.fetchMany(model, { ...view.spec.stem, offset, limit })
      collection.writeRows(rows, token)
      const from = rows[0]
      const to = rows.at(-1)
      if (from && to)
        dropGhosts(view, rows, view.items.slice(view.lowerBound(from), view.upperBound(to)), token)
      window.range = { from, to, last: nextCursor === undefined }
    })
  }

  /** Page by page up to `end`. The first time, each is visible as it comes; later the former rows stay until all is read. */
  async function loadFromStart(view: View, end: number): Promise<void> {
    const progressive = !view.coverage.answered
    let page: Page = { count: 0, to: undefined, cursor: undefined }
    do {
      page = await appendPage(view, end, page)
      if (progressive)
        cover(view, page)
    } while (page.cursor !== undefined && page.count < end)
    cover(view, page)
  }

  /** Rows have left a window, or it has grown: goes on after the last row that the server gave. */
  async function fill(window: ViewWindow): Promise<void> {
    const { view } = window
    const { to, cursor } = view.coverage
    const count = view.coveredLength()
    if (cursor !== undefined && count < window.end)
      cover(view, await appendPage(view, window.end, { count, to, cursor }))
  }

  async function appendPage(view: View, end: number, before: Page): Promise<Page> {
    return read(async (token) => {
      const limit = Number.isFinite(end) ? Math.min(end - before.count, limits.maxLimit) : undefined
      const { rows, nextCursor } = await transport.fetchMany(model, { ...view.spec.stem, limit, cursor: before.cursor })
      const to = rows.at(-1) ?? before.to
      collection.writeRows(rows, token)
      if (view.spec.serverMode)
        addMembers(view, rows, before.cursor === undefined)
      else
        dropGhosts(view, rows, view.items.slice(before.to ? view.upperBound(before.to) : 0, nextCursor !== undefined && to ? view.upperBound(to) : undefined), token)
      return { count: before.count + rows.length, to, cursor: nextCursor }
    })
  }

  function addMembers(view: View, rows: readonly Row[], first: boolean): void {
    const members = first ? new Map<Key, number>() : new Map(view.coverage.members)
    for (const row of rows)
      members.set(collection.keyOf(row), members.size)
    view.coverage.members = members
    view.rebuild()
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
    const elsewhere = ghosts.filter(row => view.spec.stem.where && [...collection.activeViews].some(other => other !== view && other.holds(row)))
    collection.batch(() => {
      for (const row of ghosts) {
        if (!elsewhere.includes(row))
          collection.deleteRow(collection.keyOf(row), token)
      }
    })
    if (elsewhere.length > 0)
      void quietly(view, () => recheck(elsewhere.map(row => collection.keyOf(row))))
  }

  function cover(view: View, { to, cursor }: Pick<Page, 'to' | 'cursor'>): void {
    Object.assign(view.coverage, { answered: true, complete: cursor === undefined, to, cursor })
    collection.batch(() => view.invalidateAll())
  }

  async function runScheduled(): Promise<void> {
    const windows = [...scheduled]
    scheduled.clear()
    for (const window of windows) {
      if (window.askers > 0 && !busy.has(window.view) && !window.error.value)
        void quietly(window.view, () => window.range ? load(window) : exclusive(window.view, () => fill(window)))
    }
  }

  /** For requests that nobody awaits: what goes wrong is shown by the windows. */
  async function quietly(view: View, request: () => Promise<void>): Promise<void> {
    try {
      await request()
    }
    catch (error) {
      for (const window of view.windows.values())
        window.error.value = error as Error
    }
  }

  async function exclusive(view: View, request: () => Promise<void>): Promise<void> {
    busy.add(view)
    try {
      await request()
      for (const window of view.windows.values())
        window.error.value = undefined
    }
    finally {
      busy.delete(view)
      collection.batch(() => view.invalidateAll())
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

  function once(id: string, request: () => Promise<void>): Promise<void> {
    let running = inFlight.get(id)
    if (!running) {
      running = request().finally(() => inFlight.delete(id))
      inFlight.set(id, running)
    }
    return running
  }

  /** Asks the server for what the window lacks, if anything. */
  async function ensure(window: ViewWindow): Promise<void> {
    if (window.isKnown())
      return
    const { answered, cursor } = window.view.coverage
    return answered && cursor !== undefined && window.offset === 0
      ? once(`${window.view.spec.id}|fill|${window.id}`, () => exclusive(window.view, () => fill(window)))
      : load(window)
  }

  return { load, ensure, recheck }
}
