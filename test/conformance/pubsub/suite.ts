import type { PubSub, PubSubErrorHandler, PubSubStage } from '../../../src/runtime/realtime/pubsub'
import type { Proxy } from '../../support/proxy'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createProxy } from '../../support/proxy'

/* What every driver promises, as the docstrings of `PubSub` have it. An instance here is what a process is elsewhere. */

export interface Driver {
  /** An instance, connecting to the server at this port of 127.0.0.1. */
  create: (options: { onError: PubSubErrorHandler, port: number }) => PubSub
  /** The server; `undefined` for a driver within one process, whose `create` gives the same instance. */
  server?: URL
  /** Whether the server is there. */
  available: boolean
  close?: () => Promise<void>
}

export interface Instance {
  pubsub: PubSub
  failures: { error: unknown, stage: PubSubStage }[]
  /** How often it has connected. */
  connects: number
}

export function pubsubConformance(name: string, driver: Driver): void {
  const { server } = driver

  describe.skipIf(!driver.available)(`pub/sub: ${name}`, () => {
    let proxy: Proxy | undefined
    let instances: Instance[] = []
    let handlesBefore = 0

    beforeAll(async () => {
      handlesBefore = handles()
      proxy = server && await createProxy(server)
    })
    afterEach(async () => {
      await Promise.all(instances.map(({ pubsub }) => pubsub.dispose?.()))
      instances = []
    })
    afterAll(async () => {
      await proxy?.close()
      await noHandles()
      await driver.close?.()
    })

    /** On no timer, which would be one. */
    async function noHandles(): Promise<void> {
      while (handles() > handlesBefore)
        await new Promise(resolve => setImmediate(resolve))
    }

    function create(): Instance {
      const instance: Instance = { failures: [], connects: 0, pubsub: undefined as never }
      instance.pubsub = driver.create({ port: proxy?.port ?? 0, onError: (error, { stage }) => instance.failures.push({ error, stage }) })
      instance.pubsub.onGap?.(() => instance.connects++)
      instances.push(instance)
      return instance
    }

    /** Instances that reach each other. */
    async function createMany(count: number): Promise<Instance[]> {
      const made = Array.from({ length: count }, create)
      if (server)
        await until(() => made.every(({ connects }) => connects === 1))
      return made
    }

    it('delivers to every instance, the publisher included, once', async () => {
      const [a, b, c] = await createMany(3)
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
      const [a, b, c] = await createMany(3)
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
      const [a, b] = await createMany(2)
      const seen = names.map(channel => record(b!, channel))
      for (const channel of names)
        await reach(a!, [b!], channel)
      for (const channel of names)
        await a!.pubsub.publish(channel, { channel })
      await until(() => seen.every(list => list.length > 0))
      expect(seen).toEqual(names.map(channel => [{ channel }]))
    })

    it('calls nobody who has unsubscribed, for messages on their way either', async () => {
      const [a, b] = await createMany(2)
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
      const [a, b] = await createMany(2)
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
      const [a, b] = await createMany(2)
      b!.pubsub.subscribe('news', (payload) => {
        if (!isProbe(payload))
          throw new Error('mine')
      })
      const seen = record(b!, 'news')
      await reach(a!, [b!], 'news')
      await a!.pubsub.publish('news', { n: 1 })
      await a!.pubsub.publish('news', { n: 2 })
      await until(() => seen.length === 2)
      const told = instances.flatMap(({ failures }) => failures)
      expect(told).toEqual([1, 2].map(() => ({ error: expect.objectContaining({ message: 'mine' }), stage: 'message' })))
    })

    it('carries large payloads and any text', async () => {
      const [a, b] = await createMany(2)
      const seen = record(b!, 'news')
      await reach(a!, [b!], 'news')
      const payloads = [{ text: 'x'.repeat(200_000) }, { text: 'é🦊\u2028\0\n"\\\uD800' }, { text: '🦊'.repeat(20_000) }, { list: [1, null, { origin: 'theirs' }], origin: 'mine' }]
      for (const payload of payloads)
        await a!.pubsub.publish('news', payload)
      await until(() => seen.length === payloads.length)
      expect(seen).toEqual(payloads)
    })

    it('ends for good, and only itself', async () => {
      const [a, b, c] = await createMany(3)
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

    describe.skipIf(!server)('when its server', () => {
      it('is left, leaves nothing open', async () => {
        const [a, b] = await createMany(2)
        record(b!, 'news')
        await reach(a!, [b!], 'news')
        expect(handles()).toBeGreaterThan(handlesBefore)
        await Promise.all([a!.pubsub.dispose!(), b!.pubsub.dispose!()])
        await noHandles()
      })

      it('is left while it is away, leaves nothing open either', async () => {
        await proxy!.down()
        const { pubsub, failures } = create()
        record({ pubsub }, 'news')
        await until(() => failures.length > 0)
        await pubsub.dispose!()
        await noHandles()
        await proxy!.up()
      })

      it('cuts the connection, tells so, and delivers once it is back', async () => {
        const [a, b] = await createMany(2)
        const seen = record(b!, 'news')
        await reach(a!, [b!], 'news')
        for (let round = 1; round <= 2; round++) {
          proxy!.cut()
          await until(() => a!.connects > round && b!.connects > round)
          await reach(a!, [b!], 'news')
          await a!.pubsub.publish('news', { round })
          await until(() => seen.length === round)
        }
        expect(seen).toEqual([{ round: 1 }, { round: 2 }])
        expect([a, b].map(instance => instance!.failures.filter(({ stage }) => stage === 'connect').length >= 2)).toEqual([true, true])
      })

      it('is away, fails no publisher, is not silent about it, and comes back', async () => {
        await proxy!.down()
        const [a, b, late] = [create(), create(), create()]
        const own = record(a!, 'news')
        const seen = record(b!, 'news')
        const published = a!.pubsub.publish('news', { n: 1 })
        expect(own).toEqual([{ n: 1 }])
        await until(() => [a, b, late].every(({ failures }) => failures.some(({ stage }) => stage === 'connect')))
        await late!.pubsub.dispose!()
        await proxy!.up()
        await until(() => a!.connects > 0 && b!.connects > 0)
        await published
        await reach(a!, [b!], 'news')
        await a!.pubsub.publish('news', { n: 2 })
        await until(() => seen.some(({ n }) => n === 2))
        expect(late!.connects).toBe(0)
      })

      it('goes away while messages are published, and comes back', async () => {
        const [a, b] = await createMany(2)
        const seen = record(b!, 'news')
        await reach(a!, [b!], 'news')
        await proxy!.down()
        const published = a!.pubsub.publish('news', { n: 1 })
        b!.pubsub.subscribe('more', () => {})
        await until(() => [a, b].every(instance => instance!.failures.some(({ stage }) => stage === 'connect')))
        await proxy!.up()
        await until(() => a!.connects > 1 && b!.connects > 1)
        await published
        await reach(a!, [b!], 'more')
        await a!.pubsub.publish('news', { n: 2 })
        await until(() => seen.some(({ n }) => n === 2))
      })

      it('is away for long, holds back a bounded amount and tells what is given up', async () => {
        await proxy!.down()
        const a = create()
        const text = 'x'.repeat(2 ** 20)
        for (let n = 0; n < 20; n++)
          void a.pubsub.publish('news', { text })
        await until(() => a.failures.filter(({ stage }) => stage === 'publish').length === 5)
        expect(a.failures.find(({ stage }) => stage === 'publish')!.error).toMatchObject({ code: 'RSTORE_PUBSUB' })
        await a.pubsub.dispose!()
        await proxy!.up()
      })
    })

    it('tells of payloads that are no JSON', async () => {
      if (!server)
        return
      const [a] = await createMany(1)
      const circle: { self?: unknown } = {}
      circle.self = circle
      await a!.pubsub.publish('news', circle)
      expect(a!.failures).toMatchObject([{ stage: 'publish', error: { name: 'TypeError' } }])
    })
  })
}

interface Message { n?: number, by?: string, round?: number }

/** What arrives on the channel from now on. */
export function record({ pubsub }: Pick<Instance, 'pubsub'>, channel: string): Message[] {
  const seen: Message[] = []
  pubsub.subscribe(channel, payload => void (isProbe(payload) || seen.push(payload as Message)))
  return seen
}

export function until(condition: () => boolean): Promise<void> {
  return vi.waitFor(() => {
    if (!condition())
      throw new Error(`Not so: ${condition}`)
  }, { timeout: 20_000, interval: 5 })
}

/** Waits until what one publishes on the channel arrives at the others, and nothing of that is on its way any more. */
async function reach(from: Instance, others: Instance[], channel: string): Promise<void> {
  let sent = 0
  const last = new Map<Instance, number>()
  const ends = others.map(other => other.pubsub.subscribe(channel, (payload) => {
    if (isProbe(payload))
      last.set(other, payload.probe)
  }))
  await vi.waitFor(async () => {
    await from.pubsub.publish(channel, { probe: ++sent })
    if (last.size < others.length)
      throw new Error(`${channel} does not get through`)
  }, { timeout: 20_000, interval: 20 })
  await until(() => others.every(other => last.get(other) === sent))
  ends.forEach(end => end())
}

function isProbe(payload: unknown): payload is { probe: number } {
  return typeof payload === 'object' && payload !== null && 'probe' in payload
}

function handles(): number {
  return process.getActiveResourcesInfo().filter(name => /TCPSocket|Timeout/.test(name)).length
}
