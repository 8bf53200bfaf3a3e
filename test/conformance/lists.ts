import type { World } from './suite'
import { expect, it } from 'vitest'
import { nextCursorHeader } from '../../src/runtime/shared/query'

const ids = (rows: Record<string, unknown>[]) => rows.map(row => row.id)

/** Many rows: filter, order, pages, views, relations. */
export function lists(world: World): void {
  const { dialect, schema } = world

  it('have filter, order and window', async () => {
    const { server } = world
    await world.run('insert into lists values (\'a\', \'A\'), (\'b\', \'B\')')
    await world.run(`insert into todos (title, list_id, priority) values ${Array.from({ length: 12 }, (_, i) => `('t${i}', ${i % 3 === 0 ? 'null' : `'${'ab'[i % 2]}'`}, ${i % 4 === 0 ? 'null' : i})`).join(', ')}`)
    const titles = async (query: object) => (await server.list('todos', { ...query })).body.map(row => row.title)
    const where = { op: 'and', conditions: [{ op: 'isNotNull', field: 'listId' }, { op: 'or', conditions: [{ op: 'gt', field: 'priority', value: 4 }, { op: 'not', condition: { op: 'ne', field: 'title', value: 't1' } }] }] }
    expect(await titles({ where, orderBy: 'listId.asc,priority.desc' })).toEqual(['t10', 't11', 't7', 't5', 't1'])
    expect(await titles({ where, orderBy: 'listId.asc,priority.desc', limit: 2, offset: 1 })).toEqual(['t11', 't7'])
    // NULL is the least value, except in PostgreSQL.
    expect((await titles({ orderBy: 'priority.asc', limit: 3 }))).toEqual(dialect === 'postgresql' ? ['t1', 't2', 't3'] : ['t0', 't4', 't8'])
    expect(await titles({ limit: 0 })).toEqual([])
    expect(await titles({ keys: '' })).toEqual([])
  })

  it.each(['createdAt.desc', 'createdAt.asc,title.desc', 'priority.desc', 'priority.asc,done.desc', 'title.asc', 'done.desc,createdAt.asc'])('page through the order %s, as it is without pages', async (orderBy) => {
    const { server } = world
    const values = Array.from({ length: 30 }, (_, i) => `('${'bAaB'[i % 4]}${i % 3}', ${i % 5 === 0 ? 'null' : i % 7}, ${i % 2 === 0}, ${schema.moment(678_000 + i * 7 % 11 * 300)})`)
    await world.run(`insert into todos (title, priority, done, created_at) values ${values.join(', ')}`)
    const all = (await server.list('todos', { orderBy })).body
    expect(all).toHaveLength(30)
    const found: Record<string, unknown>[] = []
    let cursor: string | undefined
    do {
      const { body, headers } = await server.list('todos', { orderBy, limit: 4, ...cursor && { cursor } })
      found.push(...body)
      cursor = headers.get(nextCursorHeader) ?? undefined
    } while (cursor && found.length < 100)
    expect(found).toEqual(all)
    expect((await server.list('todos', { orderBy, limit: 4, offset: 27 })).body).toEqual(all.slice(27))
  })

  it('are made of views too, with a key that is named', async () => {
    const { server } = world
    await world.run('insert into todos (title, done) values (\'four\', false), (\'seventh\', false), (\'done\', true)')
    const { body } = await server.list('openTodos', { orderBy: 'length.desc', where: { op: 'gt', field: 'length', value: 3.5 }, limit: 1 })
    expect(body).toMatchObject([{ length: 7 }])
    const { headers } = await server.list('openTodos', { orderBy: 'length.desc', limit: 1 })
    expect((await server.list('openTodos', { orderBy: 'length.desc', limit: 1, cursor: headers.get(nextCursorHeader)! })).body).toMatchObject([{ length: 4 }])
  })

  it('nest relations, each row with as many as it may have', async () => {
    const { server } = world
    await world.run('insert into lists values (\'a\', \'A\'), (\'b\', \'B\'), (\'c\', \'C\')')
    await world.run('insert into todos (title, list_id, priority) values (\'1\', \'a\', 1), (\'2\', \'a\', 2), (\'3\', \'a\', 3), (\'4\', \'b\', 4), (\'5\', null, 5)')
    const { body } = await server.list('lists', { include: { todos: { orderBy: ['priority.desc'], limit: 2, columns: ['title'], where: { op: 'ne', field: 'priority', value: 3 } } } })
    expect(body.map(list => (list.todos as { title: string }[]).map(todo => todo.title))).toEqual([['2', '1'], ['4'], []])
    expect((await server.list('todos', { include: { list: true }, orderBy: 'priority.desc' })).body.map(todo => (todo.list as { name: string } | null)?.name)).toEqual([undefined, 'B', 'A', 'A', 'A'])
    const todos = (await server.list('todos', { include: { list: { include: { todos: { orderBy: ['priority.desc'], limit: 2 } } } }, orderBy: 'priority.asc', columns: 'title' })).body
    expect(todos.map(({ title, list }) => [title, (list as { todos: { title: string }[] } | null)?.todos.map(todo => todo.title)])).toEqual([['1', ['3', '2']], ['2', ['3', '2']], ['3', ['3', '2']], ['4', ['4']], ['5', undefined]])
    const first = (await server.call('GET', `lists/a?include=${encodeURIComponent('{"todos":{"limit":1,"include":{"list":true}}}')}`)).body
    expect(first).toMatchObject({ id: 'a', todos: [{ title: '1', list: { id: 'a', name: 'A' } }] })
  })

  it('break ties by the bytes of a key, whatever the collation', async () => {
    const { server } = world
    await world.run('insert into lists values (\'b\', \'1\'), (\'A\', \'2\'), (\'C\', \'3\'), (\'a1\', \'4\'), (\'😀\', \'5\'), (\'\uFFFF\', \'6\')')
    const bytes = ['A', 'C', 'a1', 'b', '\uFFFF', '😀']
    expect(ids((await server.list('lists')).body)).toEqual(bytes)
    const first = await server.list('lists', { limit: 3 })
    expect(ids((await server.list('lists', { limit: 3, cursor: first.headers.get(nextCursorHeader)! })).body)).toEqual(bytes.slice(3))
    expect(await server.error('GET', 'lists/B')).toMatchObject({ status: 404 })
    expect(await server.error('PATCH', 'lists/B', { name: 'x' })).toMatchObject({ status: 404 })
  })
}
