import type { Key } from '../shared/key'
import type { Row } from '../shared/model'
import type { Batch, ListAnswer, Transport } from './transport'
import type { ReadTokens } from './answer'
import type { EngineCollection } from './collection'
import type { IncludePlan } from './include-plan'
import type { View } from './view'
import type { ViewWindow } from './window'
import { dropGhosts, withTokens, writeAnswer } from './answer'
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

/** Reads that bring a view up to date: each asks the server, writes what it answers and notes what is known by it. */
export function createReads(collection: EngineCollection, transport: Transport, { maxLimit, maxKeys }: RequestLimits) {
  const { model, clock } = collection

  /** Reads rows into the cache, and takes those out of it that the server does not have. */
  async function recheck(keys: readonly Key[]): Promise<void> {
    for (const chunk of inPortions(keys, maxKeys)) {
      await withTokens(collection, undefined, async (tokens) => {
        const answer = await transport.fetchMany(model, { keys: chunk, limit: undefined })
        const found = new Set(answer.rows.map(row => collection.keyOf(row)))
        await write(answer.rows, undefined, tokens, () => {
          for (const key of chunk) {
            if (found.has(key))
              continue
            if (clock.crosses(key, tokens.get(collection)!))
              collection.onDoubt(key)
            else
              collection.deleteRow(key, tokens.get(collection))
          }
        })
      })
    }
  }

  async function keys(view: View, include: IncludePlan | undefined, batch?: Batch): Promise<void> {
    const { stem, serverMode, required } = view.spec
    const keys = [...view.spec.keys!].filter(key => !collection.isTemporary(key))
    const found: Row[] = []
    stay(view)
    for (const chunk of inPortions(keys, maxKeys)) {
      await withTokens(collection, include, async (tokens) => {
        const rows = keys.length === 1 && !stem.where
          ? await transport.fetchFirst(model, keys[0]!, { columns: stem.columns && required, params: stem.params, include: include?.includes }, batch).then(row => row ? [row] : [])
          : (await fetchMany(view, include, { keys: chunk })).rows
        found.push(...rows)
        await write(rows, include, tokens, () => drop(view, rows, collection.rowsOf(chunk).filter(row => view.holds(row)), tokens, true))
      })
    }
    // No portion knows of the others.
    if (keys.length > maxKeys)
      found.sort(view.spec.compare)
    cover(view, { to: undefined, cursor: undefined, members: serverMode ? withMembers(undefined, found) : undefined })
  }

  /** The rows at an offset, which the server finds. */
  async function page(window: ViewWindow, include: IncludePlan | undefined): Promise<void> {
    const { view, offset } = window
    const { serverMode } = view.spec
    let rows: Row[] = []
    let moved = false
    let cursor: string | undefined
    window.moved = false
    collection.moves.track(window)
    do {
      await withTokens(collection, include, async (tokens) => {
        const before = rows.at(-1)
        const answer = await fetchMany(view, include, { offset: before ? undefined : offset, limit: Math.min(window.limit! - rows.length, maxLimit), cursor })
        cursor = answer.nextCursor
        // The rows of this answer move nothing; those that are newer than it may have.
        moved ||= window.moved || answer.rows.some(row => clock.changedSince(collection.keyOf(row), tokens.get(collection)!))
        const written = write(answer.rows, include, tokens, (given) => {
          rows = [...rows, ...given]
          if (rows.length > 0)
            return drop(view, given, view.items.slice(before ? view.upperBound(before) : view.lowerBound(rows[0]!), cursor === undefined ? undefined : view.upperBound(rows.at(-1)!)), tokens)
        })
        window.moved = false
        await written
      })
    } while (cursor !== undefined && rows.length < window.limit!)
    window.setRange({ from: rows[0], to: rows.at(-1), last: cursor === undefined, members: serverMode ? rows.map(row => collection.keyOf(row)) : undefined })
    window.moved ||= moved
  }

  /** Page by page up to `end`. The first time, each is visible as it comes; later the former rows stay until all is read. */
  async function fromStart(view: View, end: number, include: IncludePlan | undefined): Promise<void> {
    const progressive = !view.coverage.answered
    for (const window of view.windows.values())
      window.moved &&= window.offset > 0
    let page: Page = { count: 0, to: undefined, cursor: undefined, members: undefined }
    do {
      page = await append(view, end, page, include)
      if (progressive)
        cover(view, page)
    } while (page.cursor !== undefined && page.count < end)
    cover(view, page)
  }

  /** Goes on after the last row that the server gave, up to `end`. */
  async function onwards(view: View, end: number, include: IncludePlan | undefined): Promise<void> {
    const { to, cursor, members } = view.coverage
    // Known from the rows they belong to, which say nothing of where to go on.
    if (cursor === undefined)
      return fromStart(view, end, include)
    let page: Page = { count: view.coveredLength(), to, cursor, members }
    while (page.cursor !== undefined && page.count < end) {
      page = await append(view, end, page, include)
      cover(view, page)
    }
  }

  async function append(view: View, end: number, before: Page, include: IncludePlan | undefined): Promise<Page> {
    return withTokens(collection, include, async (tokens) => {
      const limit = Number.isFinite(end) ? Math.min(end - before.count, maxLimit) : undefined
      const { rows, nextCursor } = await fetchMany(view, include, { limit, cursor: before.cursor })
      let to = before.to
      await write(rows, include, tokens, (given) => {
        to = given.at(-1) ?? to
        return drop(view, given, view.items.slice(before.to ? view.upperBound(before.to) : 0, nextCursor !== undefined && to ? view.upperBound(to) : undefined), tokens, (before.cursor ?? nextCursor) === undefined)
      })
      return { count: before.count + rows.length, to, cursor: nextCursor, members: view.spec.serverMode ? withMembers(before.members, rows) : undefined }
    })
  }

  function fetchMany(view: View, include: IncludePlan | undefined, part: object): Promise<ListAnswer> {
    const { byServer: _, ...stem } = view.spec.stem
    return transport.fetchMany(model, { ...stem, include: include?.includes, ...part })
  }

  function write(rows: readonly Row[], include: IncludePlan | undefined, tokens: ReadTokens, then: (rows: readonly Row[]) => Promise<void> | void): Promise<void> {
    return writeAnswer(collection, rows, include, tokens, maxLimit, then)
  }

  function drop(view: View, given: readonly Row[], shown: readonly Row[], tokens: ReadTokens, isAll?: boolean): Promise<void> | void {
    if (!view.spec.serverMode)
      return dropGhosts(collection, view, new Set(given.map(row => collection.keyOf(row))), shown, tokens.get(collection)!, isAll)
  }

  function withMembers(before: Map<Key, number> | undefined, rows: readonly Row[]): Map<Key, number> {
    const members = new Map(before)
    for (const row of rows)
      members.set(collection.keyOf(row), members.size)
    return members
  }

  /** What is asked from here on knows of all that has moved the windows so far. */
  function stay(view: View): void {
    for (const window of view.windows.values())
      window.moved = false
  }

  function cover(view: View, { to, cursor, members }: Omit<Page, 'count'>): void {
    Object.assign(view.coverage, { answered: true, complete: cursor === undefined, to, cursor, members })
    collection.batch(() => members ? view.rebuild() : view.invalidateAll())
  }

  return { recheck, keys, page, fromStart, onwards }
}
