import type { Row } from '../../../../src/runtime/shared/model'
import { computed, effectScope, nextTick, watchEffect } from 'vue'
import { describe, expect, it } from 'vitest'
import { eq, ne } from '../../../../src/runtime/shared/condition'
import { RstoreError } from '../../../../src/runtime/shared/errors'
import { light, thorough } from '../../../../src/runtime/store/checks'
import { createStore } from '../../../../src/runtime/store/create-store'
import { settled } from './support/server'
import { ids, setup } from './support/store'
import { createTreeSchema } from './support/tree-schema'

/** Relations are looked at as what the test expects there. */
type Node = Row & { todos: Row[], owner: Row | null, tags: Row[], children: Row[], list: Row, user: Row | null, parent: Row | null, membership: Row | null }

function tree(options: Parameters<typeof setup>[0] = {}) {
  const test = setup({ schema: createTreeSchema(), dev: true, ...options })
  const { server } = test
  server.put('users', { id: 'ann', name: 'Ann' }, { id: 'bob', name: 'Bob' })
  server.put('lists', { id: 1, name: 'Home', ownerId: 'ann' }, { id: 2, name: 'Work', ownerId: null })
  server.put('members', { listId: 1, userId: 'ann', role: 'admin' }, { listId: 2, userId: 'bob', role: 'guest' })
  server.put('todos', ...[
    { id: 1, title: 'c', listId: 1, userId: 'ann', parentId: null },
    { id: 2, title: 'b', listId: 1, userId: 'bob', parentId: 1 },
    { id: 3, title: 'a', listId: 1, userId: null, parentId: 1 },
    { id: 4, title: 'd', listId: 2, userId: 'bob', parentId: null },
    { id: 5, title: 'e', listId: null, userId: null, parentId: null },
  ].map(row => ({ done: false, ...row })))
  server.put('tags', { id: 1, label: 'red' }, { id: 2, label: 'green' }, { id: 3, label: 'blue' })
  server.put('todoTags', { todoId: 1, tagId: 1 }, { todoId: 1, tagId: 2 }, { todoId: 2, tagId: 2 })
  const { lists, todos } = test
  return { ...test, lists, todos, write: (collection: string, item: Row) => {
    server.put(collection, item)
    test.store.$cache.writeItem({ collection, item })
  }, drop: (collection: string, key: string | number) => {
    server.remove(collection, key)
    test.store.$cache.deleteItem({ collection, key })
  } }
}

const schema = createTreeSchema()
const modelOf = (name: string) => schema.collections[name]!
const list = (data: unknown) => data as Node[]
const json = (data: unknown) => JSON.parse(JSON.stringify(data)) as unknown

