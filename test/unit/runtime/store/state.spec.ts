import type { Row } from '../../../../src/runtime/shared/model'
import type { StoreState } from '../../../../src/runtime/store/state'
import type { MemoryServer } from './support/server'
import { describe, expect, it } from 'vitest'
import { and, eq, gt } from '../../../../src/runtime/shared/condition'
import { createStore } from '../../../../src/runtime/store/create-store'
import { settled } from './support/server'
import { ids, plain, setup, todo } from './support/store'

/** What is asked on the server and again in the browser. */
const queries = [
  { where: and(eq('listId', 1), gt('createdAt', new Date(0))), orderBy: ['createdAt.desc'] },
  { limit: 2 },
  { limit: 2, offset: 2 },
  { limit: 3, offset: 90 },
  { where: eq('listId', 77) },
  { columns: { title: true }, where: eq('done', false), limit: 1 },
  { keys: [1, 99] },
  { params: { reversed: 1 }, limit: 3 },
  { params: { reversed: 1 }, limit: 2, offset: 2 },
]

async function rendered() {
  const test = setup({ server: true })
  test.server.put('todos', ...Array.from({ length: 8 }, (_, i) => todo(i + 1, { listId: i % 2 })))
  test.server.put('events', { id: 2n ** 60n, size: null, data: { a: 1 } })
  test.server.hook = (rows, params) => params?.reversed ? [...rows].reverse() : rows
  const shown: Row[][] = []
  for (const options of queries)
    shown.push(plain((await test.todos.query(q => q.many(options))).data.value))
  await test.todos.query(q => q.first(5))
  await test.todos.query(q => q.first(98))
  await test.of('events').query()
  await test.of('members').query()
  return { server: test.server, shown, state: JSON.parse(JSON.stringify(test.store.$cache.getState())) as StoreState }
}

function browser(server: MemoryServer, state: StoreState, revalidate?: boolean) {
  server.calls.length = 0
  server.held = true
  const store = createStore({ schema: server.schema, transport: server.transport })
  store.$hydrate(state, { revalidate })
  return { store, todos: store.$collection('todos') }
}

describe('the state of a page', () => {
  it('has the browser show what the server has rendered, without a request', async () => {
    const { server, shown, state } = await rendered()
    const { store, todos } = browser(server, state)
    const states = queries.map(options => todos.query(q => q.many(options)))
    expect(states.map(({ data }) => plain(data.value))).toEqual(shown)
    expect(states.map(({ loading }) => loading.value)).toEqual(queries.map(() => false))
    expect(states.map(({ hasMore }) => hasMore.value)).toEqual([false, true, true, false, false, true, false, true, true])
    expect(todos.query(q => q.first(5)).data.value).toMatchObject({ id: 5, createdAt: expect.any(Date) })
    const missing = todos.query(q => q.first(98))
    expect([missing.data.value, missing.loading.value]).toEqual([undefined, false])
    expect(store.$collection('events').query().data.value).toMatchObject([{ id: 2n ** 60n, data: { a: 1 } }])
    expect(store.$collection('members').query().loading.value).toBe(false)
    await settled()
    expect(server.calls).toHaveLength(0)
  })

  it('holds each row once', async () => {
    const { state } = await rendered()
    expect(state.todos!.groups.flatMap(group => group.rows)).toHaveLength(8)
  })

  it('spares the policies that always ask their request, until the page is there', async () => {
    const { server, state } = await rendered()
    const { store, todos } = browser(server, state)
    const first = todos.query(q => q.many({ limit: 2, fetchPolicy: 'fetch-only' }))
    expect(ids(first.data.value)).toEqual([1, 2])
    expect(first.loading.value).toBe(false)
    todos.query(q => q.many({ limit: 2, offset: 2, fetchPolicy: 'cache-and-fetch' }))
    expect(server.calls).toHaveLength(0)
    store.$hydrated()
    todos.query(q => q.many({ limit: 2, fetchPolicy: 'cache-and-fetch' }))
    expect(server.calls).toHaveLength(1)
  })

  it('of long ago is shown and asked for once more, quietly', async () => {
    const { server, state } = await rendered()
    const { todos } = browser(server, state, true)
    const query = todos.query(q => q.many({ limit: 2 }))
    todos.query(q => q.many({ limit: 2 }))
    expect(ids(query.data.value)).toEqual([1, 2])
    expect(query.loading.value).toBe(false)
    server.put('todos', todo(1, { title: 'since' }))
    await server.drain()
    expect((query.data.value as Row[])[0]).toMatchObject({ title: 'since' })
    expect(server.calls).toHaveLength(1)
  })

  it('goes on like any other: fills up by its cursor, and shows nothing beyond it', async () => {
    const { server, state } = await rendered()
    const { store, todos } = browser(server, state)
    const query = todos.query(q => q.many({ limit: 2 }))
    server.remove('todos', 1)
    store.$cache.deleteItem({ collection: 'todos', key: 1 })
    // The page after it was read on the server as well.
    expect(ids(query.data.value)).toEqual([2, 3])
    for (const id of [2, 3, 4]) {
      server.remove('todos', id)
      store.$cache.deleteItem({ collection: 'todos', key: id })
    }
    expect(ids(query.data.value)).toEqual([])
    await server.drain()
    expect(ids(query.data.value)).toEqual([5, 6])
    expect(server.calls.map(call => call.query!.cursor)).toEqual([expect.any(String)])
  })

  it('is that of the server: what is pending here is not in it', async () => {
    const { server, store, todos } = setup()
    server.put('todos', todo(1), todo(2), todo(3))
    await todos.findMany()
    server.held = true
    void todos.create({ title: 'mine' })
    void todos.update({ id: 1, title: 'mine' })
    void todos.delete(2)
    const { groups } = store.$cache.getState().todos!
    expect(groups).toHaveLength(1)
    expect(groups[0]!.rows.map(row => row[groups[0]!.fields.indexOf('title')]).sort()).toEqual(['Todo 1', 'Todo 2', 'Todo 3'])
  })

  it('leaves out collections that are no more', async () => {
    const { server, state } = await rendered()
    const { todos } = browser(server, { gone: { groups: [], answers: [] }, todos: state.todos! })
    expect(todos.peekMany({ limit: 1 })).toHaveLength(1)
  })
})

