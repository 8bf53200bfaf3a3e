import type { ServerSetup, TestServer } from './support/create-server'
import type { HookName, TransformsQuery } from '../../src/runtime/server/rules/hooks'
import { eq, gt, sql } from 'drizzle-orm'
import { createError } from 'h3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blog, blogRows } from './support/blog'
import { createServer } from './support/create-server'
import { lists, moments, openTodos, todos } from './support/schema'

interface Result { ok: boolean, result?: unknown, error?: { statusCode: number, statusMessage: string, message: string, data?: { code: string } } }
type Payload = Record<string, unknown> & { collection: string, meta: Record<string, unknown> }

let server: TestServer
async function start(setup: ServerSetup = {}): Promise<void> {
  await server?.close()
  server = await createServer({ collections: { todos: { hidden: ['secretToken'], readonly: ['origin'] } }, ...setup })
  await server.client.executeMultiple(`
    insert into lists values ('a', 'A'), ('b', 'B');
    insert into todos (id, title, list_id, priority, created_at, secret_token) values (1, 'one', 'a', 1, 0, 's1'), (2, 'two', 'a', 2, 0, 's2'), (3, 'three', 'b', 3, 0, 's3');
  `)
}
beforeEach(() => start())
afterEach(() => server.close())

const titles = async (query = {}) => (await server.list('todos', query)).body.map(row => row.title)
async function batch(operations: unknown[], atomic = false): Promise<Result[]> {
  return (await server.call<{ results: Result[] }>('POST', '_batch', { operations, atomic })).body.results
}
const stored = async (statement: string) => (await server.client.execute(statement)).rows.map(row => ({ ...row }))
const hookNames: HookName[] = ['index.get', 'index.post', 'item.get', 'item.patch', 'item.delete'].flatMap(subject => [`${subject}.before`, `${subject}.after`] as HookName[])

/** Notes which hooks run, for all tables and for todos, with a copy of what they are told. */
function watch(): { log: string[], payloads: Payload[] } {
  const log: string[] = []
  const payloads: Payload[] = []
  const note = (where: string, name: string) => async (payload: object) => {
    log.push(`${where} ${name} ${(payload as Payload).collection}`)
    payloads.push({ ...payload as Payload })
    await new Promise(resolve => setImmediate(resolve))
    log.push('.')
  }
  for (const name of hookNames)
    server.rules.hooksForTable(todos, { [name]: note('table', name) })
  for (const name of hookNames)
    server.rules.hook(name, note('global', name))
  return { log, payloads }
}

