import { cpuOf } from './subject.mjs'

const each = 10
const beat = 10_000
const seconds = 30

/** What a peer and a subscription keep of the server's memory, and what idle peers that send their heartbeat take of its processor. */
export const memory = {
  name: 'Memory (bytes), connecting and idling',
  columns: ['heap', 'resident'],
  async run({ peers, start, print }) {
    for (const kind of ['ours', 'bare']) {
      const subject = await start(kind)
      // What is compiled and allocated once.
      await subject.open(500)
      await subject.subscribe({ from: 0, to: 500, first: 1000, each: 2 })
      await subject.call('close')
      let before = await subject.memory()
      const since = async (name, count) => {
        const now = await subject.memory()
        const perOne = what => Math.max(0, what(now) - what(before)) / count
        print(`${kind}: ${name}`, [perOne(({ heapUsed, external }) => heapUsed + external), perOne(({ rss }) => rss)])
        before = now
      }
      const connecting = await cpuOf(subject, () => subject.open(peers))
      await since('a peer', peers)
      if (kind === 'bare')
        continue
      const subscribing = await cpuOf(subject, () => subject.subscribe({ from: 0, to: peers }))
      await since('a subscription that all have', peers)
      await subject.subscribe({ from: 0, to: peers, first: 100_000, each })
      await since('a subscription of one peer alone', peers * each)
      await subject.call('beat', { interval: beat })
      const begin = await subject.cpu()
      await new Promise(resolve => setTimeout(resolve, seconds * 1000))
      const share = (await subject.cpu() - begin) / (seconds * 1000)
      console.log(`  To connect took ${(connecting / peers).toFixed(2)} ms of a processor, to subscribe ${(subscribing / peers).toFixed(2)} ms.`)
      console.log(`  Idle peers, a \`ping\` every ${beat / 1000} s: ${(share * 100).toFixed(1)}% of a processor, ${(share * 1e6 / peers).toFixed(1)} microseconds a second for each.`)
    }
  },
}
