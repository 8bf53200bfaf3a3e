import type { Row } from '../../../../src/runtime/shared/model'
import { effectScope } from 'vue'
import { describe, expect, it } from 'vitest'
import { eq } from '../../../../src/runtime/shared/condition'
import { RstoreError } from '../../../../src/runtime/shared/errors'
import { settled } from './support/server'
import { ids, plain, setup, todo } from './support/store'
import { createTreeSchema } from './support/tree-schema'

/* What `test/oracle/live-*.spec.ts` have found, each by the shortest way to it. */

const refusal = () => new RstoreError('RSTORE_REJECTED', 'No.', { statusCode: 422 })

function tree(change: (collections: ReturnType<typeof createTreeSchema>['collections']) => void = () => undefined) {
  const schema = createTreeSchema()
  change(schema.collections)
  const test = setup({ schema, dev: true })
  test.server.put('lists', { id: 1, name: 'Home', ownerId: null })
  test.server.put('todos', { id: 1, title: 'a', listId: 1, userId: null, parentId: null, done: false })
  test.server.put('tags', { id: 1, label: 'red' }, { id: 2, label: 'green' })
  test.server.put('todoTags', { todoId: 1, tagId: 1 }, { todoId: 1, tagId: 2 })
  return test
}

/** A query that lives until the test ends. */
function mount<T>(query: () => T): T {
  return effectScope().run(query)!
}

describe('mutations of one row', () => {
  it('are all sent where the row is deleted and created again by its key before the first is answered', async () => {
    const { server, of } = tree()
    await of('todoTags').findMany()
    server.held = true
    const done = [of('todoTags').update({}, { key: '1::1' }), of('todoTags').delete('1::1'), of('todoTags').create({ todoId: 1, tagId: 1 })]
    await server.drain()
    await Promise.all(done)
    expect(server.calls.filter(call => !call.isRead).map(call => call.type)).toEqual(['update', 'delete', 'create'])
  })

  it('are all sent where a transaction creates what one that waits points to', async () => {
    const { server, store, of } = tree()
    await of('lists').findMany()
    await of('todos').findMany()
    server.held = true
    const first = of('todos').update({ title: 'b' }, { key: 1 })
    const second = of('todos').update({ listId: 9 }, { key: 1 })
    const third = store.$transaction(() => {
      void of('todos').update({ title: 'c' }, { key: 1 })
      void of('lists').create({ id: 9, name: 'Nine' })
    })
    await server.drain()
    await Promise.all([first, second, third])
    expect(server.get('todos', 1)).toMatchObject({ title: 'c', listId: 9 })
  })
})

