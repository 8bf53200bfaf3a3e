import { checkViews } from './check.mjs'
import { settled } from './time.mjs'
import { createRows, viewCount } from './workload.mjs'

const megabyte = 2 ** 20

/** Heap in use after collection: with the rows loaded, and with the views mounted on them. */
export async function measureHeap({ create, n, figures }) {
  const warmUp = await create?.()
  warmUp?.load(decodeRows(200))
  const before = await heapUsed()
  const kept = { rows: undefined, driver: undefined, views: new Map() }
  if (!create) {
    kept.rows = decodeRows(n)
    const used = await heapUsed() - before
    figures.add('heap of the rows', used)
    figures.add('heap with 50 views', used)
    figures.confirm()
    return kept
  }
  kept.driver = await create()
  kept.driver.load(decodeRows(n))
  figures.add('heap of the rows', await heapUsed() - before)
  for (let listId = 0; listId < viewCount; listId++) {
    const view = kept.driver.mountList(listId)
    kept.views.set(listId, view)
    await settled(view)
  }
  const used = await heapUsed() - before
  checkViews(kept.views, new Map(createRows(n).map(row => [row.id, row])), 'mounting')
  figures.add('heap with 50 views', used)
  figures.confirm()
  return kept
}

/** Rows as `JSON.parse` and a codec make them, with nothing else holding on to them. */
function decodeRows(count) {
  return JSON.parse(JSON.stringify(createRows(count)))
    .map(row => ({ ...row, createdAt: new Date(row.createdAt), updatedAt: new Date(row.updatedAt) }))
}

/** In megabytes. Timers of an engine get to run between collections. */
async function heapUsed() {
  for (let i = 0; i < 5; i++) {
    globalThis.gc()
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  return process.memoryUsage().heapUsed / megabyte
}
