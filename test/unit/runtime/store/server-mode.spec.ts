import { describe, expect, it } from 'vitest'
import { settled } from './support/server'
import { ids, setup, todo } from './support/store'

/** A hook of the server sorts by what no column holds, and leaves out what the params say. */
function hooked(options: Parameters<typeof setup>[0] = {}) {
  const test = setup({ dev: true, ...options })
  test.server.put('todos', ...Array.from({ length: 8 }, (_, i) => todo(i + 1)))
  test.server.hook = (rows, params) => params?.without ? rows.filter(row => row.id !== params.without) : rows
  return test
}

describe('a query with params', () => {
  it('shows what the server has answered, and no cached row besides', async () => {
    const { server, todos } = hooked()
    await todos.query()
    const query = await todos.query(q => q.many({ params: { without: 3 } }))
    expect(ids(query.data.value)).toEqual([1, 2, 4, 5, 6, 7, 8])
    expect(server.calls.at(-1)!.query!.params).toEqual({ without: 3 })
    await todos.query(q => q.many({ params: { without: 4 } }))
    expect(server.calls).toHaveLength(3)
    await todos.query(q => q.many({ params: { without: 3 } }))
    expect(server.calls).toHaveLength(3)
  })

  it('keeps the server\'s order', async () => {
    const { server, todos } = hooked()
    server.hook = rows => [...rows].reverse()
    expect(ids((await todos.query(q => q.many({ params: { backwards: true } }))).data.value)).toEqual([8, 7, 6, 5, 4, 3, 2, 1])
  })

  it('pages, fills up and refreshes like any other', async () => {
    const { server, store, todos } = hooked({ maxLimit: 2 })
    const query = await todos.query(q => q.many({ params: { without: 2 }, limit: 3 }))
    expect(ids(query.data.value)).toEqual([1, 3, 4])
    await query.fetchMore()
    expect(ids(query.data.value)).toEqual([1, 3, 4, 5, 6, 7])
    server.remove('todos', 5)
    store.$cache.deleteItem({ collection: 'todos', key: 5 })
    await settled()
    expect(ids(query.data.value)).toEqual([1, 3, 4, 6, 7, 8])
    server.put('todos', todo(0))
    server.held = true
    const shown: number[] = []
    void query.refresh()
    while (server.open.length > 0) {
      server.open[0]!.process()
      server.open[0]!.deliver()
      await settled()
      // Whatever else happens meanwhile, what is shown stays until all of it is read.
      if (shown.length < 3)
        store.$cache.writeItem({ collection: 'todos', item: todo(7, { title: String(shown.length) }) })
      shown.push(ids(query.data.value).length)
    }
    expect(Math.min(...shown)).toBe(6)
    expect(ids(query.data.value)).toEqual([0, 1, 3, 4, 6, 7])
  })

  it('by offset shows the server\'s rows, too', async () => {
    const { todos } = hooked()
    await todos.query()
    const query = await todos.query(q => q.many({ params: { without: 4 }, limit: 3, offset: 2 }))
    expect(ids(query.data.value)).toEqual([3, 5, 6])
  })

  it('lets go of rows that are gone, and of all on clear()', async () => {
    const { store, todos } = hooked()
    const query = await todos.query(q => q.many({ params: { without: 4 } }))
    store.$cache.deleteItem({ collection: 'todos', key: 5 })
    store.$cache.writeItem({ collection: 'todos', item: todo(4, { title: 'still out' }) })
    expect(ids(query.data.value)).toEqual([1, 2, 3, 6, 7, 8])
    store.$cache.clear()
    expect(query.data.value).toEqual([])
  })
})
