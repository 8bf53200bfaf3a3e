import type { Row } from '../../../../src/runtime/shared/model'
import { describe, expect, it } from 'vitest'
import { computed, effectScope, ref, watch } from 'vue'
import { and, eq, gt, inArray } from '../../../../src/runtime/shared/condition'
import { RstoreError } from '../../../../src/runtime/shared/errors'
import { find, peek } from '../../../../src/runtime/store/find'
import { createQuery } from '../../../../src/runtime/store/query'
import { setupContext } from './support/context'
import { settled } from './support/server'
import { ids, setup, todo } from './support/store'

function filled(options: Parameters<typeof setup>[0] = {}, count = 8) {
  const test = setup({ dev: true, ...options })
  test.server.put('todos', ...Array.from({ length: count }, (_, i) => todo(i + 1, { listId: i % 2 + 1, priority: i % 3 })))
  return test
}

describe('equal queries', () => {
  it('share one request and one array', async () => {
    const { server, todos } = filled()
    const options = () => ({ where: and(eq('listId', 1), eq('done', false)), orderBy: ['priority.desc'], limit: 3 })
    const [a, b] = [todos.query(q => q.many(options())), todos.query(q => q.many(options()))]
    const c = todos.findMany(options())
    await Promise.all([a, b, c])
    expect(server.calls).toHaveLength(1)
    expect(a.data.value).toBe(b.data.value)
    expect(await c).toBe(a.data.value)
    expect(ids(a.data.value)).toEqual([3, 5, 7])
  })

  it('of which one is refreshed share the refresh, also of the same tick', async () => {
    const { server, todos } = filled()
    const queries = [todos.query(), todos.query()]
    await Promise.all(queries)
    await Promise.all(queries.map(query => query.refresh()))
    expect(server.calls).toHaveLength(2)
  })

  it('share the request that was begun for one which is gone', async () => {
    const { server, todos } = filled()
    for (const options of [{ limit: 2 }, { limit: 2, offset: 2 }, { limit: 3, params: { mine: 1 } }]) {
      server.held = true
      const asked = server.calls.length
      const first = effectScope()
      first.run(() => todos.query(q => q.many(options)))
      await settled()
      first.stop()
      const second = todos.query(q => q.many(options))
      await server.drain()
      expect(server.calls.slice(asked)).toHaveLength(1)
      expect(ids(second.data.value)).toEqual(ids(server.expected('todos', { limit: options.limit, offset: options.offset })))
      expect(second.hasMore.value).toBe(true)
      expect(second.loading.value).toBe(false)
      second.stop()
    }
  })
})

