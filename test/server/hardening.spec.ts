import type { TestServer } from './support/create-server'
import { Buffer } from 'node:buffer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServer, search } from './support/create-server'

/** What must not get through, over the routes and in a batch alike. */

let server: TestServer
beforeEach(async () => {
  server = await createServer({ limits: { maxLimit: 20, maxKeys: 5, maxWhereNodes: 6, maxIncludeDepth: 2, maxBatchSize: 8 } })
  await server.client.executeMultiple('insert into lists values (\'a\', \'A\'), (\'b\', \'B\'); insert into todos (title, list_id, created_at) values (\'one\', \'a\', 0), (\'two\', \'a\', 0)')
})
afterEach(() => server.close())

type Result = { ok: true, result: unknown } | { ok: false, error: { statusCode: number, data: { code: string, field?: string } } }
/** Rows, or why there are none. */
type Outcome = unknown[] | [status: number, code: string, field?: string]

async function batch(operations: string | object[], more = {}): Promise<Outcome[]> {
  const body = typeof operations === 'string' ? `{"operations":${operations}}` : { operations, ...more }
  const { results } = (await server.call<{ results: Result[] }>('POST', '_batch', body)).body
  return results.map(result => result.ok ? [result.result].flat() : outcomeOf(result.error))
}

/** The same read over both routes, which have to agree; options that a URL can't hold are written as in JSON. */
async function list(collection: string, query: Record<string, unknown>): Promise<Outcome> {
  const listed = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, Array.isArray(value) && ['orderBy', 'columns', 'keys'].includes(name) ? value.join() : name === 'where' ? JSON.stringify(value) : value]))
  const { status, body } = await server.get<unknown[]>(`${collection}?${search(listed)}`)
  const outcome = status === 200 ? body : outcomeOf(body as never)
  expect(await batch([{ type: 'fetchMany', collection, query }])).toEqual([outcome])
  return outcome
}

/** The same write over both routes. The first must not have changed what the second is about. */
async function write(method: 'POST' | 'PATCH' | 'DELETE', collection: string, key: string | undefined, item?: unknown): Promise<Outcome> {
  const { status, body } = await server.call(method, key === undefined ? collection : `${collection}/${encodeURIComponent(key)}`, item)
  const outcome = status === 200 ? [body] : outcomeOf(body as never)
  const type = ({ POST: 'create', PATCH: 'update', DELETE: 'delete' })[method]
  const operation = `[{"type":"${type}","collection":"${collection}","key":${JSON.stringify(key)},"item":${typeof item === 'string' ? item : JSON.stringify(item)}}]`.replace('"key":undefined,', '').replace(',"item":undefined', '')
  expect(await batch(operation)).toEqual([outcome])
  return outcome
}

function outcomeOf({ statusCode, data: { code, field } }: { statusCode: number, data: { code: string, field?: string } }): Outcome {
  return field === undefined ? [statusCode, code] : [statusCode, code, field]
}

const deep = (count: number, open: string, middle: string, close: string) => `${open.repeat(count)}${middle}${close.repeat(count)}`
const prototypeNames = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']

