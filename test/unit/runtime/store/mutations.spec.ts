import type { Row } from '../../../../src/runtime/shared/model'
import { describe, expect, it } from 'vitest'
import { eq } from '../../../../src/runtime/shared/condition'
import { RstoreError } from '../../../../src/runtime/shared/errors'
import { thorough } from '../../../../src/runtime/store/checks'
import { settled } from './support/server'
import { ids, setup, todo } from './support/store'

async function list(options: Parameters<typeof setup>[0] = {}) {
  const test = setup({ dev: true, ...options })
  test.server.put('todos', todo(1), todo(2), todo(3))
  const query = await test.todos.query(q => q.many({ where: eq('done', false), orderBy: ['title'] }))
  const rows = () => query.data.value as Row[]
  test.server.held = true
  return { ...test, query, rows, titles: () => rows().map(row => row.title) }
}

const refusal = (message = 'No.') => new RstoreError('RSTORE_REJECTED', message)

describe('create', () => {
  it('shows the row at once and puts the server\'s in its place', async () => {
    const { server, todos, rows, titles } = await list()
    const created = todos.create({ title: 'Mine', priority: 4 })
    expect(titles()).toEqual(['Mine', 'Todo 1', 'Todo 2', 'Todo 3'])
    expect(rows()[0]).toMatchObject({ title: 'Mine', priority: 4, done: false, listId: null, createdAt: expect.any(Date), $isOptimistic: true })
    await server.drain()
    expect(await created).toBe(rows()[0])
    expect(rows()[0]).toMatchObject({ id: 1000, $isOptimistic: false })
    expect(rows()).toHaveLength(4)
    expect(server.calls.at(-1)!.item).toEqual({ title: 'Mine', priority: 4 })
  })

  it('takes the row back when it is refused, with an error that says why', async () => {
    const { server, todos, titles } = await list()
    const before = titles()
    server.refuse = () => new RstoreError('RSTORE_TOO_LONG', 'Too long.', { field: 'title', collection: 'todos' })
    const created = todos.create({ title: 'Mine' })
    const refused = expect(created).rejects.toMatchObject({ name: 'RstoreError', code: 'RSTORE_TOO_LONG', field: 'title' })
    await server.drain()
    await refused
    expect(titles()).toEqual(before)
  })

  it('with a key that is taken leaves the row that is there', async () => {
    const { server, todos, rows } = await list()
    const before = rows()[0]
    const refused = expect(todos.create({ id: 1, title: 'again' })).rejects.toMatchObject({ code: 'RSTORE_DUPLICATE' })
    await server.drain()
    await refused
    expect(rows()[0]).toBe(before)
    const updated = todos.update({ id: 1, title: 'still works' })
    await server.drain()
    expect(await updated).toMatchObject({ title: 'still works' })
  })

  it('waits for the server with optimistic: false, and shows given values in place of the guess', async () => {
    const { server, todos, titles } = await list()
    const later = todos.create({ title: 'later' }, { optimistic: false })
    expect(titles()).not.toContain('later')
    const guessed = todos.create({ title: 'guessed' }, { optimistic: { title: 'shown' } })
    expect(titles()).toContain('shown')
    await server.drain()
    await Promise.all([later, guessed])
    expect(titles()).toEqual(['Todo 1', 'Todo 2', 'Todo 3', 'guessed', 'later'])
    expect(server.get('todos', 1001)).toMatchObject({ title: 'guessed' })
  })

  it('of many shows all in one go; one that is refused does not take the others with it', async () => {
    const { server, todos, titles } = await list()
    server.refuse = call => call.item?.title === 'b' ? refusal() : undefined
    const created = todos.createMany([{ title: 'a' }, { title: 'b' }, { title: 'c' }])
    expect(titles()).toEqual(['Todo 1', 'Todo 2', 'Todo 3', 'a', 'b', 'c'])
    const refused = expect(created).rejects.toMatchObject({ code: 'RSTORE_REJECTED' })
    await server.drain()
    await refused
    expect(titles()).toEqual(['Todo 1', 'Todo 2', 'Todo 3', 'a', 'c'])
  })

  it('tells a wrong column before anything is sent, where inputs are checked', async () => {
    const { server, todos } = await list({ checks: thorough })
    await expect(todos.create({ title: 'x', nope: 1 })).rejects.toMatchObject({ code: 'RSTORE_UNKNOWN_COLUMN', field: 'nope' })
    await expect(todos.update({ id: 1, title: 3 })).rejects.toMatchObject({ code: 'RSTORE_INVALID_VALUE', field: 'title' })
    expect(server.open).toHaveLength(0)
    expect(todos.peekFirst(1)).toMatchObject({ title: 'Todo 1', $isOptimistic: false })
  })
})