describe('fetch policies', () => {
  const write = (test: ReturnType<typeof setup>, id: number) => test.store.$cache.writeItem({ collection: 'todos', item: test.server.get('todos', id)! })

  it('cache-first shows what is there as provisional, asks, and not again', async () => {
    const test = filled()
    test.server.held = true
    write(test, 2)
    const query = test.todos.query()
    expect(ids(query.data.value)).toEqual([2])
    expect(query.loading.value).toBe(true)
    await test.server.drain()
    await query
    expect(ids(query.data.value)).toHaveLength(8)
    expect(query.loading.value).toBe(false)
    const again = test.todos.query()
    expect(again.loading.value).toBe(false)
    expect(again.data.value).toEqual(query.data.value)
    expect(test.server.calls).toHaveLength(1)
  })

  it('cache-and-fetch shows what is there and asks every time', async () => {
    const { server, todos } = filled()
    await todos.query()
    server.put('todos', todo(1, { title: 'new' }))
    server.held = true
    const query = todos.query(q => q.many({ fetchPolicy: 'cache-and-fetch' }))
    expect(ids(query.data.value)).toHaveLength(8)
    expect(query.loading.value).toBe(true)
    await server.drain()
    expect((query.data.value as Row[])[0]).toMatchObject({ title: 'new' })
  })

  it('fetch-only shows nothing before the answer, and what it shows when it is asked for more', async () => {
    const { server, todos } = filled()
    await todos.query()
    server.held = true
    const query = todos.query(q => q.many({ fetchPolicy: 'fetch-only', limit: 2 }))
    expect(query.data.value).toEqual([])
    expect(query.loading.value).toBe(true)
    await server.drain()
    expect(ids(query.data.value)).toEqual([1, 2])
    void query.fetchMore()
    expect(ids(query.data.value).slice(0, 2)).toEqual([1, 2])
    await server.drain()
    expect(ids(query.data.value)).toEqual([1, 2, 3, 4])
  })

  it('cache-only never asks, for a window beside others neither', async () => {
    const test = filled()
    write(test, 3)
    const query = test.todos.query(q => q.many({ fetchPolicy: 'cache-only' }))
    expect(ids(query.data.value)).toEqual([3])
    expect(query.loading.value).toBe(false)
    expect(test.server.calls).toHaveLength(0)
    await test.todos.query(q => q.many({ limit: 2 }))
    expect(test.server.calls.map(call => call.query!.limit)).toEqual([2])
    write(test, 1)
    expect(ids(query.data.value)).toEqual([1, 2])
  })

  it('no-cache keeps nothing and shares nothing', async () => {
    const { server, store, todos } = filled({ maxLimit: 3 })
    const query = await todos.query(q => q.many({ fetchPolicy: 'no-cache', limit: 5, orderBy: ['id.desc'] }))
    expect(ids(query.data.value)).toEqual([8, 7, 6, 5, 4])
    expect(store.$cache.readItems({ collection: 'todos' })).toEqual([])
    expect((query.data.value as Row[])[0]!.$collection).toBe('todos')
    server.remove('todos', 8)
    await query.refresh()
    expect(ids(query.data.value)).toEqual([7, 6, 5, 4, 3])
    expect(ids(await todos.findMany({ fetchPolicy: 'no-cache', keys: [5, 1, 99, 3, 2, 4], limit: 3, offset: 1 }))).toEqual([2, 3, 4])
    expect(await todos.findFirst({ fetchPolicy: 'no-cache', key: 99 })).toBeUndefined()
  })

  it('no-cache shows the answer to the later of two requests', async () => {
    const { server, todos } = filled()
    const query = await todos.query(q => q.many({ fetchPolicy: 'no-cache' }))
    server.held = true
    void query.refresh()
    void query.refresh()
    await settled()
    const [first, second] = server.open
    first!.process()
    server.remove('todos', 1)
    second!.process()
    second!.deliver()
    await settled()
    first!.deliver()
    await settled()
    expect(ids(query.data.value)).toEqual([2, 3, 4, 5, 6, 7, 8])
  })

  it('of another name are refused', () => {
    const { todos } = filled()
    expect(todos.query(q => q.many({ fetchPolicy: 'cache' })).error.value).toMatchObject({ code: 'RSTORE_INVALID_QUERY' })
  })
})