describe('a condition that is none', () => {
  const malformed: unknown[] = [
    {}, [], null, true, 0, '', 'x', { or: [] }, { op: 'or' }, { op: 'or', conditions: [] }, { op: 'or', conditions: [{}] }, { op: 'or', conditions: [null] }, { op: 'and', conditions: [[]] },
    { op: 'and', conditions: {} }, { op: 'and', conditions: 'x' }, { op: 'not' }, { op: 'not', condition: null }, { op: 'not', condition: [] }, { field: 'id', value: 1 }, { op: 'eq', value: 1 }, { op: 'eq', field: null, value: 1 },
    { op: 'eq', field: ['id'], value: 1 }, { op: null, field: 'id' }, { op: ['eq'], field: 'id', value: 1 }, { op: { eq: 1 } }, { op: '=', field: 'id', value: 1 }, { op: 'EQ', field: 'id', value: 1 }, { operator: '', op: 'eq', field: 'id', value: 1 },
    ...prototypeNames.map(op => ({ op, field: 'id', value: 1 })),
  ]
  it.each(malformed)('is refused, and never no filter: %j', async (where) => {
    expect(await list('todos', { where })).toEqual([400, 'RSTORE_INVALID_CONDITION'])
    expect(await list('lists', { include: { todos: { where } } })).toEqual([400, 'RSTORE_INVALID_CONDITION'])
    expect(await list('lists', { include: { todos: { include: { list: { where } } } } })).toEqual([400, 'RSTORE_INVALID_CONDITION'])
  })

  it.each([
    [{ op: 'eq', field: 'id' }, 'RSTORE_INVALID_CONDITION'], [{ op: 'eq', field: 'id', value: [] }, 'RSTORE_INVALID_VALUE'], [{ op: 'eq', field: 'id', value: {} }, 'RSTORE_INVALID_VALUE'], [{ op: 'eq', field: 'id', value: '1' }, 'RSTORE_INVALID_VALUE'],
    [{ op: 'inArray', field: 'id' }, 'RSTORE_INVALID_CONDITION'], [{ op: 'inArray', field: 'id', value: { 0: 1 } }, 'RSTORE_INVALID_CONDITION'], [{ op: 'inArray', field: 'id', value: [[1]] }, 'RSTORE_INVALID_VALUE'],
    [{ op: 'between', field: 'id', value: [1, 2] }, 'RSTORE_INVALID_CONDITION'], [{ op: 'like', field: 'id', value: '1' }, 'RSTORE_INVALID_CONDITION'],
  ])('names the field: %j', async (where, code) => {
    expect(await list('todos', { where })).toEqual([400, code, 'id'])
  })
})

it('is told of once for each operation that is refused, in one line', async () => {
  const told = async (run: () => Promise<unknown>) => {
    server.refusals.length = 0
    await run()
    return server.refusals
  }
  expect(await told(() => server.call('POST', 'todos', { nope: 1 }))).toEqual(['POST /api/rstore/todos: 400 "todos" has no column "nope".'])
  expect(await told(() => server.call('GET', 'todos/99'))).toEqual(['GET /api/rstore/todos/99: 404 "todos" has no row with this key.'])
  expect(await told(() => server.call('POST', '_batch', { operations: [{ type: 'fetchMany', collection: 'todos' }, { type: 'delete', collection: 'todos', key: 99 }] }))).toEqual(['POST /api/rstore/_batch: 404 "todos" has no row with this key.'])
  expect(await told(() => server.call('POST', 'todos', { title: 'a\nb', ['x\ny']: 1 }))).toSatisfy((lines: string[]) => lines.length === 1 && !lines[0]!.includes('\n'))
  expect(server.errors).toEqual([])
})

