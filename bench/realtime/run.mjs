import { mkdirSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { formatNumber } from '../lib/report.mjs'
import { buildApp, buildModule, entryOf } from '../server/app.mjs'
import { databases } from '../server/databases.mjs'
import { cases } from './cases.mjs'
import { memory } from './memory.mjs'
import { soak } from './soak.mjs'
import { startSubject } from './subject.mjs'

const help = `Usage: npm run bench:realtime [-- <options>]

  --peers <count>       connections to each server                             (5000)
  --rounds <count>      of each case; ours and the bare server take turns        (11)
  --seconds <count>     of the soak                                              (30)
  --case <names>        cases whose name contains one of these texts            (all)
  --no-build            measure what was built last
  --profile <folder>    keep processor profiles of our servers there`

const { values: flags } = parseArgs({
  allowNegative: true,
  options: {
    peers: { type: 'string', default: '5000' },
    rounds: { type: 'string', default: '11' },
    seconds: { type: 'string', default: '30' },
    case: { type: 'string' },
    build: { type: 'boolean', default: true },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

if (flags.help) {
  console.log(help)
  process.exit(0)
}

const [peers, rounds, seconds] = ['peers', 'rounds', 'seconds'].map(name => positive(name, flags[name]))
const all = [...cases, memory, soak]
const wanted = all.filter(({ name }) => !flags.case || flags.case.split(',').some(text => name.includes(text)))
const tell = text => process.stderr.write(`${text}\n`)
const load = () => loadavg().map(one => one.toFixed(1)).join(', ')

console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, load before it began ${load()}
Production build, SQLite, loopback, ${peers} peers in a process of their own for each server, up to ${rounds} rounds of each case.
Figures are medians of the rounds; the ratio is the median of each round's.`)

if (flags.build) {
  tell('building the module and the app')
  await buildModule()
  await buildApp('realtime')
}
if (flags.profile)
  mkdirSync(flags.profile, { recursive: true })
const entry = entryOf('realtime')
const options = flags.profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(flags.profile)}`] : []
let missed = 0

for (const one of wanted) {
  const database = await databases.sqlite()
  const open = []
  const start = async (kind) => {
    const subject = await startSubject(kind === 'bare' ? {} : { entry, database: database.url, options })
    open.push(subject)
    return subject
  }
  try {
    tell(one.name)
    console.log(`\n${one.name.padEnd(58)}${one.columns.map(title => title.padStart(10)).join('')}`)
    await one.run({ peers, rounds, seconds, start, print, tell })
  }
  finally {
    await Promise.all(open.map(subject => subject.stop()))
    await database.drop()
  }
}
console.log(`\nLoad at the end ${load()}; it counts what is measured here as well.`)
process.exitCode = missed > 0 ? 1 : 0

/** A line of a table; `target` is the most that the last of the values may be. */
function print(name, values, target) {
  const verdict = target === undefined ? '' : values.at(-1) <= target ? 'reached' : 'MISSED'
  missed += verdict === 'MISSED' ? 1 : 0
  const columns = [...values, ...target === undefined ? [] : [target]].map(value => value === undefined ? '' : formatNumber(value))
  console.log(`  ${name.padEnd(56)}${columns.map(value => value.padStart(10)).join('')}  ${verdict}`.trimEnd())
}

function positive(name, text) {
  const value = Number(text)
  if (!Number.isInteger(value) || value <= 0) {
    console.error(`--${name} takes whole numbers above 0, not "${text}".\n\n${help}`)
    process.exit(2)
  }
  return value
}
