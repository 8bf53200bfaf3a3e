import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RedisPubSubOptions } from '../../../src/runtime/pubsub/redis'
import { createRedisPubSub, RealtimePubSub } from '../../../src/runtime/pubsub/redis'
import { createProxy } from '../../support/proxy'
import { findRedis } from '../../support/services'
import { isConnected, until } from './instances'
import { pubsubConformance, pubsubLogConformance } from './suite'

const server = await findRedis()
const available = server !== undefined
const prefix = `rstore-test-${crypto.randomUUID()}:`

const clients = {
  ioredis: (port: number, name?: string) => new Redis({ port, host: '127.0.0.1', lazyConnect: true, ...name && { connectionName: name } }),
  redis: (port: number, name?: string) => createClient({ socket: { port, host: '127.0.0.1' }, ...name && { name } }),
}

afterAll(async () => {
  if (!server)
    return
  const admin = new Redis(server.href)
  await admin.del(prefix, ...await admin.keys(`${prefix}*`))
  await admin.quit()
})

for (const [name, client] of Object.entries(clients)) {
  pubsubLogConformance(name, { available, server, create: ({ port, space, ...options }) => createRedisPubSub({ client: client(port), prefix: `${prefix}${space}:`, ...options }) })
  pubsubConformance(`${name} without history`, { available, server, create: ({ port, space, onError }) => createRedisPubSub({ client: client(port), prefix: `${prefix}${space}:`, history: false, onError }) })
}

pubsubConformance('redis by its address', { available, server, create: ({ port, space, onError }) => createRedisPubSub({ host: '127.0.0.1', port, prefix: `${prefix}${space}:`, onError }) })

describe.skipIf(!available)('RealtimePubSub', () => {
  const port = Number(server?.port)
  let admin: Redis

  beforeAll(() => {
    admin = new Redis(port)
  })
  afterAll(() => admin?.quit())

  it.each(Object.entries(clients))('holds two connections of %s, however many subscriptions', async (_, client) => {
    const name = crypto.randomUUID()
    const connections = async () => String(await admin.client('LIST')).split('\n').filter(line => line.includes(name))
    const pubsub = new RealtimePubSub({ client: client(port, name), prefix })
    const connected = new Promise<void>(resolve => pubsub.onGap(resolve))
    for (let n = 0; n < 100; n++)
      pubsub.subscribe(`channel-${n}`, () => {})
    await connected
    await Promise.all(Array.from({ length: 100 }, (_, n) => pubsub.publish(`channel-${n}`, { n })))
    const lines = await connections()
    expect(lines).toHaveLength(2)
    expect(lines.map(line => / sub=(\d+)/.exec(line)![1]).sort()).toEqual(['0', '100'])
    await pubsub.dispose()
    await expect.poll(connections).toEqual([])
  })

  it('hands over text with the id of the instance that sent it, and none of its own', async () => {
    const [a, b] = [new RealtimePubSub({ host: '127.0.0.1', port, prefix }), new RealtimePubSub({ url: server!.href, prefix })]
    expect(a.instanceId).toMatch(/^[\da-f-]{36}$/)
    expect(a.instanceId).not.toBe(b.instanceId)
    const seen: Record<'a' | 'b', string[]> = { a: [], b: [] }
    a.subscribe('some-channel', message => seen.a.push(message))
    b.subscribe('some-channel', message => seen.b.push(message))
    await Promise.all([a, b].map(pubsub => until(() => pubsub.state().connected)))
    await a.publish('some-channel', { hello: 'world', origin: 'theirs', at: new Date(0), big: 2n ** 60n })
    await a.publish('some-channel', {})
    await b.publish('some-channel', { text: `"origin":"${a.instanceId}"}` })
    await until(() => seen.a.length === 1 && seen.b.length === 2)
    expect(seen.b.map(message => JSON.parse(message))).toEqual([{ hello: 'world', at: '1970-01-01T00:00:00.000Z', big: '1152921504606846976', origin: a.instanceId }, { origin: a.instanceId }])
    expect(seen.a.map(message => JSON.parse(message))).toEqual([{ text: `"origin":"${a.instanceId}"}`, origin: b.instanceId }])
    await Promise.all([a.dispose(), b.dispose()])
  })

  it('delivers what other programs publish, and tells of what is no message of ours', async () => {
    const failures: string[] = []
    const texts: string[] = []
    const plain = new RealtimePubSub({ host: '127.0.0.1', port, prefix })
    const pubsub = createRedisPubSub({ host: '127.0.0.1', port, prefix, history: false, onError: (_, { stage }) => failures.push(stage) })
    plain.subscribe('foreign', message => texts.push(message))
    pubsub.subscribe('foreign' as 'update', () => texts.push('payload'))
    await Promise.all([plain, pubsub].map(one => until(() => isConnected({ pubsub: one }))))
    for (const message of ['no JSON', 'null', '{}'])
      await admin.publish(`${prefix}foreign`, message)
    await until(() => texts.length === 3 && failures.length === 3)
    expect([texts, failures]).toEqual([['no JSON', 'null', '{}'], ['message', 'message', 'message']])
    await Promise.all([plain.dispose(), pubsub.dispose!()])
  })
})