describe('include', () => {
  it('gives the related rows, whatever the kind of relation, in one request', async () => {
    const { server, todos } = tree()
    const query = await todos.query(q => q.many({ where: eq('id', 1), include: { list: { include: { owner: true } }, user: true, parent: true, children: { orderBy: ['title'] }, tags: true, membership: true } }))
    const [todo] = list(query.data.value)
    expect(todo!.list).toMatchObject({ name: 'Home', owner: { name: 'Ann' } })
    expect(todo!.user).toMatchObject({ name: 'Ann' })
    expect(todo!.parent).toBeNull()
    expect(ids(todo!.children)).toEqual([3, 2])
    expect(ids(todo!.tags)).toEqual([1, 2])
    expect(todo!.membership).toMatchObject({ role: 'admin' })
    await settled()
    expect(server.calls).toHaveLength(1)
  })

  it('takes the older nested map and what `params.with` says instead', async () => {
    const { server, lists } = tree()
    const query = await lists.query(q => q.many({ include: { todos: { user: true } } }))
    expect(list(query.data.value)[0]!.todos).toMatchObject([{ user: { name: 'Ann' } }, { user: { name: 'Bob' } }, { user: null }])
    const other = await lists.query(q => q.many({ include: { todos: true }, params: { with: { owner: { with: { memberships: true } } } } }))
    expect(list(other.data.value)[0]!.owner).toMatchObject({ memberships: [{ role: 'admin' }] })
    expect(server.calls.map(({ query }) => [Object.keys(query!.include!), query!.params])).toEqual([[['todos'], {}], [['owner'], {}]])
  })

  it('keeps to where, orderBy, limit and columns', async () => {
    const { lists } = tree()
    const query = await lists.query(q => q.many({ include: { todos: { where: ne('id', 1), orderBy: ['title'], limit: 2, columns: { title: true } } } }))
    expect(list(query.data.value).map(({ todos }) => ids(todos))).toEqual([[3, 2], [4]])
    expect(json(list(query.data.value)[1])).toMatchObject({ id: 2, todos: [{ title: 'd' }] })
    expect(json(list(query.data.value)[1])).not.toHaveProperty('todos.0.done')
  })

  it('follows changes of related rows, without making the parent anew', async () => {
    const { lists, write, drop } = tree()
    const query = await lists.query(q => q.many({ include: { todos: { orderBy: ['title'], include: { user: true } } } }))
    const [home, work] = list(query.data.value)
    const shown = query.data.value
    const titles = computed(() => home!.todos.map(todo => todo.title))
    let workRead = 0
    const scope = effectScope()
    scope.run(() => watchEffect(() => {
      void work!.todos
      workRead++
    }))
    expect(titles.value).toEqual(['a', 'b', 'c'])
    write('todos', { id: 6, title: 'bb', listId: 1, userId: 'ann', parentId: null, done: false })
    expect(titles.value).toEqual(['a', 'b', 'bb', 'c'])
    expect(home!.todos[2]!.user).toMatchObject({ name: 'Ann' })
    drop('todos', 2)
    expect(titles.value).toEqual(['a', 'bb', 'c'])
    expect(query.data.value).toBe(shown)
    await nextTick()
    expect(workRead).toBe(1)
    write('todos', { id: 3, title: 'a', listId: 2, userId: null, parentId: 1, done: false })
    expect(titles.value).toEqual(['bb', 'c'])
    expect(ids(work!.todos)).toEqual([3, 4])
    write('users', { id: 'ann', name: 'Anna' })
    expect(home!.todos[0]!.user).toMatchObject({ name: 'Anna' })
    scope.stop()
  })

  it('has a parent that changes show its new relations, asking for what is not here', async () => {
    const { server, lists, write } = tree()
    const query = await lists.query(q => q.many({ include: { owner: true, todos: true } }))
    const [before] = list(query.data.value)
    write('lists', { id: 1, name: 'Home', ownerId: 'bob' })
    const [home, work] = list(query.data.value)
    expect(home).not.toBe(before)
    expect(work).toBe(list(query.data.value)[1])
    expect(home!.owner).toBeNull()
    await settled()
    expect(home!.owner).toMatchObject({ name: 'Bob' })
    expect(server.calls.slice(1).map(({ type, key }) => [type, key])).toEqual([['fetchFirst', 'bob']])
    write('lists', { id: 3, name: 'New', ownerId: 'ann' })
    server.put('todos', { id: 7, title: 'new', listId: 3, userId: null, parentId: null, done: false })
    await settled()
    expect(ids(list(query.data.value)[2]!.todos)).toEqual([7])
    expect(list(query.data.value)[2]!.owner).toMatchObject({ name: 'Ann' })
  })

  it('asks nothing where all of it is known, and once where part of it is not', async () => {
    const { server, lists, todos } = tree()
    await lists.query(q => q.many({ include: { todos: true } }))
    await lists.query(q => q.many({ include: { todos: true } }))
    await todos.query(q => q.many({ where: eq('listId', 2) }))
    expect(server.calls).toHaveLength(1)
    await lists.query(q => q.many({ include: { todos: { include: { tags: true } } } }))
    expect(server.calls).toHaveLength(2)
    await lists.findMany({ include: { todos: { include: { tags: true } } } })
    expect(server.calls).toHaveLength(2)
  })

  it('fills up a share that has lost rows', async () => {
    const { server, lists, drop } = tree()
    const query = await lists.query(q => q.many({ include: { todos: { orderBy: ['title'], limit: 2 } } }))
    const [home] = list(query.data.value)
    expect(ids(home!.todos)).toEqual([3, 2])
    drop('todos', 3)
    expect(ids(home!.todos)).toEqual([2])
    await settled()
    expect(ids(home!.todos)).toEqual([2, 1])
    expect(server.calls).toHaveLength(2)
    expect(server.calls[1]).toMatchObject({ collection: 'todos', query: { limit: 2 } })
  })

  it('reads on where a share is longer than what one answer holds, or did not fit', async () => {
    const { server, lists } = tree({ maxLimit: 2 })
    server.leaveOut = (_, row) => row.id === 2
    const query = await lists.query(q => q.many({ include: { todos: true } }))
    await server.drain()
    expect(list(query.data.value).map(({ todos }) => ids(todos))).toEqual([[1, 2, 3], [4]])
  })

  it('drops related rows that the server no longer has', async () => {
    const { server, lists, todos } = tree()
    const query = await lists.query(q => q.many({ include: { todos: true } }))
    server.remove('todos', 2)
    server.put('todos', { ...server.get('todos', 3)!, listId: 2 })
    await query.refresh()
    expect(list(query.data.value).map(({ todos }) => ids(todos))).toEqual([[1], [3, 4]])
    expect(todos.peekFirst(2)).toBeUndefined()
  })

  it('across a join table asks for what an answer leaves open: a join row that has gone, or a row that it leads to', async () => {
    const { server, todos, of } = tree()
    const query = await todos.query(q => q.first({ where: eq('id', 1), include: { tags: true } }))
    await of('todoTags').findMany()
    const tags = () => ids((query.data.value as Node).tags)
    expect(tags()).toEqual([1, 2])
    // One that may not be seen any more is to the caller as if there were none.
    const hidden = server.get('tags', 1)!
    server.remove('tags', 1)
    server.remove('todoTags', '1::2')
    await query.refresh()
    expect(tags()).toEqual([])
    expect(of('todoTags').peekMany()).toHaveLength(2)
    server.put('tags', hidden)
    of('tags').writeItem(hidden)
    expect(tags()).toEqual([1])
  })

  it('across a join table asks for rows that should be in an answer with their join row', async () => {
    const schema = createTreeSchema()
    // A member of a list has to do with all of its todos.
    schema.collections.users!.relations.work = { to: 'todos', many: true, on: [], through: { collection: 'members', from: [['id', 'userId']], to: [['listId', 'listId']] } }
    const { server, of } = tree({ schema })
    const query = of('users').query(q => q.first({ where: eq('id', 'ann'), include: { work: true } }))
    await server.drain()
    const work = () => ids((query.data.value as Row).work)
    expect(work()).toEqual([1, 2, 3])
    server.remove('todos', 2)
    void query.refresh()
    await server.drain()
    expect(work()).toEqual([1, 3])
  })

  it('asks for what was known before changes were missed, once it is to be shown', async () => {
    const missed: (() => void)[] = []
    const { server, todos, lists, write } = tree({ subscribe: (_, listener) => {
      missed.push(() => listener!.missed!())
      return () => undefined
    } })
    await lists.findMany()
    await todos.findMany({ where: eq('listId', 2) })
    const query = todos.liveQuery(q => q.many({ where: eq('id', 5), include: { list: { include: { todos: true } } } }))
    await server.drain()
    server.put('lists', { id: 2, name: 'Work after hours', ownerId: null })
    server.put('todos', { id: 6, title: 'f', listId: 2, userId: null, parentId: null, done: false })
    missed.forEach(told => told())
    write('todos', { id: 5, title: 'e', listId: 2, userId: null, parentId: null, done: false })
    await server.drain()
    expect(list(query.data.value)[0]!.list).toMatchObject({ name: 'Work after hours' })
    expect(ids(list(query.data.value)[0]!.list.todos)).toEqual([4, 5, 6])
  })

  it('fails where that can\'t be told', async () => {
    const { server, todos } = tree()
    const query = await todos.query(q => q.first({ where: eq('id', 1), include: { tags: true } }))
    server.remove('tags', 1)
    server.refuse = ({ collection }) => collection === 'todoTags' ? new RstoreError('RSTORE_NETWORK', 'It is away.') : undefined
    await query.refresh()
    expect(query.error.value).toMatchObject({ code: 'RSTORE_NETWORK' })
    server.refuse = () => undefined
    await query.refresh()
    expect(query.error.value).toBeUndefined()
    expect(ids((query.data.value as Node).tags)).toEqual([2])
  })

  it('across a join table follows join rows that come and go', async () => {
    const { server, todos, write, drop } = tree()
    const query = await todos.query(q => q.first({ where: eq('id', 1), include: { tags: { orderBy: ['label'], limit: 2 } } }))
    const labels = () => (query.data.value as Node).tags.map(tag => tag.label)
    expect(labels()).toEqual(['green', 'red'])
    expect(server.calls).toHaveLength(1)
    write('todoTags', { todoId: 1, tagId: 3 })
    await settled()
    expect(labels()).toEqual(['blue', 'green'])
    drop('todoTags', '1::2')
    await settled()
    expect(labels()).toEqual(['blue', 'red'])
    drop('todoTags', '1::3')
    await settled()
    expect(labels()).toEqual(['red'])
    write('tags', { id: 1, label: 'dark red' })
    expect(labels()).toEqual(['dark red'])
  })

  it('shows optimistic rows, and follows a temporary key to the real one', async () => {
    const { server, lists, todos } = tree()
    const query = await lists.query(q => q.many({ include: { todos: true } }))
    server.held = true
    const created = lists.create({ name: 'Soon' })
    const soon = () => list(query.data.value).find(node => node.name === 'Soon')!
    const temporary = soon()
    expect(ids(temporary.todos)).toEqual([])
    void todos.create({ title: 'first', listId: temporary.id })
    expect(temporary.todos.map(todo => todo.title)).toEqual(['first'])
    await server.drain()
    await created
    const real = soon()
    expect(real.id).toBeGreaterThan(0)
    expect(real.todos.map(({ title, listId }) => [title, listId])).toEqual([['first', real.id]])
  })

  it('refuses what the collections do not have, with the name', async () => {
    const { lists } = tree({ checks: thorough })
    for (const include of [{ nothing: true }, { todos: { unknown: true } }, { todos: { limit: -1 } }, { todos: 1 }])
      expect((await lists.query(q => q.many({ include }))).error.value).toMatchObject({ code: 'RSTORE_INVALID_QUERY' })
    expect((await lists.query(q => q.many({ include: { todos: { where: eq('nope', 1) } } }))).error.value).toMatchObject({ code: 'RSTORE_UNKNOWN_COLUMN', field: 'nope' })
  })

  it('is checked by the server alone in production, but for relations that do not exist', async () => {
    const { lists } = tree()
    expect((await lists.query(q => q.many({ include: { nothing: true } }))).error.value).toMatchObject({ code: 'RSTORE_INVALID_QUERY', field: 'nothing' })
    for (const include of [{ todos: { user: true } }, { todos: { columns: { done: false }, orderBy: ['title'], limit: 2, include: { user: { columns: ['name'] } } } }, { owner: false }, { todos: { where: eq('done', false), with: { tags: {} } } }])
      expect(light.include(include, schema.collections.lists!, modelOf)).toEqual(thorough.include(include, schema.collections.lists!, modelOf))
  })

  it('no-cache gives nodes of its own', async () => {
    const { store, lists } = tree()
    const rows = await lists.findMany({ include: { todos: { include: { user: true } } }, fetchPolicy: 'no-cache' })
    expect(json(rows)).toMatchObject([{ name: 'Home', todos: [{ user: { name: 'Ann' } }, {}, { user: null }] }, { name: 'Work' }])
    expect(store.$cache.readItems({ collection: 'todos' })).toEqual([])
  })

  it('is rendered on the server and taken over without a request', async () => {
    const { server, lists, store, todos } = tree({ server: true })
    await lists.query(q => q.many({ include: { todos: { orderBy: ['title'], limit: 2, include: { tags: true } }, owner: true } }))
    await todos.query(q => q.first(1))
    const state = JSON.parse(JSON.stringify(store.$cache.getState())) as ReturnType<typeof store.$cache.getState>
    server.calls.length = 0
    const browser = createStore({ schema: server.schema, transport: server.transport })
    browser.$hydrate(state)
    const query = browser.$collection('lists').query(q => q.many({ include: { todos: { orderBy: ['title'], limit: 2, include: { tags: true } }, owner: true } }))
    expect(query.loading.value).toBe(false)
    expect(json(query.data.value)).toMatchObject([{ owner: { name: 'Ann' }, todos: [{ id: 3, tags: [] }, { id: 2, tags: [{ label: 'green' }] }] }, { owner: null, todos: [{ id: 4 }] }])
    await settled()
    expect(server.calls).toEqual([])
  })
})

describe('relations of rows that were read without them', () => {
  it('are what the cache holds, and Vue notices when that changes', async () => {
    const { lists, todos, write, drop } = tree()
    await lists.findMany()
    const [first] = await todos.findMany()
    expect(first!.list).toMatchObject({ name: 'Home' })
    expect(first!.user).toBeNull()
    expect(ids(first!.children)).toEqual([2, 3])
    expect(first!.tags).toEqual([])
    const names = computed(() => [(first!.list as Row | null)?.name, ids(first!.children), (first!.tags as Row[]).map(tag => tag.label)])
    expect(names.value).toEqual(['Home', [2, 3], []])
    write('lists', { id: 1, name: 'House', ownerId: null })
    write('todos', { id: 8, title: 'x', listId: null, userId: null, parentId: 1, done: false })
    drop('todos', 2)
    expect(names.value).toEqual(['House', [3, 8], []])
    write('tags', { id: 1, label: 'red' })
    write('todoTags', { todoId: 1, tagId: 1 })
    expect(names.value).toEqual(['House', [3, 8], ['red']])
    write('tags', { id: 1, label: 'pink' })
    expect(names.value[2]).toEqual(['pink'])
  })
})