describe('depth', () => {
  it('of conditions is limited, whatever nests them', async () => {
    expect(await server.error('GET', `todos?where=${deep(400, '{"op":"not","condition":', '{"op":"isNull","field":"id"}', '}')}`)).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_LIMIT_EXCEEDED' } } })
    // Parts are counted, and the levels of a body.
    for (const [depth, open, close] of [[150, '{"op":"not","condition":', '}'], [90, '{"op":"or","conditions":[', ',{"op":"isNull","field":"id"}]}']] as const) {
      const where = deep(depth, open, '{"op":"isNull","field":"id"}', close)
      expect(await batch(`[{"type":"fetchMany","collection":"todos","query":{"where":${where}}}]`)).toEqual([[400, 'RSTORE_LIMIT_EXCEEDED']])
      expect(await batch(`[{"type":"fetchMany","collection":"lists","query":{"include":{"todos":{"where":${where}}}}}]`)).toEqual([[400, 'RSTORE_LIMIT_EXCEEDED']])
    }
    expect(server.errors).toEqual([])
  })

  it('of everything else ends in a refusal too', async () => {
    const nest = deep(150, '[', '1', ']')
    const list = (query: string) => batch(`[{"type":"fetchMany","collection":"todos","query":${query}}]`)
    for (const [query, code] of [
      [`{"where":${nest}}`, 'RSTORE_INVALID_CONDITION'], [`{"where":{"op":${nest}}}`, 'RSTORE_INVALID_CONDITION'], [`{"where":{"op":"eq","field":${nest}}}`, 'RSTORE_INVALID_CONDITION'], [`{"where":{"op":"eq","field":"id","value":${nest}}}`, 'RSTORE_INVALID_VALUE'],
      [`{"orderBy":${nest}}`, 'RSTORE_INVALID_QUERY'], [`{"columns":${nest}}`, 'RSTORE_INVALID_QUERY'], [`{"keys":${nest}}`, 'RSTORE_INVALID_KEY'], [`{"cursor":${nest}}`, 'RSTORE_INVALID_CURSOR'], [`{"limit":${nest}}`, 'RSTORE_INVALID_QUERY'],
      [`{"include":${nest}}`, 'RSTORE_INVALID_QUERY'], [`{"include":{"list":${nest}}}`, 'RSTORE_INVALID_QUERY'], [`{"include":${deep(40, '{"list":{"include":{"todos":{"include":', '{}', '}}}}')}}`, 'RSTORE_LIMIT_EXCEEDED'],
      [`{"include":${deep(80, '{"list":{"todos":', 'true', '}}')}}`, 'RSTORE_LIMIT_EXCEEDED'],
    ] as const)
      expect([query.slice(0, 40), await list(query)]).toEqual([query.slice(0, 40), [expect.arrayContaining([400, code])]])
    expect(await write('POST', 'todos', undefined, `{"title":${nest}}`)).toEqual([400, 'RSTORE_INVALID_VALUE', 'title'])
    expect(await batch(`[{"type":"delete","collection":"todos","key":${nest}},{"type":${nest}},${nest}]`)).toEqual([[400, 'RSTORE_INVALID_BODY'], [400, 'RSTORE_INVALID_BODY'], [400, 'RSTORE_INVALID_BODY']])
    // Free values are nobody's business but a hook's.
    expect(await list(`{"mine":${nest},"limit":1}`)).toMatchObject([[{ id: 1 }]])
    expect(server.errors).toEqual([])
  })

  it.each([['[', '1', ']', 250], ['[', '1', ']', 100_000], ['{"a":', '1', '}', 100_000], ['[', '', ']', 500_000], ['[', '', '', 1_000_000], ['{"op":"not","condition":', '{"op":"isNull","field":"id"}', '}', 10_000]])('of a body is limited as a whole: %s%s%s, %i times', async (open, inner, close, times) => {
    const nest = deep(times, open, inner, close)
    for (const [method, path, body] of [['POST', 'todos', nest], ['POST', 'kinds', `{"json":${nest}}`], ['PATCH', 'todos/1', `{"title":${nest}}`], ['POST', '_batch', nest], ['POST', '_batch', `{"operations":[{"type":"fetchMany","collection":"todos","query":{"where":${nest}}}]}`]] as const)
      expect(await server.error(method, path, body.slice(0, 1_048_576))).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_INVALID_BODY' } } })
    expect(server.errors).toEqual([])
  })
})

describe.each(prototypeNames)('the name %s', (name) => {
  const json = (value: string) => `{${JSON.stringify(name)}:${value}}`

  it('is that of no field, relation, collection or operation', async () => {
    const unknown = [400, 'RSTORE_UNKNOWN_COLUMN', name]
    expect(await list('todos', { where: { op: 'isNull', field: name } })).toEqual(unknown)
    expect(await list('todos', { orderBy: [name] })).toEqual(unknown)
    expect(await list('todos', { orderBy: [`${name}.desc`] })).toEqual(unknown)
    expect(await list('todos', { orderBy: [`id.${name}`] })).toEqual([400, 'RSTORE_INVALID_QUERY', 'id'])
    expect(await list('todos', { columns: ['id', name] })).toEqual(unknown)
    expect(await write('POST', 'todos', undefined, `{"title":"x",${json('{"done":true}').slice(1)}`)).toEqual(unknown)
    expect(await write('PATCH', 'todos', '1', json('"x"'))).toEqual(unknown)
    for (const include of [json('true'), json('{}'), `{"list":${json('true')}}`, `{"list":{"include":${json('{}')}}}`, `{"list":{"columns":${json('true')}}}`]) {
      const refused = await server.error('GET', `todos?include=${encodeURIComponent(include)}`)
      expect([include, refused.status]).toEqual([include, 400])
      expect(await batch(`[{"type":"fetchMany","collection":"todos","query":{"include":${include}}}]`)).toEqual([outcomeOf(refused.body)])
    }
    expect(await server.error('GET', name)).toMatchObject({ status: 404, body: { data: { code: 'RSTORE_UNKNOWN_COLLECTION' } } })
    expect(await batch([{ type: 'fetchMany', collection: name }, { type: name, collection: 'todos' }, { type: 'fetchMany', collection: 'todos', [name]: 1 }]))
      .toMatchObject([[404, 'RSTORE_UNKNOWN_COLLECTION'], [400, 'RSTORE_INVALID_BODY'], [400, 'RSTORE_INVALID_BODY']])
  })

  it('as a free value changes nothing else', async () => {
    expect(await server.get(`todos?${name}=x&${name}=y`)).toMatchObject({ status: 200, body: [{ id: 1 }, { id: 2 }] })
    expect(await batch(`[{"type":"fetchMany","collection":"todos","query":{"keys":["2"],${json('{"limit":0}').slice(1)}}]`)).toMatchObject([[{ id: 2 }]])
    expect(Object.keys(Object.prototype)).toEqual([])
    expect(({} as Record<string, unknown>).limit).toBeUndefined()
  })
})

