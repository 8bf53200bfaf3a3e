import process from 'node:process'
import { openSocket } from './socket.mjs'

/** Many peers in a process of their own. Each message is the call of one of these, answered with what it gives. */
const isFrameOfUpdates = bytes => bytes[2] === 0x75 && bytes[9] === 0x22
const now = () => Number(process.hrtime.bigint()) / 1e6

const peers = []
let acknowledged = 0
let expected
let lastBytes
let lastCount = 0
let lastText = ''
let soak

const calls = {
  /** Opens so many more. */
  async open({ port, path, count, init }) {
    const begin = peers.length
    let next = begin
    const openSome = async () => {
      while (next < begin + count) {
        const i = next++
        const peer = peers[i] = { updates: 0 }
        Object.assign(peer, await openSocket(port, path, bytes => receive(i, bytes), () => peer.isClosed || fail('The server closed a connection.')))
        if (init)
          peer.send(JSON.stringify({ init: { clientId: `bench-${i}`, v: 1 } }))
      }
    }
    await Promise.all(Array.from({ length: 100 }, openSome))
  },

  /** Subscribes peers `from` to `to` and waits until it is acknowledged. Each value is that of an equality; peer `i` gets `each` of them from `first + i * each` on, or `value`. */
  async subscribe({ isBare, from, to, value, first, each = 1 }) {
    const wanted = acknowledged + (to - from) * each
    for (let i = from; i < to; i++) {
      for (let j = 0; j < each; j++) {
        const own = first === undefined ? value : first + i * each + j
        const where = own === undefined ? undefined : { operator: 'eq', field: 'listId', value: own }
        peers[i].send(JSON.stringify(isBare ? { value: own } : { subscription: { action: 'subscribe', collection: 'todos', where } }))
      }
      if (i % 100 === 99)
        await new Promise(resolve => setTimeout(resolve, 10))
    }
    while (acknowledged < wanted)
      await new Promise(resolve => setTimeout(resolve, 10))
  },

  /** From now on, peers `from` to `to` are expected to get so many updates, and nobody else. */
  arm({ from, to, updates }) {
    for (const peer of peers)
      peer.updates = 0
    expected = { from, to, updates, missing: (to - from) * updates, last: 0 }
  },

  /** Waits for what is expected. Gives when the last has come, and the text of the last frame. */
  async done() {
    const giveUp = now() + 60_000
    while (expected.missing > 0) {
      if (now() > giveUp)
        throw new Error(`${expected.missing} updates have not come within a minute.`)
      await new Promise(resolve => expected.missing > 0 ? (expected.resolve = resolve, setTimeout(resolve, 1000)) : resolve())
    }
    const { from, to, updates, last } = expected
    const wrong = peers.filter((peer, i) => peer.updates !== (i >= from && i < to ? updates : 0)).length
    if (wrong > 0)
      throw new Error(`${wrong} peers have got too many updates or too few.`)
    return { last, text: lastText }
  },

  /** From now on, titles of rows are `text version time`: what came last, and how long it took. */
  beginSoak() {
    soak = { texts: new Map(), versions: peers.map(() => new Map()), latencies: [] }
  },

  /** `versions` of the rows as they are in the end. */
  async endSoak({ versions }) {
    const count = () => soak.versions.reduce((sum, seen) => sum + Object.entries(versions).filter(([key, version]) => seen.get(key) !== version).length, 0)
    const giveUp = now() + 10_000
    while (count() > 0 && now() < giveUp)
      await new Promise(resolve => setTimeout(resolve, 100))
    const sorted = Float64Array.from(soak.latencies).sort()
    const at = share => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
    const result = { lost: count(), received: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) }
    soak = undefined
    return result
  },

  /** Has each peer send a `ping` every so many milliseconds, at times that are spread evenly. */
  beat({ interval }) {
    const portions = interval / 50
    let turn = 0
    setInterval(() => {
      for (let i = turn % portions; i < peers.length; i += portions)
        peers[i].send('ping')
      turn++
    }, 50)
  },

  async close() {
    for (const peer of peers.splice(0)) {
      peer.isClosed = true
      peer.close()
    }
    acknowledged = 0
  },
}

process.on('message', async ({ id, method, args }) => {
  try {
    process.send({ id, result: await calls[method](args) })
  }
  catch (error) {
    process.send({ id, error: error.stack })
  }
})
process.on('disconnect', () => process.exit())

function receive(i, bytes) {
  if (!isFrameOfUpdates(bytes))
    return other(bytes)
  if (soak)
    return track(i, bytes)
  if (!lastBytes?.equals(bytes)) {
    lastText = bytes.toString()
    lastBytes = Buffer.from(bytes)
    lastCount = JSON.parse(lastText).updates.length
  }
  peers[i].updates += lastCount
  if (!expected)
    return
  expected.missing -= lastCount
  if (expected.missing === 0) {
    expected.last = now()
    expected.resolve?.()
  }
}

function other(bytes) {
  const text = bytes.toString()
  if (text.includes('subscribed'))
    acknowledged++
  else if (/rejected|truncated/.test(text))
    fail(`The server sent: ${text}`)
}

function track(i, bytes) {
  const { texts, versions, latencies } = soak
  const text = bytes.toString()
  const at = now()
  let known = texts.get(text)
  if (!known) {
    known = JSON.parse(text).updates.map(({ key, record }) => [key, ...record.title.split(' ').slice(-2).map(Number)])
    texts.set(text, known)
    if (texts.size > 1000)
      texts.delete(texts.keys().next().value)
  }
  for (const [key, version, sent] of known) {
    versions[i].set(key, version)
    latencies.push(at - sent)
  }
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
