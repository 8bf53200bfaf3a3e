import { median } from '../lib/report.mjs'
import { checkViews } from './check.mjs'
import { noFigures } from './figures.mjs'
import { isCutShort, repeat, settled, timed } from './time.mjs'
import { bruteForce, createChanges, createRows, viewCount } from './workload.mjs'

const changeCount = 4000
const batchCount = 1000
const optimisticCount = 200
const firstList = 7

/** Load, views, changes, a batch, optimistic changes: times in milliseconds, each phase confirmed by its check. */
export async function measureChanges({ create, n, capSeconds, figures }) {
  // Small stores first, so that the engine's code is compiled when it is measured.
  for (const warmUp of [500, 2000])
    await pass({ create, n: warmUp, count: 150, capSeconds: Math.min(1, capSeconds), figures: noFigures })
  await pass({ create, n, count: changeCount, capSeconds, figures })
}

async function pass({ create, n, count, capSeconds, figures }) {
  const rows = createRows(n)
  const truth = new Map(rows.map(row => [row.id, row]))
  const driver = await create()
  const views = await loadAndMount(driver, rows, figures)
  checkViews(views, truth, 'mounting')
  figures.confirm()
  await changeOneByOne({ driver, truth, count, capSeconds, figures })
  checkViews(views, truth, 'single changes')
  figures.confirm()
  await changeAtOnce({ driver, truth, figures })
  checkViews(views, truth, 'a batch')
  figures.confirm()
  await changeOptimistically({ driver, views, truth, capSeconds, figures })
  checkViews(views, truth, 'optimistic changes')
  figures.confirm()
  for (const view of views.values())
    view.unmount()
}

async function loadAndMount(driver, rows, figures) {
  const answer = rows.map(row => ({ ...row }))
  globalThis.gc()
  figures.add('load', await timed(() => driver.load(answer)))
  const views = new Map()
  const mountNext = listId => timed(async () => {
    const view = driver.mountList(listId)
    views.set(listId, view)
    await settled(view)
  })
  figures.add('first view', await mountNext(firstList))
  const times = []
  for (let listId = 0; listId < viewCount; listId++) {
    if (listId !== firstList)
      times.push(await mountNext(listId))
  }
  figures.add('next view', median(times))
  return views
}

/** The mean, since half of the changes concern a window and half do not. */
async function changeOneByOne({ driver, truth, count, capSeconds, figures }) {
  const { changes } = createChanges(truth, { count, seed: 2 })
  let total = 0
  globalThis.gc()
  const ran = await repeat(count, capSeconds, async (i) => {
    total += await timed(() => driver.write([changes[i]]))
  })
  for (const row of changes.slice(0, ran))
    truth.set(row.id, row)
  figures.add('one change', total / ran, { capped: isCutShort(ran, count) })
}

async function changeAtOnce({ driver, truth, figures }) {
  const { changes } = createChanges(truth, { count: batchCount, seed: 3, distinct: true })
  globalThis.gc()
  figures.add('batch of 1,000 changes', await timed(() => driver.write(changes)))
  for (const row of changes)
    truth.set(row.id, row)
}

/** On rows that are on screen: until the view shows the change, and until it shows the server's answer. */
async function changeOptimistically({ driver, views, truth, capSeconds, figures }) {
  const changeTimes = []
  const confirmTimes = []
  // Only titles change here, so that what is visible can be told beforehand: a scan of all rows between
  // two changes would empty the processor's caches.
  const visible = Array.from({ length: viewCount }, (_, listId) => bruteForce(truth.values(), listId).map(row => row.id))
  globalThis.gc()
  const ran = await repeat(optimisticCount, capSeconds, async (i) => {
    const view = views.get(i % viewCount)
    const ids = visible[i % viewCount]
    const row = truth.get(ids[i % ids.length])
    const saved = { ...row, title: `Saved ${i}`, updatedAt: new Date(row.updatedAt.getTime() + 1000) }
    let mutation
    changeTimes.push(await timed(() => {
      mutation = driver.update(row.id, { title: `Pending ${i}` }, saved)
      return mutation.shown
    }))
    expectShown(view, `${row.id} Pending ${i}`)
    confirmTimes.push(await timed(() => mutation.confirm()))
    expectShown(view, `${row.id} Saved ${i}`)
    truth.set(row.id, saved)
  })
  figures.add('optimistic change', median(changeTimes), { capped: isCutShort(ran, optimisticCount) })
  figures.add('optimistic confirm', median(confirmTimes), { capped: isCutShort(ran, optimisticCount) })
}

function expectShown(view, text) {
  if (!view.shown().includes(text))
    throw new Error(`The view does not show "${text}"`)
}