describe('limits', () => {
  it.each([
    ['rows', 'todos', { limit: 20 }, { limit: 21 }], ['keys', 'todos', { keys: [1, 2, 3, 4, 5] }, { keys: [1, 2, 3, 4, 5, 6] }], ['values', 'todos', { where: { op: 'inArray', field: 'title', value: [...'12345'] } }, { where: { op: 'inArray', field: 'title', value: [...'123456'] } }],
    ['parts of conditions', 'todos', { where: { op: 'and', conditions: Array.from({ length: 5 }, () => ({ op: 'isNotNull', field: 'id' })) } }, { where: { op: 'and', conditions: Array.from({ length: 6 }, () => ({ op: 'isNotNull', field: 'id' })) } }],
    ['parts of conditions together', 'lists', { include: { todos: { where: { op: 'isNull', field: 'id' } } } }, { where: { op: 'or', conditions: Array.from({ length: 5 }, () => ({ op: 'isNull', field: 'id' })) }, include: { todos: { where: { op: 'isNull', field: 'id' } } } }],
    ['levels of relations', 'lists', { include: { todos: { include: { list: true } } } }, { include: { todos: { include: { list: { include: { todos: true } } } } } }],
    ['rows of a relation', 'lists', { include: { todos: { limit: 20 } } }, { include: { todos: { limit: 21 } } }], ['characters of a pattern', 'lists', { where: { op: 'like', field: 'name', value: '%'.repeat(1000) } }, { where: { op: 'like', field: 'name', value: '%'.repeat(1001) } }],
  ])('hold for %s', async (_, collection, within, beyond) => {
    expect((await list(collection, within)).length).toBeGreaterThan(-1)
    expect((await list(collection, within))[0]).not.toBe(400)
    expect((await list(collection, beyond)).slice(0, 2)).toEqual([400, 'RSTORE_LIMIT_EXCEEDED'])
  })

  it('hold for the operations of a batch', async () => {
    const operations = (length: number) => ({ operations: Array.from({ length }, () => ({ type: 'fetchMany', collection: 'todos' })) })
    expect(await server.call('POST', '_batch', operations(8))).toMatchObject({ status: 200 })
    expect(await server.error('POST', '_batch', operations(9))).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_LIMIT_EXCEEDED' } } })
  })

  it.each(['NaN', 'Infinity', '-Infinity', '1e1', '1e400', '0x1', '1.0', '01.', '+1', ' 1', '1 ', '-0', '-1', '٣', '9007199254740993', '9'.repeat(400), 'null', '[]', '1,2', ''])('take no number written as %j', async (text) => {
    for (const name of ['limit', 'offset'])
      expect(await server.error('GET', `todos?${name}=${encodeURIComponent(text)}`)).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_INVALID_QUERY' } } })
  })

  it.each(['"1"', 'null', 'true', '[]', '[1]', '{}', '1.5', '-1', '1e400', '-1e400', '1e21', '9007199254740993'])('take no %s where a number belongs', async (text) => {
    for (const query of [`{"limit":${text}}`, `{"offset":${text}}`, `{"include":{"list":{"limit":${text}}}}`])
      expect((await batch(`[{"type":"fetchMany","collection":"todos","query":${query}}]`))[0]!.slice(0, 2)).toEqual([400, 'RSTORE_INVALID_QUERY'])
  })

  it('may be nothing', async () => {
    expect(await list('todos', { keys: [] })).toEqual([])
    expect(await list('todos', { limit: 0 })).toEqual([])
    expect(await batch('[{"type":"fetchMany","collection":"todos","query":{"limit":-0}},{"type":"fetchMany","collection":"todos","query":{"offset":-0,"limit":1e0}},{"type":"fetchMany","collection":"todos","query":{"keys":null}}]'))
      .toMatchObject([[], [{ id: 1 }], [400, 'RSTORE_INVALID_QUERY']])
    expect(await batch('[{"type":"fetchMany","collection":"lists","query":{"include":{"todos":{"limit":-0}}}}]')).toMatchObject([[{ id: 'a', todos: [] }, { id: 'b', todos: [] }]])
  })
})

