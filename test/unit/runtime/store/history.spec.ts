import type { Row } from '../../../../src/runtime/shared/model'
import { describe, expect, it } from 'vitest'
import { computed } from 'vue'
import { RstoreError } from '../../../../src/runtime/shared/errors'
import { thorough } from '../../../../src/runtime/store/checks'
import { settled } from './support/server'
import { setup, todo } from './support/store'

async function setUp(options: Parameters<typeof setup>[0] & { max?: number } = {}) {
  const test = setup({ dev: true, checks: thorough, ...options })
  test.server.put('todos', todo(1), todo(2), todo(3))
  const query = await test.todos.query(q => q.many({ orderBy: ['id'] }))
  const history = test.store.$history
  await history.enable(options.max)
  const titles = () => (query.data.value as Row[]).map(row => row.title)
  return { ...test, query, history, titles, stored: () => test.server.rows('todos').sort((a, b) => (a.id as number) - (b.id as number)) }
}

const batches = ({ server }: Awaited<ReturnType<typeof setUp>>) => server.calls.filter(call => call.type === 'batch').map(call => call.operations!)

describe('the history', () => {
  it('undoes and redoes a create, with the same key', async () => {
    const test = await setUp()
    const { server, todos, history, titles, stored } = test
    await todos.create({ title: 'New', priority: 4 })
    const created = stored().at(-1)!
    await history.undo()
    expect(titles()).toEqual(['Todo 1', 'Todo 2', 'Todo 3'])
    expect(server.get('todos', 1000)).toBeUndefined()
    await history.redo()
    expect(server.get('todos', 1000)).toEqual(created)
    expect(titles()).toEqual(['Todo 1', 'Todo 2', 'Todo 3', 'New'])
    await history.undo()
    expect(titles()).toHaveLength(3)
  })

  it('undoes and redoes a delete, with every column', async () => {
    const { todos, history, titles, stored } = await setUp()
    const before = stored()
    await todos.delete(2)
    await history.undo()
    expect(stored()).toEqual(before)
    expect(titles()).toEqual(['Todo 1', 'Todo 2', 'Todo 3'])
    await history.redo()
    expect(titles()).toEqual(['Todo 1', 'Todo 3'])
  })

  it('undoes and redoes an update: the changed fields only', async () => {
    const { server, todos, history, stored } = await setUp()
    await todos.update({ id: 1, title: 'A', priority: 1 })
    server.put('todos', { ...server.get('todos', 1)!, done: true })
    await history.undo()
    expect(stored()[0]).toMatchObject({ title: 'Todo 1', priority: null, done: true })
    await history.redo()
    expect(stored()[0]).toMatchObject({ title: 'A', priority: 1, done: true })
  })

  it('goes back step by step, and forth again', async () => {
    const { todos, history, titles } = await setUp()
    await todos.update({ id: 1, title: 'A' })
    await todos.update({ id: 1, title: 'B' })
    await todos.delete(3)
    const states = [titles()]
    for (let i = 0; i < 3; i++) {
      await history.undo()
      states.push(titles())
    }
    expect(states).toEqual([['B', 'Todo 2'], ['B', 'Todo 2', 'Todo 3'], ['A', 'Todo 2', 'Todo 3'], ['Todo 1', 'Todo 2', 'Todo 3']])
    await history.undo()
    await Promise.all([history.redo(), history.redo(), history.redo(), history.redo()])
    expect(titles()).toEqual(['B', 'Todo 2'])
  })

  it('tells by refs what can be done', async () => {
    const { todos, history } = await setUp()
    const can = computed(() => [history.canUndo.value, history.canRedo.value])
    expect(can.value).toEqual([false, false])
    const updated = todos.update({ id: 1, title: 'A' })
    expect(can.value).toEqual([true, false])
    await updated
    await history.undo()
    expect(can.value).toEqual([false, true])
    await history.redo()
    expect(can.value).toEqual([true, false])
    await history.undo()
    await todos.update({ id: 2, title: 'B' })
    expect(can.value).toEqual([true, false])
    history.clear()
    expect(can.value).toEqual([false, false])
  })

  it('takes a transaction back as a whole, as one batch, last mutation first', async () => {
    const test = await setUp()
    const { server, store, todos, lists, history, stored } = test
    const before = stored()
    await store.$transaction(async () => {
      const { id } = await lists.create({ name: 'L' })
      const child = await todos.create({ title: 'child', listId: id })
      await todos.update({ id: child.id, title: 'renamed' })
      await todos.update({ id: 1, listId: id })
      await todos.update({ id: 1, title: 'A' })
      await todos.delete(2)
    })
    const after = stored()
    await history.undo()
    expect(stored()).toEqual(before)
    expect(server.rows('lists')).toEqual([])
    expect(batches(test)[1]!.map(({ type, collection, key, item }) => [type, collection, key, item?.id])).toEqual([
      ['create', 'todos', undefined, 2], ['update', 'todos', 1, undefined], ['update', 'todos', 1, undefined], ['update', 'todos', 1001, undefined], ['delete', 'todos', 1001, undefined], ['delete', 'lists', 1000, undefined],
    ])
    await history.redo()
    expect(stored()).toEqual(after)
    expect(server.rows('lists')).toMatchObject([{ id: 1000, name: 'L' }])
    expect(history.canUndo.value).toBe(true)
    await history.undo()
    expect(stored()).toEqual(before)
    expect(history.canUndo.value).toBe(false)
  })

  it('takes what was done to many as one step, in as many batches as it takes', async () => {
    const test = await setUp({ maxBatchSize: 2 })
    const { todos, history, titles } = test
    await todos.updateMany([1, 2, 3].map(id => ({ id, title: `T${id}` })))
    await todos.createMany([{ title: 'a' }, { title: 'b' }])
    await todos.deleteMany([1, 2])
    expect(titles()).toEqual(['T3', 'a', 'b'])
    await history.undo()
    expect(titles()).toEqual(['T1', 'T2', 'T3', 'a', 'b'])
    await history.undo()
    expect(titles()).toEqual(['T1', 'T2', 'T3'])
    await history.undo()
    expect(titles()).toEqual(['Todo 1', 'Todo 2', 'Todo 3'])
    expect(batches(test).map(operations => operations.length)).toEqual([2, 2, 2, 1])
    await history.redo()
    await history.redo()
    expect(titles()).toEqual(['T1', 'T2', 'T3', 'a', 'b'])
  })

  it('has no mutation that was refused, or taken back', async () => {
    const { server, store, todos, history, titles } = await setUp()
    const refuse = new RstoreError('RSTORE_REJECTED', 'No.')
    await todos.update({ id: 1, title: 'A' })
    server.refuse = call => call.item?.title === 'b' ? refuse : undefined
    await expect(todos.createMany([{ title: 'a' }, { title: 'b' }])).rejects.toBe(refuse)
    await expect(todos.update({ id: 2, title: 'b' })).rejects.toBe(refuse)
    await expect(store.$transaction(async () => {
      await todos.delete(1)
      throw refuse
    })).rejects.toBe(refuse)
    server.refuse = () => undefined
    await history.undo()
    expect(titles()).toEqual(['A', 'Todo 2', 'Todo 3'])
    await history.undo()
    expect(titles()).toEqual(['Todo 1', 'Todo 2', 'Todo 3'])
    expect(history.canUndo.value).toBe(false)
  })

  it('waits for a mutation that is under way; one that is then refused leaves nothing to undo', async () => {
    const { server, todos, history, titles } = await setUp()
    server.held = true
    const updated = todos.update({ id: 1, title: 'A' })
    let undone = history.undo()
    await server.drain()
    await Promise.all([updated, undone])
    expect(titles()).toEqual(['Todo 1', 'Todo 2', 'Todo 3'])
    server.refuse = call => call.isRead ? undefined : new RstoreError('RSTORE_REJECTED', 'No.')
    const refused = todos.update({ id: 1, title: 'B' }).catch(error => error.code)
    undone = history.undo()
    await server.drain()
    await undone
    expect(await refused).toBe('RSTORE_REJECTED')
    expect(titles()).toEqual(['Todo 1', 'Todo 2', 'Todo 3'])
  })

  it('knows what each of several mutations of a row that are under way at once has left', async () => {
    const { server, todos, history, titles } = await setUp()
    server.held = true
    const made = [todos.create({ title: 'a' })]
    const { id } = todos.peekMany().find(row => row.title === 'a')!
    for (const title of ['b', 'c'])
      made.push(todos.update({ id, title }))
    await server.drain()
    await Promise.all(made)
    server.held = false
    const seen = []
    for (let i = 0; i < 3; i++) {
      await history.undo()
      seen.push(titles()[3])
    }
    expect(seen).toEqual(['b', 'a', undefined])
  })

  it('keeps the last steps only', async () => {
    const { todos, history, titles } = await setUp({ max: 2 })
    for (const title of ['A', 'B', 'C'])
      await todos.update({ id: 1, title })
    for (let i = 0; i < 3; i++)
      await history.undo()
    expect(titles()[0]).toBe('A')
    await history.redo()
    await history.redo()
    expect(titles()[0]).toBe('C')
    await history.enable(1)
    await history.undo()
    await history.undo()
    expect(titles()[0]).toBe('B')
  })

  it('begins when it is enabled, also while it is loaded, and ends when it is not', async () => {
    const { store, server, todos } = setup()
    server.put('todos', todo(1))
    await todos.findMany()
    await todos.update({ id: 1, title: 'before' })
    const enabled = store.$history.enable()
    await todos.update({ id: 1, title: 'early' })
    await enabled
    expect(store.$history.canUndo.value).toBe(true)
    await store.$history.undo()
    await store.$history.undo()
    expect(server.get('todos', 1)).toMatchObject({ title: 'before' })
    store.$history.disable()
    expect(store.$history.canRedo.value).toBe(false)
    await todos.update({ id: 1, title: 'after' })
    await store.$history.undo()
    expect(server.get('todos', 1)).toMatchObject({ title: 'after' })
  })

  it('does nothing before it was enabled', async () => {
    const { store } = setup()
    await store.$history.undo()
    await store.$history.redo()
    expect([store.$history.canUndo.value, store.$history.canRedo.value]).toEqual([false, false])
  })
})

