import { describe, expect, it } from 'vitest'
import { eq, inArray } from '../../../../src/runtime/shared/condition'
import { setup } from './support/store'

describe('composite keys', () => {
  it('find, update and delete a row, whatever is in their parts', async () => {
    const { server, of } = setup({ dev: true })
    const members = of('members')
    server.put('members', { teamId: 1, userId: 'a::b', role: 'guest' }, { teamId: 1, userId: 'c,d%', role: 'guest' })
    const query = await members.query(q => q.many({ where: eq('teamId', 1) }))
    const key = members.getKey({ teamId: 1, userId: 'a::b' })
    expect(key).toBe('1::a%3A%3Ab')
    expect(members.peekFirst(key)).toMatchObject({ userId: 'a::b' })
    expect(await members.findMany({ keys: [key, members.getKey({ teamId: 1, userId: 'c,d%' })] })).toHaveLength(2)
    expect(server.calls).toHaveLength(1)
    await members.update({ teamId: 1, userId: 'a::b', role: 'admin' })
    expect(server.calls.at(-1)).toMatchObject({ type: 'update', key, item: { role: 'admin' } })
    expect(query.data.value).toMatchObject([{ role: 'admin' }, { role: 'guest' }])
    await members.delete({ teamId: 1, userId: 'c,d%' })
    expect(query.data.value).toHaveLength(1)
  })

  it('create a row that is shown at once', async () => {
    const { server, of } = setup()
    server.held = true
    void of('members').create({ teamId: 1, userId: 'x', role: 'guest' })
    expect(of('members').peekFirst('1::x')).toMatchObject({ $isOptimistic: true })
    await server.drain()
    expect(of('members').peekMany()).toMatchObject([{ teamId: 1, $isOptimistic: false }])
  })

  it('sort by their parts', async () => {
    const { server, of } = setup()
    server.put('members', ...[[10, 'a'], [2, 'b'], [2, 'a']].map(([teamId, userId]) => ({ teamId, userId, role: 'guest' })))
    expect((await of('members').findMany()).map(row => `${row.teamId}${row.userId}`)).toEqual(['2a', '2b', '10a'])
  })
})

describe('bigint keys', () => {
  it('are beyond what a number holds', async () => {
    const { server, of } = setup()
    const events = of('events')
    const big = 9007199254740993n
    server.put('events', { id: big, size: null, data: null }, { id: big + 1n, size: 2n, data: null })
    expect(await events.findFirst(big)).toMatchObject({ id: big })
    expect(await events.findFirst(String(big + 1n))).toMatchObject({ id: big + 1n })
    expect((await events.findMany({ orderBy: ['id.desc'] })).map(row => row.id)).toEqual([big + 1n, big])
    expect(await events.findMany({ where: inArray('id', [big]) })).toMatchObject([{ id: big }])
    await events.update({ id: big, size: 5n })
    expect(server.calls.at(-1)).toMatchObject({ key: String(big), item: { size: 5n } })
    expect(events.peekFirst(big)).toMatchObject({ size: 5n })
  })
})

describe('date keys', () => {
  it('are found by their ISO text', async () => {
    const { server, of } = setup()
    const day = new Date('2026-01-02T00:00:00.000Z')
    server.put('days', { id: day, text: 'x' })
    const days = of('days')
    expect(await days.findFirst(day.toISOString())).toMatchObject({ text: 'x' })
    await days.update({ id: day, text: 'y' })
    expect(days.peekMany({ where: eq('id', day) })).toMatchObject([{ text: 'y' }])
    await days.delete({ id: day })
    expect(days.peekMany()).toEqual([])
  })
})

describe('keys that are none', () => {
  it('are refused with the collection named', async () => {
    const { todos } = setup()
    for (const key of ['', {}, []])
      await expect(todos.findFirst({ key })).rejects.toMatchObject({ code: 'RSTORE_INVALID_KEY', collection: 'todos' })
  })
})
