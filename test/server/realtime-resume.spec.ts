import type { PubSubEntry, RstoreDrizzlePubSub, RstoreDrizzlePubSubChannels } from '../../src/runtime/realtime/pubsub'
import { describe, expect, it } from 'vitest'
import { createMemoryPubSub } from '../../src/runtime/realtime/pubsub'
import { connect, create, server, settle, start, subscribe } from './support/realtime'
import { todos } from './support/schema'

const offset = async (path = 'todos') => (await server.get(path)).headers.get('x-rstore-offset')!
const done = (value: boolean) => ({ operator: 'eq', field: 'done', value })

/** A new connection that subscribes with an offset: what it is told before it is acknowledged, and how. */
async function comeBack(since: string | undefined, collection = 'todos', more: object = {}, headers: Record<string, string> = {}) {
  const client = await connect(headers, 1)
  await client.send(subscribe(collection, { since, ...more }))
  await expect.poll(() => client.frames.findIndex(frame => 'subscription' in frame)).toBeGreaterThan(0)
  const { missed } = (client.frames.at(-1) as { subscription: { missed: boolean } }).subscription
  client.close()
  return { told: client.told, updates: client.updates, missed }
}

describe('who comes back with an offset', () => {
  it('is told what has changed since, as it is now, and then acknowledged', async () => {
    await start()
    await create('before')
    const since = await offset()
    expect(await comeBack(since)).toMatchObject({ told: [], missed: false })
    await create('a', {}, { 'x-rstore-client-id': 'client-1' })
    await server.call('PATCH', 'todos/2', { title: 'b' })
    await create('c')
    await server.call('DELETE', 'todos/3')
    const { told, updates, missed } = await comeBack(since)
    expect([told, missed]).toEqual([['created 2', 'deleted 3'], false])
    expect(updates[0]?.record.title).toBe('b')
    expect(await comeBack(since, 'lists')).toMatchObject({ told: [], missed: false })
    expect(await comeBack(since, 'todos', { key: 3 })).toMatchObject({ told: ['deleted 3'], missed: false })
    expect(await comeBack(await offset())).toMatchObject({ told: [], missed: false })
  })

  it('is told of rows that its filter has lost, and of none that it never had', async () => {
    await start()
    await create('a')
    await create('b', { done: true })
    const since = await offset()
    await server.call('PATCH', 'todos/1', { done: true })
    await server.call('PATCH', 'todos/2', { title: 'c' })
    expect((await comeBack(since, 'todos', { where: done(false) })).told).toContain('updated 1')
    expect((await comeBack(since, 'todos', { where: done(true) })).told).toEqual(['updated 1', 'updated 2'])
  })

  it('is told no more than it may read', async () => {
    await start()
    server.rules.setSession(({ headers }) => ({ user: headers.get('x-user') }))
    server.rules.policyForTable(todos, { read: ({ session }, { eq }) => eq('origin', String((session as { user: string }).user)), create: true, update: true, delete: true })
    const since = await offset()
    await create('a', { origin: 'ann' }, { 'x-user': 'ann' })
    await create('b', { origin: 'bob' }, { 'x-user': 'bob' })
    await server.call('DELETE', 'todos/2', undefined, { 'x-user': 'bob' })
    expect((await comeBack(since, 'todos', {}, { 'x-user': 'ann' })).told).toEqual(['created 1'])
    expect((await comeBack(since, 'todos', {}, { 'x-user': 'eve' })).told).toEqual([])
  })

  it('as somebody else has to read anew', async () => {
    await start()
    let user = 'ann'
    server.rules.setSession(() => ({ user }))
    server.rules.policyForTable(todos, { read: ({ session }, { eq }) => eq('origin', String((session as { user: string }).user)), create: true })
    const since = await offset()
    const acknowledgement = async (access?: string) => {
      const client = await connect(undefined, 1)
      await client.send(subscribe('todos', { since, access }))
      await expect.poll(() => client.frames.at(-1)).toHaveProperty('subscription')
      return (client.frames.at(-1) as { subscription: { missed: boolean, access: string } }).subscription
    }
    const { access, missed } = await acknowledgement()
    expect([missed, (await acknowledgement(access)).missed]).toEqual([false, false])
    expect(access).not.toContain('ann')
    user = 'bob'
    expect(await acknowledgement(access)).toMatchObject({ missed: true, access: expect.not.stringContaining(access) })
  })

  it('has to read anew where that can\'t be told', async () => {
    await start({ maxMissed: 2 })
    const since = await offset()
    const [origin] = since.split(':')
    for (const unknown of [undefined, '', 'x', 'other:5', `${since}x`, `${origin}:`, `${origin}:-1`])
      expect(await comeBack(unknown)).toMatchObject({ told: [], missed: true })
    for (const title of 'abc')
      await create(title)
    expect(await comeBack(since)).toMatchObject({ told: [], missed: true })
    const later = await offset()
    server.hub.skip('todos')
    expect(await comeBack(later)).toMatchObject({ missed: true })
    expect(await comeBack(later, 'lists')).toMatchObject({ missed: false })
  })

  it('to another process is told by the log of the driver', async () => {
    const log: PubSubEntry<RstoreDrizzlePubSubChannels>[] = []
    const memory = createMemoryPubSub()
    const pubsub: RstoreDrizzlePubSub = {
      ...memory,
      publish(channel, payload) {
        log.push({ offset: String(log.length + 1), channel, payload })
        return memory.publish(channel, payload)
      },
      position: () => `log:${log.length}`,
      history: async since => since.startsWith('log:') ? log.slice(Number(since.slice(4))) : undefined,
    }
    await start({ pubsub })
    const first = server
    await start({ pubsub }, { client: first.client })
    // Only who listens knows how far it has come.
    for (const one of [first, server])
      one.hub.connect({ request: { url: '/', headers: new Headers() }, send: () => {}, close: () => {} })
    const since = (await first.get('todos')).headers.get('x-rstore-offset')!
    expect(since).toMatch(/:log:0$/)
    await first.call('POST', 'todos', { title: 'there' })
    await create('here')
    expect(await comeBack(since)).toMatchObject({ told: ['created 1', 'created 2'], missed: false })
    expect(await comeBack(since.replace('log:0', 'gone'))).toMatchObject({ missed: true })
    await first.close()
  })
})

it('an offset comes with all that was told up to it, and now and then by itself', async () => {
  await start()
  const [client, quiet, old] = [await connect(undefined, 1), await connect(undefined, 1), await connect()]
  await client.send(subscribe('todos'))
  await quiet.send(subscribe('lists'))
  await old.send(subscribe('lists'))
  await create('a')
  await settle()
  expect(client.frames.at(-1)).toHaveProperty('offset', server.hub.offset)
  expect(JSON.stringify(quiet.frames)).not.toContain(server.hub.offset)
  await server.hub.tend()
  await settle()
  expect([quiet.frames.at(-1), old.frames]).toEqual([{ offset: server.hub.offset }, []])
})
