import type { Key } from '../shared/key'
import type { Row } from '../shared/model'
import type { EngineCollection } from './collection'
import type { IncludePlan, RelationPlan } from './include-plan'
import type { View } from './view'
import type { ViewWindow } from './window'
import { identity } from './row-index'
import { collectionsOf } from './include-plan'

/** Tokens of the read clocks of every collection that an answer touches. */
export type ReadTokens = ReadonlyMap<EngineCollection, number>

/** Runs a read; what changes meanwhile is not overwritten by its answer. */
export async function withTokens<T>(collection: EngineCollection, include: IncludePlan | undefined, read: (tokens: ReadTokens) => Promise<T>): Promise<T> {
  const tokens = new Map([...collectionsOf(collection, include)].map(one => [one, one.clock.begin()]))
  try {
    return await read(tokens)
  }
  finally {
    for (const [one, token] of tokens)
      one.clock.end(token)
  }
}

/** The rows that the server gave one row under a relation. */
interface Share {
  relation: RelationPlan
  values: unknown[]
  rows: Row[]
  joinRows: Row[]
}

/**
 * Writes the rows of an answer and those nested in them, and notes what is known by it now. `then` gets the rows without what was
 * nested in them, before anybody is told. Resolves once what the answer leaves open has been asked for.
 */
export async function writeAnswer(collection: EngineCollection, rows: readonly Row[], include: IncludePlan | undefined, tokens: ReadTokens, maxLimit: number, then: (rows: readonly Row[]) => Promise<void> | void): Promise<void> {
  const held: [EngineCollection, ViewWindow][] = []
  const open: (Promise<void> | void)[] = []
  inBatch([...tokens.keys()], () => {
    const shares: Share[] = []
    const flat = takeApart(rows, include, tokens, shares)
    collection.writeRows(flat, tokens.get(collection))
    for (const share of shares)
      held.push(coverShare(share, tokens, maxLimit, open))
    open.push(then(flat))
  })
  for (const [holder, window] of held)
    holder.views.letGo(window, false)
  await Promise.all(open)
}

/** Rows that should have been in the answer and are not: gone, or, but in an answer that `isAll` there is, changed or moved beyond it. */
export async function dropGhosts(collection: EngineCollection, view: View, keys: ReadonlySet<Key>, shown: readonly Row[], token: number, isAll = false): Promise<void> {
  if (shown.length === 0)
    return
  const isGone = isAll && view.spec.conjuncts.length === 0
  const ghosts = ghostsAmong(shown, collection, keys, token)
  const elsewhere = ghosts.filter(row => !isGone && [...collection.views.values()].some(other => other !== view && other.holds(row)))
  collection.batch(() => {
    for (const row of ghosts) {
      const key = collection.keyOf(row)
      if (!elsewhere.includes(row)) {
        collection.deleteRow(key, token)
        if (!isGone)
          collection.clock.doubt(key)
      }
    }
  })
  return recheck(collection, elsewhere)
}

async function recheck(collection: EngineCollection, rows: readonly Row[]): Promise<void> {
  if (rows.length > 0)
    return collection.onGhosts(rows.map(row => collection.keyOf(row)))
}

function ghostsAmong(rows: readonly Row[], collection: EngineCollection, keys: ReadonlySet<Key>, token: number): Row[] {
  return rows.filter((row) => {
    const key = collection.keyOf(row)
    if (keys.has(key) || collection.isUnsaved(key))
      return false
    // The answer to a mutation may be older than this one, which may be older than that.
    const crosses = collection.isOptimistic(key) || collection.clock.crosses(key, token)
    if (crosses)
      collection.onDoubt(key)
    return !crosses && !collection.clock.changedSince(key, token)
  })
}

function takeApart(rows: readonly Row[], include: IncludePlan | undefined, tokens: ReadTokens, shares: Share[]): readonly Row[] {
  if (!include)
    return rows
  for (const relation of include.relations) {
    const { name, many, target, through, valuesOf } = relation
    const children = new Map<Key, Row>()
    const joins: Row[] = []
    const seen = new Set<string>()
    for (const row of rows) {
      const given = row[name] as Row | Row[] | null | undefined
      const values = given === undefined ? undefined : valuesOf(row)
      // Rows that point to the same row have been given the same.
      const id = values?.map(identity).join('\n')
      if (id === undefined || seen.has(id))
        continue
      seen.add(id)
      const list = many ? given as Row[] : given ? [given as Row] : []
      for (const child of list)
        children.set(target.keyOf(child), child)
      const joinRows = through ? list.map(child => child.$through as Row).filter(Boolean) : []
      joins.push(...joinRows)
      shares.push({ relation, values: values!, rows: list, joinRows })
    }
    if (through) {
      through.collection.writeRows(joins, tokens.get(through.collection))
      for (const child of children.values())
        delete child.$through
    }
    target.writeRows(takeApart([...children.values()], relation.nested, tokens, shares), tokens.get(target))
  }
  const names = new Set(include.relations.map(({ name }) => name))
  return rows.map(row => Object.fromEntries(Object.entries(row).filter(([name]) => !names.has(name))))
}

/** Notes that the server has answered for the share, and drops what it should have held. The window is held. */
function coverShare({ relation, values, rows, joinRows }: Share, tokens: ReadTokens, maxLimit: number, open: (Promise<void> | void)[]): [EngineCollection, ViewWindow] {
  const { target, limit, through } = relation
  const holder = through?.collection ?? target
  const given = through ? joinRows : rows
  const window = holder.views.hold(relation.spec(values), 0, through ? undefined : limit, false)
  const { view } = window
  const isCut = rows.length >= (view.spec.keys ? Infinity : (through ? undefined : limit) ?? maxLimit)
  const { coverage, spec } = view
  const last = given.at(-1)
  const to = isCut ? last : undefined
  const keys = new Set(given.map(row => holder.keyOf(row)))
  const token = tokens.get(holder)!
  if (through) {
    // Gone, or it leads to a row that is gone or may not be seen any more: only the two of them can tell.
    const doubtful = ghostsAmong(view.items, holder, keys, token)
    if (coverage.answered || doubtful.length > 0) {
      const others = target.views.hold(through.members([...joinRows, ...doubtful]), 0, undefined, false)
      open.push(recheck(holder, doubtful), recheck(target, ghostsAmong(others.view.items, target, new Set(rows.map(row => target.keyOf(row))), tokens.get(target)!)))
      target.views.letGo(others, false)
    }
    // What else a join table holds only it can say: it is read itself.
    if (isCut || !through.isWhole)
      return [holder, window]
  }
  if (limit === 0 && !through)
    return [holder, window]
  if (!spec.serverMode && !through)
    open.push(dropGhosts(holder, view, keys, to ? view.items.slice(0, view.upperBound(to)) : view.items, token))
  // What is known already may reach further than what was asked for now.
  if (!to || !coverage.answered || !(coverage.complete || (coverage.to && spec.compare(coverage.to, to) >= 0))) {
    const members = spec.serverMode ? new Map([...keys].map((key, i) => [key, i])) : undefined
    Object.assign(coverage, { answered: true, complete: !to, to, cursor: undefined, members })
    if (members)
      view.rebuild()
    for (const other of view.windows.values())
      other.moved &&= other.offset > 0
  }
  for (const other of view.windows.values())
    other.error.value = undefined
  view.invalidateAll()
  return [holder, window]
}

export function inBatch<T>(collections: readonly EngineCollection[], change: () => T): T {
  return collections.reduce<() => T>((inner, collection) => () => collection.batch(inner), change)()
}
