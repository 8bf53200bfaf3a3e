import type { TestServer } from '../server/support/create-server'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { expectRefused, intruder } from './support/attempts'
import { createTenants, snapshot } from './support/tenants'

/* What a request may say: names, values, options and bodies that were meant for something else. */

let server: TestServer
let before: Awaited<ReturnType<typeof snapshot>>
beforeAll(async () => {
  server = await createTenants('policies')
  before = await snapshot(server)
})
afterAll(() => server.close())
afterEach(async () => {
  expect(await snapshot(server)).toEqual(before)
  expect(server.errors).toEqual([])
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

const { rest, batch, list, write } = intruder(() => server)
const parents = { teams: 'todos', projects: 'todos', tags: 'todos' }
const eq = (field: unknown, value: unknown) => ({ operator: 'eq', field, value })

describe('injection', () => {
  it.each(['id" or 1=1 --', 'todos.id', 'secret_note', 'team_id', '__proto__', 'constructor', 'hasOwnProperty', 'rowid', '*', '', 'id\0', '1', 'project.name', ['id'], { toString: 'id' }, null])('through the field %j of a condition', async (field) => {
    expectRefused(await list('todos', { where: eq(field, 1) }, parents), 400)
    expectRefused(await list('todos', { where: { operator: 'not', condition: eq(field, 1) } }, parents), 400)
  })

  it.each(['= 1 or 1 =', 'EQ', '__proto__', 'constructor', 'toString', 'raw', 'sql', 'exists', '', null, ['eq'], { eq: 1 }])('through the operator %j', async (operator) => {
    expectRefused(await list('todos', { where: { operator, field: 'id', value: 1, value1: 1, value2: 1, conditions: [eq('id', 1)], condition: eq('id', 1) } }, parents), 400)
  })

  it.each([[{}], [[]], ['1=1'], [true], [{ operator: 'or', conditions: [{}] }], [{ operator: 'and', conditions: [] }], [{ operator: 'not' }], [{ id: 1 }], [eq('id', { $gt: 0 })], [eq('id', [1])], [eq('title', ['x'])], [eq('title', { toString: 'x' })], [{ operator: 'inArray', field: 'id', value: '1' }], [{ operator: 'inArray', field: 'id', value: { length: 1, 0: 1 } }]])('through the condition %j', async (where) => {
    expectRefused(await list('todos', { where }, parents), 400)
  })

  it.each(['\' or \'1\'=\'1', '"; drop table todos; --', '\\', '%\' or 1=1 --', '${1}', '?', ':id', '$1'])('through the value %j, which is no more than a value', async (value) => {
    for (const operator of ['eq', 'like', 'gt'])
      (await list('todos', { where: { operator, field: 'title', value } }, parents)).forEach(({ status }) => expect(status).toBe(200))
    expect((await rest('GET', `todos?where=${encodeURIComponent(JSON.stringify(eq('title', value)))}`)).body).toEqual([])
  })

  it.each(['id;drop table todos', 'id desc', 'id.desc;', 'id.asc nulls last', '(select 1).asc', 'random().asc', 'secretNote.asc', 'secret_note.asc', '__proto__.asc', 'project.name.asc', 'id.', '.asc', '1', '1.asc'])('through the order %j', async (order) => {
    expectRefused(await list('todos', { orderBy: [order] }, parents), 400)
  })

  it.each(['*', 'count(*)', 'id as x', 'secretNote', 'secret_note', '__proto__', 'constructor', 'todos.id', 'id"', '$through'])('through the column %j', async (column) => {
    expectRefused(await list('todos', { columns: [column] }, parents), 400)
    expectRefused([await rest('GET', `todos/1?columns=${encodeURIComponent(column)}`), ...await batch([1, 2].map(key => ({ type: 'fetchFirst', collection: 'todos', key, query: { columns: [column] } })))], 400)
  })

  it.each(['1 or 1=1', '1;drop table todos', '01', '1.0', '0x1', ' 1', '1::2', '__proto__', '%00', '*', 'null', 'NaN', '[1]', '-', '1e0'])('through the key %j', async (key) => {
    expectRefused([await rest('GET', `todos/${encodeURIComponent(key)}`), ...await batch([{ type: 'fetchFirst', collection: 'todos', key }, { type: 'fetchFirst', collection: 'todos', key }]), ...await list('todos', { keys: [key] })], 400)
    expectRefused([...await write('update', 'todos', key, { title: 'x' }), ...await write('delete', 'todos', key)], 400)
  })

  it.each(['todos; drop table todos', '__proto__', 'constructor', 'audits', 'secretNote', 'passwordHash', 'toString', 'through', '$through'])('through the relation %j', async (name) => {
    for (const option of ['include', 'with'])
      expectRefused([...await list('teams', { [option]: JSON.parse(`{"${name}":true}`) }), ...await list('teams', { [option]: JSON.parse(`{"todos":{"include":{"${name}":true}}}`) })], 400)
    expectRefused(await batch([{ type: 'fetchFirst', collection: 'teams', key: 1, query: { include: JSON.parse(`{"${name}":true}`) } }]), 400)
  })

  it.each([['limit', '1; drop table todos'], ['limit', -1], ['limit', 1.5], ['limit', [1]], ['limit', null], ['offset', '0 union select 1'], ['offset', -1], ['offset', {}], ['cursor', 'x'], ['cursor', 'W10'], ['cursor', 1], ['keys', 'x\''], ['include', 'todos'], ['include', [['todos']]], ['columns', { id: true }]])('through the option %s as %j', async (option, value) => {
    expectRefused(await batch([{ type: 'fetchMany', collection: 'todos', query: { [option]: value } }, { type: 'fetchFirst', collection: 'todos', query: { [option]: value } }].slice(0, option === 'limit' ? 1 : 2)), 400)
  })

  it.each(['_batch', '__proto__', 'constructor', 'TODOS', 'todos ', 'sqlite_master', 'todo_tags', 'usersRelations', '%2e%2e', 'todos%00'])('through the collection %j', async (name) => {
    expectRefused([await rest('GET', `${name}?`), await rest('GET', `${name}/1`)])
    expectRefused(await batch(['fetchMany', 'create'].map(type => ({ type, collection: decodeURIComponent(name), item: { title: 'x' } }))), 404)
  })

  it.each(['__proto__', 'constructor', 'drop', 'FETCHMANY', '', null, 1, ['create']])('through the type %j of an operation', async (type) => {
    expectRefused(await batch([{ type, collection: 'todos', key: 1, item: { title: 'x' } }]), 400)
  })
})

describe('mass assignment', () => {
  it.each([
    ['users', 1, 'isAdmin', true], ['users', 1, 'is_admin', 1], ['users', 1, 'passwordHash', 'x'], ['projects', 1, 'budget', '1'], ['todos', 1, 'secretNote', 'x'], ['todos', 1, 'secret_note', 'x'], ['todos', 1, 'shout', 'X'],
    ['todoTags', '1::1', 'secret', 'x'], ['todos', 1, 'nope', 1], ['todos', 1, 'project', { id: 1001 }], ['todos', 1, 'tags', []], ['todos', 1, 'constructor', { prototype: { polluted: 1 } }], ['todos', 1, 'rowid', 5],
  ])('of %s(%s).%s', async (collection, key, field, value) => {
    const needed = { users: { name: 'x' }, projects: { teamId: 1, name: 'x' }, todos: { teamId: 1, title: 'x' }, todoTags: { todoId: 2, tagId: 2 } }[collection]!
    expectRefused([...await write('update', collection, key, { [field]: value }), ...await write('create', collection, undefined, { ...needed, [field]: value })], 400)
  })

  it('of __proto__', async () => {
    for (const text of ['{"teamId":1,"title":"x","__proto__":{"polluted":1}}', '{"__proto__":{"title":"x","teamId":1}}'])
      expectRefused([await rest('POST', 'todos', text), await rest('PATCH', 'todos/1', text)], 400)
    expectRefused([await rest('POST', '_batch', '{"operations":[],"__proto__":{"atomic":true},"atomic":1}')], 400)
    const results = await rest('POST', '_batch', '{"operations":[{"__proto__":{"type":"delete","collection":"todos","key":1}},{"type":"fetchMany","collection":"todos","query":{"__proto__":{"polluted":1},"limit":1}}]}')
    expect(results.body).toMatchObject({ results: [{ ok: false }, { ok: true }] })
    expect((await rest('GET', 'todos?__proto__[polluted]=1&constructor.prototype.polluted=1&__proto__=1&limit=1')).status).toBe(200)
  })

  it.each([
    ['todos', 1, { id: 9 }], ['todos', 1, { id: 1001, title: 'x' }], ['memberships', '1::2', { teamId: 1001 }], ['memberships', '1::2', { userId: 1001 }], ['todoTags', '1::1', { todoId: 1001 }],
  ])('of the key of %s(%s)', async (collection, key, item) => {
    expectRefused(await write('update', collection, key, item), 400)
  })

  it.each([[[]], [[{ title: 'x', teamId: 1 }]], ['text'], [null], [5], [true]])('by the body %j', async (body) => {
    expectRefused([await rest('POST', 'todos', JSON.stringify(body)), await rest('PATCH', 'todos/1', JSON.stringify(body))], 400)
    expectRefused(await batch([{ type: 'create', collection: 'todos', item: body }, { type: 'update', collection: 'todos', key: 1, item: body }]), 400)
  })

  it.each([['teamId', '1'], ['teamId', [1]], ['teamId', { toString: 1 }], ['teamId', 1.5], ['title', { sql: 'x' }], ['title', 5], ['done', 'false'], ['done', 1], ['projectId', true]])('of %s as %j', async (field, value) => {
    expectRefused([...await write('create', 'todos', undefined, { teamId: 1, title: 'x', [field]: value }), ...await write('update', 'todos', 1, { [field]: value })], 400)
  })
})

describe('hidden columns', () => {
  it.each(['secretNote', 'secret_note', 'SECRETNOTE'])('can\'t be asked for, compared with or ordered by as %s', async (field) => {
    const answers = [
      ...await list('todos', { where: eq(field, 'HIDDEN') }, parents), ...await list('todos', { where: { operator: 'like', field, value: 'H%' } }, parents), ...await list('todos', { where: { operator: 'isNotNull', field } }, parents),
      ...await list('todos', { orderBy: [`${field}.desc`] }, parents), ...await list('todos', { columns: [field] }, parents),
      ...await list('todos', { cursor: Buffer.from(JSON.stringify([`todos:+${field},+id`, 'H', 1])).toString('base64url') }),
    ]
    expectRefused(answers, 400)
    expect(answers[0]!.body).toEqual((await rest('GET', `todos?where=${JSON.stringify(eq(field, 1))}`)).body)
  })

  it('are not in what is answered when everything is asked for', async () => {
    for (const [collection, query] of [['todos', {}], ['todos', { include: { links: true, assignee: true, project: true, tags: { through: true } } }], ['users', { include: { teams: { through: true } } }], ['todos', { columns: [] }]] as const)
      (await list(collection, query)).forEach(({ status }) => expect(status).toBe(200))
    for (const columns of [{ secretNote: true }, { secretNote: false }, ['secretNote']])
      expectRefused([await rest('GET', `teams?include=${JSON.stringify({ todos: { columns } })}`)], 400)
    expect(JSON.stringify((await rest('GET', `teams?include=${JSON.stringify({ todos: { columns: { title: false } } })}`)).body)).not.toContain('secret')
  })
})

describe('work without bounds', () => {
  const nest = (depth: number): Record<string, unknown> => ({ todos: depth > 1 ? { include: { team: { include: nest(depth - 2) } } } : true })
  const deep = (depth: number, leaf = '1') => `${'['.repeat(depth)}${leaf}${']'.repeat(depth)}`
  it.each([
    ['relations nested too deep', { include: nest(7) }],
    ['the older map of relations nested too deep', { include: { todos: { team: { todos: { team: { todos: { team: true } } } } } } }],
    ['too many relations', { include: { todos: { include: Object.fromEntries(['team', 'project', 'assignee', 'links', 'tags'].map(name => [name, { include: { ...name === 'team' && { todos: { include: { tags: { include: { todos: true, team: true } }, links: true, team: true, project: true } } }, ...name !== 'links' && name !== 'team' && { [name === 'assignee' ? 'assigned' : name === 'tags' ? 'todos' : 'todos']: { include: { tags: { include: { todos: true } } } } } } }])) }, projects: nest(9) } }],
    ['too many conditions', { where: { operator: 'or', conditions: Array.from({ length: 100 }, () => eq('id', 1)) } }],
    ['conditions nested too deep', { where: Array.from({ length: 150 }).reduce<unknown>(condition => ({ operator: 'not', condition }), eq('id', 1)) }],
    ['too many conditions in all', { where: { operator: 'or', conditions: Array.from({ length: 60 }, () => eq('id', 1)) }, include: { todos: { where: { operator: 'or', conditions: Array.from({ length: 60 }, () => eq('id', 1)) } } } }],
    ['too many values', { where: { operator: 'inArray', field: 'id', value: Array.from({ length: 1001 }, (_, i) => i) } }],
    ['too many keys', { keys: Array.from({ length: 1001 }, (_, i) => String(i)) }],
    ['too many rows', { limit: 1001 }],
    ['too many rows of a relation', { include: { todos: { limit: 1001 } } }],
    ['a pattern too long', { where: { operator: 'like', field: 'name', value: '%a'.repeat(20_000) } }],
  ])('%s', async (_, query) => {
    expectRefused(await batch([{ type: 'fetchMany', collection: 'teams', query }]), 400)
    expectRefused(await batch([{ type: 'fetchMany', collection: 'teams', query }], true), 400)
  })

  it('too many operations, or too large a body', async () => {
    expectRefused([await rest('POST', '_batch', { operations: Array.from({ length: 101 }, () => ({ type: 'fetchMany', collection: 'teams' })) })], 400)
    expectRefused([await rest('POST', '_batch', { operations: [], padding: 'x'.repeat(1_100_000) }), await rest('POST', 'todos', { teamId: 1, title: 'x'.repeat(1_100_000) })], 413)
  })

  it.each([['in a condition', `{"type":"fetchMany","collection":"todos","query":{"where":$}}`], ['as an operator', `{"type":"fetchMany","collection":"todos","query":{"where":{"operator":$}}}`], ['as a value', `{"type":"fetchMany","collection":"todos","query":{"where":{"operator":"eq","field":"title","value":$}}}`],
    ['in a free parameter', `{"type":"fetchFirst","collection":"todos","key":1,"query":{"hint":$}}`], ['in an item', `{"type":"create","collection":"todos","item":{"title":$}}`], ['in an include', `{"type":"fetchMany","collection":"todos","query":{"include":$}}`], ['as a type', `{"type":$}`], ['as an operation', '$']])('JSON of great depth %s', async (_, operation) => {
    for (const leaf of ['1', '"]]]\\"[["'])
      expectRefused([await rest('POST', '_batch', `{"operations":[${operation.replace('$', () => deep(100_000, leaf))},${operation.replace('$', () => '1')}]}`)], 400)
    expectRefused([await rest('POST', 'todos', `{"title":${deep(5000)}}`), await rest('PATCH', 'todos/1', `{"title":${deep(5000)}}`)], 400)
  })

  it('JSON of great depth in the URL', async () => {
    for (const option of ['where', 'include', 'with'])
      expectRefused([await rest('GET', `todos?${option}=${deep(4000)}`), await rest('GET', `todos?${option}={"operator":${deep(4000)}}`)], 400)
    expect((await rest('GET', `todos?hint=${deep(4000)}&limit=1`)).status).toBe(200)
  })

  it('brackets within text are no depth', async () => {
    const title = '[{"\\'.repeat(300)
    const [created] = await batch([{ type: 'create', collection: 'todos', item: { teamId: 1, title } }])
    expect(created).toMatchObject({ status: 200, body: { title } })
    await rest('DELETE', `todos/${(created!.body as { id: number }).id}`)
  })

  it('an order of a thousand terms counts each column once', async () => {
    const orderBy = Array.from({ length: 1000 }, (_, i) => ['title', 'rank', 'done'][i % 3]!)
    const [first] = await batch([{ type: 'fetchMany', collection: 'todos', query: { orderBy, limit: 1 } }])
    expect(first!.status).toBe(200)
  })
})

describe('requests forged by other sites', () => {
  const writes = [['POST', 'todos', { teamId: 1, title: 'x' }], ['PATCH', 'todos/1', { title: 'x' }], ['DELETE', 'todos/1'], ['POST', '_batch', { operations: [{ type: 'delete', collection: 'todos', key: 1 }] }]] as const
  it.each(writes)('%s %s is refused', async (method, path, body?: unknown) => {
    const forged = intruder(() => server, { 'x-user': '1', 'sec-fetch-site': 'cross-site', 'origin': 'https://evil.example' })
    expectRefused([await forged.rest(method, path, body)], 403)
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain; application/json'])
      expectRefused(method === 'DELETE' ? [] : [await intruder(() => server, { 'x-user': '1', 'content-type': type }).rest(method, path, JSON.stringify(body))], 415)
  })

  it('a read changes nothing, whatever it says it is', async () => {
    const read = intruder(() => server, { 'x-user': '1', 'x-http-method-override': 'DELETE', 'x-method-override': 'DELETE' })
    expect((await read.rest('GET', 'todos/1?_method=DELETE')).status).toBe(200)
    expectRefused([await read.rest('POST', 'todos/1?_method=DELETE', {}), await read.rest('PUT', 'todos/1', { title: 'x' })], 405)
  })

  it('answers are not kept, nor taken for something else', async () => {
    const { headers } = await server.call('GET', 'todos', undefined, { 'x-user': '1' })
    expect([headers.get('cache-control'), headers.get('x-content-type-options'), headers.get('content-type'), headers.get('access-control-allow-origin')]).toEqual(['private, no-store', 'nosniff', 'application/json', null])
  })
})
