import { checkTree } from './check.mjs'
import { noFigures } from './figures.mjs'
import { isCutShort, repeat, settled, timed } from './time.mjs'
import { createLists, createRows, createTreeChanges } from './workload.mjs'

const changeCount = 1000
const batchCount = 100

/** All lists with all of their todos, newest first: mounted in two ways, then todos that change in it. */
export async function measureTree({ create, n, capSeconds, figures }) {
  for (const warmUp of [500, 2000])
    await pass({ create, n: warmUp, count: 150, capSeconds: Math.min(1, capSeconds), figures: noFigures })
  await pass({ create, n, count: changeCount, capSeconds, figures })
}

async function pass({ create, n, count, capSeconds, figures }) {
  const rows = createRows(n)
  const truth = new Map(rows.map(row => [row.id, row]))
  await loadAndMount({ create, rows, truth, figures })
  const driver = await create()
  driver.loadLists(createLists())
  driver.load(copy(rows))
  const view = await mount(driver, undefined, time => figures.add('tree: mount from the cache', time))
  checkTree(view, truth, 'mounting')
  figures.confirm()
  const phase = { driver, view, truth, count, capSeconds, figures }
  await changeOneByOne(phase, 'title', 'tree: one title')
  await changeOneByOne(phase, 'move', 'tree: one move')
  await changeAtOnce(phase)
  view.unmount()
}

/** The first visit of a page: the query is mounted, the answer comes. */
async function loadAndMount({ create, rows, truth, figures }) {
  const lists = createLists()
  const todos = copy(rows)
  const nested = createLists().map(list => ({ ...list, todos: [] }))
  for (const row of copy(rows).sort((a, b) => b.createdAt - a.createdAt))
    nested[row.listId].todos.push(row)
  const driver = await create()
  const view = await mount(driver, { lists, todos, nested }, time => figures.add('tree: load and mount', time))
  checkTree(view, truth, 'loading')
  figures.confirm()
  view.unmount()
}

async function mount(driver, answer, report) {
  let view
  globalThis.gc()
  report(await timed(async () => {
    view = driver.mountTree(answer)
    await settled(view)
  }))
  return view
}

async function changeOneByOne({ driver, view, truth, count, capSeconds, figures }, kind, name) {
  const changes = createTreeChanges(truth, { count, seed: kind === 'move' ? 6 : 5, kind })
  let total = 0
  globalThis.gc()
  const ran = await repeat(count, capSeconds, async (i) => {
    total += await timed(() => driver.write([changes[i]]))
  })
  apply(changes.slice(0, ran), truth)
  checkTree(view, truth, `single changes (${kind})`)
  figures.add(name, total / ran, { capped: isCutShort(ran, count) })
  figures.confirm()
}

async function changeAtOnce({ driver, view, truth, figures }) {
  const changes = createTreeChanges(truth, { count: batchCount, seed: 7, kind: 'title' })
  globalThis.gc()
  figures.add('tree: batch of 100 titles', await timed(() => driver.write(changes)))
  apply(changes, truth)
  checkTree(view, truth, 'a batch')
  figures.confirm()
}

function apply(changes, truth) {
  for (const row of changes)
    truth.set(row.id, row)
}

const copy = rows => rows.map(row => ({ ...row }))