describe('stores', () => {
  it('never share a row, an answer or a key', async () => {
    const { server, store, todos } = setup()
    server.put('todos', todo(1))
    const other = createStore({ schema: server.schema, transport: server.transport })
    await todos.query()
    expect(other.$cache.readItems({ collection: 'todos' })).toEqual([])
    expect(other.$cache.getState().todos).toEqual({ groups: [], answers: [] })
    const state = store.$cache.getState()
    other.$cache.setState(state)
    store.$cache.writeItem({ collection: 'todos', item: { id: 1, title: 'here only' } })
    expect(other.$cache.readItem({ collection: 'todos', key: 1 })).toMatchObject({ title: 'Todo 1' })
    expect(other.$collection('todos').peekFirst(1)).toMatchObject({ title: 'Todo 1' })
  })
})

describe('$cache', () => {
  it('reads, writes and deletes by name and by collection', () => {
    const { store, todos } = setup()
    store.$cache.writeItems({ collection: todos, items: [{ key: 1, value: todo(1) }, { value: todo(2) }] })
    expect(ids(store.$cache.readItems({ collection: 'todos' }))).toEqual([1, 2])
    expect(ids(store.$cache.readItems({ collection: todos, keys: ['2', 3] }))).toEqual([2])
    store.$cache.deleteItem({ collection: todos, key: '1' })
    expect(store.$cache.readItem({ collection: todos, key: 1 })).toBeUndefined()
    expect(todos.writeItem(todo(4))).toBe(store.$cache.readItem({ collection: 'todos', key: 4 }))
    expect(() => store.$cache.readItem({ collection: 'nope', key: 1 })).toThrow('nope')
  })
})

describe('$collection', () => {
  it('takes a name, a ref or a getter, and tells when there is none', () => {
    const { store, todos } = setup()
    expect(store.$collection('todos')).toBe(todos)
    expect(store.$collection(() => 'todos')).toBe(todos)
    expect(store.$collection({ __v_isRef: true, value: 'todos' })).toBe(todos)
    expect(() => store.$collection('nope')).toThrow(expect.objectContaining({ code: 'RSTORE_UNKNOWN_COLLECTION' }))
    expect(todos).toMatchObject({ name: 'todos', meta: { table: 'todos', primaryKeys: ['id'] } })
    expect(store.$collections.map(({ name }) => name)).toContain('members')
  })
})