describe('what is known', () => {
  it('a query within one that is answered asks nothing', async () => {
    const { server, todos } = filled()
    await todos.query(q => q.many({ where: eq('listId', 1) }))
    for (const options of [
      { where: and(eq('listId', 1), gt('priority', 0)) },
      { where: and(gt('priority', 0), eq('listId', 1)), orderBy: ['createdAt.desc'], limit: 2 },
      { where: eq('listId', 1), limit: 2, offset: 1 },
      { where: eq('listId', 1), columns: { title: true } },
    ]) {
      const query = todos.query(q => q.many(options))
      expect(query.loading.value).toBe(false)
      expect(query.data.value).toMatchObject(server.expected('todos', { ...options, columns: undefined } as object))
      query.stop()
    }
    expect(server.calls).toHaveLength(1)
    await todos.query(q => q.many({ where: inArray('listId', [1]) }))
    expect(server.calls).toHaveLength(2)
  })

  it('a limited answer is not complete', async () => {
    const { server, todos } = filled()
    await todos.query(q => q.many({ limit: 3 }))
    expect(ids((await todos.query(q => q.many({ where: eq('listId', 1) }))).data.value)).toEqual([1, 3, 5, 7])
    expect(server.calls).toHaveLength(2)
  })

  it('a smaller window of the same is known, a larger one goes on where it ends', async () => {
    const { server, todos } = filled()
    await todos.query(q => q.many({ limit: 3 }))
    expect(ids(await todos.findMany({ limit: 2 }))).toEqual([1, 2])
    expect(ids(await todos.findMany({ limit: 2, offset: 1 }))).toEqual([2, 3])
    expect(server.calls).toHaveLength(1)
    expect(ids(await todos.findMany({ limit: 5 }))).toEqual([1, 2, 3, 4, 5])
    expect(server.calls.at(-1)!.query).toMatchObject({ limit: 2, cursor: expect.any(String) })
  })

  it('a window of nothing asks nothing and says nothing of the rest', async () => {
    const { server, todos } = filled()
    expect(await todos.findMany({ limit: 0 })).toEqual([])
    expect(await todos.findMany({ limit: 0, fetchPolicy: 'fetch-only' })).toEqual([])
    expect(todos.query(q => q.many({ limit: 0 })).loading.value).toBe(false)
    expect(server.calls).toHaveLength(0)
    expect(ids(await todos.findMany())).toHaveLength(8)
  })

  it('a list without a limit arrives page by page, and is shown as it comes', async () => {
    const { server, todos } = filled({ maxLimit: 3 })
    server.held = true
    const query = todos.query()
    const seen: unknown[] = []
    while (server.open.length > 0) {
      server.open[0]!.process()
      server.open[0]!.deliver()
      await settled()
      seen.push(ids(query.data.value).length, query.loading.value)
    }
    expect(seen).toEqual([3, true, 6, true, 8, false])
    // A refresh keeps what is shown until all of it is read.
    void query.refresh()
    server.open[0]!.process()
    server.open[0]!.deliver()
    await settled()
    expect(ids(query.data.value)).toHaveLength(8)
    await server.drain()
    expect(query.hasMore.value).toBe(false)
  })

  it('keys are asked for in as many requests as the server takes', async () => {
    const { server, todos } = filled({ maxLimit: 2, maxKeys: 5 })
    expect(ids(await todos.findMany({ keys: [8, '2', 3, 99, 2, 5] }))).toEqual([2, 3, 5, 8])
    expect(server.calls.map(call => call.query!.keys)).toEqual([[8, 2], [3, 99], [5]])
    await todos.findMany({ keys: [8, 2, 3, 99, 5] })
    await todos.findMany({ keys: [3, 8] })
    expect(server.calls).toHaveLength(3)
  })

  it('order, limit and offset hold for keys, and for what several queries have brought', async () => {
    const { todos } = filled()
    await todos.findMany({ keys: [1, 2, 3] })
    await todos.findMany({ where: eq('listId', 2), limit: 3 })
    expect(ids(todos.peekMany({ orderBy: ['id.desc'], limit: 3 }))).toEqual([6, 4, 3])
    expect(ids(todos.peekMany({ orderBy: ['id.desc'], limit: 2, offset: 1 }))).toEqual([4, 3])
    expect(ids(todos.peekMany({ keys: [1, 3, 6], orderBy: ['id.desc'], limit: 2 }))).toEqual([6, 3])
    expect(ids(await todos.findMany({ keys: [1, 3, 6], orderBy: ['id.desc'], limit: 1, offset: 1 }))).toEqual([3])
  })

  it('rows with some columns are no answer to who wants all', async () => {
    const { server, todos } = filled()
    const titles = await todos.query(q => q.many({ columns: { title: true } }))
    expect({ ...(titles.data.value as Row[])[0]! }).toEqual({ id: 1, title: 'Todo 1' })
    expect(todos.peekMany()).toEqual([])
    expect(todos.peekFirst(1)).toBeUndefined()
    expect(ids(todos.peekMany({ columns: { title: true } }))).toHaveLength(8)
    const full = await todos.query()
    expect(server.calls).toHaveLength(2)
    expect((full.data.value as Row[])[0]).toMatchObject(todo(1, { listId: 1, priority: 0 }))
    await todos.query(q => q.many({ columns: { title: true, done: true }, limit: 2 }))
    expect(server.calls).toHaveLength(2)
  })

  it('an older full answer gives a row the columns that a newer partial one lacks', async () => {
    const { server, todos } = filled()
    server.held = true
    const full = todos.query(q => q.many({ where: eq('listId', 1) }))
    const partial = todos.query(q => q.many({ columns: { title: true } }))
    for (const call of server.open)
      call.process()
    for (const call of [...server.open].reverse()) {
      call.deliver()
      await settled()
    }
    expect(ids(full.data.value)).toEqual([1, 3, 5, 7])
    expect(ids(partial.data.value)).toHaveLength(8)
  })

  it('a row that is cleared from the cache is asked for again', async () => {
    const { server, todos } = filled()
    await todos.findMany()
    todos.clearItem('3')
    expect(todos.peekFirst(3)).toBeUndefined()
    expect(await todos.findFirst(3)).toMatchObject({ id: 3 })
    todos.clearItem(3)
    expect(ids(await todos.findMany())).toHaveLength(8)
    expect(server.calls).toHaveLength(3)
  })

  it('nothing is known of anything after clear()', async () => {
    const { store, server, todos } = filled()
    const queries = [todos.query(q => q.many({ limit: 2 })), todos.query(q => q.many({ limit: 2, offset: 2 })), todos.query(q => q.many({ params: { p: 1 } }))]
    await Promise.all(queries)
    store.$cache.clear()
    expect(queries.map(query => query.data.value)).toEqual([[], [], []])
    const asked = server.calls.length
    queries.forEach(query => query.stop())
    expect(ids(await todos.findMany({ limit: 2 }))).toEqual([1, 2])
    expect(ids(await todos.findMany({ limit: 2, offset: 2 }))).toEqual([3, 4])
    expect(server.calls).toHaveLength(asked + 2)
    expect(store.$cache.getState().todos!.answers).toHaveLength(1)
  })
})