describe('hooks run', () => {
  const operations = [
    ['index.get', () => server.call('GET', 'todos?limit=1&hint=x')],
    ['index.post', () => server.call('POST', 'todos', { title: 'new' })],
    ['item.get', () => server.call('GET', 'todos/1?hint=x')],
    ['item.patch', () => server.call('PATCH', 'todos/1', { title: 'new' })],
    ['item.delete', () => server.call('DELETE', 'todos/1')],
  ] as const
  it.each(operations)('around %s, those of all tables first, one after the other', async (name, operate) => {
    const { log } = watch()
    expect((await operate()).status).toBe(200)
    expect(log).toEqual([`global ${name}.before todos`, '.', `table ${name}.before todos`, '.', `global ${name}.after todos`, '.', `table ${name}.after todos`, '.'])
  })

  it.each([
    ['index.get', { type: 'fetchMany', collection: 'todos', query: { limit: 1, hint: 'x' } }],
    ['index.get', { type: 'fetchFirst', collection: 'todos', query: { hint: 'x' } }],
    ['index.post', { type: 'create', collection: 'todos', item: { title: 'new' } }],
    ['item.get', { type: 'fetchFirst', collection: 'todos', key: 1, query: { hint: 'x' } }],
    ['item.patch', { type: 'update', collection: 'todos', key: 1, item: { title: 'new' } }],
    ['item.delete', { type: 'delete', collection: 'todos', key: 1 }],
  ])('around %s in a batch, for each operation', async (name, operation) => {
    for (const atomic of [false, true]) {
      await start()
      const { log } = watch()
      const other = { type: 'create', collection: 'lists', item: { id: 'x', name: 'X' } }
      expect((await batch([operation, other], atomic)).map(result => result.ok)).toEqual([true, true])
      expect(log.filter(line => line.endsWith('todos'))).toEqual([`global ${name}.before todos`, `table ${name}.before todos`, `global ${name}.after todos`, `table ${name}.after todos`])
      expect(log.filter(line => line.endsWith('lists'))).toEqual(['global index.post.before lists', 'global index.post.after lists'])
    }
  })

  it('between the writes of a batch: each sees what those before it, and their hooks, have left', async () => {
    const seen: unknown[] = []
    server.rules.hooksForTable(todos, {
      'index.post.before': async () => void seen.push((await stored('select title from todos where id > 3')).map(row => row.title)),
      'index.post.after': async ({ result }) => void await server.client.execute(`update todos set title = '${result.title}!' where id = ${result.id}`),
    })
    await batch(['x', 'y', 'z'].map(title => ({ type: 'create', collection: 'todos', item: { title } })))
    expect(seen).toEqual([[], ['x!'], ['x!', 'y!']])
  })

  it('for each of several reads by key in a batch', async () => {
    const keys: unknown[] = []
    server.rules.hooksForTable(todos, { 'item.get.before': ({ params }) => void keys.push(params.key) })
    await batch([1, 2, 9, 2].map(key => ({ type: 'fetchFirst', collection: 'todos', key })))
    expect(keys).toEqual(['1', '2', '9', '2'])
  })

  it('around the reading of each included relation, as a list of its own', async () => {
    const { log, payloads } = watch()
    await server.list('lists', { include: { todos: { limit: 2, include: { list: true } } } })
    expect(log.filter(line => line !== '.' && line.startsWith('global'))).toEqual([
      'global index.get.before lists', 'global index.get.before todos', 'global index.get.before lists',
      'global index.get.after lists', 'global index.get.after todos', 'global index.get.after lists',
    ])
    expect(payloads.find(({ collection }) => collection === 'todos')).toMatchObject({ params: { collection: 'todos' }, query: { limit: 2 } })
  })

  it('no more once they have been removed', async () => {
    let count = 0
    const hook = () => void count++
    const [remove] = [server.rules.hook('index.get.before', hook), server.rules.hook('index.get.before', hook)]
    await titles()
    remove()
    remove()
    await titles()
    expect(count).toBe(3)
  })

  it('only where there are such: a name, a table or a hook that is none is refused', () => {
    expect(() => server.rules.hook('index.get' as 'index.get.before', () => {})).toThrow('There is no hook "index.get".')
    expect(() => server.rules.hooksForTable(todos, { 'item.put.before': () => {} } as never)).toThrow('There is no hook "item.put.before".')
    expect(() => server.rules.hooksForTable(todos, { 'item.get.before': 'x' } as never)).toThrow('must be a function')
    expect(() => server.rules.hooksForTable({ $inferSelect: {}, $inferInsert: {} }, {})).toThrow('is no table that the API serves')
  })

  it('for views as well', async () => {
    server.rules.hooksForTable(openTodos, {
      'index.get.before': ({ transformQuery }) => transformQuery(q => q.where(gt(openTodos.id, 2))),
      'index.get.after': ({ result }) => result.forEach(row => row.title = row.title.toUpperCase()),
    })
    expect((await server.list('openTodos')).body).toMatchObject([{ id: 3, title: 'THREE' }])
  })
})

