import { median } from '../lib/report.mjs'
import { cpuOf } from './subject.mjs'

const compared = ['ours', 'bare', 'ratio', 'target']
/** Rows of list 1, see `../server/databases.mjs`. */
const rows = Array.from({ length: 100 }, (_, i) => (i + 1) * 100)
const list = 1
/** Rows of list 2, for which nobody has asked. */
const others = rows.map(row => row + 1)
const matching = 50
/** What costs so little is measured of code that has been compiled. */
const warm = { warmUp: 12 }

export const cases = [
  {
    name: 'One update to all (ms)',
    columns: compared,
    async run({ peers, rounds, start, print }) {
      const [ours, bare] = await startBoth(start, peers)
      const found = await compare({ ours, bare }, rounds, subject => fanOut(subject, peers, [rows[0]]))
      print('until the last has it', ratioOf(found, 'time'), 1.2)
      print('processor of the server', ratioOf(found, 'cpu'))
    },
  },
  {
    name: 'A burst of 100 updates to all (ms)',
    columns: compared,
    async run({ peers, rounds, start, print }) {
      const [ours, bare] = await startBoth(start, peers)
      const found = await compare({ ours, bare }, Math.min(rounds, 5), subject => fanOut(subject, peers, rows))
      print('until the last has all', ratioOf(found, 'time'), 0.08)
      print('processor of the server', ratioOf(found, 'cpu'))
    },
  },
  {
    name: 'Answer of a PATCH (ms)',
    columns: ['all match', 'no peers', 'ratio', 'target'],
    async run({ peers, rounds, start, print }) {
      const [full, none] = [await start('ours'), await start('ours')]
      await full.open(peers)
      await full.subscribe({ from: 0, to: peers })
      let i = 0
      // One by one, so that both are equally cold.
      const found = await compare({ full, none }, rounds * 20, async (subject) => {
        await subject.arm(subject === full ? peers : 0, 1)
        const begin = performance.now()
        await subject.write(rows[i % rows.length], i++)
        const time = performance.now() - begin
        await subject.done()
        return { time }
      }, { warmUp: 50, pause: 5 })
      const [all, nobody] = ratioOf(found, 'time')
      print('median', [all, nobody, all / nobody], 2)
    },
  },
  {
    name: `${matching} of all match an equality (ms of processor)`,
    columns: compared,
    run: targeted,
  },
]

/**
 * Everybody has a filter that nothing fulfils, and some have one that does. Two of our servers differ in how many of the former there are; a
 * third one has no peers, for what a write costs without them.
 */
async function targeted({ peers, rounds, start, print }) {
  const [few, many, none, bare] = [await start('ours'), await start('ours'), await start('ours'), await start('bare')]
  for (const subject of [few, many, bare]) {
    await subject.open(peers)
    await subject.subscribe({ from: 0, to: matching, value: list })
    await subject.subscribe({ from: 0, to: peers, first: 1000, each: subject === many ? 10 : 1 })
  }
  bare.use(await textOf(few, matching))

  const published = await compare({ few, many, bare }, rounds, async (subject) => {
    await subject.arm(matching, rows.length)
    return { cpu: await cpuOf(subject, async () => {
      await subject.publish({ rows, gap: 4, value: list })
      await subject.done()
    }) / rows.length }
  }, warm)
  const flat = `the same, of ${peers * 10} other subscriptions for ${peers}`
  print('an update that the server publishes', ratioOf(published, 'cpu', 'few'), 1.5)
  print(flat, ratioOf(published, 'cpu', 'many', 'few'), 1.3)

  const together = await compare({ few, bare }, rounds, async (subject) => {
    await subject.arm(matching, rows.length)
    return { cpu: await cpuOf(subject, async () => {
      await subject.publish({ rows, value: list })
      await subject.done()
    }) / rows.length }
  })
  print('one of 100 that it publishes at once', ratioOf(together, 'cpu', 'few'))
  const unheard = await compare({ few }, rounds, async subject => ({
    apart: await cpuOf(subject, () => subject.publish({ rows: others, gap: 4 })) / others.length,
    together: await cpuOf(subject, async () => {
      await subject.publish({ rows: others })
      await new Promise(resolve => setTimeout(resolve, 50))
    }) / others.length,
  }))
  print('an update that concerns nobody', [median(unheard.few.map(({ apart }) => apart))])
  print('one of 100 of these at once', [median(unheard.few.map(({ together }) => together))])

  let i = 0
  const writes = (subject, value) => cpuOf(subject, async () => {
    for (const row of rows) {
      await subject.arm(value === list ? matching : 0, 1)
      await subject.write(row, i++, { value })
      await subject.done()
      // At the same pace: a server that has just done the same is faster.
      if (value !== list)
        await new Promise(resolve => setTimeout(resolve, 3))
    }
  }).then(cpu => cpu / rows.length)
  const written = await compare({ few, many, none, bare }, rounds, async (subject) => {
    const cpu = await writes(subject, subject === none ? undefined : list)
    return { cpu, net: subject === bare ? cpu - await writes(subject, -1) : cpu }
  }, warm)
  const nobody = written.none.map(({ cpu }) => cpu)
  for (const one of [written.few, written.many])
    one.forEach((value, round) => value.net = value.cpu - nobody[round])
  print('a PATCH, and a POST to the bare server', ratioOf(written, 'cpu', 'few'))
  print('the same to nobody', [median(nobody), median(written.bare.map(({ cpu, net }) => cpu - net))])
  print('the difference: what telling costs', ratioOf(written, 'net', 'few'), 1.5)
  print(flat, ratioOf(written, 'net', 'many', 'few'), 1.3)
}

async function startBoth(start, peers) {
  const [ours, bare] = [await start('ours'), await start('bare')]
  for (const subject of [ours, bare]) {
    await subject.open(peers)
    await subject.subscribe({ from: 0, to: peers })
  }
  bare.use(await textOf(ours, peers))
  return [ours, bare]
}

/** What ours sends for one update: the bare server sends the same. */
async function textOf(ours, peers) {
  await ours.arm(peers, 1)
  await ours.publish({ rows: [rows[0]] })
  return (await ours.done()).text
}

/** From the moment the server is told to the last receipt. */
async function fanOut(subject, peers, rows) {
  await subject.arm(peers, rows.length)
  let time
  const cpu = await cpuOf(subject, async () => {
    const at = await subject.publish({ rows })
    time = (await subject.done()).last - at
  })
  return { time, cpu }
}

/** By turns, each round in another order, so that no one always runs on what the other has left. */
async function compare(subjects, rounds, measure, { warmUp = 3, pause = 50 } = {}) {
  const found = Object.fromEntries(Object.keys(subjects).map(name => [name, []]))
  for (let round = -warmUp; round < rounds; round++) {
    const entries = Object.entries(subjects)
    for (const [name, subject] of round % 2 ? entries.reverse() : entries) {
      const value = await measure(subject)
      if (round >= 0)
        found[name].push(value)
      await new Promise(resolve => setTimeout(resolve, pause))
    }
  }
  return found
}

/** Medians of both, and of the ratios of the rounds. Without names, of the first two. */
function ratioOf(found, what, ...names) {
  const [one, other] = names.length === 2 ? names : names.length === 1 ? [names[0], 'bare'] : Object.keys(found)
  const [a, b] = [found[one], found[other]].map(values => values.map(value => value[what]))
  return [median(a), median(b), median(a.map((value, i) => value / b[i]))]
}