describe.skipIf(!available)('the stream of Redis', () => {
  const port = Number(server?.port)
  const own = `${prefix}stream:`
  let admin: Redis

  beforeAll(() => {
    admin = new Redis(port)
  })
  afterAll(() => admin?.quit())

  async function start(options: Partial<RedisPubSubOptions> = {}) {
    const pubsub = createRedisPubSub<Record<string, unknown>>({ client: clients.ioredis(port, options.prefix), prefix: own, onError: () => {}, ...options })
    const told = { gaps: 0, seen: [] as unknown[], pubsub }
    await until(() => isConnected(told))
    pubsub.onGap!(() => told.gaps++)
    pubsub.subscribe('news', payload => told.seen.push(payload))
    return told
  }

  it('takes no more than two connections', async () => {
    const name = `${own}${crypto.randomUUID()}:`
    const { pubsub } = await start({ prefix: name })
    await pubsub.history!(pubsub.position!()!)
    expect(String(await admin.client('LIST')).split('\n').filter(line => line.includes(`name=${name}`))).toHaveLength(2)
    await pubsub.dispose!()
  })

  it('works with a client that puts something before its keys', async () => {
    const client = new Redis({ port, lazyConnect: true, keyPrefix: `${own}before:` })
    const [a, b] = [await start({ client }), await start({ client })]
    const before = b.pubsub.position!()!
    await a.pubsub.publish('news', 1)
    await until(() => b.seen.length === 1)
    expect(await b.pubsub.history!(before)).toHaveLength(1)
    await Promise.all([a, b].map(({ pubsub }) => pubsub.dispose!()))
  })

  it('has a gap where it was deleted, for those who are connected as for those who come back', async () => {
    const [a, b] = [await start(), await start()]
    const before = a.pubsub.position!()!
    await admin.del(`${own}log`)
    await a.pubsub.publish('news', 1)
    await until(() => b.gaps === 1)
    expect(await a.pubsub.history!(before)).toBeUndefined()
    await b.pubsub.publish('news', 2)
    await until(() => a.seen.length + b.seen.length >= 3)
    expect([a.gaps, b.gaps]).toEqual([1, 1])
    await Promise.all([a, b].map(({ pubsub }) => pubsub.dispose!()))
  })

  it('has a gap where Redis was started again, which may have forgotten the last messages', async () => {
    const proxy = await createProxy(server!)
    const a = await start({ client: clients.ioredis(proxy.port) })
    const before = a.pubsub.position!()!
    await admin.set(`${own}server`, 'another run')
    proxy.cut()
    await until(() => a.gaps === 1)
    expect(await a.pubsub.history!(before)).toBeUndefined()
    await a.pubsub.dispose!()
    await proxy.close()
  })

  it('is as long as it is told to be', async () => {
    const { pubsub } = await start({ prefix: `${own}short:`, history: 200 })
    await Promise.all(Array.from({ length: 2000 }, (_, n) => pubsub.publish('news', n)))
    const length = await admin.xlen(`${own}short:log`)
    expect(length).toBeGreaterThanOrEqual(200)
    expect(length).toBeLessThan(400)
    await pubsub.dispose!()
    expect(await admin.zcard(`${own}short:leases`)).toBe(0)
  })

  it.each([{ history: 0 }, { history: 1.5 }, { lease: -1 }])('does not take %j', (options) => {
    expect(() => createRedisPubSub({ host: '127.0.0.1', ...options })).toThrow(expect.objectContaining({ code: 'RSTORE_PUBSUB', field: Object.keys(options)[0] }))
  })
})

describe('RealtimePubSub without Redis', () => {
  it('is the only instance', async () => {
    const pubsub = new RealtimePubSub()
    const seen: string[] = []
    const end = pubsub.subscribe('some-channel', message => seen.push(message))
    await pubsub.publish('some-channel', { hello: 'world' })
    end()
    await pubsub.dispose()
    expect(seen).toEqual([])
  })

  it('takes objects only', async () => {
    const failures: unknown[] = []
    const pubsub = new RealtimePubSub({ onError: (error, { stage }) => failures.push({ error, stage }) })
    for (const data of ['text', null, [1]])
      await pubsub.publish('some-channel', data as object)
    expect(failures).toMatchObject([1, 2, 3].map(() => ({ stage: 'publish', error: { code: 'RSTORE_INVALID_VALUE', field: 'data' } })))
  })

  it('delivers within the process as pub/sub', () => {
    const pubsub = createRedisPubSub<{ news: number }>({})
    const seen: number[] = []
    pubsub.subscribe('news', n => seen.push(n))
    void pubsub.publish('news', 1)
    expect(seen).toEqual([1])
  })
})