describe('first', () => {
  it('finds by key, of its own type or as text, and asks once', async () => {
    const { server, todos } = filled()
    const query = await todos.query(q => q.first('3'))
    expect(query.data.value).toMatchObject({ id: 3 })
    expect((await todos.query(q => q.first({ key: 3 }))).data.value).toBe(query.data.value)
    expect(server.calls).toMatchObject([{ type: 'fetchFirst', key: 3 }])
  })

  it('shows a row that is cached without asking', async () => {
    const { server, todos } = filled()
    await todos.findMany()
    expect(todos.query(q => q.first(5)).data.value).toMatchObject({ id: 5 })
    expect(server.calls).toHaveLength(1)
  })

  it('remembers that there is none', async () => {
    const { server, todos } = filled()
    expect((await todos.query(q => q.first(99))).data.value).toBeUndefined()
    expect(await todos.findFirst(99)).toBeUndefined()
    expect(server.calls).toHaveLength(1)
  })

  it('finds the first that fits', async () => {
    const { server, todos } = filled()
    const query = await todos.query(q => q.first({ where: eq('listId', 2), orderBy: ['priority.desc', 'id.desc'] }))
    expect(query.data.value).toMatchObject({ id: 6 })
    expect(server.calls.map(call => call.query!.limit)).toEqual([1])
    await todos.query(q => q.first())
  })

  it('without a key yet is nothing, not just any row', async () => {
    const { server, todos } = filled()
    const id = ref<number | undefined>()
    const query = todos.query(q => q.first(id))
    await settled()
    expect(query.data.value).toBeUndefined()
    expect(query.error.value).toBeUndefined()
    expect(server.calls).toHaveLength(0)
    id.value = 2
    await settled()
    expect(query.data.value).toMatchObject({ id: 2 })
    expect(await todos.findFirst(undefined)).toBeUndefined()
    expect(await todos.findFirst()).toMatchObject({ id: 1 })
  })
})

