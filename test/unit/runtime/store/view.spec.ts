import type { Row } from '../../../../src/runtime/shared/model'
import { describe, expect, it } from 'vitest'
import { effect, effectScope } from 'vue'
import { eq } from '../../../../src/runtime/shared/condition'
import { settled } from './support/server'
import { ids, setup, todo } from './support/store'

/** A window on five of eight todos, and how often it has made somebody look. */
async function shown(options: Parameters<typeof setup>[0] = {}) {
  const test = setup(options)
  test.server.put('todos', ...Array.from({ length: 8 }, (_, i) => todo(i + 1)))
  const query = await test.todos.query(q => q.many({ where: eq('done', false), orderBy: ['createdAt.asc'], limit: 5 }))
  let runs = 0
  effect(() => {
    runs++
    void query.data.value
  })
  runs = 0
  const write = (...items: Row[]) => test.store.$cache.writeItems({ collection: 'todos', items: items.map(value => ({ value })) })
  return { ...test, query, write, data: () => query.data.value as Row[], runs: () => runs }
}

describe('a window', () => {
  it('stays the same array, and wakes nobody, where nothing visible has changed', async () => {
    const { data, write, runs, store } = await shown()
    const before = data()
    write(todo(1), todo(2))
    write(todo(40, { done: true }))
    write(todo(7, { title: 'beyond the end' }))
    store.$cache.deleteItem({ collection: 'todos', key: 40 })
    expect(data()).toBe(before)
    expect(runs()).toBe(0)
  })

  it('is a new array with the same other rows where one has changed', async () => {
    const { data, write, runs } = await shown()
    const before = data()
    const old = [...before]
    write({ id: 2, title: 'changed' })
    expect(data()).not.toBe(before)
    expect(before).toEqual(old)
    expect(data()[1]).toMatchObject({ id: 2, title: 'changed' })
    expect(data().filter((row, i) => row !== before[i])).toHaveLength(1)
    expect(runs()).toBe(1)
  })

  it('wakes once for all changes of a batch', async () => {
    const { data, write, runs } = await shown()
    write({ id: 1, title: 'x' }, { id: 2, title: 'y' }, { id: 3, done: true }, todo(0))
    expect(runs()).toBe(1)
    expect(ids(data())).toEqual([0, 1, 2, 4, 5])
  })

  it('follows rows that move, come and go', async () => {
    const { data, write, store } = await shown()
    write({ id: 1, createdAt: new Date(Date.UTC(2026, 0, 1) + 3.5 * 60_000) })
    expect(ids(data())).toEqual([2, 3, 1, 4, 5])
    write({ id: 4, done: true })
    store.$cache.deleteItem({ collection: 'todos', key: 2 })
    expect(ids(data()).slice(0, 3)).toEqual([3, 1, 5])
  })

  it('never shows what the server may have rows before', async () => {
    const { data, write, server } = await shown()
    server.held = true
    write(todo(100))
    write({ id: 1, done: true })
    // 100 is cached, but 6, 7 and 8 come before it.
    expect(ids(data())).toEqual([2, 3, 4, 5])
    await server.drain()
    expect(ids(data())).toEqual([2, 3, 4, 5, 6])
  })

  it('holds back a row of one\'s own beyond it, too', async () => {
    const { data, server, todos, store } = await shown()
    server.held = true
    void todos.create({ title: 'late', createdAt: new Date(Date.UTC(2027, 0, 1)) })
    void todos.delete(1)
    await settled()
    expect(store.$cache.readItems({ collection: 'todos' })).toHaveLength(5)
    expect(ids(data())).toEqual([2, 3, 4, 5])
  })

  it('fills up by cursor, all that is short in one request, and only with what is missing', async () => {
    const { data, server, store } = await shown()
    const asked = server.reads.length
    server.remove('todos', 2)
    server.remove('todos', 3)
    store.$cache.deleteItem({ collection: 'todos', key: 2 })
    store.$cache.deleteItem({ collection: 'todos', key: 3 })
    await settled()
    expect(server.reads.slice(asked)).toHaveLength(1)
    expect(server.reads.at(-1)!.query).toMatchObject({ limit: 2, cursor: expect.any(String) })
    expect(ids(data())).toEqual([1, 4, 5, 6, 7])
  })

  it('asks no more than once when filling up fails, and again on refresh', async () => {
    const { query, server, store, data } = await shown()
    server.held = true
    const asked = server.reads.length
    store.$cache.deleteItem({ collection: 'todos', key: 2 })
    server.remove('todos', 2)
    await settled()
    server.open[0]!.fail()
    await settled()
    expect(server.reads.slice(asked)).toHaveLength(1)
    expect(query.error.value).toMatchObject({ code: 'RSTORE_NETWORK' })
    void query.refresh()
    await server.drain()
    expect(query.error.value).toBeUndefined()
    expect(ids(data())).toEqual([1, 3, 4, 5, 6])
  })

  it('says whether there is more', async () => {
    const { query, server, store } = await shown()
    expect(query.hasMore.value).toBe(true)
    for (const key of [6, 7, 8])
      server.remove('todos', key)
    await query.refresh()
    expect(query.hasMore.value).toBe(false)
    store.$cache.writeItem({ collection: 'todos', item: todo(9) })
    expect(query.hasMore.value).toBe(true)
    store.$cache.deleteItem({ collection: 'todos', key: 9 })
    expect(query.hasMore.value).toBe(false)
  })
})

