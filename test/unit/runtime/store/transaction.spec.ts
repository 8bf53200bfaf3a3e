import type { Row } from '../../../../src/runtime/shared/model'
import { describe, expect, it, vi } from 'vitest'
import { watch } from 'vue'
import { eq } from '../../../../src/runtime/shared/condition'
import { RstoreError } from '../../../../src/runtime/shared/errors'
import { light, thorough } from '../../../../src/runtime/store/checks'
import { createTransactions } from '../../../../src/runtime/store/transaction'
import { settled } from './support/server'
import { ids, setup, todo } from './support/store'

async function setUp(options: Parameters<typeof setup>[0] = {}) {
  const test = setup({ dev: true, checks: thorough, ...options })
  test.server.put('todos', todo(1), todo(2), todo(3))
  const query = await test.todos.query(q => q.many({ orderBy: ['title'] }))
  const rows = () => query.data.value as Row[]
  test.server.held = true
  return { ...test, query, rows, titles: () => rows().map(row => row.title) }
}

const refusal = (message = 'No.') => new RstoreError('RSTORE_CONSTRAINT', message, { field: 'title', collection: 'todos', statusCode: 422 })
const update = (row: Row, patch: Row) => (row.$update as (patch: Row) => Promise<Row>)(patch)
const remove = (row: Row) => (row.$delete as () => Promise<void>)()

