import type { TestServer } from './support/create-server'
import { eq } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createMemoryPubSub } from '../../src/runtime/realtime/pubsub'
import { createServer } from './support/create-server'
import { lists, todos } from './support/schema'

interface Update { collection: string, type: string, record: Record<string, unknown>, key: string }
type Frame = { update: Update } | { updates: Update[] } | Record<string, unknown>

let server: TestServer
let clients: Client[]

/** A client of the protocol, and what it has received. */
class Client {
  readonly frames: Frame[] = []
  readonly raw: string[] = []
  readonly opened: Promise<void>
  readonly closed: Promise<{ code: number, reason: string }>
  private readonly socket: WebSocket

  constructor(port: number, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers })
    this.socket.on('message', (data) => {
      const text = String(data)
      this.raw.push(text)
      if (text.startsWith('{'))
        this.frames.push(JSON.parse(text) as Frame)
    })
    this.opened = new Promise((resolve, reject) => this.socket.once('open', resolve).once('error', reject))
    this.closed = new Promise(resolve => this.socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })))
    clients.push(this)
  }

  async send(...frames: (object | string)[]): Promise<void> {
    await this.opened
    for (const frame of frames)
      this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
    await this.answered()
  }

  /** All that was sent before has been received, and what takes no time has been done. */
  async answered(): Promise<void> {
    const pongs = this.raw.filter(text => text === 'pong').length
    this.socket.send('ping')
    await expect.poll(() => this.raw.filter(text => text === 'pong').length > pongs || this.socket.readyState > 1).toBe(true)
  }

  get updates(): Update[] {
    return this.frames.flatMap(frame => 'update' in frame ? [frame.update as Update] : 'updates' in frame ? frame.updates as Update[] : [])
  }

  /** `type key` of each update. */
  get told(): string[] {
    return this.updates.map(({ type, key }) => `${type} ${key}`)
  }

  close(): void {
    this.socket.close()
  }
}

async function start(realtime: NonNullable<Parameters<typeof createServer>[0]>['realtime'] = {}, more: Parameters<typeof createServer>[0] = {}): Promise<void> {
  server = await createServer({ realtime, collections: { todos: { hidden: ['secretToken'] } }, ...more })
}

async function connect(headers?: Record<string, string>, v?: number): Promise<Client> {
  const client = new Client(server.port, headers)
  await client.send(...v ? [{ init: { clientId: `client-${clients.length}`, v } }] : [])
  return client
}

const subscribe = (collection: string, more: object = {}) => ({ subscription: { action: 'subscribe', collection, ...more } })
const unsubscribe = (collection: string, more: object = {}) => ({ subscription: { action: 'unsubscribe', collection, ...more } })
const create = (title: string, more: object = {}, headers: Record<string, string> = {}) => server.call('POST', 'todos', { title, ...more }, headers)
/** Everything published so far has been told, and has arrived. */
async function settle(): Promise<void> {
  await server.hub.settled()
  await Promise.all(clients.map(client => client.answered()))
}

beforeEach(() => clients = [])
afterEach(async () => {
  clients.forEach(client => client.close())
  server.hub.dispose()
  await server.close()
})

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
      { update: { collection: 'todos', type: 'deleted', key: '1', record: { id: 1 } } },
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
    expect(client.frames).toEqual([{ init: { ok: true, v: 1 } }, { subscription: { action: 'subscribed', id: expect.any(String), missed: true } }])
    await create('a')
    await server.call('PATCH', 'todos/1', { done: true })
    await settle()
    expect(client.updates.at(-1)).toMatchObject({ key: '1', record: { done: true } })
  })
})

describe('an offset', () => {
  beforeEach(() => start())

  it('says whether something was missed since', async () => {
    const missedSince = async (since?: string, collection = 'todos') => {
      const client = await connect(undefined, 1)
      await client.send(subscribe(collection, { since }))
      await expect.poll(() => client.frames.length).toBe(2)
      return (client.frames[1] as { subscription: { missed: boolean } }).subscription.missed
    }
    const before = (await server.get('todos')).headers.get('x-rstore-offset')!
    expect(await missedSince(before)).toBe(false)
    expect(await missedSince(before, 'lists')).toBe(false)
    const { headers } = await create('a')
    expect(headers.get('x-rstore-offset')).toBe(before)
    const after = (await server.get('todos')).headers.get('x-rstore-offset')!
    expect(await missedSince(before)).toBe(true)
    expect(await missedSince(before, 'lists')).toBe(false)
    expect(await missedSince(after)).toBe(false)
    for (const since of [undefined, '', 'x', 'other:5', `${after}x`, `${after.split(':')[0]}:`, `${after.split(':')[0]}:-1`])
      expect(await missedSince(since)).toBe(true)
  })

  it('comes with all that was told up to it', async () => {
    const client = await connect(undefined, 1)
    await client.send(subscribe('todos'))
    await create('a')
    await settle()
    const { offset } = client.frames.at(-1) as { offset: string }
    expect(offset).toBe(server.hub.offset)
    expect(server.hub.hasChangedSince('todos', offset)).toBe(false)
  })
})