describe('a step whose rows have moved on', () => {
  const conflict = (field?: string) => ({ name: 'RstoreError', code: 'RSTORE_HISTORY_CONFLICT', field, collection: 'todos' })

  it.each<[string, (test: Awaited<ReturnType<typeof setUp>>) => Promise<unknown>, (row: Row) => Row | undefined, string | undefined]>([
    ['an update of a field that has another value', ({ todos }) => todos.update({ id: 1, title: 'A' }), row => ({ ...row, title: 'Theirs' }), 'title'],
    ['an update of a row that is gone', ({ todos }) => todos.update({ id: 1, title: 'A' }), () => undefined, undefined],
    ['a create of a row that was changed', ({ todos }) => todos.create({ id: 1, title: 'A' }), row => ({ ...row, title: 'Theirs' }), 'title'],
    ['a create of a row that was changed where it had its default', ({ todos }) => todos.create({ id: 1, title: 'A' }), row => ({ ...row, done: true }), 'done'],
    ['a create of a row that is gone', ({ todos }) => todos.create({ id: 1, title: 'A' }), () => undefined, undefined],
    ['a delete of a row that is there again', ({ todos }) => todos.delete(1), () => todo(1, { title: 'Theirs' }), undefined],
  ])('is refused: %s', async (name, mutate, theirs, field) => {
    const test = await setUp()
    const { server, store, todos, history } = test
    await todos.update({ id: 2, title: 'before' })
    if (name.startsWith('a create')) {
      server.remove('todos', 1)
      store.$cache.deleteItem({ collection: 'todos', key: 1 })
    }
    await mutate(test)
    const row = theirs(server.get('todos', 1) ?? {})
    if (row)
      server.put('todos', row)
    else
      server.remove('todos', 1)
    const calls = server.calls.filter(call => !call.isRead).length
    await expect(history.undo()).rejects.toMatchObject(conflict(field))
    expect(server.calls.filter(call => !call.isRead)).toHaveLength(calls)
    expect(server.get('todos', 1)).toEqual(row)
    // What the server has is shown now, and the step is dropped: the one before it can be undone.
    expect(todos.peekFirst(1)?.title).toBe(row?.title)
    expect(history.canRedo.value).toBe(false)
    await history.undo()
    expect(server.get('todos', 2)).toMatchObject({ title: 'Todo 2' })
  })

  it('is refused as a whole where it is a transaction', async () => {
    const { server, store, todos, history, stored } = await setUp()
    await store.$transaction(async () => {
      await todos.update({ id: 1, title: 'A' })
      await todos.delete(2)
    })
    server.put('todos', todo(1, { title: 'Theirs' }))
    await expect(history.undo()).rejects.toMatchObject(conflict('title'))
    expect(stored().map(row => row.title)).toEqual(['Theirs', 'Todo 3'])
  })

  it('is refused when it is redone, too', async () => {
    const { server, todos, history } = await setUp()
    await todos.update({ id: 1, title: 'A' })
    await history.undo()
    server.put('todos', todo(1, { title: 'Theirs' }))
    await expect(history.redo()).rejects.toMatchObject(conflict('title'))
    expect([history.canUndo.value, history.canRedo.value]).toEqual([false, false])
  })

  it('is refused where the former value was never known', async () => {
    const { server, store, history, of } = await setUp()
    server.put('lists', { id: 1, name: 'L' })
    await of('lists').update({ id: 1, name: 'M' })
    await expect(history.undo()).rejects.toMatchObject({ code: 'RSTORE_HISTORY_CONFLICT', field: 'name', collection: 'lists' })
    // Of a deleted row the server says all there is to know.
    await of('lists').delete(1)
    await history.undo()
    expect(server.get('lists', 1)).toEqual({ id: 1, name: 'M' })
    expect(store.$cache.readItem({ collection: 'lists', key: 1 })).toMatchObject({ name: 'M' })
  })

  it('is not one whose rows were changed elsewhere, by own steps that were taken back, or by the server', async () => {
    const { server, todos, history, stored } = await setUp()
    await todos.create({ title: 'A' })
    server.put('todos', { ...server.get('todos', 1000)!, createdAt: new Date(0) })
    await todos.update({ id: 1000, title: 'B' })
    await history.undo()
    await history.undo()
    expect(stored()).toHaveLength(3)
  })
})