describe('payloads', () => {
  it('tell event, collection, parameters and query of a read, and its result', async () => {
    const { payloads } = watch()
    await server.list('todos', { where: { operator: 'eq', field: 'id', value: 1 }, orderBy: 'title.desc', limit: 5, columns: 'title', hint: 'x', __proto__: 'y' })
    const [before, , after] = payloads as [Payload, Payload, Payload]
    expect(before).toMatchObject({ collection: 'todos', params: { collection: 'todos' }, query: { where: { operator: 'eq', field: 'id', value: 1 }, orderBy: ['title.desc'], limit: 5, columns: ['title'], hint: 'x' }, meta: {} })
    expect((before.event as { method: string }).method).toBe('GET')
    expect(after).toMatchObject({ collection: 'todos', query: before.query, result: [{ id: 1, title: 'one', listId: 'a' }] })
    payloads.length = 0
    await server.call('GET', 'todos/2?hint=x&hint=y')
    expect(payloads[0]).toMatchObject({ params: { collection: 'todos', key: '2' }, query: { hint: ['x', 'y'] } })
    expect(payloads[2]).toMatchObject({ params: { collection: 'todos', key: '2' }, result: { id: 2, title: 'two' } })
  })

  it('hold decoded values, and no hidden ones', async () => {
    const { payloads } = watch()
    await server.call('POST', 'todos', { title: 'new', createdAt: '2026-01-02T03:04:05.999Z' })
    const at = new Date('2026-01-02T03:04:05Z')
    expect(payloads[0]).toMatchObject({ body: { title: 'new', createdAt: at }, params: { collection: 'todos' } })
    expect(payloads[0]).not.toHaveProperty('transformQuery')
    expect(payloads[2]).toMatchObject({ body: { title: 'new', createdAt: at }, result: { id: 4, title: 'new', done: false, createdAt: at, shout: 'NEW' } })
    expect(payloads[2]!.result).not.toHaveProperty('secretToken')
    payloads.length = 0
    await server.call('PATCH', 'todos/4', { priority: 5 })
    expect(payloads[0]).toMatchObject({ body: { priority: 5 }, params: { key: '4' } })
    expect(payloads[2]).toMatchObject({ body: { priority: 5 }, result: { id: 4, priority: 5, changes: 7, createdAt: at } })
    payloads.length = 0
    await server.call('DELETE', 'todos/4')
    expect(payloads[0]).not.toHaveProperty('body')
    expect(payloads[2]).toMatchObject({ params: { key: '4' }, result: { id: 4, title: 'new' } })
  })

  it('share one meta from before to after, and each operation has its own', async () => {
    const seen: unknown[] = []
    server.rules.hook('item.patch.before', ({ meta, params }) => void (meta.from = params.key))
    server.rules.hooksForTable(todos, { 'item.patch.after': ({ meta, params }) => void seen.push([meta.from, params.key]) })
    await batch([1, 2].map(key => ({ type: 'update', collection: 'todos', key, item: { done: true } })))
    await batch([1, 2].map(key => ({ type: 'update', collection: 'todos', key, item: { done: true } })), true)
    expect(seen).toEqual([['1', '1'], ['2', '2'], ['1', '1'], ['2', '2']])
  })

  it('show temporary keys as the client gave them, and keys once there are some', async () => {
    const seen: unknown[] = []
    server.rules.hooksForTable(todos, {
      'index.post.before': ({ body }) => void seen.push(body.listId),
      'index.post.after': ({ body, result }) => void seen.push(body.listId, result.listId),
      'item.patch.before': ({ params }) => void seen.push(params.key),
    })
    const results = await batch([
      { type: 'create', collection: 'lists', key: 'tmp:1', item: { id: 'c', name: 'C' } },
      { type: 'create', collection: 'todos', key: -1, item: { title: 'x', listId: 'tmp:1' } },
      { type: 'update', collection: 'todos', key: -1, item: { done: true } },
    ], true)
    expect(results).toMatchObject([{ ok: true }, { ok: true, result: { id: 4, listId: 'c' } }, { ok: true, result: { id: 4, done: true } }])
    expect(seen).toEqual(['tmp:1', '-1', 'c', 'c'])
  })
})

