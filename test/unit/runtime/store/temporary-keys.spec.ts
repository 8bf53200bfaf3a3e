import type { Row } from '../../../../src/runtime/shared/model'
import { describe, expect, it } from 'vitest'
import { nextTick, watch } from 'vue'
import { eq, inArray } from '../../../../src/runtime/shared/condition'
import { RstoreError } from '../../../../src/runtime/shared/errors'
import { light, thorough } from '../../../../src/runtime/store/checks'
import { settled } from './support/server'
import { ids, setup } from './support/store'

function held(checks = thorough) {
  const test = setup({ dev: true, checks })
  test.server.held = true
  return { ...test, one: (name: string) => test.of(name).peekMany()[0]! }
}

const update = (row: Row, patch: Row) => (row.$update as (patch: Row) => Promise<Row>)(patch)

describe('temporary keys', () => {
  it('are negative numbers, negative bigints, or text that says so, by the type of the key', () => {
    const { of, one } = held()
    void of('todos').create({ title: 'a' })
    void of('tags').create({ label: 'a' })
    void of('events').create({ size: 1n })
    expect(one('todos').id).toBeLessThan(-4000)
    expect(Number.isSafeInteger(one('todos').id)).toBe(true)
    expect(one('tags').id).toMatch(/^tmp:[\da-f]{32}$/)
    expect(one('events').id).toBeTypeOf('bigint')
    expect(one('events').id as bigint < 0n).toBe(true)
  })

  it('differ from each other, in one store and between two', () => {
    const keys = [held(), held()].flatMap(({ todos }) => {
      void todos.create({ title: 'a' })
      void todos.create({ title: 'b' })
      return ids(todos.peekMany())
    })
    expect(new Set(keys).size).toBe(4)
  })

  it('sort among real ones', async () => {
    const { server, of } = held()
    server.put('events', { id: 5n, size: 1n, data: null })
    const query = of('events').query(q => q.many({ orderBy: ['size', 'id'] }))
    await server.drain()
    void of('events').create({ size: 1n })
    void of('events').create({ size: 1n })
    expect(ids(query.data.value)).toHaveLength(3)
    await server.drain()
    expect(ids(query.data.value)).toEqual([5n, 1000n, 1001n])
  })

  it('are not made where no value of the type can stand for none: the row waits for the server', async () => {
    const { server, of } = held()
    const created = of('days').create({ text: 'today' })
    expect(of('days').peekMany()).toEqual([])
    await server.drain()
    expect(await created).toMatchObject({ text: 'today' })
    expect(of('days').peekMany()).toHaveLength(1)
  })

  it('lead to the real row once it has one: update, delete and find by the held row', async () => {
    const { server, todos } = held()
    void todos.create({ title: 'a' })
    const before = todos.peekMany()[0]!
    await server.drain()
    void update(before, { title: 'b' })
    void todos.update({ ...before, priority: 7 })
    void todos.update({ done: true }, { key: before.id })
    expect(todos.peekMany()).toMatchObject([{ id: 1000, title: 'a', priority: 7, done: true }])
    await server.drain()
    expect(server.calls.filter(call => call.type === 'update').map(call => [call.key, call.item!.id])).toEqual([[1000, undefined], [1000, undefined], [1000, undefined]])
    expect(todos.peekFirst(before.id)).toBe(todos.peekFirst(1000))
    void (before.$delete as () => Promise<void>)()
    expect(todos.peekMany()).toEqual([])
    await server.drain()
    expect(server.rows('todos')).toEqual([])
  })

  it.each([['in time', false], ['before the create has even arrived', true]])('an update made while the create is pending is sent after it, with the real key, and stays in view: %s', async (_, early) => {
    const { server, todos } = held()
    const query = todos.query()
    await server.drain()
    const titles: unknown[] = []
    watch(() => (query.data.value as Row[]).map(row => row.title), value => titles.push(value.join()), { flush: 'sync' })
    void todos.create({ title: 'a' })
    if (!early)
      await settled()
    const updated = update(todos.peekMany()[0]!, { title: 'b' })
    await settled()
    expect(server.open).toMatchObject([{ type: 'create', item: { title: 'a' } }])
    server.open[0]!.process()
    server.open[0]!.deliver()
    await settled()
    expect(server.open).toMatchObject([{ type: 'update', key: 1000, item: { title: 'b' } }])
    expect(todos.peekMany()).toMatchObject([{ id: 1000, title: 'b', $isOptimistic: true }])
    await server.drain()
    expect(await updated).toMatchObject({ id: 1000, title: 'b', $isOptimistic: false })
    expect(titles.filter(one => one !== 'a' && one !== 'b')).toEqual([])
  })

  it('a delete made while the create is pending hides the row for good', async () => {
    const { server, todos } = held()
    void todos.create({ title: 'a' })
    const deleted = (todos.peekMany()[0]!.$delete as () => Promise<void>)()
    expect(todos.peekMany()).toEqual([])
    await settled()
    server.open[0]!.process()
    server.open[0]!.deliver()
    await settled()
    expect(todos.peekMany()).toEqual([])
    await server.drain()
    await deleted
    expect(server.rows('todos')).toEqual([])
  })

  it('what was done to a row whose create is refused fails with the same error, later too', async () => {
    const { server, todos } = held()
    server.refuse = () => new RstoreError('RSTORE_CONSTRAINT', 'No.')
    const created = todos.create({ title: 'a' }).catch(error => error.code)
    const row = todos.peekMany()[0]!
    const updated = update(row, { title: 'b' }).catch(error => error.code)
    await server.drain()
    expect([await created, await updated]).toEqual(['RSTORE_CONSTRAINT', 'RSTORE_CONSTRAINT'])
    await expect(update(row, { title: 'c' })).rejects.toMatchObject({ code: 'RSTORE_CONSTRAINT' })
    expect(server.calls).toHaveLength(1)
    expect(todos.peekMany()).toEqual([])
  })

  it('queries that name one follow it without a gap, and without a request', async () => {
    const { server, todos } = held()
    void todos.create({ title: 'a' })
    const [row] = todos.peekMany()
    const byKey = todos.query(q => q.first(row!.id))
    const byCondition = todos.query(q => q.many({ where: inArray('id', [row!.id]), fetchPolicy: 'cache-only' }))
    const seen: unknown[] = []
    watch(() => [byKey.data.value, (byCondition.data.value as Row[])[0]].map(row => (row as Row | undefined)?.id), value => seen.push(value.join()))
    expect(byKey.loading.value).toBe(false)
    await server.drain()
    await nextTick()
    expect(byKey.data.value).toMatchObject({ id: 1000, title: 'a' })
    expect(byCondition.data.value).toEqual([byKey.data.value])
    expect(seen).toEqual(['1000,1000'])
    expect(server.calls).toHaveLength(1)
  })
})

