import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { afterAll, describe, expect, it } from 'vitest'
import { createNatsPubSub } from '../../../src/runtime/pubsub/nats'
import { createProxy } from '../../support/proxy'
import { findNats } from '../../support/services'
import { isConnected, record, until } from './instances'
import { pubsubConformance, pubsubLogConformance } from './suite'
import { dropStreams } from './nats-streams'

const server = await findNats()
const prefix = `rstore-test-${crypto.randomUUID()}.`

afterAll(() => server && dropStreams(server, prefix))

pubsubLogConformance('nats', { available: server !== undefined, server, create: ({ port, space, ...options }) => createNatsPubSub({ servers: `127.0.0.1:${port}`, prefix: `${prefix}${space}.`, ...options }) })
pubsubConformance('nats without history', { available: server !== undefined, server, create: ({ port, space, onError }) => createNatsPubSub({ servers: `127.0.0.1:${port}`, prefix: `${prefix}${space}.`, history: false, onError }) })

describe.skipIf(!server)('NATS with a connection of the app', () => {
  it('leaves it open, and tells of what the server does not take', async () => {
    const connection = await connect({ servers: server!.host })
    const failures: string[] = []
    const [a, b] = [0, 1].map(() => createNatsPubSub<Record<string, unknown>>({ connection, prefix, history: false, onError: (_, { stage }) => failures.push(stage) }))
    const seen = record({ pubsub: b! }, 'news')
    await until(() => isConnected({ pubsub: b! }))
    await a!.publish('news', { n: 1, text: 'x'.repeat(connection.info!.max_payload) })
    await a!.publish('news', { n: 2 })
    await until(() => seen.length > 0)
    expect([seen, failures]).toEqual([[{ n: 2 }], ['publish']])
    await Promise.all([a!.dispose!(), b!.dispose!()])
    expect(connection.isClosed()).toBe(false)
    await connection.close()
  })

  it('tells of a message that was lost with the connection', async () => {
    const proxy = await createProxy(server!)
    const failures: string[] = []
    const pubsub = createNatsPubSub<Record<string, unknown>>({ servers: `127.0.0.1:${proxy.port}`, prefix, history: false, onError: (_, { stage }) => failures.push(stage) })
    await until(() => isConnected({ pubsub }))
    await proxy.down()
    await until(() => failures.includes('connect'))
    await pubsub.publish('news', { n: 1 })
    expect(failures).toContain('publish')
    await pubsub.dispose!()
  })

  it('follows a stream, and tells a gap where that was deleted', async () => {
    const connection = await connect({ servers: server!.host })
    const own = `${prefix}deleted.`
    const failures: string[] = []
    const pubsub = createNatsPubSub<Record<string, unknown>>({ connection, prefix: own, onError: (_, { stage }) => failures.push(stage) })
    const seen = record({ pubsub }, 'news')
    let gaps = 0
    await until(() => isConnected({ pubsub }))
    pubsub.onGap!(() => gaps++)
    const before = pubsub.position!()!
    const { streams } = await jetstreamManager(connection)
    const { name } = (await streams.list().next()).find(({ config }) => config.subjects.includes(`${own}log.>`))!.config
    await pubsub.publish('news', { n: 0 })
    await until(() => pubsub.position!() !== before)
    await streams.purge(name)
    expect([await pubsub.history!(before), await pubsub.history!(pubsub.position!()!), gaps]).toEqual([undefined, [], 0])
    await streams.delete(name)
    await until(() => gaps === 1)
    expect(await pubsub.history!(before)).toBeUndefined()
    const other = createNatsPubSub<Record<string, unknown>>({ connection, prefix: own })
    await other.publish('news', { n: 1 })
    await until(() => seen.length > 1)
    expect([seen, gaps]).toEqual([[{ n: 0 }, { n: 1 }], 1])
    await Promise.all([pubsub.dispose!(), other.dispose!()])
    expect(connection.isClosed()).toBe(false)
    expect((await streams.info((await streams.list().next()).find(({ config }) => config.subjects.includes(`${own}lease.*`))!.config.name)).state.messages).toBe(0)
    await connection.close()
  })

  it.each([{ history: 0 }, { lease: 0.5 }])('does not take %j', (options) => {
    expect(() => createNatsPubSub({ servers: '127.0.0.1', ...options })).toThrow(expect.objectContaining({ code: 'RSTORE_PUBSUB', field: Object.keys(options)[0] }))
  })

  it('is told of a server', () => {
    expect(() => createNatsPubSub({})).toThrow(expect.objectContaining({ code: 'RSTORE_PUBSUB' }))
  })
})
