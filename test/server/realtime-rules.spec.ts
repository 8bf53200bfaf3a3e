import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { connect, create, server, settle, start, subscribe } from './support/realtime'
import { lists, todos } from './support/schema'

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
    expect(bob.told).toEqual([])
    await server.database.update(todos).set({ origin: 'bob' })
    server.hub.publish({ collection: 'todos', type: 'updated', record: { id: 1 }, key: '1' })
    await settle()
    expect(ann.updates.at(-1)).toEqual({ collection: 'todos', type: 'deleted', key: '1', record: { id: 1 } })
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
    expect(bob.told).toEqual([])
    expect(seen).toEqual(['ann', 'bob'])
  })

  it('of hooks that come to the same are asked of the database once for all', async () => {
    const statements: string[] = []
    await start({}, { logger: { logQuery: query => void statements.push(query) } })
    server.rules.hook('index.get.before', () => {})
    server.rules.hooksForTable(todos, { 'index.get.before': ({ event, transformQuery }) => transformQuery(q => q.where(eq(todos.origin, event.headers.get('x-user')!))) })
    const [...anns] = [await connect(as('ann')), await connect(as('ann')), await connect(as('ann'))]
    const [bob, other] = [await connect(as('bob')), await connect()]
    for (const client of [...anns, bob])
      await client.send(subscribe('todos'))
    await other.send(subscribe('lists'))
    await create('a', { origin: 'ann' })
    await settle()
    expect([...anns, bob].map(client => client.told)).toEqual([['created 1'], ['created 1'], ['created 1'], []])
    const reads = () => statements.splice(0).filter(query => query.startsWith('select') && !query.includes('pragma'))
    // All rows once, then those of each of the two.
    expect(reads()).toHaveLength(3)
    await server.call('POST', 'lists', { id: 'l', name: 'L' })
    await settle()
    expect(other.told).toEqual(['created l'])
    // A hook that restricts nothing costs nothing.
    expect(reads()).toHaveLength(1)
  })

  it('of hooks that come after a list are run for each connection', async () => {
    await start()
    server.rules.hooksForTable(todos, { 'index.get.after': ({ event, result }) => result.forEach(row => row.title = `${row.title} for ${event.headers.get('x-user')}`) })
    const [ann, bob] = [await connect(as('ann')), await connect(as('bob'))]
    for (const client of [ann, bob])
      await client.send(subscribe('todos'))
    await create('a')
    await settle()
    expect([ann, bob].map(client => client.updates[0]?.record.title)).toEqual(['a for ann', 'a for bob'])
  })

  it('of a policy by a hidden column are left to the database', async () => {
    await start()
    server.rules.setSession(({ headers }) => ({ user: headers.get('x-user') }))
    server.rules.policyForTable(todos, { read: ({ session }, { eq }) => eq('secretToken', String((session as { user: string }).user)), create: true })
    const [ann, bob] = [await connect(as('ann')), await connect(as('bob'))]
    for (const client of [ann, bob])
      await client.send(subscribe('todos'))
    await server.database.insert(todos).values({ title: 'direct', secretToken: 'ann' })
    server.hub.publish({ collection: 'todos', type: 'created', record: { id: 1 }, key: '1' })
    await settle()
    expect([ann.told, bob.told]).toEqual([['created 1'], []])
    expect(ann.raw.join()).not.toContain('secretToken')
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
      { subscription: { action: 'subscribed', id: expect.any(String), missed: true, offset: expect.any(String), access: expect.any(String) } },
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

  it('by realtime.filter that take long hold up nobody else, and change no order', async () => {
    await start()
    const decide: (() => void)[] = []
    server.rules.hooksForTable(todos, { 'realtime.filter': ({ record }) => record.title === 'slow' ? new Promise<void>(resolve => decide.push(resolve)) : undefined })
    const client = await connect(undefined, 1)
    await client.send(subscribe('todos'), subscribe('lists'))
    await create('slow')
    await create('fast')
    await server.call('POST', 'lists', { id: 'l', name: 'L' })
    await expect.poll(() => client.told).toEqual(['created l'])
    expect(client.frames.at(-1)).not.toHaveProperty('offset')
    decide.forEach(one => one())
    await settle()
    expect(client.told).toEqual(['created l', 'created 1', 'created 2'])
  })

  it('by realtime.filter that never keep up have the client read again', async () => {
    await start({ maxDecisions: 2 })
    const decide: (() => void)[] = []
    server.rules.hooksForTable(todos, { 'realtime.filter': () => new Promise<void>(resolve => decide.push(resolve)) })
    const client = await connect(undefined, 1)
    await client.send(subscribe('todos'))
    for (const title of 'abc')
      await create(title)
    await expect.poll(() => client.frames.at(-1)).toEqual({ truncated: true, collection: 'todos' })
    decide.forEach(one => one())
    await settle()
    expect(client.told).toEqual(['created 1', 'created 2'])
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