describe('a transaction', () => {
  it('shows its mutations at once, sends them as one when the callback has settled, and gives its result', async () => {
    const { server, store, todos, lists, rows, titles } = await setUp()
    let go = () => {}
    const gate = new Promise<void>(resolve => go = resolve)
    const done = store.$transaction(async () => {
      const shown = await todos.create({ title: 'New' })
      expect(shown).toMatchObject({ title: 'New', done: false, $isOptimistic: true })
      expect(await update(rows().find(row => row.id === 1)!, { title: 'Changed' })).toMatchObject({ id: 1, title: 'Changed', $isOptimistic: true })
      expect(await todos.delete(2)).toBeUndefined()
      await gate
      await lists.create({ name: 'A' })
      return 'result'
    })
    expect(titles()).toEqual(['New', 'Todo 1', 'Todo 2', 'Todo 3'])
    await settled()
    expect(titles()).toEqual(['Changed', 'New', 'Todo 3'])
    expect(server.open).toEqual([])
    go()
    await settled()
    expect(server.open).toMatchObject([{ type: 'batch', operations: [
      { type: 'create', collection: 'todos', key: expect.any(Number), item: { title: 'New' } },
      { type: 'update', collection: 'todos', key: 1, item: { title: 'Changed' } },
      { type: 'delete', collection: 'todos', key: 2 },
      { type: 'create', collection: 'lists', item: { name: 'A' } },
    ] }])
    await server.drain()
    expect(await done).toBe('result')
    expect(titles()).toEqual(['Changed', 'New', 'Todo 3'])
    expect(rows().map(row => row.$isOptimistic)).toEqual([false, false, false])
    expect(ids(rows())).toEqual([1, 1000, 3])
    expect(server.rows('lists')).toMatchObject([{ name: 'A' }])
    expect(server.calls.filter(call => !call.isRead)).toHaveLength(1)
  })

  it('with a callback that does nothing, or only reads, sends nothing', async () => {
    const { server, store, todos } = await setUp()
    expect(await store.$transaction(() => todos.peekMany().length)).toBe(3)
    expect(server.open).toEqual([])
  })

  it('that throws takes everything back, sends nothing and throws the same', async () => {
    const { server, store, todos, rows } = await setUp()
    const before = rows()
    const mine = new Error('mine')
    await expect(store.$transaction(async () => {
      await todos.create({ title: 'New' })
      await todos.update({ id: 1, title: 'Changed' })
      await todos.delete(2)
      throw mine
    })).rejects.toBe(mine)
    expect(rows()).toEqual(before)
    expect(server.open).toEqual([])
    await expect(store.$transaction(() => {
      void todos.delete(1)
      throw mine
    })).rejects.toBe(mine)
    expect(rows()).toHaveLength(3)
    const updated = todos.update({ id: 1, title: 'Alone' })
    await server.drain()
    expect(await updated).toMatchObject({ title: 'Alone' })
  })

  it('that is refused takes all back together, with the error of the one that failed', async () => {
    const { server, store, todos, rows } = await setUp()
    server.put('todos', { ...todo(9), title: 'Theirs' })
    const before = rows()
    const seen: number[] = []
    watch(rows, value => seen.push(value.length), { flush: 'sync' })
    const done = store.$transaction(async () => {
      await todos.delete(1)
      await todos.create({ id: 9, title: 'Mine' })
      await todos.update({ id: 2, title: 'Changed' })
    })
    const refused = expect(done).rejects.toMatchObject({ code: 'RSTORE_DUPLICATE' })
    await server.drain()
    await refused
    expect(rows()).toEqual(before)
    // In one go: nobody sees half of it taken back.
    expect(seen).toEqual([2, 3, 3, 3])
    expect(server.rows('todos').map(row => row.title)).toEqual(['Todo 1', 'Todo 2', 'Todo 3', 'Theirs'])
  })

  it('tells field and collection of the error', async () => {
    const { server, store, todos, titles } = await setUp()
    server.refuse = call => call.type === 'batch' ? refusal() : undefined
    const done = store.$transaction(() => void todos.update({ id: 1, title: 'Changed' }))
    const refused = expect(done).rejects.toMatchObject({ name: 'RstoreError', code: 'RSTORE_CONSTRAINT', field: 'title', collection: 'todos' })
    await server.drain()
    await refused
    expect(titles()).toEqual(['Todo 1', 'Todo 2', 'Todo 3'])
    expect(server.reads).toHaveLength(1)
  })

  it('has checks of inputs fail where they are made', async () => {
    const { server, store, todos, rows } = await setUp()
    await expect(store.$transaction(async () => {
      await todos.delete(1)
      await todos.update({ id: 2, title: 5 })
    })).rejects.toMatchObject({ code: 'RSTORE_INVALID_VALUE', field: 'title' })
    expect(rows()).toHaveLength(3)
    expect(server.open).toEqual([])
  })

  it('of more mutations than a batch takes is refused', async () => {
    const { server, store, todos, rows } = await setUp({ maxBatchSize: 2 })
    await expect(store.$transaction(() => todos.updateMany([{ id: 1, done: true }, { id: 2, done: true }, { id: 3, done: true }]))).rejects.toMatchObject({ code: 'RSTORE_LIMIT_EXCEEDED' })
    expect(rows().map(row => row.done)).toEqual([false, false, false])
    expect(server.open).toEqual([])
    const fits = store.$transaction(() => todos.updateMany([{ id: 1, done: true }, { id: 2, done: true }]))
    await server.drain()
    await fits
    expect(rows().map(row => row.done)).toEqual([true, true, false])
  })

  it('whose answer is lost is taken back, and the server is asked what became of it', async () => {
    const { server, store, todos, titles } = await setUp()
    const done = store.$transaction(async () => {
      await todos.update({ id: 1, title: 'Changed' })
      await todos.delete(2)
      await todos.create({ title: 'New' })
      await todos.create({ id: 50, title: 'Mine' })
    })
    const refused = expect(done).rejects.toMatchObject({ code: 'RSTORE_NETWORK' })
    await settled()
    server.open[0]!.process()
    server.open[0]!.fail()
    await refused
    expect(titles()).toEqual(['Todo 1', 'Todo 2', 'Todo 3'])
    await settled()
    expect(server.open).toMatchObject([{ type: 'fetchMany', query: { keys: expect.arrayContaining([1, 2, 50]) } }])
    expect(server.open[0]!.query!.keys).toHaveLength(3)
    await server.drain()
    expect(titles()).toEqual(['Changed', 'Mine', 'Todo 3'])
  })

  it('has a row looked up that is not there any more', async () => {
    const { server, store, todos, rows } = await setUp()
    server.remove('todos', 2)
    const done = store.$transaction(() => void todos.update({ id: 2, title: 'x' }))
    const refused = expect(done).rejects.toMatchObject({ code: 'RSTORE_NOT_FOUND' })
    await server.drain()
    await refused
    expect(ids(rows())).toEqual([1, 3])
  })

  it('can have mutations that are not shown, and rows that wait for their key', async () => {
    const { server, store, of, todos, titles } = await setUp()
    const done = store.$transaction(async () => {
      expect(await todos.create({ title: 'Hidden' }, { optimistic: false })).toMatchObject({ title: 'Hidden' })
      expect(await todos.update({ id: 1, title: 'Later' }, { optimistic: false })).toMatchObject({ title: 'Todo 1' })
      await of('days').create({ text: 'today' })
    })
    await settled()
    expect(titles()).toEqual(['Todo 1', 'Todo 2', 'Todo 3'])
    await server.drain()
    await done
    expect(titles()).toEqual(['Hidden', 'Later', 'Todo 2', 'Todo 3'])
    expect(of('days').peekMany()).toHaveLength(1)
  })
})

