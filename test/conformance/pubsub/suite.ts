import type { Driver } from './instances'
import { describe, expect, it } from 'vitest'
import { isProbe, reach, record, until, useInstances } from './instances'
import { logConformance } from './log'
import { outageConformance } from './outages'

/** What every driver promises, as the docstrings of `PubSub` have it. */
export function pubsubConformance(name: string, driver: Driver): void {
  const { server } = driver

  describe.skipIf(!driver.available)(`pub/sub: ${name}`, () => {
    const use = useInstances(driver)

    it('delivers to every instance, the publisher included, once', async () => {
      const [a, b, c] = await use.createMany(3)
      const seen = [a!, b!, c!].map(instance => record(instance, 'news'))
      await reach(a!, [a!, b!, c!], 'news')
      await a!.pubsub.publish('news', { n: 1 })
      await until(() => server ? seen.every(list => list.length === 1) : true)
      await b!.pubsub.publish('news', { n: 2 })
      await until(() => seen.every(list => list.some(({ n }) => n === 2)))
      expect(seen).toEqual([1, 2, 3].map(() => [{ n: 1 }, { n: 2 }]))
      expect(a!.failures).toEqual([])
    })

    it('keeps the order of each publisher under load, on all channels', async () => {
      const [a, b, c] = await use.createMany(3)
      const one = record(c!, 'one')
      const two = record(c!, 'two')
      await reach(a!, [c!], 'one')
      await reach(b!, [c!], 'two')
      const sent = []
      for (let n = 0; n < 1000; n++)
        sent.push(a!.pubsub.publish('one', { by: 'a', n }), b!.pubsub.publish(n % 2 ? 'one' : 'two', { by: 'b', n }))
      await Promise.all(sent)
      await until(() => one.length === 1500 && two.length === 500)
      const all = Array.from({ length: 1000 }, (_, n) => n)
      const from = (list: typeof one, by: string) => list.filter(message => message.by === by).map(({ n }) => n)
      expect(from(one, 'a')).toEqual(all)
      expect(from(one, 'b')).toEqual(all.filter(n => n % 2))
      expect(from(two, 'b')).toEqual(all.filter(n => n % 2 === 0))
    })

    it('keeps channels apart, whatever their names', async () => {
      const names = ['update', 'update.more', 'update.*', '>', 'two words', 'é🦊', 'a:b/c%', 'quo"te\'']
      const [a, b] = await use.createMany(2)
      const seen = names.map(channel => record(b!, channel))
      for (const channel of names)
        await reach(a!, [b!], channel)
      for (const channel of names)
        await a!.pubsub.publish(channel, { channel })
      await until(() => seen.every(list => list.length > 0))
      expect(seen).toEqual(names.map(channel => [{ channel }]))
    })

    it('calls nobody who has unsubscribed, for messages on their way either', async () => {
      const [a, b] = await use.createMany(2)
      const ended: unknown[] = []
      const end = b!.pubsub.subscribe('news', (payload) => {
        if (isProbe(payload))
          return
        ended.push(payload)
        end()
        end()
        endOther()
      })
      const endOther = b!.pubsub.subscribe('news', payload => isProbe(payload) || ended.push(payload))
      const seen = record(b!, 'news')
      await reach(a!, [b!], 'news')
      await Promise.all(Array.from({ length: 200 }, (_, n) => a!.pubsub.publish('news', { n })))
      await until(() => seen.length === 200)
      expect(ended).toEqual([{ n: 0 }])
    })

    it('delivers to who subscribes again at once', async () => {
      const [a, b] = await use.createMany(2)
      b!.pubsub.subscribe('news', () => {})()
      const end = b!.pubsub.subscribe('news', () => {})
      await reach(a!, [b!], 'news')
      end()
      const seen = record(b!, 'news')
      await reach(a!, [b!], 'news')
      await a!.pubsub.publish('news', { n: 1 })
      await until(() => seen.length > 0)
      expect(seen).toEqual([{ n: 1 }])
    })

    it('keeps a message from nobody because a subscriber throws', async () => {
      const [a, b] = await use.createMany(2)
      b!.pubsub.subscribe('news', (payload) => {
        if (!isProbe(payload))
          throw new Error('mine')
      })
      const seen = record(b!, 'news')
      await reach(a!, [b!], 'news')
      await a!.pubsub.publish('news', { n: 1 })
      await a!.pubsub.publish('news', { n: 2 })
      await until(() => seen.length === 2)
      const told = use.failures()
      expect(told).toEqual([1, 2].map(() => ({ error: expect.objectContaining({ message: 'mine' }), stage: 'message' })))
    })

    it('carries large payloads and any text', async () => {
      const [a, b] = await use.createMany(2)
      const seen = record(b!, 'news')
      await reach(a!, [b!], 'news')
      const payloads = [{ text: 'x'.repeat(200_000) }, { text: 'é🦊\u2028\0\n"\\\uD800' }, { text: '🦊'.repeat(20_000) }, { list: [1, null, { origin: 'theirs' }], origin: 'mine' }]
      for (const payload of payloads)
        await a!.pubsub.publish('news', payload)
      await until(() => seen.length === payloads.length)
      expect(seen).toEqual(payloads)
    })

    it('ends for good, and only itself', async () => {
      const [a, b, c] = await use.createMany(3)
      const before = record(b!, 'news')
      if (!server)
        return void await b!.pubsub.dispose!()
      const others = record(c!, 'news')
      await reach(a!, [b!, c!], 'news')
      await Promise.all([b!.pubsub.dispose!(), b!.pubsub.dispose!()])
      await b!.pubsub.dispose!()
      const after = record(b!, 'news')
      await b!.pubsub.publish('news', { n: 1 })
      await a!.pubsub.publish('news', { n: 2 })
      await until(() => others.length > 0)
      expect([before, others]).toEqual([[], [{ n: 2 }]])
      expect(after.filter(({ n }) => n === 2)).toEqual([])
      expect(b!.failures.map(({ stage, error }) => [stage, (error as { code: string }).code])).toEqual([['subscribe', 'RSTORE_PUBSUB'], ['publish', 'RSTORE_PUBSUB']])
    })

    it('tells of payloads that are no JSON', async () => {
      if (!server)
        return
      const [a] = await use.createMany(1)
      const circle: { self?: unknown } = {}
      circle.self = circle
      await a!.pubsub.publish('news', circle)
      expect(a!.failures).toMatchObject([{ stage: 'publish', error: { name: 'TypeError' } }])
    })

    if (server)
      outageConformance(use)
  })
}

/** What one with a log promises on top. */
export function pubsubLogConformance(name: string, driver: Driver): void {
  pubsubConformance(name, driver)
  describe.skipIf(!driver.available)(`pub/sub with a log: ${name}`, () => logConformance(useInstances(driver)))
}