describe('a query by key', () => {
  it('asks for the columns that it sorts by', async () => {
    const { server, todos } = setup({ dev: true })
    server.put('todos', todo(1, { priority: 1 }))
    const rows = await todos.findMany({ keys: [1], columns: { title: true }, orderBy: ['priority'] })
    expect(rows).toMatchObject([{ title: 'Todo 1' }])
  })

  it('asks the server once the row that it has shown could not be created', async () => {
    const { server, of } = setup({ dev: true })
    server.put('labels', { id: 'x', tagId: null })
    server.held = true
    of('labels').create({ id: 'x', tagId: 'mine' }).catch(() => undefined)
    const query = mount(() => of('labels').query(q => q.many({ keys: ['x'] })))
    expect(plain(query.data.value)).toEqual([{ id: 'x', tagId: 'mine' }])
    await server.drain()
    expect(plain(query.data.value)).toEqual([{ id: 'x', tagId: null }])
    // Whoever comes later does not take it for known either.
    expect(await of('labels').findFirst({ key: 'x' })).toMatchObject({ tagId: null })
  })

  it('asks the server once a change is taken back that had brought all that the row lacks', async () => {
    const { server, of } = setup({ dev: true })
    server.put('labels', { id: 'x', tagId: 'a' })
    await of('labels').findMany({ columns: { id: true } })
    server.held = true
    server.refuse = call => call.isRead ? undefined : refusal()
    of('labels').update({ tagId: null }, { key: 'x' }).catch(() => undefined)
    const query = mount(() => of('labels').query(q => q.first('x')))
    expect(query.data.value).toMatchObject({ tagId: null })
    await server.drain()
    expect(query.data.value).toMatchObject({ tagId: 'a' })
  })

  it('asks for no row that the server has yet to number, whatever is included', async () => {
    const { server, of } = tree()
    server.held = true
    const created = of('todos').create({ title: 'new', listId: 1, done: false })
    const [{ id }] = of('todos').peekMany() as [Row]
    const query = mount(() => of('todos').query(q => q.first({ key: id, include: { list: true } })))
    await query.refresh()
    expect(server.reads).toEqual([])
    await server.drain()
    await created
    await server.drain()
    expect(query.data.value).toMatchObject({ title: 'new', list: { name: 'Home' } })
  })

  it('asks for no rows that point to one that the server has yet to number', async () => {
    const { server, of } = tree()
    server.held = true
    const created = of('lists').create({ name: 'new', ownerId: null })
    const [{ id }] = of('lists').peekMany() as [Row]
    const query = mount(() => of('todos').query(q => q.many({ where: eq('listId', id), include: { list: true } })))
    await query.refresh()
    expect(server.reads).toEqual([])
    await server.drain()
    await created
    await server.drain()
    expect(server.reads.map(call => call.query?.where)).toEqual([{ operator: 'eq', field: 'listId', value: 1000 }])
  })

  it('asks for the others where one of the rows was never created', async () => {
    const { server, todos } = setup({ dev: true })
    server.put('todos', todo(1))
    server.held = true
    server.refuse = call => call.isRead ? undefined : refusal()
    todos.create({ title: 'new' }).catch(() => undefined)
    const query = mount(() => todos.query(q => q.many({ keys: [1, ids(todos.peekMany())[0]] })))
    await server.drain()
    expect(ids(query.data.value)).toEqual([1])
  })
})

describe('a query that is left to the server', () => {
  it('by key comes to rest after a change', async () => {
    const { server, store, todos } = setup({ dev: true })
    server.put('todos', todo(1))
    const query = mount(() => todos.query(q => q.many({ keys: [1, 2], resultMode: 'server' })))
    await query
    server.held = true
    server.put('todos', todo(2))
    store.$cache.writeItem({ collection: 'todos', item: todo(2) })
    for (let turn = 0; turn < 3; turn++) {
      await settled()
      for (const call of server.open) {
        call.process()
        call.deliver()
      }
    }
    expect(ids(query.data.value)).toEqual([1, 2])
    expect(server.reads).toHaveLength(2)
  })

  it('asks again after a create of a row that it names', async () => {
    const { server, of } = setup({ dev: true })
    const query = mount(() => of('labels').query(q => q.many({ keys: ['x'], resultMode: 'server' })))
    await query
    await of('labels').create({ id: 'x', tagId: null })
    await server.drain()
    expect(ids(query.data.value)).toEqual(['x'])
  })

  it('asks again after a change that another read has brought before the change was told', async () => {
    const { server, store, todos } = setup({ dev: true })
    server.held = true
    const query = mount(() => todos.query(q => q.many({ resultMode: 'server' })))
    const [read] = server.open
    read!.process()
    server.put('todos', todo(1))
    const other = todos.findMany({ where: eq('id', 1), fetchPolicy: 'fetch-only' })
    server.open[1]!.process()
    server.open[1]!.deliver()
    await other
    store.$cache.writeItem({ collection: 'todos', item: todo(1) })
    await server.drain()
    expect(ids(query.data.value)).toEqual([1])
  })

  it('has its order where the keys take more than one request', async () => {
    const { server, todos } = setup({ dev: true, maxKeys: 2 })
    server.put('todos', ...[3, 1, 2].map((priority, i) => todo(i + 1, { priority })))
    expect(ids(await todos.findMany({ keys: [1, 2, 3], orderBy: ['priority'], resultMode: 'server' }))).toEqual([2, 3, 1])
  })
})