describe('rows made in a transaction', () => {
  it.each([['checked', thorough], ['unchecked', light]])('may be changed and deleted in it, and followed by key afterwards: %s', async (_, checks) => {
    const { server, store, todos, titles } = await setUp({ checks })
    const held: Row[] = []
    const done = store.$transaction(async () => {
      for (const title of ['a', 'b']) {
        held.push(await todos.create({ title }))
        await update(held.at(-1)!, { title: `${title}${title}` })
        await todos.update({ id: held.at(-1)!.id, priority: 5 })
      }
      await remove(held[0]!)
    })
    await settled()
    expect(titles()).toEqual(['Todo 1', 'Todo 2', 'Todo 3', 'bb'])
    expect(server.open[0]!.operations!.map(({ type, key }) => [type, key === held[0]!.id ? 'a' : key === held[1]!.id ? 'b' : key])).toEqual([
      ['create', 'a'], ['update', 'a'], ['update', 'a'], ['create', 'b'], ['update', 'b'], ['update', 'b'], ['delete', 'a'],
    ])
    await server.drain()
    await done
    expect(titles()).toEqual(['Todo 1', 'Todo 2', 'Todo 3', 'bb'])
    expect(todos.peekFirst(held[1]!.id)).toMatchObject({ id: 1001, title: 'bb', priority: 5, $isOptimistic: false })
    const again = update(held[1]!, { title: 'later' })
    await server.drain()
    expect(await again).toMatchObject({ id: 1001, title: 'later' })
    expect(server.get('todos', 1001)).toMatchObject({ title: 'later', priority: 5 })
  })

  it.each([['numbers', 'lists', { name: 'x' }, 'todos', 'listId', { title: 'child' }], ['text', 'tags', { label: 'x' }, 'labels', 'tagId', { id: 'l' }], ['bigints', 'events', { size: 1n }, 'notes', 'eventId', { id: 'n' }]] as const)('may be pointed to by others: temporary keys that are %s', async (_, parents, parent, children, field, child) => {
    const { server, store, of } = await setUp()
    const query = of(children).query(q => q.many({ where: { operator: 'isNotNull', field } as never, fetchPolicy: 'cache-only' }))
    let given: unknown
    const done = store.$transaction(async () => {
      const { id } = await of(parents).create(parent)
      given = id
      await of(children).create({ ...child, [field]: id })
    })
    await settled()
    expect(query.data.value).toMatchObject([{ [field]: given }])
    expect(server.open).toMatchObject([{ type: 'batch' }])
    await server.drain()
    await done
    const [row] = server.rows(parents)
    expect(row!.id).not.toBe(given)
    expect(query.data.value).toMatchObject([{ [field]: row!.id, $isOptimistic: false }])
    expect(server.rows(children).at(-1)).toMatchObject({ [field]: row!.id })
  })

  it('with keys of their own are pointed to by those', async () => {
    const { server, store, of } = await setUp()
    const done = store.$transaction(async () => {
      await of('tags').create({ id: 'mine', label: 'x' })
      await of('labels').create({ id: 'l', tagId: 'mine' })
      await of('tags').update({ id: 'mine', label: 'y' })
    })
    await server.drain()
    await done
    expect(server.rows('labels')).toEqual([{ id: 'l', tagId: 'mine' }])
    expect(server.rows('tags')).toEqual([{ id: 'mine', label: 'y' }])
    expect(server.calls.at(-1)!.operations!.map(({ key }) => key)).toEqual([undefined, undefined, 'mine'])
  })

  it('that are taken back fail what is done to them later', async () => {
    const { server, store, todos } = await setUp()
    server.refuse = call => call.isRead ? undefined : refusal()
    let held: Row
    const done = store.$transaction(async () => {
      held = await todos.create({ title: 'a' })
    }).catch(error => error.code)
    await server.drain()
    expect(await done).toBe('RSTORE_CONSTRAINT')
    server.refuse = () => undefined
    await expect(update(held!, { title: 'b' })).rejects.toMatchObject({ code: 'RSTORE_CONSTRAINT' })
    await expect(store.$transaction(async () => void await update(held, { title: 'b' }))).rejects.toMatchObject({ code: 'RSTORE_CONSTRAINT' })
  })
})

