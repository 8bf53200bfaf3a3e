import type { EngineCollection } from './collection'
import type { IncludePlan } from './include-plan'
import type { RequestLimits } from './reads'
import type { Batch, Transport } from './transport'
import type { View } from './view'
import type { ViewWindow } from './window'
import { createReads } from './reads'

/** Reads with relations that are under way in a store: what belongs to their rows is not asked for meanwhile. */
export interface TreeReads {
  count: number
  /** Windows that wait until there are none, with what has them looked at again. */
  readonly waiting: Map<ViewWindow, () => void>
}

/** Requests of one collection: each brings a window up to date, and is sent once however many wait for it. */
export function createRequests(collection: EngineCollection, transport: Transport, limits: RequestLimits, trees: TreeReads, isWaiting: (view: View) => boolean, report: (error: unknown) => void) {
  const reads = createReads(collection, transport, limits)
  const together = transport.together ?? (begin => begin())
  const inFlight = new Map<string, Promise<void>>()
  /** Views that requests are about to change, and how many: they are not filled up meanwhile. */
  const busy = new Map<View, number>()
  const scheduled = new Set<ViewWindow>()
  /** Requests that were begun in this very tick, and ids of what they read as a whole: nothing can have happened since. */
  const fresh = new Set<Promise<void> | string>()
  const queued = new Map<string, Promise<void>>()

  collection.onRefresh = (window) => {
    if (scheduled.size === 0)
      queueMicrotask(runScheduled)
    scheduled.add(window)
  }
  collection.onGhosts = reads.recheck

  /** Asks the server for all that the window shows. */
  function load(window: ViewWindow, include = includeOf(window), batch?: Batch): Promise<void> {
    const { view } = window
    const { id, keys } = view.spec
    // The server knows nothing of what the query is about. Once it does, the query is another.
    if (isWaiting(view))
      return Promise.resolve()
    if (keys)
      return once(id, window, include, () => reads.keys(view, include, batch))
    if (!isFromStart(window))
      return once(`${id}|${window.id}`, window, include, () => reads.page(window, include))
    const end = Math.max(window.end, ...[...view.windows.values()].filter(other => other.askers > 0 && isFromStart(other)).map(other => other.end))
    return end === 0 ? Promise.resolve() : once(`${id}|${end}`, window, include, () => reads.fromStart(view, end, include))
  }

  /** Asks anew: an answer that is under way may be from before what the caller knows of. */
  function reload(window: ViewWindow, include?: IncludePlan, batch?: Batch): Promise<void> {
    const running = load(window, include, batch)
    if (fresh.has(running))
      return running
    const id = `${window.view.spec.id}|${window.id}|${include?.id}`
    let next = queued.get(id)
    if (!next) {
      window.holders++
      const again = () => {
        queued.delete(id)
        window.holders--
        const reloaded = load(window, include, batch)
        collection.views.release(window)
        return reloaded
      }
      queued.set(id, next = running.then(again, again))
    }
    return next
  }

  /** Asks the server for what the window and what is shown with its rows lack, if anything. */
  async function ensure(window: ViewWindow, include?: IncludePlan, batch?: Batch, isKnown = window.isKnown()): Promise<void> {
    if (isKnown)
      return
    return window.isKnown() || !isInReach(window) ? load(window, include, batch) : fill(window, include)
  }

  /** Rows have left a window, or it has grown: goes on after the last row that the server gave. */
  function fill(window: ViewWindow, include = includeOf(window)): Promise<void> {
    return once(`${window.view.spec.id}|fill|${window.id}`, window, include, () => reads.onwards(window.view, window.end, include), false)
  }

  function runScheduled(): void {
    const windows = [...scheduled]
    scheduled.clear()
    together(() => windows.forEach((window) => {
      // A row of a tree that is being read brings its own.
      if (window.asksItself && trees.count > 0)
        trees.waiting.set(window, () => collection.onRefresh(window))
      else if (window.askers > 0 && !busy.has(window.view) && !window.error.value && !isWaiting(window.view))
        // What goes wrong is shown by the window, if a query shows that.
        mend(window).catch(error => window.asksItself && report(error))
    }))
  }

  /** Asks for what a window that is shown has come to lack. */
  async function mend(window: ViewWindow): Promise<void> {
    const { view, moved } = window
    if (view.spec.keys || (moved && view.spec.serverMode))
      return moved || !window.isKnown() ? load(window) : undefined
    if (window.isCovered())
      return undefined
    return isInReach(window) ? fill(window) : load(window)
  }

  /** Joins the same request where it is under way already. */
  function once(what: string, window: ViewWindow, include: IncludePlan | undefined, request: () => Promise<void>, isWhole = true): Promise<void> {
    const id = `${what}|${include?.id}`
    const running = inFlight.get(id)
    if (running)
      return running
    const begun = run(id, window, include, request)
    inFlight.set(id, begun)
    fresh.add(begun)
    if (isWhole)
      fresh.add(window.view.spec.id)
    queueMicrotask(() => fresh.clear())
    return begun
  }

  /** Keeps the view for as long as the request takes, for whoever comes to show it meanwhile. */
  async function run(id: string, window: ViewWindow, include: IncludePlan | undefined, request: () => Promise<void>): Promise<void> {
    const { view } = window
    window.holders++
    busy.set(view, (busy.get(view) ?? 0) + 1)
    if (include)
      trees.count++
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
      if (include && --trees.count === 0) {
        const waiting = [...trees.waiting.values()]
        trees.waiting.clear()
        waiting.forEach(ask => ask())
      }
      window.holders--
      collection.views.release(window)
    }
  }

  return { load, reload, ensure, isFresh: (specId: string) => fresh.has(specId), recheck: reads.recheck }
}

/** What the window shows is known from the start of the list on, not by its offset. */
function isFromStart(window: ViewWindow): boolean {
  return window.offset === 0 || (!window.view.spec.serverMode && window.isCovered())
}

/** The window goes on where what the server has given ends: by its cursor, which no change before it can shift. */
function isInReach({ view, offset }: ViewWindow): boolean {
  return view.coverage.answered && (offset === 0 || (!view.spec.serverMode && offset <= view.coveredLength()))
}

/** What one of the queries shows with the rows of a window. */
function includeOf({ layers }: ViewWindow): IncludePlan | undefined {
  for (const { plan } of layers.values())
    return plan
}