describe('rules', () => {
  const as = (user: string) => ({ 'x-user': user })

  it('of a policy decide who hears what', async () => {
    await start()
    server.rules.setSession(({ headers }) => ({ user: headers.get('x-user') }))
    server.rules.policyForTable(todos, { read: ({ session }, { eq }) => eq('origin', String((session as { user: string }).user)), create: true, update: true, delete: true })
    const [ann, bob] = [await connect(as('ann')), await connect(as('bob'))]
    for (const client of [ann, bob])
      await client.send(subscribe('todos'), subscribe('todos', { key: 1 }))
    await create('a', { origin: 'ann' }, as('ann'))
    await settle()
    expect(ann.told).toEqual(['created 1'])
    expect(bob.updates.map(({ type, record }) => [type, record])).toEqual([['deleted', { id: 1 }]])
    await server.database.update(todos).set({ origin: 'bob' })
    server.hub.publish({ collection: 'todos', type: 'updated', record: { id: 1 }, key: '1' })
    await settle()
    expect(ann.updates.at(-1)).toMatchObject({ type: 'deleted', record: { id: 1 } })
    expect(bob.updates.at(-1)).toMatchObject({ type: 'updated', record: { title: 'a' } })
  })

  it('of hooks hold as they do for a list', async () => {
    await start()
    const seen: unknown[] = []
    server.rules.hooksForTable(todos, {
      'index.get.before': ({ event, transformQuery }) => {
        seen.push(event.headers.get('x-user'))
        transformQuery(q => q.where(eq(todos.origin, event.headers.get('x-user') ?? '')))
      },
      'index.get.after': ({ result }) => result.forEach(row => row.title = row.title.toUpperCase()),
    })
    const [ann, bob] = [await connect(as('ann')), await connect(as('bob'))]
    for (const client of [ann, bob])
      await client.send(subscribe('todos'))
    await create('a', { origin: 'ann' })
    await settle()
    expect(ann.updates).toMatchObject([{ type: 'created', record: { title: 'A' } }])
    expect(bob.told).toEqual(['deleted 1'])
    expect(seen).toContain('bob')
  })

  it('of allowTables hold', async () => {
    await start()
    server.rules.allowTables([lists])
    const client = await connect(undefined, 1)
    await client.send(subscribe('todos'))
    await expect.poll(() => client.frames.at(-1)).toMatchObject({ subscription: { action: 'rejected', reason: 'Collection "todos" is not allowed.' } })
  })

  it.each([
    ['rejects', ({ reject }: { reject: (reason?: string) => void }) => reject('no'), 'no'],
    ['rejects without a reason', ({ reject }: { reject: () => void }) => reject(), 'It was rejected.'],
    ['throws', () => { throw new Error('secret') }, 'It was not allowed.'],
    ['rejects in time', () => Promise.reject(new Error('secret')), 'It was not allowed.'],
    ['does not decide', () => new Promise<void>(() => {}), 'It was not allowed.'],
  ])('by realtime.authorize refuse where it %s', async (_, authorize, reason) => {
    await start({ maxDecision: 100 })
    server.rules.hooksForTable(todos, { 'realtime.authorize': authorize as never })
    const client = await connect(undefined, 1)
    await client.send(subscribe('todos'), subscribe('lists'))
    await expect.poll(() => client.frames).toEqual(expect.arrayContaining([
      { subscription: { action: 'rejected', id: expect.any(String), reason } },
      { subscription: { action: 'subscribed', id: expect.any(String), missed: true } },
    ]))
    await create('a')
    await server.call('POST', 'lists', { id: 'a', name: 'A' })
    await settle()
    expect(client.told).toEqual(['created a'])
  })

  it('by realtime.filter keep an update from those whom they deny', async () => {
    await start({ maxDecision: 100 })
    server.rules.hooksForTable(todos, {
      'realtime.filter': async ({ record, reject }) => {
        await Promise.resolve()
        if (record.title === 'rejected')
          reject()
        if (record.title === 'thrown')
          throw new Error('mine')
        if (record.title === 'late')
          await new Promise(() => {})
      },
    })
    const client = await connect()
    await client.send(subscribe('todos'))
    for (const title of ['rejected', 'thrown', 'late', 'fine'])
      await create(title)
    await settle()
    expect(client.updates.map(({ record }) => record.title)).toEqual(['fine'])
    expect(server.errors).toHaveLength(2)
  })

  it('that change send their connections away, to come back with what holds now', async () => {
    await start()
    server.rules.setSession(({ headers }) => ({ user: headers.get('x-user') }))
    server.rules.policyForTable(todos, { read: ({ session }) => (session as { user: string }).user !== 'nobody' })
    const [ann, bob] = [await connect(as('ann')), await connect(as('bob'))]
    for (const client of [ann, bob])
      await client.send(subscribe('todos'))
    await server.hub.invalidate(session => (session as { user: string }).user === 'ann')
    expect(await ann.closed).toEqual({ code: 1012, reason: 'session changed' })
    await create('a').catch(() => {})
    expect(server.hub.connections.size).toBe(1)
  })
})