describe('the order of mutations', () => {
  it('made before a transaction on its rows: it waits for them, whatever becomes of them', async () => {
    const { server, store, todos } = await setUp()
    server.refuse = call => call.item?.title === 'refused' ? refusal() : undefined
    const first = todos.update({ id: 1, title: 'refused' }).catch(error => error.code)
    void todos.update({ id: 3, title: 'elsewhere' })
    const created = todos.create({ title: 'pending' })
    const pending = todos.peekMany().find(row => row.title === 'pending')!
    const done = store.$transaction(async () => {
      await todos.update({ id: 1, priority: 1 })
      await todos.update({ id: 2, priority: 2 })
      await update(pending, { priority: 3 })
    })
    await settled()
    expect(server.open.map(call => call.type).sort()).toEqual(['create', 'update', 'update'])
    for (const call of server.open.filter(call => call.key !== 3)) {
      call.process()
      call.deliver()
    }
    await settled()
    expect(server.open).toMatchObject([{ type: 'update', key: 3 }, { type: 'batch', operations: [{ key: 1 }, { key: 2 }, { key: 1000 }] }])
    await server.drain()
    await done
    expect(await first).toBe('RSTORE_CONSTRAINT')
    expect(await created).toMatchObject({ id: 1000 })
    expect(server.get('todos', 1)).toMatchObject({ title: 'Todo 1', priority: 1 })
    expect(server.get('todos', 1000)).toMatchObject({ title: 'pending', priority: 3 })
  })

  it('made before on a row with a key: nothing is sent before they are answered', async () => {
    const { server, store, todos } = await setUp()
    const first = todos.update({ id: 1, title: 'first' })
    const done = store.$transaction(() => void todos.update({ id: 1, title: 'second' }))
    await settled()
    expect(server.open.map(call => call.type)).toEqual(['update'])
    await server.drain()
    await Promise.all([first, done])
    expect(server.get('todos', 1)).toMatchObject({ title: 'second' })
  })

  it('made before, on which it depends: it fails with them', async () => {
    const { server, store, lists, todos } = await setUp()
    server.refuse = call => call.collection === 'lists' ? refusal() : undefined
    const created = lists.create({ name: 'x' }).catch(error => error.code)
    const { id } = lists.peekMany()[0]!
    const done = store.$transaction(async () => {
      await todos.update({ id: 1, title: 'Changed' })
      await todos.create({ title: 'child', listId: id })
    })
    const refused = expect(done).rejects.toMatchObject({ code: 'RSTORE_CONSTRAINT' })
    await server.drain()
    await refused
    expect(await created).toBe('RSTORE_CONSTRAINT')
    expect(todos.peekMany().map(row => row.title)).toEqual(['Todo 1', 'Todo 2', 'Todo 3'])
    expect(server.calls.filter(call => call.type === 'batch')).toEqual([])
  })

  it('made after a transaction on its rows: they wait for it', async () => {
    const { server, store, todos, lists } = await setUp()
    let list: Row
    const done = store.$transaction(async () => {
      await todos.update({ id: 1, title: 'in' })
      list = await lists.create({ name: 'x' })
    })
    await settled()
    const after = [todos.update({ id: 1, title: 'after' }), todos.update({ id: 2, title: 'free' }), todos.create({ title: 'child', listId: list!.id })]
    await settled()
    expect(server.open.map(call => call.type === 'batch' ? 'batch' : call.key)).toEqual(['batch', 2])
    await server.drain()
    await Promise.all([done, ...after])
    expect(server.get('todos', 1)).toMatchObject({ title: 'after' })
    expect(server.rows('todos').find(row => row.title === 'child')).toMatchObject({ listId: server.rows('lists')[0]!.id })
  })
})