describe('a page by offset', () => {
  it('moves with a row of which the cache did not know all that places it', async () => {
    const { server, store, todos } = setup({ dev: true })
    server.put('todos', ...[1, 2, 3].map(id => todo(id, { priority: id })))
    const query = mount(() => todos.query(q => q.many({ orderBy: ['priority'], limit: 1, offset: 1 })))
    await query
    expect(ids(query.data.value)).toEqual([2])
    await todos.findMany({ where: eq('id', 1), columns: { title: true } })
    const moved = todo(1, { priority: 9 })
    server.put('todos', moved)
    store.$cache.writeItem({ collection: 'todos', item: moved })
    await settled()
    expect(ids(query.data.value)).toEqual([3])
  })
})

describe('a relation across a join table', () => {
  const labels = (rows: unknown) => (rows as { tags: Row[] }[]).map(({ tags }) => tags.map(tag => tag.label))

  it('leaves join rows alone that lead nowhere', async () => {
    const { server, of } = tree(({ todoTags }) => {
      todoTags!.foreignKeys = []
    })
    server.put('todoTags', { todoId: 1, tagId: 99 })
    const links = mount(() => of('todoTags').query(q => q.many({ where: eq('todoId', 1) })))
    const query = mount(() => of('todos').query(q => q.many({ include: { tags: true } })))
    await Promise.all([links, query])
    await settled()
    expect(plain(links.data.value)).toHaveLength(3)
    // The row that the third of them leads to is there now.
    server.put('tags', { id: 99, label: 'late' })
    await of('tags').findFirst(99)
    expect(labels(query.data.value)).toEqual([['red', 'green', 'late']])
  })

  it('leaves join rows alone where it leads to one row', async () => {
    const { of } = tree(({ todos }) => {
      todos!.relations.someTag = { ...todos!.relations.tags!, many: false }
    })
    const links = mount(() => of('todoTags').query(q => q.many({ where: eq('todoId', 1) })))
    const query = mount(() => of('todos').query(q => q.many({ include: { someTag: { orderBy: ['label'] } } })))
    await Promise.all([links, query])
    await settled()
    expect(plain(links.data.value)).toHaveLength(2)
    expect(query.data.value).toMatchObject([{ someTag: { label: 'green' } }])
  })

  it('asks again for rows that could not be read, when the query is refreshed', async () => {
    const { server, store, of } = tree(({ todos }) => {
      todos!.relations.siblings = { to: 'todos', many: true, on: [], through: { collection: 'todos', from: [['parentId', 'id']], to: [['id', 'parentId']] } }
    })
    const child = (id: number) => ({ id, title: 'a', listId: null, userId: null, parentId: 1, done: false })
    server.put('todos', ...[2, 3, 4].map(child))
    const failures: string[] = []
    store.$onError(error => failures.push(error.message))
    const query = mount(() => of('todos').query(q => q.many({ where: eq('id', 2), include: { siblings: { limit: 2 } } })))
    const siblings = () => ids((query.data.value as { siblings: Row[] }[])[0]!.siblings)
    await query
    await settled()
    expect(siblings()).toEqual([2, 3])
    server.refuse = refusal
    server.put('todos', { ...child(3), parentId: null })
    store.$cache.writeItem({ collection: 'todos', item: { ...child(3), parentId: null } })
    await settled()
    expect(failures).toEqual(['No.'])
    server.refuse = () => undefined
    await query.refresh()
    await settled()
    expect(siblings()).toEqual([2, 4])
  })

  it('keeps its conditions and limit where nothing is cached', async () => {
    const { of } = tree()
    const rows = await of('todos').findMany({ fetchPolicy: 'no-cache', include: { tags: { orderBy: ['label'], limit: 1 } } })
    expect(labels(rows)).toEqual([['green']])
  })
})
