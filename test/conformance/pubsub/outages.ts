import type { Instances } from './instances'
import { describe, expect, it } from 'vitest'
import { handles, isConnected, reach, reconnect, record, until } from './instances'

export function outageConformance(use: Instances): void {
  describe('when its server', () => {
    it('is left, leaves nothing open', async () => {
      const [a, b] = await use.createMany(2)
      record(b!, 'news')
      await reach(a!, [b!], 'news')
      expect(handles()).toBeGreaterThan(use.handlesBefore)
      await Promise.all([a!.pubsub.dispose!(), b!.pubsub.dispose!()])
      await use.noHandles()
    })

    it('is left while it is away, leaves nothing open either', async () => {
      await use.proxy.down()
      const { pubsub, failures } = use.create()
      record({ pubsub }, 'news')
      await until(() => failures.length > 0)
      await pubsub.dispose!()
      await use.noHandles()
      await use.proxy.up()
    })

    it('cuts the connection, tells so, and delivers once it is back', async () => {
      const [a, b] = await use.createMany(2)
      const seen = record(b!, 'news')
      await reach(a!, [b!], 'news')
      for (let round = 1; round <= 2; round++) {
        await reconnect([a!, b!], use.proxy.cut)
        await reach(a!, [b!], 'news')
        await a!.pubsub.publish('news', { round })
        await until(() => seen.length === round)
      }
      expect(seen).toEqual([{ round: 1 }, { round: 2 }])
      expect([a, b].map(instance => instance!.failures.filter(({ stage }) => stage === 'connect').length >= 2)).toEqual([true, true])
    })

    it('is away, fails no publisher, is not silent about it, and comes back', async () => {
      await use.proxy.down()
      const [a, b, late] = [use.create(), use.create(), use.create()]
      const own = record(a!, 'news')
      const seen = record(b!, 'news')
      const published = a.pubsub.publish('news', { n: 1 })
      expect(own).toEqual([{ n: 1 }])
      await until(() => [a, b, late].every(({ failures }) => failures.some(({ stage }) => stage === 'connect')))
      await late.pubsub.dispose!()
      await use.proxy.up()
      await until(() => [a, b].every(isConnected))
      await published
      await reach(a!, [b!], 'news')
      await a!.pubsub.publish('news', { n: 2 })
      await until(() => seen.some(({ n }) => n === 2))
      expect(isConnected(late)).toBe(false)
    })

    it('goes away while messages are published, and comes back', async () => {
      const [a, b] = await use.createMany(2)
      const seen = record(b!, 'news')
      await reach(a!, [b!], 'news')
      await use.proxy.down()
      const published = a!.pubsub.publish('news', { n: 1 })
      b!.pubsub.subscribe('more', () => {})
      await until(() => [a, b].every(instance => instance!.failures.some(({ stage }) => stage === 'connect')))
      expect([a!, b!].map(isConnected)).toEqual([false, false])
      await use.proxy.up()
      await until(() => [a!, b!].every(isConnected))
      await published
      await reach(a!, [b!], 'more')
      await a!.pubsub.publish('news', { n: 2 })
      await until(() => seen.some(({ n }) => n === 2))
    })

    it('is away for long, holds back a bounded amount and tells what is given up', async () => {
      await use.proxy.down()
      const a = use.create()
      const text = 'x'.repeat(2 ** 20)
      for (let n = 0; n < 20; n++)
        void a.pubsub.publish('news', { text })
      await until(() => a.failures.filter(({ stage }) => stage === 'publish').length === 5)
      expect(a.failures.find(({ stage }) => stage === 'publish')!.error).toMatchObject({ code: 'RSTORE_PUBSUB' })
      await a.pubsub.dispose!()
      await use.proxy.up()
    })
  })
}