describe('more than one transaction', () => {
  it('nested: the inner one joins the outer one, also after awaited mutations', async () => {
    const { server, store, todos } = await setUp()
    const done = store.$transaction(async () => {
      await store.$transaction(() => void todos.update({ id: 1, title: 'a' }))
      await todos.updateMany([{ id: 2, title: 'b' }])
      const inner = await store.$transaction(async () => {
        await store.$transaction(async () => {
          await todos.update({ id: 2, priority: 1 })
        })
        await todos.update({ id: 3, title: 'c' })
        return 'inner'
      })
      await store.$transaction(async () => {
        await todos.create({ title: 'd' })
      })
      return inner
    })
    await server.drain()
    expect(await done).toBe('inner')
    expect(server.calls.filter(call => call.type === 'batch')).toMatchObject([{ operations: [{ key: 1 }, { key: 2 }, { key: 2 }, { key: 3 }, { type: 'create' }] }])
  })

  it('nested: an inner one that throws takes back its own part, and the outer one may go on', async () => {
    const { server, store, todos, titles } = await setUp()
    const done = store.$transaction(async () => {
      await todos.update({ id: 1, title: 'A' })
      await store.$transaction(async () => {
        await todos.update({ id: 1, title: 'B' })
        await todos.delete(2)
        throw new Error('inner')
      }).catch(() => undefined)
      expect(titles()).toEqual(['A', 'Todo 2', 'Todo 3'])
    })
    await server.drain()
    await done
    expect(server.calls.at(-1)!.operations).toMatchObject([{ key: 1, item: { title: 'A' } }])
    expect(server.rows('todos')).toHaveLength(3)
  })

  it('at the same time: each waits until the one before is complete, and stands for itself', async () => {
    const { server, store, todos, titles } = await setUp()
    let go = () => {}
    const gate = new Promise<void>(resolve => go = resolve)
    server.refuse = call => call.operations?.[0]!.key === 1 ? refusal() : undefined
    const first = store.$transaction(async () => {
      await todos.update({ id: 1, title: 'A' })
      await gate
    }).catch(error => error.code)
    const second = store.$transaction(async () => {
      await todos.update({ id: 2, title: 'B' })
      return 2
    })
    const third = store.$transaction(async () => {
      await todos.update({ id: 3, title: 'C' })
      return 3
    })
    await settled()
    expect(titles()).toEqual(['A', 'Todo 2', 'Todo 3'])
    const late = store.$transaction(() => void todos.update({ id: 3, priority: 9 }))
    go()
    await settled()
    expect(titles()).toEqual(['A', 'B', 'C'])
    await server.drain()
    expect(await Promise.all([first, second, third, late])).toEqual(['RSTORE_CONSTRAINT', 2, 3, undefined])
    expect(titles()).toEqual(['B', 'C', 'Todo 1'])
    expect(server.calls.filter(call => call.type === 'batch').map(call => call.operations!.map(({ key }) => key))).toEqual([[1], [2], [3], [3]])
  })

  it('do not wait for ever', async () => {
    vi.useFakeTimers()
    try {
      const { run } = createTransactions({ transport: {} as never, maxBatchSize: 1, maxWait: 100 })
      void run(() => new Promise(() => undefined))
      const second = expect(run(() => undefined)).rejects.toMatchObject({ code: 'RSTORE_BUSY' })
      await vi.advanceTimersByTimeAsync(100)
      await second
    }
    finally {
      vi.useRealTimers()
    }
  })
})

it('works where a page is rendered', async () => {
  const { server, store, todos, lists } = setup({ server: true })
  const row = await store.$transaction(async () => {
    const { id } = await lists.create({ name: 'x' })
    return todos.create({ title: 'a', listId: id })
  })
  expect(row).toMatchObject({ title: 'a' })
  expect(server.rows('todos')).toMatchObject([{ title: 'a', listId: server.rows('lists')[0]!.id }])
})

it('a query by the temporary key of a row follows it through the transaction', async () => {
  const { server, store, todos, lists } = await setUp()
  let list: Row
  const done = store.$transaction(async () => {
    list = await lists.create({ name: 'x' })
    await todos.create({ title: 'child', listId: list.id })
  })
  await settled()
  const query = todos.query(q => q.many({ where: eq('listId', list!.id) as never, fetchPolicy: 'cache-only' }))
  const seen: unknown[] = []
  watch(() => (query.data.value as Row[]).length, value => seen.push(value), { flush: 'sync' })
  await server.drain()
  await done
  await settled()
  expect(query.data.value).toMatchObject([{ title: 'child', listId: 1000 }])
})
