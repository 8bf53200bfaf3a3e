import type { Row } from '../../../../src/runtime/shared/model'
import { computed, effectScope, nextTick, ref } from 'vue'
import { describe, expect, it } from 'vitest'
import { eq } from '../../../../src/runtime/shared/condition'
import { settled } from './support/server'
import { ids, setup, todo } from './support/store'

function filled(options: Parameters<typeof setup>[0] = {}) {
  const test = setup({ dev: true, ...options })
  test.server.put('todos', ...Array.from({ length: 8 }, (_, i) => todo(i + 1, { done: i % 2 === 1, listId: i < 4 ? 1 : 2 })))
  return test
}

describe('pages', () => {
  it('are added one after the other, and shown together', async () => {
    const { server, todos } = filled()
    const query = await todos.query(q => q.many({ pageSize: 3 }))
    expect(ids(query.data.value)).toEqual([1, 2, 3])
    expect(query.hasMore.value).toBe(true)
    const more = query.fetchMore()
    expect(more.page).toMatchObject({ pageIndex: 1, loading: true, data: [] })
    expect(query.loading.value).toBe(true)
    const { page } = await more
    expect(ids(page!.data)).toEqual([4, 5, 6])
    expect(ids(query.data.value)).toEqual([1, 2, 3, 4, 5, 6])
    await query.fetchMore()
    expect(query.pages.value.map(one => ids(one!.data))).toEqual([[1, 2, 3], [4, 5, 6], [7, 8]])
    expect(query.hasMore.value).toBe(false)
    await query.fetchMore()
    expect(query.pages.value).toHaveLength(3)
    // Each went on where the one before it ended.
    expect(server.calls.map(({ query }) => [query!.offset, query!.limit, typeof query!.cursor])).toEqual([[undefined, 3, 'undefined'], [undefined, 3, 'string'], [undefined, 3, 'string']])
  })

  it('may be asked for by index, out of turn', async () => {
    const { server, todos } = filled()
    const query = await todos.query(q => q.many({ pageSize: 2 }))
    await query.fetchMore({ pageIndex: 3 })
    expect(query.getPage(1)).toBeUndefined()
    expect(ids(query.getPage(3)!.data)).toEqual([7, 8])
    expect(ids(query.data.value)).toEqual([1, 2, 7, 8])
    await query.fetchMore({ pageIndex: 3 })
    expect(server.calls).toHaveLength(2)
    await query.fetchMore({ pageIndex: 1 })
    expect(ids(query.data.value)).toEqual([1, 2, 3, 4, 7, 8])
  })

  it('follow `pageIndex`', async () => {
    const { todos } = filled()
    const pageIndex = ref(0)
    const query = await todos.query(q => q.many({ pageIndex: pageIndex.value, pageSize: 3 }))
    pageIndex.value = 2
    await settled()
    expect(ids(query.data.value)).toEqual([7, 8])
    expect(query.pages.value.map(page => page?.pageIndex)).toEqual([undefined, undefined, 2])
    expect(query.hasMore.value).toBe(false)
  })

  it('are all read again by refresh(), in one request, since the place of each depends on those before', async () => {
    const { server, todos } = filled()
    const query = await todos.query(q => q.many({ pageSize: 2 }))
    await query.fetchMore()
    for (const id of [1, 3])
      server.put('todos', todo(id, { title: 'new' }))
    await query.getPage(1)!.refresh()
    expect((query.data.value as Row[]).map(row => row.title)).toEqual(['new', 'Todo 2', 'new', 'Todo 4'])
    server.put('todos', todo(4, { title: 'newer' }))
    await query.refresh()
    expect((query.data.value as Row[]).map(row => row.title)).toEqual(['new', 'Todo 2', 'new', 'newer'])
    expect(server.calls).toHaveLength(4)
  })

  it('stay in line when rows come and go', async () => {
    const { server, store, todos } = filled()
    const query = await todos.query(q => q.many({ pageSize: 2 }))
    await query.fetchMore()
    server.put('todos', todo(0))
    store.$cache.writeItem({ collection: 'todos', item: todo(0) })
    await settled()
    expect(query.pages.value.map(page => ids(page!.data))).toEqual([[0, 1], [2, 3]])
    for (const id of [0, 1, 2]) {
      server.remove('todos', id)
      store.$cache.deleteItem({ collection: 'todos', key: id })
    }
    await server.drain()
    expect(query.pages.value.map(page => ids(page!.data))).toEqual([[3, 4], [5, 6]])
  })

  it('tell of their own failure', async () => {
    const { server, todos } = filled()
    const query = await todos.query(q => q.many({ pageSize: 2 }))
    server.refuse = () => new Error('No.')
    const { page } = await query.fetchMore()
    expect(page!.error).toMatchObject({ message: 'No.' })
    expect(query.error.value).toBe(page!.error)
    expect(query.getPage(0)!.error).toBeUndefined()
  })

  it('need a size', async () => {
    const { todos } = filled()
    for (const options of [{ pageIndex: 1 }, { pageSize: 0 }, { pageSize: 2.5 }, { pageSize: 2, limit: 2 }, { pageSize: 2, offset: 2 }])
      expect((await todos.query(q => q.many(options))).error.value).toMatchObject({ code: 'RSTORE_INVALID_QUERY' })
  })

  it('without a cache are rows of their own', async () => {
    const { store, todos } = filled()
    const query = await todos.query(q => q.many({ pageSize: 3, fetchPolicy: 'no-cache' }))
    await query.fetchMore({ pageIndex: 1 })
    expect(ids(query.data.value)).toEqual([1, 2, 3, 4, 5, 6])
    expect(store.$cache.readItems({ collection: 'todos' })).toEqual([])
  })

  it('of a longer list than one answer holds come one by one, visible as they come', async () => {
    const { server, todos } = filled({ maxLimit: 3 })
    server.held = true
    const query = todos.query()
    const shown: number[] = []
    while (server.open.length > 0) {
      server.open[0]!.process()
      server.open[0]!.deliver()
      await settled()
      shown.push((query.data.value as Row[]).length)
    }
    expect(shown).toEqual([3, 6, 8])
    expect(query.hasMore.value).toBe(false)
  })
})

