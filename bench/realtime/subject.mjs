import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startServer } from '../server/app.mjs'
import { openConnection, request } from '../server/load.mjs'

const bare = fileURLToPath(new URL('bare.mjs', import.meta.url))
const path = '/api/rstore-realtime/ws'

/** A server and its peers, each in a process of its own. `entry` is that of our app; without one it is the bare server. */
export async function startSubject({ entry, database = '', options = [] }) {
  const isBare = entry === undefined
  const server = await startServer(entry ?? bare, database, ['--expose-gc', ...options])
  const { port } = server
  const peers = startPeers()
  let text = ''
  let writer
  let lastUsed = 0
  /** Servers close connections that were idle for five seconds. */
  const ask = async (text) => {
    if (performance.now() - lastUsed > 2000) {
      writer?.close()
      writer = await openConnection(port)
    }
    lastUsed = performance.now()
    await writer.ask(text)
  }

  const subject = {
    isBare,
    open: count => peers.call('open', { port, path, count, init: !isBare }),
    /** See `peers.mjs`. Whoever wants everything need not say so to the bare server. */
    subscribe: async what => isBare && what.value === undefined && what.first === undefined ? undefined : peers.call('subscribe', { isBare, ...what }),
    arm: (to, updates) => peers.call('arm', { from: 0, to, updates }),
    done: () => peers.call('done'),
    call: peers.call,
    /** The text that the bare server sends. */
    use: value => void (text = value),
    /** Tells of rows, to all or to those who have subscribed to `value`. Gives the time at which it began. */
    publish: ({ rows, gap = 0, value }) => post(port, { rows, gap, ...isBare && { text, value } }).then(({ at }) => at),
    /** An update as it comes from a client: ours writes to the database, the other one sends. */
    write: (row, i, { value, title = `title ${i}` } = {}) => ask(isBare
      ? request('POST', '/api/bench/publish', { text, value, rows: [row], gap: 0 })
      : request('PATCH', `/api/rstore/todos/${row}`, { title })),
    cpu: async () => (await state(port)).cpu,
    memory: async () => {
      await new Promise(resolve => setTimeout(resolve, 1000))
      await state(port, '?gc')
      return (await state(port, '?gc')).memory
    },
    async stop() {
      writer?.close()
      peers.stop()
      await server.stop(options.length > 0 ? 'SIGUSR2' : 'SIGKILL')
    },
  }
  return subject
}

/** What `run` costs the server, in milliseconds of a processor. */
export async function cpuOf(subject, run) {
  const before = await subject.cpu()
  await run()
  return await subject.cpu() - before
}

function startPeers() {
  const worker = fork(fileURLToPath(new URL('peers.mjs', import.meta.url)))
  const waiting = new Map()
  let count = 0
  worker.on('message', ({ id, result, error }) => {
    const { resolve, reject } = waiting.get(id)
    waiting.delete(id)
    if (error === undefined)
      resolve(result)
    else
      reject(new Error(error))
  })
  worker.on('close', () => waiting.forEach(({ reject }) => reject(new Error('The process of the peers has ended.'))))
  return {
    call: (method, args) => new Promise((resolve, reject) => {
      waiting.set(++count, { resolve, reject })
      worker.send({ id: count, method, args })
    }),
    stop: () => worker.kill('SIGKILL'),
  }
}

async function post(port, body) {
  const response = await fetch(`http://127.0.0.1:${port}/api/bench/publish`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
  return response.json()
}

async function state(port, query = '') {
  return (await fetch(`http://127.0.0.1:${port}/api/bench/state${query}`)).json()
}
