import { fileURLToPath } from 'node:url'
import { bundle } from '../lib/bundle.mjs'
import { runWorker } from '../lib/process.mjs'
import { formatCount, formatExpectation } from '../lib/report.mjs'
import { own, raw, subjects, tanstack, treeSubjects } from './subjects/index.mjs'

export { own }

const bench = 'store'
const worker = fileURLToPath(new URL('worker.mjs', import.meta.url))
/** A phase of repeated changes ends after this time, in seconds. */
const phaseSeconds = 2
/** A single run may take this many times the cap before it is ended: what it has found by then counts. */
const patience = 4

const storeSource = `
export { createStore } from './src/runtime/store/create-store'
export { and, eq } from './src/runtime/shared/condition'
`

/**
 * Runs everything that is asked for, subject by subject within each round, so that a slow minute of
 * the machine does not fall on one of them alone.
 * @returns {Promise<{ subject: string, what: string, message: string }[]>} what failed: a wrong answer, or an engine that threw
 */
export async function measureStores({ report, runs, sizes, only, cases, capSeconds, onProgress }) {
  const names = [...Object.keys(subjects), ...Object.keys(treeSubjects), raw].filter(name => !only || only.some(text => name.includes(text)))
  const store = names.includes(own) ? await bundle(storeSource, 'store') : ''
  const jobs = createJobs(names, sizes).filter(({ measurement }) => !cases || cases.includes(measurement))
  const spent = new Map()
  const failures = new Map()
  const measured = new Map()
  for (let run = 1; run <= runs; run++) {
    for (const { measurement, subject, n } of jobs) {
      const id = `${measurement}, ${subject}, ${formatCount(n)} rows`
      if (failures.has(id) || spent.get(id) >= capSeconds)
        continue
      onProgress(`run ${run} of ${runs}: ${id}`)
      const begin = performance.now()
      const outcome = await runWorker(worker, {
        input: { measurement, subject, n, capSeconds: phaseSeconds },
        env: { BENCH_STORE: store },
        limitSeconds: capSeconds * patience,
        onLine(figure) {
          report.add({ bench, n, subject, ...figure })
          measured.set(id, (measured.get(id) ?? new Set()).add(figure.case))
        },
      }).catch((error) => {
        failures.set(id, { subject, what: id, message: error.message })
      })
      spent.set(id, (spent.get(id) ?? 0) + (performance.now() - begin) / 1000)
      if (outcome === 'capped' || (run < runs && spent.get(id) >= capSeconds))
        measured.get(id)?.forEach(name => report.cap({ bench, case: name, n, subject }))
    }
  }
  return [...failures.values()]
}

/** What the project promises of its store. TanStack DB is measured in several ways; the best counts. */
export function formatExpectations(report) {
  const largest = 100_000
  const best = (name, n, names = tanstack) => {
    const values = names.flatMap(subject => report.value(name, n, subject) ?? [])
    return values.length > 0 ? Math.min(...values) : undefined
  }
  const ours = (name, n = largest) => report.value(name, n, own)
  const rivals = [...tanstack, '@rstore/vue']
  return ['Expected of this store', '',
    formatExpectation('one change at 10,000 rows, of the best TanStack DB figure', ours('one change', 10_000) / best('one change', 10_000), 1 / 8),
    formatExpectation('one change at 100,000 rows, of the same at 10,000', ours('one change') / ours('one change', 10_000), 1.5),
    formatExpectation('one change at 100,000 rows, ms', ours('one change'), 0.05),
    formatExpectation('batch of 1,000 changes at 100,000 rows, ms', ours('batch of 1,000 changes'), 20),
    formatExpectation('load of 10,000 rows, of the best TanStack DB figure', ours('load', 10_000) / best('load', 10_000), 1 / 15),
    formatExpectation('heap with 50 views at 100,000 rows, of the raw rows', ours('heap with 50 views') / report.value('heap with 50 views', largest, raw), 1.3),
    formatExpectation('tree of 100,000 rows: one title, ms', ours('tree: one title'), 1),
    ...['tree: mount from the cache', 'tree: load and mount'].map(name =>
      formatExpectation(`${name.replace('tree', 'tree of 100,000 rows')}, of the best other figure`, ours(name) / best(name, largest, rivals), 1)),
  ].join('\n')
}

function createJobs(allNames, sizes) {
  const names = allNames.filter(name => !(name in treeSubjects))
  const engines = names.filter(name => name !== raw)
  const treeEngines = allNames.filter(name => name !== raw)
  const largest = Math.max(...sizes)
  return [
    ...sizes.flatMap(n => engines.map(subject => ({ measurement: 'changes', subject, n }))),
    ...sizes.flatMap(n => names.map(subject => ({ measurement: 'heap', subject, n }))),
    ...sizes.flatMap(n => treeEngines.map(subject => ({ measurement: 'tree', subject, n }))),
    ...engines.map(subject => ({ measurement: 'unlimited', subject, n: largest })),
  ]
}
