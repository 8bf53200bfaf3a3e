import type { TestServer } from './support/create-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blog, blogRows } from './support/blog'
import { createServer } from './support/create-server'
import * as tables from './support/schema'

interface Result { ok: boolean, error?: { statusCode: number, message: string, data: { code: string, collection: string } } }

const refused = (name: string) => ({ statusCode: 403, message: `Collection "${name}" is not allowed.`, data: { code: 'RSTORE_NOT_ALLOWED', collection: name } })
let server: TestServer
afterEach(() => server.close())

async function batch(operations: unknown[], atomic = false): Promise<Result[]> {
  return (await server.call<{ results: Result[] }>('POST', '_batch', { operations, atomic })).body.results
}

describe('tables that are not allowed', () => {
  beforeEach(async () => {
    server = await createServer()
    await server.client.executeMultiple('insert into lists values (\'a\', \'A\'); insert into todos (id, title, list_id, created_at) values (1, \'one\', \'a\', 0)')
    server.rules.allowTables([tables.lists])
  })

  it.each([
    ['GET', 'todos'], ['HEAD', 'todos'], ['GET', 'todos?where=nonsense{'], ['GET', 'todos?columns=nope'], ['GET', 'todos?limit=0'], ['POST', 'todos', { title: 'x' }], ['POST', 'todos', { nope: 1 }],
    ['GET', 'todos/1'], ['GET', 'todos/not-a-key'], ['PATCH', 'todos/1', { title: 'x' }], ['PATCH', 'todos/9', {}], ['DELETE', 'todos/1'],
    ['POST', 'openTodos', {}], ['PATCH', 'openTodos/1', {}], ['DELETE', 'openTodos/1'],
  ])('are refused: %s %s', async (method, path, body?: object) => {
    const [, name] = /^(\w+)/.exec(path)!
    const { status, body: answer } = await server.error(method, path, body)
    expect(status).toBe(path.includes('nonsense') ? 400 : 403)
    if (method !== 'HEAD' && status === 403)
      expect(answer).toMatchObject(refused(name!))
    expect((await server.client.execute('select title from todos')).rows).toMatchObject([{ title: 'one' }])
  })

  it.each([
    ['fetchMany', {}], ['fetchFirst', {}], ['fetchFirst', { key: 1 }], ['create', { item: { title: 'x' } }], ['update', { key: 1, item: { title: 'x' } }], ['delete', { key: 1 }],
  ])('are refused in a batch: %s', async (type, more) => {
    const operation = { type, collection: 'todos', ...more }
    const others = [{ type: 'fetchFirst', collection: 'lists', key: 'a' }, { type: 'create', collection: 'lists', item: { id: 'b', name: 'B' } }]
    expect(await batch([operation, operation, ...others])).toMatchObject([{ ok: false, error: refused('todos') }, { ok: false, error: refused('todos') }, { ok: true }, { ok: true }])
    expect(await batch([{ type: 'create', collection: 'lists', item: { id: 'c', name: 'C' } }, operation], true)).toMatchObject([{ error: { data: { code: 'RSTORE_ROLLED_BACK' } } }, { error: refused('todos') }])
    expect((await server.list('lists')).body.map(list => list.id)).toEqual(['a', 'b'])
    expect((await server.client.execute('select title from todos')).rows).toMatchObject([{ title: 'one' }])
  })

  it.each(['include', 'with'])('are refused in "%s", and where a request asks for no rows at all', async (option) => {
    const query = encodeURIComponent(JSON.stringify({ todos: true }))
    for (const path of [`lists?${option}=${query}`, `lists?limit=0&${option}=${query}`, `lists/a?${option}=${query}`, `lists/nope?${option}=${query}`])
      expect(await server.error('GET', path)).toMatchObject({ status: 403, body: refused('todos') })
    const fetch = (key: string) => ({ type: 'fetchFirst', collection: 'lists', key, query: { [option]: { todos: true } } })
    expect(await batch([fetch('a'), fetch('b')])).toMatchObject([{ error: refused('todos') }, { error: refused('todos') }])
  })

  it('are allowed by another call, which adds to the first', async () => {
    server.rules.allowTables([tables.todos])
    expect((await server.list('todos', { include: { list: true } })).body).toMatchObject([{ title: 'one', list: { id: 'a' } }])
    expect((await server.list('lists')).status).toBe(200)
    expect(await server.error('GET', 'openTodos')).toMatchObject({ status: 403, body: refused('openTodos') })
  })

  it('are all of them after a call with none', async () => {
    await server.close()
    server = await createServer()
    expect((await server.list('lists')).status).toBe(200)
    server.rules.allowTables([])
    expect(await server.error('GET', 'lists')).toMatchObject({ status: 403, body: refused('lists') })
  })

  it('must be tables of the API: anything else is refused when the server starts', () => {
    expect(() => server.rules.allowTables([tables.lists, undefined])).toThrow('What was given is no table that the API serves')
    expect(() => server.rules.allowTables([tables.todosRelations])).toThrow('no table')
    expect(() => server.rules.allowTables(['lists'])).toThrow('no table')
  })

  it('run no hook and ask no policy', async () => {
    const asked: string[] = []
    server.rules.hook('index.get.before', ({ collection }) => void asked.push(collection))
    server.rules.policyForTable(tables.todos, { read: () => asked.push('policy') > 0 })
    await server.error('GET', 'todos')
    await server.error('GET', `lists?include=${JSON.stringify({ todos: true })}`)
    expect(asked).toEqual([])
  })
})

it('tables that a collection of the app\'s options leaves out can\'t be allowed', async () => {
  server = await createServer({ collections: { todos: false } })
  expect(() => server.rules.allowTables([tables.todos])).toThrow('todos is no table that the API serves')
  expect(await server.error('GET', 'todos')).toMatchObject({ status: 404 })
})

it('a join table has to be allowed too', async () => {
  server = await createServer({ schema: blog })
  await server.client.executeMultiple(blogRows)
  const { posts, tags, postTags } = blog.tables
  server.rules.allowTables([posts, tags])
  expect(await server.error('GET', `posts?include=${JSON.stringify({ tags: true })}`)).toMatchObject({ status: 403, body: refused('postTags') })
  server.rules.allowTables([postTags])
  expect((await server.list('posts', { keys: '10', include: { tags: true } })).body).toMatchObject([{ tags: [{ slug: 'a' }, { slug: 'b' }] }])
  expect(await server.error('GET', `tags?include=${JSON.stringify({ posts: { include: { author: true } } })}`)).toMatchObject({ status: 403, body: refused('authors') })
})
