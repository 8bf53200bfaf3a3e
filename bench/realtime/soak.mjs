const rate = 50
const share = 5

/** A fixed rate of writes to some peers: what is lost, and how long it takes from the request to the receipt. */
export const soak = {
  name: `Soak, ${rate} updates a second (ms)`,
  columns: ['p50', 'p99', 'max', 'lost'],
  async run({ peers: all, seconds, start, print }) {
    const peers = Math.ceil(all / share)
    const [ours, bare] = [await start('ours'), await start('bare')]
    for (const subject of [ours, bare]) {
      await subject.open(peers)
      await subject.subscribe({ from: 0, to: peers })
      const { lost, p50, p99, max, received } = await write(subject, seconds, rate)
      print(`${subject.isBare ? 'bare' : 'ours'}, ${peers} peers, ${seconds} s, ${received} receipts`, [p50, p99, max, lost], subject.isBare ? undefined : 0)
    }
  },
}

async function write(subject, seconds, rate) {
  const versions = {}
  const record = { id: 0, title: '', done: false, priority: null, listId: 1, userId: 1, createdAt: '2026-01-01T00:00:00.000Z' }
  await subject.call('beginSoak')
  const begin = performance.now()
  for (let i = 0; i < seconds * rate; i++) {
    await new Promise(resolve => setTimeout(resolve, Math.max(0, begin + i * 1000 / rate - performance.now())))
    const key = (i % 100 + 1) * 100
    versions[key] = i
    const title = `Written by the soak ${i} ${Number(process.hrtime.bigint()) / 1e6}`
    subject.use(JSON.stringify({ updates: [{ collection: 'todos', type: 'updated', record: { ...record, id: key, title }, key: String(key) }], offset: 'aaaaaaaaaaaaaaaaaaaaaaaa:1' }))
    await subject.write(key, i, { title })
  }
  return subject.call('endSoak', { versions })
}
