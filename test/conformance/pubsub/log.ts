import type { Instance, InstanceOptions, Instances, Message } from './instances'
import { describe, expect, it, vi } from 'vitest'
import { createProxy } from '../../support/proxy'
import { isConnected, isProbe, reach, randomSpace, reconnect, record, until } from './instances'

export function logConformance(use: Instances): void {
  /** One of its own way to the server, which can be cut alone. */
  async function createApart(options: InstanceOptions = {}) {
    const proxy = await createProxy(use.target)
    const [instance] = await use.createMany(1, { ...options, proxy })
    return { instance: instance!, proxy }
  }

  const publishAll = (instance: Instance, from: number, to: number) =>
    Promise.all(numbers(from, to).map(n => instance.pubsub.publish('news', { n })))

  describe('the log', () => {
    it('gives what came after a place, one\'s own messages included', async () => {
      const [a, b] = await use.createMany(2)
      const seen = record(b!, 'news')
      await reach(a!, [b!], 'news')
      await reach(b!, [a!], 'news')
      await until(() => a!.pubsub.position!() === b!.pubsub.position!())
      const start = a!.pubsub.position!()!
      await a!.pubsub.publish('news', { n: 1 })
      await b!.pubsub.publish('other', { n: 2, at: new Date(0) })
      await a!.pubsub.publish('news', { n: 3 })
      await until(() => seen.length === 2)
      await until(() => a!.pubsub.position!() === b!.pubsub.position!())
      const entries = (await a!.pubsub.history!(start))!
      expect(entries.map(({ channel, payload }) => [channel, payload])).toEqual([['news', { n: 1 }], ['other', { n: 2, at: '1970-01-01T00:00:00.000Z' }], ['news', { n: 3 }]])
      expect(entries[2]!.offset).toBe(b!.pubsub.position!())
      expect(await b!.pubsub.history!(entries[0]!.offset)).toEqual(entries.slice(1))
      expect(await b!.pubsub.history!(entries[2]!.offset)).toEqual([])
      expect([a!.gaps, b!.gaps]).toEqual([0, 0])
    })

    it('does not know places of another log', async () => {
      const [a] = await use.createMany(1)
      const position = a!.pubsub.position!()!
      expect(await a!.pubsub.history!(position)).toEqual([])
      const foreign = ['', ' ', '0', '-', '$', '1-1', 'x:1', '0:0', '1:1:1', '\'', `${position} `, `${position}0`, `9${position}`, `${position.slice(0, -1)}x`, '9'.repeat(1000), 'é', crypto.randomUUID()]
      for (const since of foreign)
        expect([since, await a!.pubsub.history!(since)]).toEqual([since, undefined])
      expect(a!.failures).toEqual([])
    })

    it('is told to have a gap before the first connection by those who had subscribed', async () => {
      const space = randomSpace()
      const { instance: without, proxy } = await createApart({ space })
      expect(without.gaps).toBe(0)
      await proxy.down()
      const early = use.create({ space, proxy })
      record(early, 'news')
      expect([early.pubsub.position!(), await early.pubsub.history!('1-1')]).toEqual([undefined, undefined])
      await proxy.up()
      await until(() => isConnected(early))
      expect(early.gaps).toBe(1)
      await early.pubsub.dispose!()
      await without.pubsub.dispose!()
      await proxy.close()
    })

    it('makes up for what was missed while a connection was lost, in order and once', async () => {
      const [a] = await use.createMany(1)
      const { instance: b, proxy } = await createApart()
      const seen = record(b, 'news')
      await reach(a!, [b], 'news')
      const start = b.pubsub.position!()!
      await publishAll(a!, 0, 10)
      await proxy.down()
      await until(() => !isConnected(b))
      // More than are read at once.
      await publishAll(a!, 10, 2500)
      await proxy.up()
      await publishAll(a!, 2500, 2600)
      await until(() => seen.length >= 2600)
      await reach(a!, [b], 'news')
      expect(seen.map(({ n }) => n)).toEqual(numbers(0, 2600))
      expect(b.gaps).toBe(0)
      expect((await b.pubsub.history!(start))!.map(({ payload }) => payload).filter(payload => !isProbe(payload))).toEqual(numbers(0, 2600).map(n => ({ n })))
      await b.pubsub.dispose!()
      await proxy.close()
    })

    it('leaves no hole and repeats nothing where connections are cut while messages come', async () => {
      const [a, c] = await use.createMany(2)
      const { instance: b, proxy } = await createApart()
      const seen = record(b, 'news')
      await reach(a!, [b], 'news')
      await reach(c!, [b], 'news')
      let done = false
      const sent = { a: 0, c: 0 }
      const publishing = (['a', 'c'] as const).map(async (by) => {
        while (!done) {
          await (by === 'a' ? a! : c!).pubsub.publish('news', { by, n: sent[by]++ })
          // Not more than the log keeps, however long it takes to connect again.
          await new Promise(resolve => setTimeout(resolve, 2))
        }
      })
      for (let round = 0; round < 5; round++) {
        const before = seen.length
        await until(() => seen.length > before + 20)
        await reconnect([b], proxy.cut)
      }
      done = true
      await Promise.all(publishing)
      await until(() => seen.length >= sent.a + sent.c)
      await reach(a!, [b], 'news')
      const from = (by: string) => seen.filter((message: Message) => message.by === by).map(({ n }) => n)
      expect(from('a')).toEqual(numbers(0, sent.a))
      expect(from('c')).toEqual(numbers(0, sent.c))
      expect(b.gaps).toBe(0)
      await b.pubsub.dispose!()
      await proxy.close()
    })

    it('tells a gap where what was missed is gone', async () => {
      const options = { history: 100, space: randomSpace() }
      const [a] = await use.createMany(1, options)
      const { instance: b, proxy } = await createApart(options)
      const seen = record(b, 'news')
      await reach(a!, [b], 'news')
      const start = b.pubsub.position!()!
      await proxy.down()
      await until(() => !isConnected(b))
      const last = a!.pubsub.position!()!
      await vi.waitFor(async () => {
        await publishAll(a!, 0, 200)
        expect(await a!.pubsub.history!(last)).toBeUndefined()
      }, { timeout: 20_000, interval: 50 })
      expect(b.gaps).toBe(0)
      await proxy.up()
      await until(() => isConnected(b))
      expect(b.gaps).toBe(1)
      expect(await b.pubsub.history!(start)).toBeUndefined()
      seen.length = 0
      await a!.pubsub.publish('news', { n: -1 })
      await until(() => seen.some(({ n }) => n === -1))
      expect(b.gaps).toBe(1)
      await b.pubsub.dispose!()
      await proxy.close()
    })

    it('tells a gap where a process is gone that did not take its leave, and only there', async () => {
      const [space, elsewhere] = [randomSpace(), randomSpace()]
      const [a, left] = await use.createMany(2, { space, lease: 1000 })
      const [watch] = await use.createMany(1, { space: elsewhere, lease: 1000 })
      const { instance: b, proxy: others } = await createApart({ space, lease: 1000 })
      const { instance: killed, proxy } = await createApart({ space, lease: 1000 })
      const { instance: clock, proxy: clockProxy } = await createApart({ space: elsewhere, lease: 2000 })
      await reach(killed, [a!, b], 'news')
      const start = a!.pubsub.position!()!
      await left!.pubsub.dispose!()
      await clockProxy.close()
      // Whose lease is longer: the one that has left would have been found by now.
      await until(() => watch!.gaps > 0)
      expect([a!.gaps, b.gaps]).toEqual([0, 0])
      await proxy.close()
      await until(() => a!.gaps > 0 && b.gaps > 0)
      expect([a!.gaps, b.gaps]).toEqual([1, 1])
      expect(await b.pubsub.history!(start)).toBeUndefined()
      const after = b.pubsub.position!()!
      await a!.pubsub.publish('news', { n: 1 })
      expect((await b.pubsub.history!(after))!.map(({ payload }) => payload)).toEqual([{ n: 1 }])
      await Promise.all([b, killed, clock].map(({ pubsub }) => pubsub.dispose!()))
      await others.close()
    })

    it('tells a gap where a message could not be published', async () => {
      const [a, b] = await use.createMany(2)
      const seen = record(b!, 'news')
      await reach(a!, [b!], 'news')
      const start = b!.pubsub.position!()!
      const circle: { self?: unknown } = {}
      circle.self = circle
      await a!.pubsub.publish('news', circle)
      await until(() => b!.gaps === 1)
      await a!.pubsub.publish('news', { n: 1 })
      await until(() => seen.length > 0)
      expect(await b!.pubsub.history!(start)).toBeUndefined()
      expect(b!.gaps).toBe(1)
    })

    it('says what waits', async () => {
      const { instance: a, proxy } = await createApart()
      expect(a.pubsub.state!()).toMatchObject({ connected: true, pending: 0 })
      await proxy.down()
      await until(() => !isConnected(a))
      void a.pubsub.publish('news', { text: 'x'.repeat(1000) })
      expect(a.pubsub.state!().connected).toBe(false)
      expect(a.pubsub.state!().pending).toBeGreaterThan(1000)
      await proxy.up()
      await until(() => isConnected(a) && a.pubsub.state!().pending === 0)
      await a.pubsub.dispose!()
      await proxy.close()
    })
  })
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
