import type { StandaloneServer } from './support/standalone'
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createRedisPubSub } from '../../src/runtime/pubsub/redis'
import { compile, virtualPath } from '../support/compiler'
import { createProxy } from '../support/proxy'
import { findRedis } from '../support/services'
import { SocketClient } from './support/socket-client'
import { createStandaloneFolder, filesOf, removeFolder, startStandalone } from './support/standalone'

/* The code of docs/standalone.md, run as it stands there. */

let folder: string
let server: StandaloneServer
let clients: SocketClient[] = []

beforeAll(async () => {
  folder = await createStandaloneFolder()
  server = await startStandalone(folder)
})
afterEach(async () => {
  clients.forEach(client => client.close())
  await Promise.all(clients.map(client => client.closed))
  clients = []
})
afterAll(async () => {
  await server?.stop()
  if (folder)
    await removeFolder(folder)
})

async function connect(...frames: unknown[]): Promise<SocketClient> {
  const client = new SocketClient(`ws://127.0.0.1:${server.port}`)
  clients.push(client)
  await client.send(...frames)
  return client
}

/** All that was published has arrived. */
const settle = () => Promise.all(clients.map(client => client.answered()))
const subscribe = (collection: string, more: object = {}) => ({ subscription: { action: 'subscribe', collection, ...more } })
const unsubscribe = (collection: string, more: object = {}) => ({ subscription: { action: 'unsubscribe', collection, ...more } })
const row = (id: number, more: object = {}) => ({ id, title: `Todo ${id}`, done: false, listId: null, ...more })
const update = (type: string, record: ReturnType<typeof row>, more: object = {}) => ({ collection: 'todos', type, key: String(record.id), record, ...more })

describe('the server of the page', () => {
  it('answers a ping, and sends what is published in the documented frames', async () => {
    const client = await connect('ping', { init: { clientId: 'f3d3c0cb-1e9e-4d35-9b6a-3b4a2c0ed77d' } }, subscribe('todos'))
    expect(client.raw).toEqual(['pong', 'pong'])
    const created = { collection: 'todos', type: 'created', record: row(42) }
    for (const published of [created, update('updated', row(42, { done: true })), update('deleted', row(42, { done: true }))])
      expect(await server.publish(published)).toBe(204)
    await settle()
    expect(client.frames).toEqual([
      { update: { collection: 'todos', type: 'created', record: { id: 42, title: 'Todo 42', done: false, listId: null } } },
      { update: { collection: 'todos', type: 'updated', key: '42', record: { id: 42, title: 'Todo 42', done: true, listId: null } } },
      { update: { collection: 'todos', type: 'deleted', key: '42', record: { id: 42, title: 'Todo 42', done: true, listId: null } } },
    ])
  })

  it('tells each client what it has subscribed to, once, and no longer', async () => {
    const all = await connect(subscribe('todos'), subscribe('todos'), subscribe('todos', { key: 2 }))
    const one = await connect(subscribe('todos', { key: 2 }))
    const some = await connect(subscribe('todos', { where: { op: 'eq', field: 'done', value: true } }))
    const none = await connect(subscribe('lists'), subscribe('toString'), subscribe('todos', { where: { op: 'nonsense' } }))
    const tell = async () => {
      for (const record of [row(1), row(2), row(3, { done: true })])
        await server.publish(update('updated', record))
      await settle()
      return [all, one, some, none].map(client => client.frames.splice(0).map(frame => (frame as { update: { key: string } }).update.key).join(''))
    }
    expect(await tell()).toEqual(['123', '2', '3', ''])
    await all.send(unsubscribe('todos'))
    // The same, whether a key is text or a number, and `op` is written out.
    await one.send(unsubscribe('todos', { key: '2' }))
    await some.send(unsubscribe('todos', { where: { value: true, field: 'done', operator: 'eq' } }))
    expect(await tell()).toEqual(['1232', '2', '3', ''])
  })

  it('does not tell a client what it has done, nor anybody who has', async () => {
    const [mine, theirs] = [await connect({ init: { clientId: 'mine' } }, subscribe('todos')), await connect({ init: { clientId: 'theirs' } }, subscribe('todos'))]
    await server.publish(update('updated', row(1), { originClientId: 'mine' }))
    await settle()
    expect([mine.frames, theirs.frames]).toEqual([[], [{ update: update('updated', row(1)) }]])
  })

  it('sends the columns it names, of the collections it names', async () => {
    const client = await connect(subscribe('todos'), subscribe('users'), subscribe('todos', { where: { op: 'eq', field: 'secret', value: 'x' } }))
    await server.publish(update('created', row(1, { secret: 'x' })))
    await server.publish({ collection: 'users', type: 'created', record: { id: 1, name: 'Ann' } })
    await settle()
    expect(client.frames).toEqual([{ update: update('created', row(1)) }])
    // Nor does a filter find out.
    const guesser = await connect(subscribe('todos', { where: { op: 'eq', field: 'secret', value: 'x' } }))
    await server.publish(update('updated', row(1, { secret: 'x' })))
    await settle()
    expect(guesser.frames).toEqual([])
  })

  it.each([
    ['no JSON', '{', 1008],
    ['null', 'null', 1008],
    ['a key that is no text', '{"subscription":{"action":"subscribe","collection":"todos","key":{"toString":1}}}', 1008],
    ['a collection that is no text', '{"subscription":{"action":"subscribe","collection":{"toString":1}}}', 1008],
    ['a condition that is too deep', `{"subscription":{"action":"subscribe","collection":"todos","where":${'{"op":"not","condition":'.repeat(600)}1${'}'.repeat(600)}}}`, undefined],
    ['a frame that is too large', `"${'x'.repeat(16_384)}"`, 1009],
  ])('%s is nobody else\'s problem', async (_, frame, code) => {
    const [bad, good] = [await connect(subscribe('todos')), await connect(subscribe('todos'))]
    await bad.send(frame)
    if (code !== undefined)
      expect((await bad.closed).code).toBe(code)
    await server.publish(update('created', row(1)))
    await good.answered()
    expect(good.frames).toEqual([{ update: update('created', row(1)) }])
  })

  it('takes 200 subscriptions of a client', async () => {
    const client = await connect(...Array.from({ length: 250 }, (_, key) => subscribe('todos', { key })))
    for (const id of [0, 199, 200])
      await server.publish(update('updated', row(id)))
    await settle()
    expect(client.frames).toMatchObject([{ update: { key: '0' } }, { update: { key: '199' } }])
    await client.send(unsubscribe('todos', { key: 0 }), subscribe('todos', { key: 200 }))
    await server.publish(update('updated', row(200)))
    await settle()
    expect(client.frames).toHaveLength(3)
  })

  it('publishes for nobody without the token, and nothing that is no update', async () => {
    const client = await connect(subscribe('todos'))
    expect(await server.publish(update('created', row(1)), 'guess')).toBe(401)
    for (const bad of ['', '{', 'null', '[]', '{}', { ...update('created', row(1)), type: 'danced' }, { ...update('created', row(1)), record: null }, { ...update('updated', row(1)), key: 1 }, 'x'.repeat(2 ** 20 + 1)])
      expect(await server.publish(bad)).toBe(400)
    expect((await fetch(`http://127.0.0.1:${server.port}/`)).status).toBe(404)
    await settle()
    expect(client.frames).toEqual([])
  })

  it('sends its clients away when it ends', async () => {
    const other = await startStandalone(folder)
    const client = new SocketClient(`ws://127.0.0.1:${other.port}`)
    await client.opened
    await other.stop()
    expect(await client.closed).toEqual({ code: 1012, reason: 'restarting' })
  })
})