describe('options that change', () => {
  it('by refs and getters are followed, and only theirs is the answer', async () => {
    const { server, todos } = filled()
    const list = ref(1)
    const query = await todos.query(q => q.many(() => ({ where: eq('listId', list.value), limit: 2 })))
    expect(ids(query.data.value)).toEqual([1, 3])
    server.held = true
    list.value = 2
    expect(query.loading.value).toBe(true)
    list.value = 1
    expect(query.loading.value).toBe(false)
    expect(ids(query.data.value)).toEqual([1, 3])
    list.value = 2
    await server.drain()
    expect(ids(query.data.value)).toEqual([2, 4])
    list.value = 1
    await settled()
    expect(server.calls).toHaveLength(2)
  })

  it('an answer to former ones that comes late, or fails, is not shown', async () => {
    const { server, todos } = filled()
    server.held = true
    const list = ref(1)
    const query = todos.query(q => q.many({ where: eq('listId', list.value), fetchPolicy: 'no-cache' }))
    list.value = 2
    await settled()
    const [former, latter] = server.open
    latter!.process()
    latter!.deliver()
    await settled()
    former!.fail()
    await settled()
    expect(ids(query.data.value)).toEqual([2, 4, 6, 8])
    expect(query.error.value).toBeUndefined()
    expect(query.loading.value).toBe(false)
  })

  it('enabled: nothing is read while it is false, and what was under way is forgotten', async () => {
    const { server, todos } = filled()
    server.held = true
    const enabled = ref(false)
    const query = todos.query(q => q.many({ enabled }))
    const other = todos.query(q => q.first({ key: 1, enabled: () => enabled.value }))
    await settled()
    expect(server.calls).toHaveLength(0)
    expect([query.data.value, query.loading.value, other.data.value]).toEqual([[], false, undefined])
    await query.refresh()
    expect(server.calls).toHaveLength(0)
    enabled.value = true
    expect(query.loading.value).toBe(true)
    enabled.value = false
    expect(query.loading.value).toBe(false)
    server.open[0]!.fail()
    await settled()
    expect(query.error.value).toBeUndefined()
    enabled.value = true
    await server.drain()
    expect(ids(query.data.value)).toHaveLength(8)
    expect(await todos.findMany({ enabled: false })).toEqual([])
  })

  it('an option that makes no sense is the query\'s error, until it does', async () => {
    const { todos } = filled()
    const list = ref<number | undefined>()
    const query = todos.query(q => q.many({ where: eq('listId', list.value) }))
    expect(query.error.value).toMatchObject({ code: 'RSTORE_INVALID_CONDITION' })
    expect(query.data.value).toEqual([])
    const first = todos.query(q => q.first({ where: eq('listId', list.value) }))
    expect(first.data.value).toBeUndefined()
    list.value = 1
    await settled()
    expect(query.error.value).toBeUndefined()
    expect(ids(query.data.value)).toEqual([1, 3, 5, 7])
    expect(first.data.value).toMatchObject({ id: 1 })
    first.stop()
    expect(first.data.value).toBeUndefined()
    expect(todos.query(q => q.many({ offset: 2 })).error.value).toMatchObject({ code: 'RSTORE_INVALID_QUERY' })
    expect(todos.query(q => q.many({ limit: -1 })).error.value).toMatchObject({ code: 'RSTORE_INVALID_QUERY' })
  })
})

describe('fetchMore', () => {
  it('shows one step more each time, by cursor, until there is no more', async () => {
    const { server, todos } = filled()
    const query = await todos.query(q => q.many({ limit: 3 }))
    await query.fetchMore()
    expect(ids(query.data.value)).toEqual([1, 2, 3, 4, 5, 6])
    expect(server.calls.at(-1)!.query).toMatchObject({ limit: 3, cursor: expect.any(String) })
    await query.fetchMore()
    expect(ids(query.data.value)).toHaveLength(8)
    expect(query.hasMore.value).toBe(false)
    await query.fetchMore()
    expect(server.calls).toHaveLength(3)
  })

  it('keeps what is shown while it waits, and starts over when the options change', async () => {
    const { server, todos } = filled()
    const list = ref(1)
    const query = await todos.query(q => q.many({ where: eq('listId', list.value), limit: 2 }))
    server.held = true
    void query.fetchMore()
    expect(query.loading.value).toBe(true)
    expect(ids(query.data.value)).toEqual([1, 3])
    await server.drain()
    expect(ids(query.data.value)).toEqual([1, 3, 5, 7])
    list.value = 2
    await server.drain()
    expect(ids(query.data.value)).toEqual([2, 4])
    list.value = 1
    expect(ids(query.data.value)).toEqual([1, 3])
  })

  it('works on a page, and beyond what one answer holds', async () => {
    const { todos } = filled({ maxLimit: 3 })
    const query = await todos.query(q => q.many({ limit: 2, offset: 1 }))
    await query.fetchMore()
    expect(ids(query.data.value)).toEqual([2, 3, 4, 5])
    expect(query.hasMore.value).toBe(true)
    await query.fetchMore()
    await query.fetchMore()
    expect(ids(query.data.value)).toEqual([2, 3, 4, 5, 6, 7, 8])
    expect(query.hasMore.value).toBe(false)
  })
})