describe('writes', () => {
  it('meet a row that is there, or none', async () => {
    expect(await write('POST', 'lists', undefined, { id: 'a', name: 'C' })).toEqual([409, 'RSTORE_DUPLICATE', 'id'])
    expect(await write('PATCH', 'todos', '9', { title: 'x' })).toEqual([404, 'RSTORE_NOT_FOUND'])
    expect(await write('PATCH', 'todos', '9', {})).toEqual([404, 'RSTORE_NOT_FOUND'])
    expect(await write('DELETE', 'todos', '9')).toEqual([404, 'RSTORE_NOT_FOUND'])
  })

  it('leave keys as they are', async () => {
    await server.call('POST', 'grades', { school: 's', year: 1, pupil: 'p' })
    expect(await write('PATCH', 'todos', '1', { id: 2, title: 'x' })).toEqual([400, 'RSTORE_READONLY_COLUMN', 'id'])
    expect(await write('PATCH', 'lists', 'a', { id: 'A' })).toEqual([400, 'RSTORE_READONLY_COLUMN', 'id'])
    expect(await write('PATCH', 'grades', 's::1::p', { year: 2, note: 5 })).toEqual([400, 'RSTORE_READONLY_COLUMN', 'year'])
    expect(await write('PATCH', 'todos', '1', { id: null })).toEqual([400, 'RSTORE_REQUIRED', 'id'])
    expect((await server.list('grades')).body).toMatchObject([{ year: 1, note: null }])
  })

  it.each(['[]', '[{"title":"x"}]', 'null', '"x"', '1', 'true'])('take no %s for an object', async (item) => {
    expect(await write('POST', 'todos', undefined, item)).toEqual([400, 'RSTORE_INVALID_BODY'])
    expect(await write('PATCH', 'todos', '1', item)).toEqual([400, 'RSTORE_INVALID_BODY'])
    expect((await server.list('todos')).body).toMatchObject([{ title: 'one' }, { title: 'two' }])
  })

  it('reach a key that begins with a question mark', async () => {
    await server.call('POST', 'lists', { id: '?where={}', name: 'Q' })
    expect(await write('PATCH', 'lists', '?where={}', { name: 'R' })).toEqual([{ id: '?where={}', name: 'R' }])
    expect(await server.get(`lists/${encodeURIComponent('?')}`)).toMatchObject({ status: 404 })
    expect(await server.call('DELETE', `lists/${encodeURIComponent('?where={}')}`)).toMatchObject({ status: 200 })
    expect((await server.list('lists')).body).toHaveLength(2)
  })
})