it('is told over Redis, and has its clients come back where something may be lost', async ({ skip }) => {
  const redis = await findRedis()
  skip(!redis)
  const prefix = `standalone-${randomUUID()}:`
  const proxy = await createProxy(redis!)
  const other = await startStandalone(folder, { REDIS_URL: `redis://127.0.0.1:${proxy.port}`, REDIS_PREFIX: prefix }, ['--import', './realtime-redis.ts'])
  const pubsub = createRedisPubSub({ url: redis!.href, prefix })
  const admin = new Redis(redis!.href)
  const publish = (title: string) => pubsub.publish('update', { collection: 'todos', type: 'created', key: '1', record: row(1, { title, secret: 'x' }), originClientId: 'other' })
  let client: SocketClient | undefined
  /** Until it hears something: the first connection to Redis may send clients away. */
  const hear = () => expect.poll(async () => {
    if (client?.socket.readyState !== 1) {
      client = new SocketClient(`ws://127.0.0.1:${other.port}`)
      await client.send(subscribe('todos'))
    }
    await publish('Heard')
    return client.frames[0]
  }, { timeout: 15_000 }).toEqual({ update: update('created', row(1, { title: 'Heard' })) })
  try {
    await hear()
    // The log makes up for it.
    await proxy.down()
    await publish('Meanwhile')
    await proxy.up()
    await expect.poll(() => client!.frames.at(-1), { timeout: 15_000 }).toEqual({ update: update('created', row(1, { title: 'Meanwhile' })) })
    // There is no log that could.
    await proxy.down()
    await admin.del(`${prefix}log`)
    await publish('Lost')
    await proxy.up()
    expect(await client!.closed).toEqual({ code: 1012, reason: 'updates may be lost' })
    await hear()
    await other.stop()
  }
  finally {
    client?.close()
    await pubsub.dispose?.()
    await other.stop('SIGKILL')
    await proxy.close()
    await admin.del(...['log', 'leases', 'server'].map(name => prefix + name))
    await admin.quit()
  }
})

it('has no mistakes for the compiler', () => {
  const files = filesOf('docs/standalone.md')
  expect(Object.keys(files)).toEqual(['realtime-server.ts', 'realtime-redis.ts'])
  for (const [file, text] of Object.entries(files)) {
    const path = virtualPath(file)
    // The package by its sources, which is what it is built from.
    const source = text.replace(/'nuxt-rstore-drizzle\/(\S+)'/g, (_, subpath) => `'../../src/${subpath}'`)
    expect(compile({ [path]: source }, ['node']).messages[path]).toEqual([])
  }
})
