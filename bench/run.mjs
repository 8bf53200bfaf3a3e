// This store beside others, measured in one go. `npm run bench -- --help` lists the options.
import { parseArgs } from 'node:util'
import { installPeers } from './lib/install.mjs'
import { createReport, formatTable } from './lib/report.mjs'
import { describeMachine } from './lib/machine.mjs'

const help = `Usage: npm run bench -- [options]

  --runs <count>      runs of each subject, interleaved; medians are reported   (5)
  --n <sizes>         rows, separated by commas                                 (1000,10000,100000)
  --only <subjects>   subjects whose name contains one of these texts           (all)
  --case <names>      of changes, heap, tree, unlimited                         (all)
  --cap <seconds>     no further run of a measurement that has taken this long  (30)
  --quick             one run, up to 10,000 rows
  --json <file>       also write one JSON object per figure and line`

const { values: flags } = parseArgs({
  options: {
    runs: { type: 'string' },
    n: { type: 'string' },
    only: { type: 'string' },
    case: { type: 'string' },
    cap: { type: 'string', default: '30' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

if (flags.help) {
  console.log(help)
  process.exit(0)
}

installPeers()
const { formatExpectations, measureStores, own } = await import('./store/bench.mjs')
const report = createReport()
const failures = await measureStores({
  report,
  runs: positive('runs', flags.runs ?? (flags.quick ? '1' : '5')),
  sizes: (flags.n ?? (flags.quick ? '1000,10000' : '1000,10000,100000')).split(',').map(size => positive('n', size)),
  only: flags.only?.split(','),
  cases: flags.case?.split(','),
  capSeconds: positive('cap', flags.cap),
  onProgress: text => process.stderr.write(`${text}\n`),
})

console.log(`${describeMachine()}\n\n${formatTable(report.figures())}\n\n${formatExpectations(report)}`)
if (flags.json)
  report.writeJson(flags.json)
for (const { what, subject, message } of failures)
  console.log(`\nNot measured: ${what}\n${subject === own ? message : shorten(message)}`)
// What others can't do is a result; what this store can't do is a failure.
process.exitCode = failures.some(({ subject }) => subject === own) ? 1 : 0

/** Messages without their stack traces. */
function shorten(message) {
  return message.split('\n').filter(line => /^\w*Error/.test(line)).map(line => `  ${line}`).join('\n')
}

function positive(name, text) {
  const value = Number(text)
  if (!Number.isInteger(value) || value <= 0) {
    console.error(`--${name} takes whole numbers above 0, not "${text}".\n\n${help}`)
    process.exit(2)
  }
  return value
}