describe('update', () => {
  it('goes by the key in the patch, by option, or by the row itself, and sends what has changed', async () => {
    const { server, todos, rows } = await list()
    const third = rows()[2]!
    const updates = [
      todos.update({ id: 1, title: 'one' }),
      todos.update({ title: 'two' }, { key: '2' }),
      (third.$update as (patch: Row) => Promise<Row>)({ title: 'three' }),
      todos.updateMany([{ id: 1, priority: 5 }, { id: 2, priority: 6 }]),
    ]
    expect(rows().map(row => [row.id, row.title, row.priority])).toEqual([[1, 'one', 5], [3, 'three', null], [2, 'two', 6]])
    await server.drain()
    await Promise.all(updates)
    expect(server.rows('todos').map(row => [row.id, row.title, row.priority]).sort()).toEqual([[1, 'one', 5], [2, 'two', 6], [3, 'three', null]])
    expect(server.calls.filter(call => call.type === 'update').map(call => [call.key, call.item])).toEqual(expect.arrayContaining([[1, { title: 'one' }], [2, { title: 'two' }], [3, { title: 'three' }]]))
    await expect(todos.update({ title: 'whose' })).rejects.toMatchObject({ code: 'RSTORE_INVALID_KEY' })
  })

  it('waits with optimistic: false, and shows more with { … }', async () => {
    const { server, todos, rows } = await list()
    void todos.update({ id: 1, title: 'x' }, { optimistic: false })
    expect(rows()[0]).toMatchObject({ title: 'Todo 1', $isOptimistic: false })
    void todos.update({ id: 2, title: 'y' }, { optimistic: { priority: 9 } })
    expect(rows().find(row => row.id === 2)).toMatchObject({ title: 'y', priority: 9 })
    await server.drain()
    expect(server.get('todos', 2)).toMatchObject({ title: 'y', priority: null })
    expect(rows().find(row => row.id === 2)).toMatchObject({ title: 'y', priority: null })
  })

  it('of the key itself moves the row', async () => {
    const { server, store, todos, rows } = await list()
    const updated = todos.update({ id: 50 }, { key: 2, optimistic: false })
    await server.drain()
    expect(await updated).toMatchObject({ id: 50 })
    expect(ids(rows())).toEqual([1, 50, 3])
    expect(store.$cache.readItem({ collection: 'todos', key: 2 })).toBeUndefined()
    server.put('todos', todo(2))
    server.held = false
    expect(await todos.findFirst({ key: 2, fetchPolicy: 'fetch-only' })).toMatchObject({ id: 2 })
  })
})

describe('delete', () => {
  it('goes by key, by text, by row or by part of one', async () => {
    const { server, todos, rows } = await list()
    const third = rows()[2]!
    const deleted = [todos.delete(1), todos.deleteMany(['2']), (third.$delete as () => Promise<void>)()]
    expect(rows()).toEqual([])
    await server.drain()
    await Promise.all(deleted)
    expect(server.rows('todos')).toEqual([])
    server.put('todos', todo(4))
    void todos.delete({ id: 4 })
    await server.drain()
    expect(server.rows('todos')).toEqual([])
  })
})

describe('the order of mutations', () => {
  it('of one row is that in which they were made; others do not wait', async () => {
    const { server, todos } = await list()
    void todos.update({ id: 1, title: 'a' })
    void todos.update({ id: 1, title: 'b' })
    void todos.update({ id: 2, title: 'c' })
    void todos.delete(1)
    await settled()
    expect(server.open.map(call => [call.type, call.key])).toEqual([['update', 1], ['update', 2]])
    server.open[0]!.process()
    server.open[0]!.deliver()
    await settled()
    expect(server.open.map(call => call.item)).toEqual([{ title: 'c' }, { title: 'b' }])
    await server.drain()
    expect(ids(server.rows('todos')).sort()).toEqual([2, 3])
  })

  it('goes on after one that was refused', async () => {
    const { server, todos, rows } = await list()
    server.refuse = call => call.item?.title === 'a' ? refusal() : undefined
    const first = todos.update({ id: 1, title: 'a' }).catch(error => error.code)
    void todos.update({ id: 1, priority: 3 })
    await server.drain()
    expect(await first).toBe('RSTORE_REJECTED')
    expect(rows()[0]).toMatchObject({ title: 'Todo 1', priority: 3, $isOptimistic: false })
  })
})

