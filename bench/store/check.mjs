import { render } from './mount.mjs'
import { bruteForce, bruteForceTree } from './workload.mjs'

/** Compares what mounted views show with the brute-force answer. A wrong figure is worse than none: throws. */
export function checkViews(views, truth, phase) {
  for (const [listId, view] of views)
    checkShown(view.shown(), bruteForce(truth.values(), listId), `${phase}, list ${listId}`)
}

/** The same for a tree: its lists, and the todos of each. */
export function checkTree(view, truth, phase) {
  const lists = bruteForceTree(truth.values())
  if (view.lists().join() !== lists.map((_, listId) => listId).join())
    throw new Error(`Wrong answer after ${phase}: the lists ${view.lists().join()}`)
  lists.forEach((rows, listId) => checkShown(view.shown(listId), rows, `${phase}, list ${listId}`))
}

export function checkShown(shown, rows, what) {
  const expected = rows.map(render)
  const at = expected.findIndex((text, i) => text !== shown[i])
  if (at >= 0 || shown.length !== expected.length)
    throw new Error(`Wrong answer after ${what}: ${shown.length} rows for ${expected.length}, at ${at} "${shown[at]}" for "${expected[at]}"`)
}