describe('an error', () => {
  it('is in the state, never thrown by the query, and thrown by find', async () => {
    const { server, todos } = filled()
    server.refuse = () => new RstoreError('RSTORE_REJECTED', 'No.')
    const query = await todos.query()
    expect(query.error.value).toMatchObject({ code: 'RSTORE_REJECTED' })
    expect([query.data.value, query.loading.value]).toEqual([[], false])
    await expect(todos.findMany()).rejects.toMatchObject({ code: 'RSTORE_REJECTED' })
    server.refuse = () => undefined
    await query.refresh()
    expect(query.error.value).toBeUndefined()
    expect(ids(query.data.value)).toHaveLength(8)
  })

  it('in the middle of many pages keeps the former ones and is not repeated by itself', async () => {
    const { server, todos } = filled({ maxLimit: 3 })
    server.held = true
    const query = todos.query()
    server.open[0]!.process()
    server.open[0]!.deliver()
    await settled()
    server.open[0]!.fail()
    await settled()
    expect(server.calls).toHaveLength(2)
    expect(ids(query.data.value)).toEqual([1, 2, 3])
    expect(query.error.value).toMatchObject({ code: 'RSTORE_NETWORK' })
    void query.refresh()
    await server.drain()
    expect(ids(query.data.value)).toHaveLength(8)
  })
})

describe('refresh', () => {
  it('is not content with an answer that was under way', async () => {
    const { server, todos } = filled()
    server.held = true
    const query = todos.query()
    await settled()
    server.open[0]!.process()
    server.put('todos', todo(1, { title: 'after' }))
    const refreshed = query.refresh()
    await server.drain()
    await refreshed
    expect((query.data.value as Row[])[0]).toMatchObject({ title: 'after' })
    expect(query.loading.value).toBe(false)
    expect(server.calls).toHaveLength(2)
  })
})

describe('outside of a component', () => {
  it('a query lives until stop()', async () => {
    const { store, todos } = filled()
    const query = await todos.query()
    store.$cache.writeItem({ collection: 'todos', item: todo(20) })
    expect(ids(query.data.value)).toHaveLength(9)
    query.stop()
    expect(query.data.value).toEqual([])
    await query.refresh()
    expect(query.data.value).toEqual([])
  })

  it('views live as long as somebody shows them or a request is under way', async () => {
    const { server, collection, context } = setupContext()
    server.put('todos', todo(1), todo(2), todo(3))
    const scope = effectScope()
    const offset = ref(0)
    scope.run(() => {
      createQuery(context)
      createQuery(context)
      createQuery(context, q => q.first(() => 2))
      createQuery(context, q => q.many({ limit: 1, offset: offset.value, orderBy: ['title'] }))
    })
    expect(collection.views.size).toBe(3)
    offset.value = 1
    await settled()
    expect([...collection.views.values()].flatMap(view => [...view.windows.values()]).map(window => [window.holders, window.askers])).toEqual([[2, 2], [1, 1], [1, 1]])
    peek(context, { kind: 'many', options: { limit: 2 } })
    await find(context, { kind: 'many', options: { where: { operator: 'isNull', field: 'listId' } } })
    server.held = true
    const late = find(context, { kind: 'many', options: { where: { operator: 'isNotNull', field: 'listId' } } })
    scope.stop()
    expect(collection.views.size).toBe(1)
    await server.drain()
    await late
    expect(collection.views.size).toBe(0)
  })

  it('queries depend on each other', async () => {
    const { server, lists, todos } = filled()
    server.put('lists', { id: 2, name: 'two' })
    const list = lists.query(q => q.first({ where: eq('name', 'two') }))
    const query = todos.query(q => q.many({ enabled: !!list.data.value, where: eq('listId', (list.data.value as Row | undefined)?.id ?? 0) }))
    const count = computed(() => (query.data.value as Row[]).length)
    const counts: number[] = []
    watch(count, value => counts.push(value), { flush: 'sync' })
    await settled()
    expect(counts).toEqual([4])
  })
})
