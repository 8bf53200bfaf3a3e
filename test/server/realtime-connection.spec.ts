import { describe, expect, it } from 'vitest'
import { Client, clients, connect, create, server, settle, start, subscribe, unsubscribe } from './support/realtime'
import { todos } from './support/schema'

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
    for (const origin of ['https://evil.example', 'null']) {
      await expect(new Client(server.port, { origin }).opened).rejects.toThrow('403')
      clients.pop()
    }
    await new Client(server.port, { origin: `http://127.0.0.1:${server.port}` }).opened
    await new Client(server.port, { origin: 'https://friend.example' }).opened
  })

  it('that is silent for too long is ended', async () => {
    await start({ maxSilence: 50 })
    const client = await connect()
    await new Promise(resolve => setTimeout(resolve, 80))
    await server.hub.tend()
    expect((await client.closed).code).toBe(1001)
  })

  it('is asked again who it is once in a while, and sent away if that has changed', async () => {
    await start({ maxSessionAge: 0 })
    let users = ['ann', 'bob']
    server.rules.setSession(({ headers, peer }) => {
      expect(peer).toBeDefined()
      return users.includes(headers.get('x-user')!) ? { user: headers.get('x-user') } : undefined
    })
    server.rules.policyForTable(todos, { read: ({ session }) => session !== undefined, create: true })
    const [ann, bob, nobody] = [await connect({ 'x-user': 'ann' }), await connect({ 'x-user': 'bob' }), await connect()]
    for (const client of [ann, bob])
      await client.send(subscribe('todos'))
    await server.hub.tend()
    expect(server.hub.connections.size).toBe(3)
    users = ['bob']
    await server.hub.tend()
    expect(await ann.closed).toEqual({ code: 1012, reason: 'session changed' })
    await nobody.answered()
    expect(server.hub.connections.size).toBe(2)
  })
})
