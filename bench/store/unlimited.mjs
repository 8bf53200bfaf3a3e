import { checkShown } from './check.mjs'
import { noFigures } from './figures.mjs'
import { isCutShort, repeat, settled, timed } from './time.mjs'
import { bruteForceAll, createChanges, createRows } from './workload.mjs'

const changeCount = 200
/** Rows of the long list that are rendered. */
const visible = 50

/** One view of all rows, sorted, without a limit: its first result, and one change of any row. */
export async function measureUnlimited({ create, n, capSeconds, figures }) {
  for (const warmUp of [500, 2000])
    await pass({ create, n: warmUp, capSeconds: Math.min(1, capSeconds), figures: noFigures })
  await pass({ create, n, capSeconds, figures })
}

async function pass({ create, n, capSeconds, figures }) {
  const rows = createRows(n)
  const truth = new Map(rows.map(row => [row.id, row]))
  const driver = await create()
  driver.load(rows.map(row => ({ ...row })))
  globalThis.gc()
  let view
  figures.add('unlimited view: first result', await timed(async () => {
    view = driver.mountAll(visible)
    await settled(view)
  }))
  checkShown(view.all(), bruteForceAll(truth.values()), 'mounting')
  figures.confirm()
  const { changes } = createChanges(truth, { count: changeCount, seed: 4 })
  let total = 0
  globalThis.gc()
  const ran = await repeat(changeCount, capSeconds, async (i) => {
    total += await timed(() => driver.write([changes[i]]))
  })
  for (const row of changes.slice(0, ran))
    truth.set(row.id, row)
  checkShown(view.all(), bruteForceAll(truth.values()), 'changes')
  checkShown(view.shown(), bruteForceAll(truth.values()).slice(0, visible), 'changes')
  figures.add('unlimited view: one change', total / ran, { capped: isCutShort(ran, changeCount) })
  figures.confirm()
  view.unmount()
}