describe('a mutation of a row that is not visible to the caller', () => {
  it('has the row looked up, so that a ghost goes away', async () => {
    const { server, todos, rows } = await list()
    server.remove('todos', 2)
    const updated = todos.update({ id: 2, title: 'x' }).catch(error => error.code)
    await server.drain()
    expect(await updated).toBe('RSTORE_NOT_FOUND')
    expect(ids(rows())).toEqual([1, 3])
  })

  it('reports when that fails', async () => {
    const { server, store, todos } = await list()
    const errors: unknown[] = []
    const off = store.$onError(error => errors.push(error))
    server.remove('todos', 2)
    server.refuse = call => call.isRead ? refusal() : undefined
    void todos.update({ id: 2, title: 'x' }).catch(() => undefined)
    await server.drain()
    expect(errors).toMatchObject([{ code: 'RSTORE_REJECTED' }])
    off()
  })
})

describe('the read clock', () => {
  it('keeps an answer from before a confirmed mutation off the row', async () => {
    const { server, todos, query, rows } = await list()
    void query.refresh()
    await settled()
    server.open[0]!.process()
    const updated = todos.update({ id: 1, title: 'A new title' })
    await settled()
    server.open[1]!.process()
    server.open[1]!.deliver()
    await updated
    server.open[0]!.deliver()
    await settled()
    expect(rows()[0]).toMatchObject({ id: 1, title: 'A new title' })
  })

  it('and a deleted row out, a created one in', async () => {
    const { server, todos, query, titles } = await list()
    void query.refresh()
    await settled()
    server.open[0]!.process()
    const mutations = [todos.delete(1), todos.create({ title: 'created' })]
    await settled()
    for (const call of server.open.slice(1)) {
      call.process()
      call.deliver()
    }
    await Promise.all(mutations)
    await server.drain()
    expect(titles()).toEqual(['Todo 2', 'Todo 3', 'created'])
  })

  it('keeps an answer off what somebody else has changed since, or deleted', async () => {
    const { server, store, query, titles } = await list()
    void query.refresh()
    await settled()
    server.open[0]!.process()
    store.$cache.writeItem({ collection: 'todos', item: todo(1, { title: 'Theirs' }) })
    store.$cache.deleteItem({ collection: 'todos', key: 2 })
    await server.drain()
    expect(titles()).toEqual(['Theirs', 'Todo 3'])
  })

  it('lets the later of two overlapping reads win', async () => {
    const { server, todos, rows } = await list()
    const reads = [todos.findMany({ keys: [1, 2], fetchPolicy: 'fetch-only' }), todos.findMany({ where: eq('priority', 1) }), todos.findFirst({ key: 1, fetchPolicy: 'fetch-only' })]
    await settled()
    const [many, first] = [server.open[0]!, server.open.at(-1)!]
    many.process()
    server.put('todos', todo(1, { title: 'later' }))
    first.process()
    first.deliver()
    await settled()
    many.deliver()
    await server.drain()
    await Promise.all(reads)
    expect(rows().find(row => row.id === 1)).toMatchObject({ title: 'later' })
  })

  it('takes from the earlier of them what the later did not ask for', async () => {
    const { server, todos, rows } = await list()
    const reads = [todos.findFirst({ key: 1, fetchPolicy: 'fetch-only' }), todos.findMany({ columns: ['done'], fetchPolicy: 'fetch-only' }), todos.findMany({ columns: ['priority'], fetchPolicy: 'fetch-only' })]
    await settled()
    const [all, done, priority] = server.open
    server.put('todos', todo(1, { title: 'new', done: true, priority: 5 }))
    all!.process()
    server.put('todos', todo(1, { title: 'newer', done: false, priority: 6 }))
    for (const call of [done!, priority!])
      call.process()
    for (const call of [priority!, done!, all!]) {
      call.deliver()
      await settled()
    }
    await Promise.all(reads)
    expect(rows().find(row => row.id === 1)).toMatchObject({ title: 'new', done: false, priority: 6 })
  })

  it('asks for a row that somebody else has changed while a mutation of it was answered', async () => {
    const { server, store, todos, titles } = await list()
    for (const [theirs, expected] of [[todo(1, { title: 'Theirs' }), ['Theirs', 'Todo 2', 'Todo 3']], [undefined, ['Todo 2', 'Todo 3']]] as const) {
      const updated = todos.update({ id: 1, title: 'Mine' })
      await settled()
      server.open[0]!.process()
      if (theirs) {
        server.put('todos', theirs)
        store.$cache.writeItem({ collection: 'todos', item: theirs })
      }
      else {
        server.remove('todos', 1)
        store.$cache.deleteItem({ collection: 'todos', key: 1 })
      }
      server.open[0]!.deliver()
      await updated
      await server.drain()
      expect(titles()).toEqual(expected)
    }
  })

  it('and for one of which a read that came later tells something else', async () => {
    const { server, todos, query, rows } = await list()
    const updated = todos.update({ id: 1, title: 'Mine' })
    await settled()
    void query.refresh()
    await settled()
    const [mutation, read] = server.open
    mutation!.process()
    server.put('todos', todo(1, { title: 'Theirs' }))
    read!.process()
    mutation!.deliver()
    await updated
    await server.drain()
    expect(rows()[0]).toMatchObject({ id: 1, title: 'Theirs' })
  })

  it('and for one that such a read does not have, whichever is answered first', async () => {
    const { server, todos, query, titles } = await list()
    for (const [key, isFirst] of [[1, true], [2, false]] as const) {
      const updated = todos.update({ id: key, title: `Todo ${key}` })
      await settled()
      void query.refresh()
      await settled()
      const [mutation, read] = server.open
      mutation!.process()
      server.remove('todos', key)
      read!.process()
      for (const call of isFirst ? [mutation!, read!] : [read!, mutation!]) {
        call.deliver()
        await settled()
      }
      await updated
      await server.drain()
    }
    expect(titles()).toEqual(['Todo 3'])
  })

  it('and for one that has moved to where an earlier read has it, and out of a later one', async () => {
    const { server, todos } = await list()
    const ranks = todos.query(q => q.many({ orderBy: ['priority.desc'], limit: 2 }))
    const named = todos.query(q => q.many({ where: eq('title', 'Todo 4'), fetchPolicy: 'cache-and-fetch' }))
    server.put('todos', todo(4, { priority: 9 }), todo(5, { priority: 8 }), todo(6, { priority: 7 }))
    await server.drain()
    expect(ids(ranks.data.value)).toEqual([4, 5])
    server.put('todos', todo(4, { priority: 1 }))
    void named.refresh()
    void ranks.refresh()
    await settled()
    for (const call of [...server.open].reverse()) {
      call.process()
      call.deliver()
      await settled()
    }
    await server.drain()
    expect(ids(ranks.data.value)).toEqual([5, 6])
    expect(named.data.value).toMatchObject([{ id: 4, priority: 1 }])
  })

  it('keeps a row that has only moved out of a list for others that show it', async () => {
    const { server, todos } = await list()
    server.put('todos', todo(4, { priority: 9 }), todo(5, { priority: 8 }), todo(6, { priority: 7 }))
    const [ranks, one] = [todos.query(q => q.many({ orderBy: ['priority.desc'], limit: 2 })), todos.query(q => q.first(4))]
    await server.drain()
    server.put('todos', todo(4, { priority: 1 }))
    void ranks.refresh()
    await server.drain()
    expect(ids(ranks.data.value)).toEqual([5, 6])
    expect(one.data.value).toMatchObject({ id: 4, priority: 1 })
  })

  it('but not where nothing else was told', async () => {
    const { server, todos, query } = await list()
    const calls = server.calls.length
    void query.refresh()
    const updates = [todos.update({ id: 1, title: 'a' }), todos.update({ id: 1, title: 'b' }), todos.delete(2), todos.create({ title: 'c' })]
    await server.drain()
    await Promise.all(updates)
    expect(server.calls).toHaveLength(calls + 5)
  })
})