describe('a before hook that throws', () => {
  const refuse = () => {
    throw createError({ statusCode: 403, statusMessage: 'Not for you', message: 'You are no member', data: { team: 1 } })
  }
  it.each([
    ['index.get', 'GET', 'todos', undefined, { type: 'fetchMany', collection: 'todos' }],
    ['item.get', 'GET', 'todos/1', undefined, { type: 'fetchFirst', collection: 'todos', key: 1 }],
    ['index.post', 'POST', 'todos', { title: 'x' }, { type: 'create', collection: 'todos', item: { title: 'x' } }],
    ['item.patch', 'PATCH', 'todos/1', { title: 'x' }, { type: 'update', collection: 'todos', key: 1, item: { title: 'x' } }],
    ['item.delete', 'DELETE', 'todos/1', undefined, { type: 'delete', collection: 'todos', key: 1 }],
  ] as const)('ends %s, and the client gets its error', async (subject, method, path, body, operation) => {
    const later: string[] = []
    server.rules.hooksForTable(todos, { [`${subject}.before`]: refuse })
    server.rules.hooksForTable(todos, { [`${subject}.before`]: () => void later.push('before'), [`${subject}.after`]: () => void later.push('after') })
    const error = { statusCode: 403, statusMessage: 'Not for you', message: 'You are no member', data: { team: 1 } }
    expect(await server.error(method, path, body)).toMatchObject({ status: 403, body: error })
    expect(await batch([operation, { type: 'create', collection: 'moments', item: { what: 'x' } }])).toMatchObject([{ ok: false, error }, { ok: true }])
    expect(await batch([{ type: 'create', collection: 'moments', item: { what: 'y' } }, operation], true)).toMatchObject([{ error: { data: { code: 'RSTORE_ROLLED_BACK' } } }, { error }])
    expect(later).toEqual([])
    expect(await stored('select title from todos')).toEqual([{ title: 'one' }, { title: 'two' }, { title: 'three' }])
    expect(await stored('select what from moments')).toEqual([{ what: 'x' }])
    expect(server.errors).toEqual([])
  })

  it('ends a read that would include its table', async () => {
    server.rules.hooksForTable(todos, { 'index.get.before': refuse })
    expect(await server.error('GET', `lists?include=${JSON.stringify({ todos: true })}`)).toMatchObject({ status: 403, body: { statusMessage: 'Not for you' } })
    expect(await batch([1, 2].map(() => ({ type: 'fetchFirst', collection: 'lists', key: 'a', query: { include: { todos: true } } })))).toMatchObject([{ error: { statusCode: 403 } }, { error: { statusCode: 403 } }])
  })

  it('with an error of another kind says nothing to the client, and is logged', async () => {
    server.rules.hook('index.get.before', () => {
      throw new Error('secret at /srv/app')
    })
    expect(await server.error('GET', 'todos')).toMatchObject({ status: 500, body: { message: 'The server failed to answer.' } })
    expect(server.errors).toMatchObject([{ message: 'secret at /srv/app' }])
  })
})

describe('bodies', () => {
  it('may be changed: with what clients can\'t set, and with SQL', async () => {
    server.rules.hooksForTable(todos, {
      'index.post.before': ({ body }) => {
        body.secretToken = 'by hook'
        body.origin = 'hook'
        body.title = body.title.trim()
        body.priority = sql`20 + 1` as never
        delete (body as Record<string, unknown>).listId
      },
      'item.patch.before': payload => void (payload.body = { secretToken: `patched ${payload.body.title}` }),
    })
    expect(await server.call('POST', 'todos', { title: ' x ', listId: 'a' })).toMatchObject({ status: 200, body: { id: 4, title: 'x', origin: 'hook', priority: 21, listId: null } })
    expect((await server.call('PATCH', 'todos/1', { title: 'new' })).body).toMatchObject({ title: 'one' })
    expect(await stored('select title, secret_token from todos where id in (1, 4)')).toEqual([{ title: 'one', secret_token: 'patched new' }, { title: 'x', secret_token: 'by hook' }])
  })

  it('may be completed with what has to be there', async () => {
    expect(await server.error('POST', 'todos', {})).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_REQUIRED', field: 'title' } } })
    server.rules.hooksForTable(todos, { 'index.post.before': ({ body }) => void (body.title ??= 'untitled') })
    expect(await server.call('POST', 'todos', {})).toMatchObject({ status: 200, body: { title: 'untitled' } })
  })

  it.each([
    ['priority', 'many'], ['priority', { number: 1 }], ['title', 5], ['title', null], ['title', 'x'.repeat(21)], ['createdAt', new Date(Number.NaN)], ['done', 'yes'], ['shout', 'X'], ['nope', 1], ['__proto__x', 1],
  ])('with %s set to a value that can\'t be are the app\'s mistake', async (field, value) => {
    server.rules.hook('index.post.before', ({ body }) => void (body[field] = value))
    server.rules.hook('item.patch.before', ({ body }) => void (body[field] = value))
    for (const [method, path] of [['POST', 'todos'], ['PATCH', 'todos/1']] as const)
      expect(await server.error(method, path, { title: 'x' })).toMatchObject({ status: 500, body: { data: { code: 'RSTORE_INTERNAL' } } })
    expect(server.errors).toHaveLength(2)
    expect(String(server.errors[0])).toContain(field)
    expect(await titles()).toEqual(['one', 'two', 'three'])
  })
})

