import { beforeEach, describe, expect, it } from 'vitest'
import { createMemoryPubSub } from '../../src/runtime/realtime/pubsub'
import { connect, create, server, settle, start, subscribe, unsubscribe } from './support/realtime'
import { todos } from './support/schema'

describe('a subscription', () => {
  beforeEach(() => start())

  it('hears what is created, changed and deleted, in the documented frames', async () => {
    const client = await connect()
    await client.send(subscribe('todos'))
    const { body } = await create('a', { secretToken: undefined })
    await settle()
    await server.call('PATCH', 'todos/1', { done: true })
    await settle()
    await server.call('DELETE', 'todos/1')
    await settle()
    expect(client.frames).toEqual([
      { update: { collection: 'todos', type: 'created', key: '1', record: body } },
      { update: { collection: 'todos', type: 'updated', key: '1', record: { ...body, done: true, changes: 7 } } },
      { update: { collection: 'todos', type: 'deleted', key: '1', record: { ...body, done: true, changes: 7 } } },
    ])
    expect(client.raw.join()).not.toContain('secretToken')
    expect(server.errors).toEqual([])
  })

  it('hears of its collection, its row and what fulfils its condition, and of nothing else', async () => {
    await create('first')
    const [all, one, some, other] = [await connect(), await connect(), await connect(), await connect()]
    await all.send(subscribe('todos'))
    await one.send(subscribe('todos', { key: 1 }))
    await some.send(subscribe('todos', { where: { op: 'eq', field: 'done', value: true } }))
    await other.send(subscribe('lists'))
    await create('second')
    await settle()
    await server.call('PATCH', 'todos/1', { done: true })
    await settle()
    expect([all.told, one.told, some.told, other.told]).toEqual([['created 2', 'updated 1'], ['updated 1'], ['updated 1'], []])
  })

  it('hears once, however many of its wishes a change fulfils, and no more once it has ended', async () => {
    const client = await connect()
    await client.send(subscribe('todos'), subscribe('todos', { key: '1' }), subscribe('todos'))
    await create('a')
    await settle()
    expect(client.told).toEqual(['created 1'])
    await client.send(unsubscribe('todos'))
    await server.call('PATCH', 'todos/1', { title: 'b' })
    await create('c')
    await settle()
    expect(client.told).toEqual(['created 1', 'updated 1'])
    await client.send(unsubscribe('todos', { key: 1 }))
    await server.call('PATCH', 'todos/1', { title: 'c' })
    await settle()
    expect(client.told).toHaveLength(2)
  })

  it('is not told what its own client has changed, unless others have too', async () => {
    const [mine, others] = [await connect(), await connect()]
    for (const client of [mine, others])
      await client.send({ init: { clientId: client === mine ? 'mine' : 'theirs' } }, subscribe('todos'))
    await create('a', {}, { 'x-rstore-client-id': 'mine' })
    await settle()
    expect([mine.told, others.told]).toEqual([[], ['created 1']])
    expect(others.raw.join()).not.toContain('mine')
    await Promise.all([server.call('PATCH', 'todos/1', { title: 'b' }, { 'x-rstore-client-id': 'mine' }), server.call('PATCH', 'todos/1', { title: 'c' }, { 'x-rstore-client-id': 'theirs' })])
    await settle()
    const { body } = await server.get<Record<string, unknown>>('todos/1')
    expect([mine.updates.at(-1)?.record.title, others.updates.at(-1)?.record.title]).toContain(body.title)
  })

  it('of a client that knows the additions is told of its own changes too, but for new rows: the last frame of a row is right', async () => {
    const client = await connect(undefined, 1)
    await client.send(subscribe('todos'))
    const own = { 'x-rstore-client-id': 'client-1' }
    await create('a', {}, own)
    await settle()
    expect(client.told).toEqual([])
    await server.call('PATCH', 'todos/1', { title: 'b' }, own)
    await settle()
    await server.call('DELETE', 'todos/1', undefined, own)
    await settle()
    expect(client.told).toEqual(['updated 1', 'deleted 1'])
  })

  it('hears of a batch once it is committed, and of nothing that was rolled back', async () => {
    const client = await connect(undefined, 1)
    await client.send(subscribe('todos'), subscribe('lists'))
    client.frames.length = 0
    const operations = [{ type: 'create', collection: 'lists', key: 'tmp:1', item: { id: 'l', name: 'L' } }, { type: 'create', collection: 'todos', item: { title: 'x', listId: 'tmp:1' } }]
    await server.call('POST', '_batch', { atomic: true, operations: [...operations, { type: 'delete', collection: 'todos', key: 99 }] })
    await settle()
    expect(client.frames).toEqual([])
    await server.call('POST', '_batch', { atomic: true, operations })
    await server.call('POST', '_batch', { operations: [{ type: 'create', collection: 'todos', item: { title: 'y' } }, { type: 'create', collection: 'todos', item: { title: 'z' } }] })
    await settle()
    expect(client.told.toSorted()).toEqual(['created 1', 'created 2', 'created 3', 'created l'])
  })

  it('hears of what was published past the API, by what the database holds', async () => {
    const client = await connect()
    await client.send(subscribe('todos'))
    await server.database.insert(todos).values({ title: 'direct', secretToken: 'secret' })
    server.hub.publish({ collection: 'todos', type: 'created', record: { id: 1, title: 'not true' }, key: '1' })
    server.hub.publish({ collection: 'todos', type: 'updated', record: { id: 9 }, key: '9' })
    await settle()
    expect(client.updates).toMatchObject([{ type: 'created', record: { id: 1, title: 'direct' } }, { type: 'deleted', key: '9' }])
    expect(client.raw.join()).not.toContain('secret')
  })

  it('of a client that knows the additions is acknowledged, and told of rows that no longer fit', async () => {
    const client = await connect(undefined, 1)
    await client.send(subscribe('todos', { where: { operator: 'eq', field: 'done', value: false } }))
    expect(client.frames).toEqual([{ init: { ok: true, v: 1 } }, { subscription: { action: 'subscribed', id: expect.any(String), missed: true, offset: server.hub.offset, access: expect.any(String) } }])
    await create('a')
    await server.call('PATCH', 'todos/1', { done: true })
    await settle()
    expect(client.updates.at(-1)).toMatchObject({ key: '1', record: { done: true } })
  })
})

it('a backend that was away has clients that know the additions read again', async () => {
  let back = () => {}
  await start({ pubsub: { ...createMemoryPubSub(), onGap: (callback) => {
    back = callback
    return () => {}
  } } })
  const client = await connect(undefined, 1)
  await client.send(subscribe('todos'))
  const before = server.hub.offset
  back()
  await settle()
  expect(client.frames.at(-1)).toEqual({ truncated: true })
  await client.send(subscribe('todos', { since: before }))
  expect(client.frames.at(-1)).toMatchObject({ subscription: { missed: true } })
})

it('other processes tell theirs what happens here', async () => {
  const pubsub = createMemoryPubSub()
  await start({ pubsub })
  const first = server
  await start({ pubsub }, { client: first.client })
  const client = await connect()
  await client.send(subscribe('todos'))
  await first.call('POST', 'todos', { title: 'there' })
  await expect.poll(() => client.updates).toMatchObject([{ type: 'created', record: { title: 'there' } }])
  expect(JSON.stringify(client.frames)).not.toContain('origin":"')
  await first.close()
})
