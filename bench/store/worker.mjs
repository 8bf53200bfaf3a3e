// One measurement of one subject, in a process of its own: figures go to standard output as JSON lines.
import { writeSync } from 'node:fs'
import { measureChanges } from './changes.mjs'
import { createFigures } from './figures.mjs'
import { measureHeap } from './heap.mjs'
import { subjects, treeSubjects } from './subjects/index.mjs'
import { measureTree } from './tree.mjs'
import { measureUnlimited } from './unlimited.mjs'

const measurements = {
  changes: { measure: measureChanges, unit: 'ms' },
  unlimited: { measure: measureUnlimited, unit: 'ms' },
  tree: { measure: measureTree, unit: 'ms' },
  heap: { measure: measureHeap, unit: 'MB' },
}
const { measurement, subject, n, capSeconds } = JSON.parse(process.argv[2])
const { measure, unit } = measurements[measurement]

// Written at once, so that what was measured survives when the process is cut off.
const writeLine = line => writeSync(1, `${JSON.stringify(line)}\n`)
try {
  await measure({ create: { ...subjects, ...treeSubjects }[subject], n, capSeconds, figures: createFigures(figure => writeLine({ ...figure, unit })) })
  process.exit(0)
}
catch (error) {
  writeLine({ error: error.stack })
  process.exit(1)
}