describe('an answer', () => {
  it('drops rows that the server does not have any more', async () => {
    const { query, server, data, store } = await shown()
    server.remove('todos', 2)
    await query.refresh()
    expect(ids(data())).toEqual([1, 3, 4, 5, 6])
    expect(store.$cache.readItem({ collection: 'todos', key: 2 })).toBeUndefined()
  })

  it('asks about a row that another query shows before it drops it', async () => {
    const { query, server, todos, store, data } = await shown()
    const other = await todos.query(q => q.many({ keys: [1, 2] }))
    server.put('todos', todo(2, { done: true }))
    await query.refresh()
    await settled()
    expect(ids(data())).toEqual([1, 3, 4, 5, 6])
    expect(other.data.value).toMatchObject([{ id: 1 }, { id: 2, done: true }])
    expect(store.$cache.readItem({ collection: 'todos', key: 2 })).toMatchObject({ done: true })
  })

  it('leaves rows alone that wait for the server', async () => {
    const { query, server, todos, data } = await shown()
    server.held = true
    void todos.create({ title: 'mine', createdAt: new Date(0) })
    void query.refresh()
    await settled()
    server.reads.at(-1)!.process()
    server.reads.at(-1)!.deliver()
    await settled()
    expect(data()[0]).toMatchObject({ title: 'mine' })
    await server.drain()
    expect(data()[0]).toMatchObject({ title: 'mine', id: 1000 })
  })
})

it('an answer from before a change of one\'s own does not take its row away', async () => {
  const { query, server, todos, data, store } = await shown()
  server.put('todos', todo(0, { done: true }))
  store.$cache.writeItem({ collection: 'todos', item: todo(0, { done: true }) })
  server.held = true
  void todos.update({ id: 0, done: false })
  void query.refresh()
  await settled()
  const read = server.reads.at(-1)!
  read.process()
  read.deliver()
  await settled()
  expect(ids(data())).toEqual([0, 1, 2, 3, 4])
  await server.drain()
  expect(ids(data())).toEqual([0, 1, 2, 3, 4])
})

describe('views', () => {
  it('sort thousands of rows that come at once as they would one by one', async () => {
    const { todos, store, server } = setup({ maxLimit: 5000 })
    const rows = Array.from({ length: 3000 }, (_, i) => todo((i * 7919) % 3000 + 1, { priority: i % 3 || null, listId: i % 50 }))
    server.put('todos', ...rows)
    const all = await todos.query(q => q.many({ orderBy: ['priority.desc'] }))
    const some = await todos.query(q => q.many({ where: eq('listId', 3), orderBy: ['priority.asc'], limit: 20 }))
    expect(ids(all.data.value)).toEqual(ids(server.expected('todos', { orderBy: ['priority.desc'] })))
    const changed = rows.slice(0, 1500).map(row => ({ ...row, priority: 9, listId: (row.listId as number) % 4 }))
    server.put('todos', ...changed)
    store.$cache.writeItems({ collection: 'todos', items: changed.map(value => ({ value })) })
    await settled()
    expect(ids(all.data.value)).toEqual(ids(server.expected('todos', { orderBy: ['priority.desc'] })))
    const where = { operator: 'eq', field: 'listId', value: 3 } as const
    expect(ids(some.data.value)).toEqual(ids(server.expected('todos', { where, orderBy: ['priority.asc'], limit: 20 })))
  })

  it('put NULL where the database does', async () => {
    const values = [null, 2, 1]
    for (const [dialect, expected] of [['sqlite', [1, 3, 2]], ['postgresql', [3, 2, 1]]] as const) {
      const { createSchema } = await import('./support/schema')
      const { store, todos } = setup({ schema: createSchema(dialect) })
      store.$cache.writeItems({ collection: 'todos', items: values.map((priority, i) => ({ value: todo(i + 1, { priority }) })) })
      expect(ids(todos.peekMany({ orderBy: ['priority.asc'] }))).toEqual(expected)
      expect(ids(todos.peekMany({ orderBy: ['priority.desc'] }))).toEqual([...expected].reverse())
    }
  })

  it('are gone once nobody shows them', async () => {
    const { server, todos, store } = setup()
    server.put('todos', todo(1))
    const scope = effectScope()
    const queries = scope.run(() => [
      todos.query(),
      todos.query(q => q.many({ limit: 1, offset: 1 })),
      todos.query(q => q.first(1)),
      todos.query(q => q.many({ where: eq('listId', 1), fetchPolicy: 'fetch-only' })),
    ])!
    await Promise.all(queries)
    await todos.findMany({ where: eq('done', true) })
    todos.peekMany({ where: eq('done', false) })
    let changes = 0
    effect(() => {
      changes++
      void queries[0]!.data.value
    })
    scope.stop()
    changes = 0
    store.$cache.writeItem({ collection: 'todos', item: todo(2) })
    expect(changes).toBe(0)
    expect(queries[0]!.data.value).toEqual([])
  })
})
