import { isDeepStrictEqual, parseArgs } from 'node:util'
import { cpus } from 'node:os'
import { median } from '../lib/report.mjs'
import { buildApp, buildModule, entryOf, startServer } from './app.mjs'
import { cases } from './cases.mjs'
import { databases } from './databases.mjs'
import { createLoad } from './load.mjs'

const help = `Usage: npm run bench:server [-- <options>]

  --rounds <count>      rounds of each case; ours and theirs take turns          (15)
  --time <ms>           of one round of one subject                             (400)
  --connections <n>     that ask at the same time                                (16)
  --case <names>        cases whose name contains one of these texts            (all)
  --database <names>    of sqlite, postgresql                                   (all)
  --no-build            measure what was built last`

const { values: flags } = parseArgs({
  allowNegative: true,
  options: {
    rounds: { type: 'string', default: '15' },
    time: { type: 'string', default: '400' },
    connections: { type: 'string', default: '16' },
    case: { type: 'string' },
    database: { type: 'string' },
    build: { type: 'boolean', default: true },
    help: { type: 'boolean', default: false },
  },
})

if (flags.help) {
  console.log(help)
  process.exit(0)
}

const [rounds, time, connections] = ['rounds', 'time', 'connections'].map(name => positive(name, flags[name]))
const wanted = cases.filter(({ name }) => !flags.case || flags.case.split(',').some(text => name.includes(text)))
const tell = text => process.stderr.write(`${text}\n`)

console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}
Production build, loopback, ${connections} connections that stay open, ${rounds} rounds of ${time} ms for each subject in turn.
Requests per second are medians of the rounds; the ratio is the median of each round's.`)

if (flags.build) {
  tell('building the module')
  await buildModule()
}
let missed = 0
for (const [name, create] of Object.entries(databases)) {
  if (flags.database && !flags.database.split(',').includes(name))
    continue
  const database = await create()
  if (!database) {
    console.log(`\n${name}: not measured, it does not answer`)
    continue
  }
  try {
    if (flags.build)
      tell(`${name}: building the app`)
    const entry = flags.build ? await buildApp(name) : entryOf(name)
    const server = await startServer(entry, database.url)
    try {
      await measure(name, server.port)
    }
    finally {
      await server.stop()
    }
  }
  finally {
    await database.drop()
  }
}
// Only SQLite has targets.
process.exitCode = missed > 0 ? 1 : 0

async function measure(database, port) {
  console.log(`\n${database.padEnd(48)}${['ours/s', 'theirs/s', 'ratio', 'target'].map(title => title.padStart(10)).join('')}`)
  const load = await createLoad(port, connections)
  for (const one of wanted) {
    await check(one, port)
    const { ours, theirs, ratio } = await compare(one, load)
    const target = database === 'sqlite' ? one.target : undefined
    const verdict = target === undefined ? '' : ratio >= target ? 'reached' : 'MISSED'
    missed += verdict === 'MISSED' ? 1 : 0
    const columns = [Math.round(ours), Math.round(theirs), ratio.toFixed(2), target?.toFixed(1) ?? '']
    console.log(`${one.name.padEnd(48)}${columns.map(value => String(value).padStart(10)).join('')}  ${verdict}`.trimEnd())
  }
  load.close()
}

/** Alternating, and each round begun by the other one, so that no one always runs on what the other has left. */
async function compare({ ours, theirs }, load) {
  await load.run(ours, 1000)
  await load.run(theirs, 1000)
  const found = { ours: [], theirs: [], ratio: [] }
  for (let round = 0; round < rounds; round++) {
    for (const [name, requestOf] of round % 2 ? [['theirs', theirs], ['ours', ours]] : [['ours', ours], ['theirs', theirs]])
      found[name].push(await load.run(requestOf, time))
    found.ratio.push(found.ours.at(-1) / found.theirs.at(-1))
  }
  return { ours: median(found.ours), theirs: median(found.theirs), ratio: median(found.ratio) }
}

/** Throws where the two do not answer the same. */
async function check({ name, ours, theirs, writes, rows = answer => answer }, port) {
  for (const i of [0, 1, 5]) {
    const answers = []
    for (const requestOf of [ours, theirs])
      answers.push(await ask(requestOf(i), port))
    const [mine, other] = [rows(answers[0]), answers[1]]
    const [a, b] = [mine, other].map(value => writes ? withoutTitles(value) : value)
    if (!isDeepStrictEqual(a, b) || JSON.stringify(a).length < 50)
      throw new Error(`"${name}": the two answer differently.\n${JSON.stringify(a).slice(0, 500)}\n${JSON.stringify(b).slice(0, 500)}`)
  }
}

async function ask(text, port) {
  const [head, body] = text.split('\r\n\r\n')
  const [method, path] = head.split(' ')
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body || undefined, headers: { 'content-type': 'application/json' } })
  if (!response.ok)
    throw new Error(`${method} ${path} was answered with ${response.status}: ${await response.text()}`)
  return response.json()
}

/** Each subject writes a title of its own. */
function withoutTitles(value) {
  return JSON.parse(JSON.stringify(value), (key, inner) => key === 'title' ? undefined : inner)
}

function positive(name, text) {
  const value = Number(text)
  if (!Number.isInteger(value) || value <= 0) {
    console.error(`--${name} takes whole numbers above 0, not "${text}".\n\n${help}`)
    process.exit(2)
  }
  return value
}
