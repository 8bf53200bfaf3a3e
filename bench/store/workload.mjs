/** Lists that the rows are spread over, and how many of them have a live view on screen. */
export const listCount = 100
export const viewCount = 50
export const windowSize = 50

const start = Date.UTC(2026, 0, 1)
const second = 1000

/** A row as a decoded answer holds it. Every `createdAt` is different, so that there is one right order. */
export function createRows(count, seed = 1) {
  const random = createRandom(seed)
  const order = shuffle(Array.from({ length: count }, (_, i) => i), random)
  return Array.from({ length: count }, (_, i) => {
    const time = start + order[i] * second
    return {
      id: `t${i}`,
      listId: i % listCount,
      title: `Todo ${i} ${random().toString(36).slice(2, 8)}`,
      completed: random() < 0.3,
      priority: Math.floor(random() * 5),
      createdAt: new Date(time),
      updatedAt: new Date(time),
    }
  })
}

export const createLists = () => Array.from({ length: listCount }, (_, id) => ({ id, name: `List ${id}` }))

/** Todos that change in a tree: `title` has new titles, `move` puts each into another list. No row twice, as far as there are enough. */
export function createTreeChanges(rows, { count, seed, kind }) {
  const random = createRandom(seed)
  const ids = shuffle([...rows.keys()], random)
  return Array.from({ length: count }, (_, i) => {
    const row = rows.get(ids[i % ids.length])
    const change = kind === 'move' ? { listId: (row.listId + 1 + Math.floor(random() * (listCount - 1))) % listCount } : { title: `Edited ${seed} ${i}` }
    return { ...row, ...change, updatedAt: new Date(start + 1e9 + i * second) }
  })
}

/** The todos of each list, newest first, found the slow and certain way. */
export function bruteForceTree(rows) {
  const lists = Array.from({ length: listCount }, () => [])
  for (const row of rows)
    lists[row.listId].push(row)
  return lists.map(list => list.sort(newestFirst))
}

/** What the view of a list shows, found the slow and certain way. */
export function bruteForce(rows, listId) {
  return [...rows].filter(row => isShown(row, listId)).sort(newestFirst).slice(0, windowSize)
}

/** Every row, newest first: the unlimited view. */
export const bruteForceAll = rows => [...rows].sort(newestFirst)

/**
 * Changes of the rows: 60% new titles, 30% `completed` flipped (a row enters or leaves its view), 10%
 * moved in time. Half of each kind changes what one of the mounted windows shows and half does not,
 * at every size: what a change costs can then be compared between sizes.
 * @param {Map<string, object>} rows - what the changes start from; not touched
 * @param {{ count: number, seed: number, distinct?: boolean }} options - `distinct`: no row twice; the
 * hits are then fewer where there are not enough rows on screen
 * @returns {{ changes: object[], hits: number }} `hits` is the share of changes that a window shows
 */
export function createChanges(rows, { count, seed, distinct = false }) {
  const random = createRandom(seed)
  const windows = new Windows(rows)
  const ids = [...rows.keys()]
  const onScreen = ids.filter(id => rows.get(id).listId < viewCount)
  const used = new Set()
  const times = new Set([...rows.values()].map(row => row.createdAt.getTime()))
  const changes = []
  let hits = 0
  for (let i = 0; changes.length < Math.min(count, distinct ? ids.length : Infinity); i++) {
    const wanted = i % 2 === 0
    const kind = random()
    for (let attempt = 0; ; attempt++) {
      // After enough attempts any row will do, or a small collection would never get done.
      const givenUp = attempt > 300
      const id = givenUp ? ids.find(one => !used.has(one)) : pick(wanted ? onScreen : ids, random)
      if (distinct && used.has(id))
        continue
      const row = windows.rows.get(id)
      const next = change(row, kind, i, random, times, ids.length)
      const hit = windows.isHit(row, next)
      if (hit !== wanted && !givenUp)
        continue
      windows.apply(row, next)
      used.add(id)
      times.add(next.createdAt.getTime())
      changes.push(next)
      hits += hit ? 1 : 0
      break
    }
  }
  return { changes, hits: hits / changes.length }
}

/** What the mounted windows show, kept while changes are made up. */
class Windows {
  constructor(rows) {
    this.rows = new Map(rows)
    this.byList = Array.from({ length: listCount }, () => new Set())
    for (const row of rows.values())
      this.byList[row.listId].add(row)
    this.shown = this.byList.slice(0, viewCount).map((list, listId) => bruteForce(list, listId))
  }

  isHit(row, next) {
    const shown = this.shown[row.listId]
    return shown !== undefined && (shown.includes(row) || (isShown(next, row.listId)
      && (shown.length < windowSize || newestFirst(next, shown.at(-1)) < 0)))
  }

  apply(row, next) {
    this.rows.set(next.id, next)
    const list = this.byList[row.listId]
    const hit = this.isHit(row, next)
    list.delete(row)
    list.add(next)
    if (hit)
      this.shown[row.listId] = bruteForce(list, row.listId)
  }
}

function change(row, kind, i, random, times, count) {
  const next = { ...row, updatedAt: new Date(start + 1e9 + i * second) }
  if (kind < 0.6)
    next.title = `Edited ${i} ${random().toString(36).slice(2, 8)}`
  else if (kind < 0.9)
    next.completed = !row.completed
  else
    next.createdAt = new Date(freeTime(random, times, count))
  return next
}

function freeTime(random, times, count) {
  let time
  do time = start + Math.floor(random() * count * second)
  while (times.has(time))
  return time
}

const isShown = (row, listId) => row.listId === listId && !row.completed

const newestFirst = (a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1)

const pick = (values, random) => values[Math.floor(random() * values.length)]

function shuffle(values, random) {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[values[i], values[j]] = [values[j], values[i]]
  }
  return values
}

/** The same numbers on every machine: xorshift, from 0 up to 1. */
function createRandom(seed) {
  let state = Math.imul(seed, 0x9E3779B9)
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