describe('transformQuery', () => {
  const narrow = ({ transformQuery }: TransformsQuery) => transformQuery(q => q.where(sql`${todos.id} = 1 or ${todos.id} = 2`))

  it('narrows lists, pages, keys and counts, an OR inside included', async () => {
    server.rules.hooksForTable(todos, { 'index.get.before': narrow })
    expect(await titles()).toEqual(['one', 'two'])
    expect(await titles({ where: { operator: 'eq', field: 'listId', value: 'b' } })).toEqual([])
    expect(await titles({ keys: '2,3' })).toEqual(['two'])
    const { headers } = await server.call('GET', 'todos?limit=1')
    const cursor = headers.get('x-rstore-next-cursor')!
    const next = await server.call<Record<string, unknown>[]>('GET', `todos?limit=1&cursor=${cursor}`)
    expect([next.body, next.headers.get('x-rstore-next-cursor')]).toMatchObject([[{ title: 'two' }], null])
    expect((await server.list('lists', { include: { todos: true } })).body.map(list => (list.todos as unknown[]).length)).toEqual([2, 0])
    expect(await batch([{ type: 'fetchMany', collection: 'todos' }, { type: 'fetchFirst', collection: 'todos', query: { orderBy: ['id.desc'] } }])).toMatchObject([{ result: [{ id: 1 }, { id: 2 }] }, { result: { id: 2 } }])
  })

  it.each(['item.get', 'item.patch', 'item.delete'] as const)('narrows %s: other rows are not found, unchanged and without an after hook', async (subject) => {
    const after: unknown[] = []
    server.rules.hooksForTable(todos, { [`${subject}.before`]: narrow, [`${subject}.after`]: ({ result }: { result: { id: unknown } }) => void after.push(result.id) })
    const [method, type, body] = ({ 'item.get': ['GET', 'fetchFirst'], 'item.patch': ['PATCH', 'update', { title: 'new' }], 'item.delete': ['DELETE', 'delete'] } as const)[subject]
    expect(await server.error(method, 'todos/3', body)).toMatchObject({ status: 404, body: { data: { code: 'RSTORE_NOT_FOUND' } } })
    const operation = (key: number) => ({ type, collection: 'todos', key, ...body && { item: body } })
    expect((await batch([operation(3), operation(3)])).map(result => result.error?.statusCode)).toEqual([404, 404])
    expect((await batch([operation(3)], true)).map(result => result.error?.statusCode)).toEqual([404])
    expect(after).toEqual([])
    expect(await stored('select title from todos where id = 3')).toEqual([{ title: 'three' }])
    expect((await server.call(method, 'todos/2', body)).status).toBe(200)
    expect(after).toEqual([2])
  })

  it('adds expressions to rows, of relations and of writes too', async () => {
    for (const name of ['index.get.before', 'item.get.before', 'item.patch.before', 'item.delete.before'] as const)
      server.rules.hooksForTable(todos, { [name]: ({ transformQuery }: TransformsQuery) => transformQuery(q => q.extras(columns => ({ length: sql`length(${columns.title})`, twice: sql`2 * ${todos.priority}`.as('x') }))) })
    const more = { id: 2, length: 3, twice: 4 }
    expect((await server.list('todos', { keys: '2' })).body).toMatchObject([more])
    expect((await server.list('lists', { keys: 'a', include: { todos: true } })).body).toMatchObject([{ todos: [{ length: 3, twice: 2 }, more] }])
    expect((await server.call('GET', 'todos/2')).body).toMatchObject(more)
    expect((await server.call('PATCH', 'todos/2', {})).body).toMatchObject(more)
    expect((await server.call('PATCH', 'todos/2', { done: true })).body).toMatchObject(more)
    server.rules.hook('item.delete.after', ({ result }) => void (result.seen = result.twice))
    expect((await server.call('DELETE', 'todos/2')).body).toMatchObject({ ...more, seen: 4 })
  })

  it.each([
    ['a condition that comes to nothing', (q: { where: (condition: unknown) => unknown }) => void q.where(undefined)],
    ['text', (q: { where: (condition: unknown) => unknown }) => void q.where('1 = 1')],
    ['an expression named like a column', (q: { extras: (extras: unknown) => unknown }) => void q.extras({ title: sql`1` })],
    ['an expression named like a hidden column', (q: { extras: (extras: unknown) => unknown }) => void q.extras({ secretToken: sql`secret_token` })],
    ['an expression named like a relation', (q: { extras: (extras: unknown) => unknown }) => void q.extras({ list: sql`1` })],
    ['an async function', async (q: { where: (condition: unknown) => unknown }) => {
      await Promise.resolve()
      q.where(eq(todos.id, 1))
    }],
  ])('refuses %s, and lets nothing through', async (_, transform) => {
    server.rules.hooksForTable(todos, { 'index.get.before': ({ transformQuery }) => transformQuery(transform as never) })
    expect((await server.error('GET', 'todos')).status).toBe(500)
    expect((await server.error('GET', `lists?include=${JSON.stringify({ todos: true })}`)).status).toBe(500)
    expect(server.errors).toHaveLength(2)
  })

  it('refuses to be called when it is too late', async () => {
    let late: (() => void) | undefined
    server.rules.hooksForTable(todos, {
      'index.get.before': ({ transformQuery }) => transformQuery(q => void (late = () => q.where(eq(todos.id, 1)))),
    })
    expect(await titles()).toHaveLength(3)
    expect(late).toThrow('after it has ended')
  })
})

