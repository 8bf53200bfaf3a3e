import { connect } from '@nats-io/transport-node'
import { describe, expect, it } from 'vitest'
import { createNatsPubSub } from '../../../src/runtime/pubsub/nats'
import { createProxy } from '../../support/proxy'
import { findNats } from '../../support/services'
import { record, until } from './instances'
import { pubsubConformance } from './suite'

const server = await findNats()
const prefix = `rstore-test-${crypto.randomUUID()}.`

pubsubConformance('nats', { available: server !== undefined, server, create: ({ port, onError }) => createNatsPubSub({ servers: `127.0.0.1:${port}`, prefix, onError }) })

describe.skipIf(!server)('NATS with a connection of the app', () => {
  it('leaves it open, and tells of what the server does not take', async () => {
    const connection = await connect({ servers: server!.host })
    const failures: string[] = []
    const [a, b] = [0, 1].map(() => createNatsPubSub<Record<string, unknown>>({ connection, prefix, onError: (_, { stage }) => failures.push(stage) }))
    const seen = record({ pubsub: b! }, 'news')
    await new Promise<void>(resolve => b!.onGap!(resolve))
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
    const pubsub = createNatsPubSub<Record<string, unknown>>({ servers: `127.0.0.1:${proxy.port}`, prefix, onError: (_, { stage }) => failures.push(stage) })
    await new Promise<void>(resolve => pubsub.onGap!(resolve))
    await proxy.down()
    await until(() => failures.includes('connect'))
    await pubsub.publish('news', { n: 1 })
    expect(failures).toContain('publish')
    await pubsub.dispose!()
  })

  it('is told of a server', () => {
    expect(() => createNatsPubSub({})).toThrow(expect.objectContaining({ code: 'RSTORE_PUBSUB' }))
  })
})