describe('a child of a row without a key', () => {
  it.each([['checked', thorough], ['unchecked', light]])('waits for its parent, is shown meanwhile, and follows it: %s', async (_, checks) => {
    const { server, lists, todos } = held(checks)
    void lists.create({ name: 'list' })
    const list = lists.peekMany()[0]!
    const created = todos.create({ title: 'child', listId: list.id })
    const query = todos.query(q => q.many({ where: eq('listId', list.id), fetchPolicy: 'cache-only' }))
    expect(query.data.value).toMatchObject([{ title: 'child', listId: list.id }])
    await settled()
    expect(server.open).toMatchObject([{ collection: 'lists' }])
    server.open[0]!.process()
    server.open[0]!.deliver()
    await settled()
    expect(server.open).toMatchObject([{ collection: 'todos', item: { title: 'child', listId: 1000 } }])
    expect(query.data.value).toMatchObject([{ title: 'child', listId: 1000, $isOptimistic: true }])
    await server.drain()
    expect(await created).toMatchObject({ listId: 1000 })
    expect(query.data.value).toMatchObject([{ id: 1001, listId: 1000, $isOptimistic: false }])
  })

  it('may be one that is moved there, and is sent with the real key when it is known already', async () => {
    const { server, lists, todos } = held()
    server.put('todos', { id: 1, title: 'a', listId: null, done: false, priority: null, createdAt: new Date(0) })
    void todos.findMany()
    void lists.create({ name: 'list' })
    const list = lists.peekMany()[0]!
    await settled()
    const moved = todos.update({ id: 1, listId: list.id })
    await server.drain()
    expect(await moved).toMatchObject({ listId: 1000 })
    void todos.create({ title: 'later', listId: list.id })
    expect(todos.peekMany().find(row => row.title === 'later')).toMatchObject({ listId: 1000 })
    await server.drain()
    expect(server.calls.at(-1)!.item).toEqual({ title: 'later', listId: 1000 })
  })

  it('works for text that is too long for the column, and for bigints', async () => {
    const { server, of } = held()
    void of('tags').create({ label: 'tag' })
    void of('events').create({ size: 1n })
    const labels = of('labels').create({ id: 'x', tagId: of('tags').peekMany()[0]!.id })
    const notes = of('notes').create({ id: 'y', eventId: of('events').peekMany()[0]!.id })
    await server.drain()
    expect(await labels).toMatchObject({ tagId: 's1000' })
    expect(await notes).toMatchObject({ eventId: 1001n })
  })

  it('fails with its parent', async () => {
    const { server, lists, todos } = held()
    server.refuse = () => new RstoreError('RSTORE_CONSTRAINT', 'No.')
    void lists.create({ name: 'list' }).catch(() => undefined)
    const created = todos.create({ title: 'child', listId: lists.peekMany()[0]!.id }).catch(error => error.code)
    await server.drain()
    expect(await created).toBe('RSTORE_CONSTRAINT')
    expect(todos.peekMany()).toEqual([])
    expect(server.calls).toHaveLength(1)
  })

  it('waits for a parent with a key of its own, too', async () => {
    const { server, of } = held()
    void of('tags').create({ id: 'mine', label: 'tag' })
    void of('labels').create({ id: 'x', tagId: 'mine' })
    await settled()
    expect(server.open).toMatchObject([{ collection: 'tags' }])
    await server.drain()
    expect(server.rows('labels')).toEqual([{ id: 'x', tagId: 'mine' }])
  })
})