describe('setResult', () => {
  const only = <T>(rows: T[]) => rows.slice(0, 1)

  it('answers another list', async () => {
    server.rules.hook('index.get.after', ({ result, setResult }) => setResult(only(result)))
    server.rules.hooksForTable(todos, { 'index.get.after': ({ result, setResult }) => setResult(result.map(row => ({ ...row, title: 'set', extra: { at: row.createdAt }, big: 5n, bytes: new Uint8Array([1]) }))) })
    const set = [{ id: 1, title: 'set', extra: { at: '1970-01-01T00:00:00.000Z' }, big: '5', bytes: 'AQ==', createdAt: '1970-01-01T00:00:00.000Z' }]
    expect((await server.list('todos')).body).toMatchObject(set)
    expect(await batch([{ type: 'fetchMany', collection: 'todos' }, { type: 'fetchFirst', collection: 'todos' }])).toMatchObject([{ result: set }, { result: set[0] }])
    expect((await server.list('lists', { include: { todos: true } })).body).toMatchObject([{ id: 'a', todos: set }])
  })

  it('answers another row, or none', async () => {
    server.rules.hooksForTable(todos, {
      'item.get.after': ({ result, setResult }) => setResult((result.id === 2 ? null : { ...result, title: 'set' }) as never),
      'item.patch.after': ({ result, setResult }) => setResult({ ...result, title: 'patched' }),
      'index.post.after': ({ result, setResult }) => setResult({ ...result, title: 'posted' }),
      'item.delete.after': ({ setResult }) => setResult(null as never),
    })
    const fetch = (key: number) => ({ type: 'fetchFirst', collection: 'todos', key })
    expect((await server.call('GET', 'todos/1')).body).toMatchObject({ id: 1, title: 'set' })
    expect((await server.error('GET', 'todos/2')).status).toBe(404)
    expect(await batch([fetch(1), fetch(2)])).toMatchObject([{ result: { title: 'set' } }, { error: { statusCode: 404 } }])
    expect((await server.call('PATCH', 'todos/1', { done: true })).body).toMatchObject({ id: 1, title: 'patched', done: true })
    expect((await server.call('POST', 'todos', { title: 'x' })).body).toMatchObject({ id: 4, title: 'posted' })
    expect((await server.call('DELETE', 'todos/3')).body).toEqual({ id: 3 })
    expect(await batch([{ type: 'update', collection: 'todos', key: 1, item: {} }, { type: 'create', collection: 'todos', item: { title: 'y' } }, { type: 'delete', collection: 'todos', key: 4 }], true))
      .toEqual([{ ok: true, result: expect.objectContaining({ title: 'patched' }) }, { ok: true, result: expect.objectContaining({ title: 'posted' }) }, { ok: true, result: { id: 4 } }])
  })

  it('takes rows out of included relations, of many and of one, however deep', async () => {
    server.rules.hooksForTable(todos, { 'index.get.after': ({ result, setResult }) => setResult(result.filter(row => row.id !== 1)) })
    server.rules.hooksForTable(lists, { 'index.get.after': ({ result, setResult }) => setResult(result.filter(row => row.id !== 'b')) })
    expect((await server.list('lists', { include: { todos: { include: { list: true } } } })).body).toMatchObject([{ id: 'a', todos: [{ id: 2, list: { id: 'a' } }] }])
    expect((await server.call('GET', `todos/3?include=${JSON.stringify({ list: true })}`)).body).toMatchObject({ id: 3, list: null })
  })

  it('of a join table takes away what it led to, and hooks narrow it as well', async () => {
    await server.close()
    server = await createServer({ schema: blog })
    await server.client.executeMultiple(blogRows)
    const { postTags } = blog.tables
    const included = async (options: unknown) => (await server.list('posts', { keys: '10', include: { tags: options } })).body[0]!.tags
    const remove = server.rules.hook('index.get.after', ({ collection, result, setResult }) => {
      if (collection === 'postTags')
        setResult(result.filter(row => row.weight !== 2))
    })
    expect(await included(true)).toEqual([{ slug: 'b', label: 'B' }])
    expect(await included({ through: true })).toMatchObject([{ slug: 'b', $through: { weight: 1 } }])
    remove()
    server.rules.hooksForTable(postTags, { 'index.get.before': ({ transformQuery }) => transformQuery(q => q.where(eq(postTags.weight, 2))) })
    expect(await included(true)).toEqual([{ slug: 'a', label: 'A' }])
  })

  it('never brings a hidden column along', async () => {
    const secret = 's1'
    const leak = { secretToken: secret }
    server.rules.hooksForTable(lists, { 'index.get.after': ({ result, setResult }) => setResult(result.map(row => ({ ...row, todos: [{ id: 1, ...leak, list: { id: 'a', todos: [leak] } }] }))) })
    server.rules.hooksForTable(todos, {
      'index.get.after': async ({ setResult }) => setResult(await server.database.select().from(todos)),
      'item.get.after': ({ result }) => void Object.assign(result, leak),
      'index.post.after': ({ result, setResult }) => setResult({ ...result, ...leak }),
      'item.patch.after': async ({ setResult }) => setResult((await server.database.select().from(todos))[0]!),
      'item.delete.after': ({ result }) => void Object.assign(result, leak),
    })
    const answers = [
      await server.list('todos'), await server.list('lists'), await server.list('lists', { include: { todos: true } }), await server.call('GET', 'todos/1'),
      await server.call('POST', 'todos', { title: 'x' }), await server.call('PATCH', 'todos/2', { done: true }),
      await server.call('POST', '_batch', { operations: [{ type: 'fetchMany', collection: 'todos' }, { type: 'fetchFirst', collection: 'todos', key: 1 }] }), await server.call('DELETE', 'todos/3'),
    ]
    for (const { status, body } of answers) {
      expect(status).toBe(200)
      expect(JSON.stringify(body)).not.toMatch(/secretToken|"s1"/)
    }
  })

  it('with something that is no answer is the app\'s mistake', async () => {
    server.rules.hooksForTable(moments, { 'index.get.after': ({ setResult }) => setResult(undefined as never) })
    expect((await server.error('GET', 'moments')).status).toBe(500)
    expect(server.errors).toHaveLength(1)
  })
})

