import type { Row } from '../../../../src/runtime/shared/model'
import { describe, expect, it } from 'vitest'
import { eq } from '../../../../src/runtime/shared/condition'
import { RstoreError } from '../../../../src/runtime/shared/errors'
import { settled } from './support/server'
import { ids, setup, todo } from './support/store'

/** The second page of three, of nine todos. */
async function page(options: Parameters<typeof setup>[0] = {}) {
  const test = setup({ dev: true, ...options })
  test.server.put('todos', ...Array.from({ length: 9 }, (_, i) => todo(10 * (i + 1))))
  const query = await test.todos.query(q => q.many({ where: eq('done', false), limit: 3, offset: 3 }))
  const asked = test.server.reads.length
  const write = (row: Row) => {
    test.server.put('todos', row)
    test.store.$cache.writeItem({ collection: 'todos', item: row })
  }
  const remove = (key: number) => {
    test.server.remove('todos', key)
    test.store.$cache.deleteItem({ collection: 'todos', key })
  }
  return { ...test, query, write, remove, shown: () => ids(query.data.value), requests: () => test.server.reads.length - asked }
}

describe('a window by offset', () => {
  it('shows the server\'s page', async () => {
    const { shown, query } = await page()
    expect(shown()).toEqual([40, 50, 60])
    expect(query.hasMore.value).toBe(true)
  })

  it('asks again when a row comes before it', async () => {
    const { shown, write, requests } = await page()
    write(todo(5))
    await settled()
    expect(shown()).toEqual([30, 40, 50])
    expect(requests()).toBe(1)
  })

  it('drops what follows the last page and should have been in it', async () => {
    const { todos, server, query, remove } = await page()
    await todos.findFirst(80)
    for (const key of [60, 70, 80, 90])
      server.remove('todos', key)
    remove(10)
    await query.refresh()
    expect(ids(query.data.value)).toEqual([50])
    expect(todos.peekFirst(80)).toBeUndefined()
  })

  it('is read from the start where what was known of the list has come with the page that the server rendered', async () => {
    const { server, store, todos } = await page()
    const options = { where: eq('done', false), limit: 3, offset: 3 }
    await todos.findMany({ where: eq('done', false) })
    const state = structuredClone(store.$cache.getState())
    const { store: other, todos: others } = setup({ transport: server.transport })
    other.$hydrate(state)
    const query = await others.query(q => q.many(options))
    server.put('todos', todo(5), todo(6))
    await query.refresh()
    expect(ids(query.data.value)).toEqual([20, 30, 40])
  })

  it('asks again when a row leaves that nobody knew', async () => {
    const { shown, remove } = await page()
    remove(10)
    await settled()
    expect(shown()).toEqual([50, 60, 70])
  })

  it('asks again when a row leaves that is known, or comes back', async () => {
    const { todos, shown, remove, write, requests } = await page()
    await todos.findMany({ where: eq('done', false), limit: 2 })
    const before = requests()
    write(todo(10, { done: true }))
    await settled()
    expect(shown()).toEqual([50, 60, 70])
    write(todo(10))
    await settled()
    expect(shown()).toEqual([40, 50, 60])
    remove(20)
    await settled()
    expect(shown()).toEqual([50, 60, 70])
    expect(requests()).toBe(before + 3)
  })

  it('asks again when a row of its own leaves', async () => {
    const { shown, remove, write } = await page()
    remove(50)
    await settled()
    expect(shown()).toEqual([40, 60, 70])
    write(todo(60, { done: true }))
    await settled()
    expect(shown()).toEqual([40, 70, 80])
  })

  it('does not ask when one of its rows changes in place', async () => {
    const { query, write, requests } = await page()
    write(todo(50, { title: 'changed' }))
    await settled()
    expect((query.data.value as Row[])[1]).toMatchObject({ title: 'changed' })
    expect(requests()).toBe(0)
  })

  it('asks once a change of one\'s own is confirmed, not before', async () => {
    const { server, todos, shown, requests } = await page()
    await todos.findMany({ limit: 2 })
    server.held = true
    void todos.delete(10)
    await settled()
    expect(server.open).toMatchObject([{ type: 'delete' }])
    const before = requests()
    await server.drain()
    expect(requests()).toBe(before + 1)
    expect(shown()).toEqual([50, 60, 70])
  })

  it('asks once an update of one\'s own has moved a row, also one made before it was asked for', async () => {
    const { server, todos, shown } = await page()
    await todos.findMany({ where: eq('done', false), limit: 2 })
    server.held = true
    void todos.update({ id: 10, done: true })
    await server.drain()
    expect(shown()).toEqual([50, 60, 70])
    void todos.update({ id: 20, done: true })
    const later = todos.query(q => q.many({ where: eq('done', false), limit: 2, offset: 2 }))
    await settled()
    const read = server.reads.at(-1)!
    read.process()
    read.deliver()
    await settled()
    expect(ids(later.data.value)).toEqual([40, 50])
    await server.drain()
    expect(ids(later.data.value)).toEqual([50, 60])
  })

  it('is right after a change of one\'s own is refused', async () => {
    const { server, todos, shown } = await page()
    server.held = true
    server.refuse = call => call.isRead ? undefined : new RstoreError('RSTORE_REJECTED', 'No.')
    void todos.delete(40).catch(() => undefined)
    void todos.update({ id: 10, done: true }).catch(() => undefined)
    expect(shown()).toEqual([50, 60])
    await server.drain()
    expect(shown()).toEqual([40, 50, 60])
  })

  it('notices what happens while it is asking', async () => {
    const { server, query, shown, write } = await page()
    server.held = true
    void query.refresh()
    server.open[0]!.process()
    write(todo(5))
    await server.drain()
    expect(shown()).toEqual([30, 40, 50])
  })

  it('grows when it is the last and rows come after it', async () => {
    const { todos, server, write } = await page()
    const last = await todos.query(q => q.many({ where: eq('done', false), limit: 3, offset: 8 }))
    expect(ids(last.data.value)).toEqual([90])
    expect(last.hasMore.value).toBe(false)
    server.held = true
    for (const id of [100, 110, 120])
      write(todo(id))
    expect(ids(last.data.value)).toEqual([90, 100, 110])
    expect(last.hasMore.value).toBe(true)
    await server.drain()
    expect(ids(last.data.value)).toEqual([90, 100, 110])
  })

  it('beyond the end is empty until there is something', async () => {
    const { todos, write } = await page()
    const beyond = await todos.query(q => q.many({ where: eq('done', false), limit: 3, offset: 9 }))
    expect(beyond.data.value).toEqual([])
    expect(beyond.loading.value).toBe(false)
    write(todo(95))
    await settled()
    expect(ids(beyond.data.value)).toEqual([95])
  })

  it('within a list that is known asks nothing, and goes on doing so when a row leaves', async () => {
    const test = setup()
    test.server.put('todos', ...Array.from({ length: 9 }, (_, i) => todo(10 * (i + 1))))
    await test.todos.query()
    const query = test.todos.query(q => q.many({ limit: 3, offset: 3 }))
    expect(ids(query.data.value)).toEqual([40, 50, 60])
    test.store.$cache.deleteItem({ collection: 'todos', key: 10 })
    expect(ids(query.data.value)).toEqual([50, 60, 70])
    await settled()
    expect(test.server.calls).toHaveLength(1)
  })

  it('within a part that is known is asked for when that part gets too short', async () => {
    const test = setup()
    test.server.put('todos', ...Array.from({ length: 9 }, (_, i) => todo(10 * (i + 1))))
    await test.todos.findMany({ limit: 6 })
    const query = test.todos.query(q => q.many({ limit: 3, offset: 3 }))
    expect(ids(query.data.value)).toEqual([40, 50, 60])
    expect(test.server.calls).toHaveLength(1)
    test.server.remove('todos', 10)
    test.store.$cache.deleteItem({ collection: 'todos', key: 10 })
    expect(ids(query.data.value)).toEqual([50, 60])
    await settled()
    expect(ids(query.data.value)).toEqual([50, 60, 70])
  })

  it('does not go on asking where server and browser do not agree on what matches', async () => {
    const test = setup()
    test.server.put('todos', ...Array.from({ length: 9 }, (_, i) => todo(10 * (i + 1))))
    // Row 80 leaves the server as one that does not match.
    test.server.hook = rows => rows.map(row => row.id === 80 ? { ...row, done: true } : row)
    const query = await test.todos.query(q => q.many({ where: eq('done', false), limit: 2, offset: 6 }))
    await settled()
    expect(ids(query.data.value)).toEqual([70])
    expect(test.server.calls.length).toBeLessThan(3)
  })
})