describe('requests', () => {
  const writes = [['POST', 'todos', { title: 'x' }], ['PATCH', 'todos/1', { title: 'x' }], ['DELETE', 'todos/1', undefined], ['POST', '_batch', { operations: [{ type: 'delete', collection: 'todos', key: 1 }] }]] as const

  it.each([
    [{ 'sec-fetch-site': 'cross-site' }], [{ 'sec-fetch-site': 'cross-site', 'origin': 'OWN' }], [{ origin: 'https://evil.test' }], [{ origin: 'null' }], [{ origin: '' }], [{ origin: 'OWN.evil.test' }], [{ origin: 'http://127.0.0.1:1' }], [{ origin: 'http://127.0.0.1' }],
    [{ 'origin': 'https://evil.test', 'x-forwarded-host': 'app.test' }],
  ])('from other sites change nothing: %j', async (given: Record<string, string>) => {
    const headers = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value.replace('OWN', `http://127.0.0.1:${server.port}`)]))
    for (const [method, path, body] of writes)
      expect(await server.raw(method, path, { 'content-type': 'application/json', ...headers }, body && [JSON.stringify(body)])).toMatchObject({ status: 403, body: { data: { code: 'RSTORE_CROSS_SITE' } } })
    expect((await server.get('todos', headers)).body).toMatchObject([{ title: 'one' }, { title: 'two' }])
  })

  it.each([
    [{ origin: 'http://127.0.0.1:PORT' }], [{ 'origin': 'https://www.app.test', 'sec-fetch-site': 'same-site' }], [{ origin: 'https://app.test', host: 'app.test' }], [{ origin: 'https://app.test', host: 'APP.test:443' }],
    [{ 'origin': 'https://app.test', 'x-forwarded-host': 'app.test, inner' }], [{}],
  ])('from the app\'s own pages, and of who has none, are taken: %j', async (given: Record<string, string>) => {
    const headers = { 'content-type': 'application/json', ...given, ...given.origin && { origin: given.origin.replace('PORT', String(server.port)) } }
    expect(await server.raw('PATCH', 'todos/1', headers, ['{"title":"x"}'])).toMatchObject({ status: 200, body: { title: 'x' } })
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain; application/json', ''])('with a body of type %j are refused', async (type) => {
    for (const [method, path, body] of writes.filter(([method]) => method !== 'DELETE'))
      expect(await server.error(method, path, JSON.stringify(body), { 'content-type': type })).toMatchObject({ status: 415, body: { data: { code: 'RSTORE_UNSUPPORTED_MEDIA_TYPE' } } })
    expect((await server.list('todos')).body).toMatchObject([{ title: 'one' }, { title: 'two' }])
  })

  it('with too much, or with half of it, are refused', async () => {
    for (const [method, path] of writes.filter(([method]) => method !== 'DELETE')) {
      expect(await server.error(method, path, `{"title":"${'x'.repeat(1_048_576)}"}`)).toMatchObject({ status: 413, body: { data: { code: 'RSTORE_BODY_TOO_LARGE' } } })
      expect(await server.raw(method, path, { 'content-type': 'application/json' }, Array.from({ length: 20 }, () => Buffer.alloc(65_536, '[')))).toMatchObject({ status: 413 })
      expect(await server.error(method, path, '{"title":"x"')).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_INVALID_BODY' } } })
    }
    expect(server.errors).toEqual([])
  })

  it('are answered in full, whatever a page was asked for', async () => {
    const headers = { 'if-none-match': '*', 'if-match': '"x"', 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT', 'range': 'bytes=0-1', 'if-range': '"x"' }
    expect(await server.get('todos/1', headers)).toMatchObject({ status: 200, body: { id: 1 } })
    expect(await server.get('todos', headers)).toMatchObject({ status: 200, body: [{ id: 1 }, { id: 2 }] })
    expect(await server.call('POST', '_batch', { operations: [{ type: 'fetchFirst', collection: 'todos', key: 1 }] }, headers)).toMatchObject({ status: 200, body: { results: [{ result: { id: 1 } }] } })
    expect(await server.call('PATCH', 'todos/1', { title: 'x' }, headers)).toMatchObject({ status: 200, body: { title: 'x' } })
  })
})

it('only what the server did wrong is reported, once, and told to nobody', async () => {
  await list('todos', { where: {} })
  await write('POST', 'todos', undefined, {})
  await write('DELETE', 'todos', '9')
  await write('POST', 'lists', undefined, { id: 'a', name: 'A' })
  await batch([{ type: 'create', collection: 'lists', item: { id: 'c', name: 'A' } }], { atomic: true })
  expect(server.errors).toEqual([])
  await server.client.execute('drop table kinds')
  const answers = [await server.error('GET', 'kinds'), await server.call('POST', '_batch', { operations: [{ type: 'fetchMany', collection: 'kinds' }, { type: 'fetchMany', collection: 'todos' }] })]
  expect(server.errors).toHaveLength(2)
  await server.call('POST', '_batch', { atomic: true, operations: [{ type: 'create', collection: 'kinds', item: {} }, { type: 'delete', collection: 'todos', key: 1 }] })
  expect(server.errors).toHaveLength(3)
  expect(JSON.stringify(answers)).not.toMatch(/kinds|select|\.ts|stack|cause/i)
})