describe('of an atomic batch', () => {
  it('before hooks run before it begins, after hooks once it has been committed', async () => {
    const seen: unknown[] = []
    const count = async () => (await stored('select count(*) as n from todos'))[0]!.n
    server.rules.hooksForTable(todos, {
      'index.post.before': async () => void seen.push(['before', await count()]),
      'index.post.after': async ({ result }) => void seen.push(['after', result.title, await count()]),
    })
    const create = (title: string, more = {}) => ({ type: 'create', collection: 'todos', item: { title, ...more } })
    await batch([create('x'), create('y')], true)
    expect(seen).toEqual([['before', 3], ['before', 3], ['after', 'x', 5], ['after', 'y', 5]])
    seen.length = 0
    expect((await batch([create('z'), create('no', { priority: 1000 })], true)).map(result => result.ok)).toEqual([false, false])
    expect(seen).toEqual([['before', 5], ['before', 5]])
    expect(await count()).toBe(5)
  })

  it('an after hook that fails takes nothing back', async () => {
    server.rules.hooksForTable(todos, { 'index.post.after': () => {
      throw createError({ statusCode: 402, statusMessage: 'Pay first' })
    } })
    expect(await server.error('POST', 'todos', { title: 'x' })).toMatchObject({ status: 402 })
    expect(await batch([{ type: 'create', collection: 'todos', item: { title: 'y' } }, { type: 'create', collection: 'moments', item: { what: 'y' } }], true)).toMatchObject([{ error: { statusCode: 402 } }, { ok: true }])
    expect(await titles()).toEqual(['one', 'two', 'three', 'x', 'y'])
  })
})