describe('a connection', () => {
  it('that ends or changes its mind while it is decided leaves nothing behind', async () => {
    await start()
    const decide: (() => void)[] = []
    server.rules.hooksForTable(todos, { 'realtime.authorize': () => new Promise<void>(resolve => decide.push(resolve)) })
    const [gone, fickle] = [await connect(), await connect()]
    await gone.send(subscribe('todos'))
    await fickle.send(subscribe('todos'), unsubscribe('todos'))
    gone.close()
    await gone.closed
    await expect.poll(() => server.hub.connections.size).toBe(1)
    await expect.poll(() => decide.length).toBe(2)
    decide.forEach(one => one())
    await create('a')
    await settle()
    expect(fickle.frames).toEqual([])
    expect((server.hub as unknown as { topics: Map<string, unknown> }).topics.size).toBe(0)
  })

  it.each([
    ['too many frames', { maxFramesPerSecond: 5 }, Array.from({ length: 40 }, () => ({})), 1008],
    ['a frame that is too large', { maxFrameBytes: 100 }, [{ subscription: 'x'.repeat(200) }], 1009],
  ])('with %s is ended', async (_, limits, frames, code) => {
    await start(limits)
    const client = await connect()
    await client.send(...frames)
    expect((await client.closed).code).toBe(code)
    expect(server.hub.connections.size).toBe(0)
  })

  it('has so many subscriptions and no more', async () => {
    await start({ maxSubscriptions: 2 })
    const client = await connect(undefined, 1)
    await client.send(subscribe('todos'), subscribe('lists'), subscribe('kinds'))
    expect(client.frames.filter(frame => JSON.stringify(frame).includes('rejected'))).toMatchObject([{ subscription: { reason: 'More than 2 subscriptions.' } }])
  })

  it.each(['{', 'null', '5', '[]', '{"subscription":5}', '{"subscription":{"action":"dance","collection":"todos"}}', '{"init":{"clientId":5,"v":"x"}}', '{"subscription":{"action":"subscribe","collection":"nope"}}', '{"subscription":{"action":"subscribe","collection":5}}', '{"subscription":{"action":"subscribe","collection":"todos","where":{"op":"eq","field":"secretToken","value":"x"}}}', '{"subscription":{"action":"subscribe","collection":"todos","key":{}}}', '{"subscription":{"action":"subscribe","collection":"todos","where":{}}}'])('survives the frame %s', async (frame) => {
    await start()
    const client = await connect()
    await client.send(frame, subscribe('todos'))
    await create('a')
    await settle()
    expect(client.told).toEqual(['created 1'])
    expect(server.errors).toEqual([])
  })

  it('from a page of another site is refused', async () => {
    await start({ allowedOrigins: ['https://friend.example'] })
    await expect(new Client(server.port, { origin: 'https://evil.example' }).opened).rejects.toThrow('403')
    await expect(new Client(server.port, { origin: 'null' }).opened).rejects.toThrow('403')
    await new Client(server.port, { origin: `http://127.0.0.1:${server.port}` }).opened
    await new Client(server.port, { origin: 'https://friend.example' }).opened
    clients = clients.slice(2)
  })

  it('that is silent for too long is ended', async () => {
    await start({ maxSilence: 50 })
    const client = await connect()
    await new Promise(resolve => setTimeout(resolve, 80))
    server.hub.reap()
    expect((await client.closed).code).toBe(1001)
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
  expect(server.hub.hasChangedSince('todos', before)).toBe(true)
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