describe('filter', () => {
  it('keeps rows out of what is shown, and follows what it reads', async () => {
    const { server, todos } = filled()
    const done = ref(true)
    const query = await todos.query(q => q.many({ where: eq('listId', 1), filter: (row: Row) => row.done === done.value }))
    expect(ids(query.data.value)).toEqual([2, 4])
    done.value = false
    expect(ids(query.data.value)).toEqual([1, 3])
    expect(server.calls).toHaveLength(1)
    expect(ids(await todos.findMany({ filter: (row: Row) => row.id === 3 }))).toEqual([3])
    expect(ids(todos.peekMany({ filter: (row: Row) => row.id === 3 }))).toEqual([3])
  })

  it('has `first` look for the first row that passes', async () => {
    const { todos } = filled()
    expect((await todos.query(q => q.first({ filter: (row: Row) => row.listId === 2 }))).data.value).toMatchObject({ id: 5 })
    expect(await todos.findFirst({ filter: (row: Row) => row.listId === 2 })).toMatchObject({ id: 5 })
  })
})

describe('params', () => {
  it('may name keys and columns, which are no free values', async () => {
    const { server, todos } = filled()
    const query = await todos.query(q => q.many({ params: { keys: [2, 3], columns: ['title'] } }))
    expect(ids(query.data.value)).toEqual([2, 3])
    expect(server.calls[0]!.query).toMatchObject({ keys: [2, 3], columns: ['title'], params: {} })
  })
})

describe('resultMode', () => {
  it('"server" leaves membership and order to the server, and asks again once something has changed', async () => {
    const { server, store, todos } = filled()
    server.hook = rows => [...rows].reverse().filter(row => row.title !== 'hidden')
    const query = await todos.query(q => q.many({ resultMode: 'server' }))
    expect(ids(query.data.value)).toEqual([8, 7, 6, 5, 4, 3, 2, 1])
    expect(server.calls[0]!.query).not.toHaveProperty('byServer')
    server.put('todos', todo(9, { title: 'hidden' }), todo(10))
    store.$cache.writeItem({ collection: 'todos', item: todo(9, { title: 'hidden' }) })
    await server.drain()
    expect(ids(query.data.value)).toEqual([10, 8, 7, 6, 5, 4, 3, 2, 1])
    expect(server.calls).toHaveLength(2)
    server.held = true
    void todos.update({ title: 'guess' }, { key: 10 })
    expect((query.data.value as Row[])[0]!.title).toBe('guess')
    await settled()
    expect(server.calls).toHaveLength(3)
    await server.drain()
    expect(server.calls.map(({ type }) => type)).toEqual(['fetchMany', 'fetchMany', 'update', 'fetchMany'])
  })
})

describe('peek', () => {
  it('is noticed by Vue', async () => {
    const { store, todos } = filled()
    const first = computed(() => todos.peekFirst(3)?.title)
    const many = computed(() => ids(todos.peekMany({ where: eq('listId', 1) })))
    expect([first.value, many.value]).toEqual([undefined, []])
    await todos.query()
    expect([first.value, many.value]).toEqual(['Todo 3', [1, 2, 3, 4]])
    store.$cache.writeItem({ collection: 'todos', item: todo(3, { title: 'new', listId: 2 }) })
    expect([first.value, many.value]).toEqual(['new', [1, 2, 4]])
  })
})

describe('subscribe', () => {
  function watched() {
    const topics: unknown[] = []
    const test = filled({ subscribe: ({ collection: { name }, keys, where }) => {
      const topic = { collection: name, keys, where }
      topics.push(topic)
      return () => topics.splice(topics.indexOf(topic), 1)
    } })
    return { ...test, topics }
  }

  it('lives as long as its scope, and follows what its callback reads', async () => {
    const { todos, topics } = watched()
    const key = ref<number | null>(1)
    const scope = effectScope()
    scope.run(() => {
      todos.subscribe(q => q.first(key))
      todos.liveQuery(q => q.many({ where: eq('listId', 1) }))
    })
    const where = { operator: 'eq', field: 'listId', value: 1 }
    expect(topics).toEqual([{ collection: 'todos', keys: [1] }, { collection: 'todos', where }])
    key.value = 2
    expect(topics).toEqual([{ collection: 'todos', where }, { collection: 'todos', keys: [2] }])
    key.value = null
    expect(topics).toHaveLength(1)
    scope.stop()
    expect(topics).toEqual([])
  })

  it('ends when told to, outside of a component', async () => {
    const { todos, topics } = watched()
    const stop = todos.subscribe()
    const query = todos.liveQuery()
    expect(topics).toHaveLength(2)
    stop()
    query.stop()
    await nextTick()
    expect(topics).toEqual([])
  })
})