describe('a step that could not be taken back', () => {
  it('stays where the server could not be reached, and is dropped where it said no', async () => {
    const { server, todos, history, titles } = await setUp()
    await todos.update({ id: 1, title: 'A' })
    server.refuse = call => call.isRead ? undefined : new RstoreError('RSTORE_NETWORK', 'The line is dead.')
    await expect(history.undo()).rejects.toMatchObject({ code: 'RSTORE_NETWORK' })
    expect(titles()[0]).toBe('A')
    expect([history.canUndo.value, history.canRedo.value]).toEqual([true, false])
    server.refuse = call => call.isRead ? undefined : new RstoreError('RSTORE_CONSTRAINT', 'No.', { statusCode: 422 })
    await expect(history.undo()).rejects.toMatchObject({ code: 'RSTORE_CONSTRAINT' })
    expect([history.canUndo.value, history.canRedo.value]).toEqual([false, false])
  })

  it('does not stop those after it', async () => {
    const { server, todos, history, titles } = await setUp()
    await todos.update({ id: 1, title: 'A' })
    await todos.update({ id: 2, title: 'B' })
    server.put('todos', todo(2, { title: 'Theirs' }))
    const results = await Promise.allSettled([history.undo(), history.undo()])
    expect(results.map(result => result.status)).toEqual(['rejected', 'fulfilled'])
    expect(titles()).toEqual(['Todo 1', 'Theirs', 'Todo 3'])
  })
})

it('a mutation made while a step is taken back is a step of its own, and ends the redoing', async () => {
  const { server, todos, history, titles } = await setUp()
  await todos.update({ id: 1, title: 'A' })
  server.held = true
  const undone = history.undo()
  await settled()
  const updated = todos.update({ id: 2, title: 'B' })
  await server.drain()
  await Promise.all([undone, updated])
  expect(titles()).toEqual(['Todo 1', 'B', 'Todo 3'])
  server.held = false
  await history.undo()
  expect(titles()).toEqual(['Todo 1', 'Todo 2', 'Todo 3'])
})
