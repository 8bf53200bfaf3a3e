import type { TestServer } from './support/create-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nextCursorHeader } from '../../src/runtime/shared/query'
import { createServer, search } from './support/create-server'

let server: TestServer
beforeEach(async () => {
  server = await createServer({ collections: { todos: { hidden: ['secretToken'] } }, limits: { maxLimit: 20, maxKeys: 5, maxWhereNodes: 6 } })
})
afterEach(() => server.close())

const ids = (rows: Record<string, unknown>[]) => rows.map(row => row.id)
const fill = (count: number, value = 'i % 3') => server.client.execute(`
  insert into kinds (id, int, words, float) with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
  select i, ${value}, 'w' || (i % 5), i / 4.0 from n`)

/** Follows the cursors to the end. */
async function pages(collection: string, query: Record<string, unknown>) {
  const found: Record<string, unknown>[][] = []
  let cursor: string | undefined
  do {
    const { body, headers } = await server.list(collection, { ...query, ...cursor && { cursor } })
    found.push(body)
    cursor = headers.get(nextCursorHeader) ?? undefined
  } while (cursor && found.length < 100)
  return found
}

describe('a list', () => {
  it('has filter, order and window', async () => {
    await fill(12)
    const query = { where: { operator: 'ne', field: 'int', value: 0 }, orderBy: 'int.desc,float.asc', limit: 3, offset: 2 }
    expect(ids((await server.list('kinds', query)).body)).toEqual([8, 11, 1])
    expect(ids((await server.list('kinds', { limit: 2 })).body)).toEqual([1, 2])
    expect(ids((await server.list('kinds', { offset: 10 })).body)).toEqual([11, 12])
    expect((await server.list('kinds', { limit: 0 })).body).toEqual([])
    expect((await server.list('kinds', { offset: 100 })).body).toEqual([])
    expect(ids((await server.list('kinds', { where: { op: 'like', field: 'words', value: 'W1' }, orderBy: 'id.desc' })).body)).toEqual([11, 6, 1])
  })

  it('is never cut without a cursor to go on', async () => {
    await fill(45)
    const found = await pages('kinds', {})
    expect(found.map(page => page.length)).toEqual([20, 20, 5])
    expect(ids(found.flat())).toEqual(Array.from({ length: 45 }, (_, i) => i + 1))
    const full = await server.list('kinds', { limit: 5, offset: 40 })
    expect(full.body).toHaveLength(5)
    expect(full.headers.has(nextCursorHeader)).toBe(false)
  })

  it('takes as many rows as the limit allows', async () => {
    expect(await server.list('kinds', { limit: 20 })).toMatchObject({ status: 200 })
    expect(await server.error('GET', 'kinds?limit=21')).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_LIMIT_EXCEEDED' } } })
  })

  it('must not be kept by anybody', async () => {
    await fill(1)
    const { status, headers, body } = await server.get('kinds', { 'if-none-match': '*', 'range': 'bytes=0-1' })
    expect(status).toBe(200)
    expect(body).toHaveLength(1)
    expect(headers.get('cache-control')).toBe('private, no-store')
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.has('etag')).toBe(false)
  })
})

describe('columns', () => {
  it('are those asked for and those that the client needs', async () => {
    await server.client.executeMultiple('insert into lists values (\'a\', \'A\'); insert into todos (title, created_at, list_id, priority) values (\'x\', 0, \'a\', 3)')
    const fields = async (query: Record<string, unknown>) => Object.keys((await server.list('todos', query)).body[0]!).sort()
    expect(await fields({ columns: 'title' })).toEqual(['id', 'listId', 'title'])
    expect(await fields({ columns: '' })).toEqual(['id', 'listId'])
    expect(await fields({ columns: 'title', orderBy: 'done', where: { op: 'not', condition: { op: 'isNull', field: 'priority' } } })).toEqual(['done', 'id', 'listId', 'priority', 'title'])
    expect(Object.keys((await server.get<Record<string, unknown>>('todos/1?columns=done')).body).sort()).toEqual(['done', 'id', 'listId'])
    expect(await fields({})).not.toContain('secretToken')
  })
})

describe('keys', () => {
  it('pick rows, whatever is in them', async () => {
    const school = 'a:b%/c,d::e?#\'"'
    for (const [year, pupil] of [[1, '..x'], [2, '%3A'], [-3, '😀 é'], [4, ':'], [5, 'plain'], [6, '']] as const)
      expect(await server.call('POST', 'grades', { school, year, pupil, note: 1.5 })).toMatchObject({ status: 200 })
    const keyOf = (year: number, pupil: string) => [school, String(year), pupil].map(part => part.replaceAll('%', '%25').replaceAll(':', '%3A')).join('::')
    for (const [year, pupil] of [[1, '..x'], [2, '%3A'], [-3, '😀 é'], [4, ':'], [6, '']] as const)
      expect(await server.get(`grades/${encodeURIComponent(keyOf(year, pupil))}`)).toMatchObject({ status: 200, body: { school, year, pupil } })
    const keys = [keyOf(2, '%3A'), keyOf(-3, '😀 é'), keyOf(9, 'nobody')].map(key => key.replaceAll('%', '%25').replaceAll(',', '%2C')).join(',')
    expect((await server.list('grades', { keys })).body.map(row => row.year)).toEqual([-3, 2])
    expect(await server.call('PATCH', `grades/${encodeURIComponent(keyOf(2, '%3A'))}`, { note: null })).toMatchObject({ status: 200, body: { year: 2, note: null } })
    expect(await server.call('DELETE', `grades/${encodeURIComponent(keyOf(2, '%3A'))}`)).toMatchObject({ status: 200 })
    expect((await server.list('grades')).body.map(row => row.year)).toEqual([-3, 1, 4, 5, 6])
  })

  it('of one column are lists of any length within the limit', async () => {
    await fill(9)
    expect(ids((await server.list('kinds', { keys: '3,1,99,-1' })).body)).toEqual([1, 3])
    expect(ids((await server.list('kinds', { keys: '3,1,2', orderBy: 'id.desc', limit: 2 })).body)).toEqual([3, 2])
    expect(await server.list('kinds', { keys: '' })).toMatchObject({ status: 200, body: [] })
    expect(await server.error('GET', 'kinds?keys=1,2,3,4,5,6')).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_LIMIT_EXCEEDED' } } })
    expect(await server.error('GET', 'kinds?keys=1,x')).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_INVALID_KEY', field: 'id' } } })
  })

  it('that are dates travel as ISO strings', async () => {
    await server.call('POST', 'moments', { at: '2026-01-01T00:00:00.123Z', what: 'a' })
    expect((await server.list('moments', { keys: '2026-01-01T00:00:00.123Z' })).body).toHaveLength(1)
  })

  it.each(['1e3', '01', ' 1', '1.0', '+1', '-0', 'NaN', 'Infinity', '0x1', '9007199254740993', '1.5', 'abc', 'null', '%00'])('written as %j are refused where a number is the key', async (key) => {
    for (const method of ['GET', 'PATCH', 'DELETE'])
      expect(await server.error(method, `kinds/${key.startsWith('%') ? key : encodeURIComponent(key)}`, method === 'PATCH' ? {} : undefined)).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_INVALID_KEY' } } })
  })

  it.each(['a', 'a::1', 'a::1::b::c', 'a::::b', 'a::x::b', 'a::01::b'])('written as %j are refused where three parts are the key', async (key) => {
    expect(await server.error('GET', `grades/${encodeURIComponent(key)}`)).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_INVALID_KEY' } } })
  })

  it('with broken percent encoding are refused', async () => {
    expect(await server.raw('GET', 'lists/%E0%A4%A', {})).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_INVALID_KEY' } } })
  })
})

describe('a cursor', () => {
  const orders = ['int.asc', 'int.desc', 'words.desc,int.asc', 'int.asc,words.desc,float.asc', 'float.desc', 'big.asc,seconds.desc', 'seconds.asc,flag.desc', 'decimal.desc,int.asc']

  it.each(orders)('goes over ties, NULLs and mixed directions: %s', async (orderBy) => {
    await server.client.execute(`
      insert into kinds (id, int, words, float, big, seconds, flag, decimal) with recursive n(i) as (select 1 union all select i + 1 from n where i < 60)
      select i, nullif(i % 4, 0), nullif('ü' || (i % 3), 'ü1'), nullif(i % 7, 2) / 3.0, cast(nullif(i % 5, 0) as blob), nullif(i % 6, 1) * 1000000000000000, nullif(i % 3, 2), nullif(i % 9, 4) / 7.0 from n`)
    await server.client.execute('update kinds set float = 9e999 where id % 11 = 0')
    await server.client.execute('update kinds set float = -9e999 where id % 13 = 0')
    await server.client.execute('update kinds set int = 9223372036854775800 + id % 2 where id % 17 = 0')
    const order = orderBy.split(',').map(term => term.replace('.', ' ')).join(', ')
    const expected = (await server.client.execute(`select id from kinds order by ${order}, id ${orderBy.endsWith('desc') ? 'desc' : 'asc'}`)).rows.map(row => row.id)
    for (const limit of [1, 7]) {
      const found = await pages('kinds', { orderBy, limit })
      expect(ids(found.flat())).toEqual(expected)
    }
  })

  it('neither repeats nor skips where a Date holds less than the database', async () => {
    await server.client.execute(`insert into kinds (id, millis) with recursive n(i) as (select 1 union all select i + 1 from n where i < 30) select i, 1000 + (i * 7 % 30) / 100.0 from n`)
    const stored = (await server.client.execute('select id from kinds order by millis, id')).rows.map(row => row.id)
    expect(ids((await pages('kinds', { orderBy: 'millis.asc', limit: 4 })).flat())).toEqual(stored)
    expect(ids((await pages('kinds', { orderBy: 'millis.desc', limit: 4 })).flat())).toEqual(stored.toReversed())
  })

  it('keeps its place with a filter and while rows come and go', async () => {
    await fill(10)
    const where = { op: 'gt', field: 'int', value: 0 }
    const first = await server.list('kinds', { where, limit: 3 })
    expect(ids(first.body)).toEqual([1, 2, 4])
    await server.client.execute('delete from kinds where id in (2, 4)')
    await server.client.execute('insert into kinds (id, int) values (0, 1)')
    const cursor = first.headers.get(nextCursorHeader)!
    expect(ids((await server.list('kinds', { where, limit: 3, cursor })).body)).toEqual([5, 7, 8])
  })

  it('goes over composite keys', async () => {
    await server.client.execute(`insert into grades with recursive n(i) as (select 0 union all select i + 1 from n where i < 40) select 's' || (i % 2), i % 5, 'p' || i, i % 3 from n`)
    for (const orderBy of ['note.desc', 'year.asc,note.desc', 'pupil.asc']) {
      const all = (await server.list('grades', { orderBy, limit: 20 })).body
      const found = (await pages('grades', { orderBy, limit: 6 })).flat()
      expect(found).toHaveLength(41)
      expect(found.slice(0, 20)).toEqual(all)
      expect(new Set(found.map(row => row.pupil)).size).toBe(41)
    }
  })

  it('is only good for the query it was made for', async () => {
    await fill(5)
    const cursor = (await server.list('kinds', { limit: 1 })).headers.get(nextCursorHeader)!
    const encode = (value: unknown) => btoa(JSON.stringify(value))
    for (const query of [
      { cursor, orderBy: 'int.asc' }, { cursor, orderBy: 'id.desc' }, { cursor: `${cursor}x` }, { cursor: '' }, { cursor: '%%%' }, { cursor: encode({}) }, { cursor: encode(['kinds:+id']) },
      { cursor: encode(['kinds:+id', { evil: 1 }]) }, { cursor: encode(['kinds:+id', { int: '99999999999999999999' }]) }, { cursor: encode(['kinds:+id', [1]]) }, { cursor: encode(null) },
    ])
      expect(await server.error('GET', `kinds?${search(query)}`)).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_INVALID_CURSOR' } } })
    expect(await server.error('GET', `grades?${search({ cursor })}`)).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_INVALID_CURSOR' } } })
    expect(await server.error('GET', `kinds?${search({ cursor, offset: 1 })}`)).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_INVALID_QUERY' } } })
  })
})

describe('conditions', () => {
  it('hold for lists of any length', async () => {
    const big = await createServer({ limits: { maxKeys: 100_000 } })
    await big.client.execute('insert into kinds (id, int, float, words) values (1, 5, 0.30000000000000004, \'x5\'), (2, null, 0.3, null), (3, 7, 1e23, \'y\')')
    const ask = async (field: string, operator: string, value: unknown[]) => ids((await big.list('kinds', { where: { operator, field, value } })).body)
    expect(await ask('int', 'inArray', Array.from({ length: 1500 }, (_, i) => i))).toEqual([1, 3])
    expect(await ask('int', 'inArray', [5, null])).toEqual([1])
    expect(await ask('int', 'notInArray', [5, null])).toEqual([])
    expect(await ask('int', 'notInArray', [5])).toEqual([3])
    expect(await ask('int', 'notInArray', [])).toEqual([1, 2, 3])
    expect(await ask('int', 'inArray', [])).toEqual([])
    expect(await ask('float', 'inArray', [0.1 + 0.2, 1e23])).toEqual([1, 3])
    expect(await ask('words', 'inArray', ['x5', '\' or 1=1 --'])).toEqual([1])
    await big.close()
  })

  it('compare dates as instants at the precision of the column', async () => {
    await server.client.execute('insert into kinds (id, seconds, millis) values (1, 1767323045, 1767323045678)')
    const ask = async (field: string, operator: string, value: string) => (await server.list('kinds', { where: { operator, field, value } })).body.length
    expect(await ask('seconds', 'eq', '2026-01-02T03:04:05.999Z')).toBe(1)
    expect(await ask('millis', 'eq', '2026-01-02T04:04:05.678+01:00')).toBe(1)
    expect(await ask('millis', 'eq', '2026-01-02T03:04:05.677Z')).toBe(0)
    expect(await ask('millis', 'gt', '2026-01-02T03:04:05.677Z')).toBe(1)
  })

  it.each([
    [{ op: 'eq', field: 'nope', value: 1 }, 'RSTORE_UNKNOWN_COLUMN', 'nope'], [{ op: 'eq', field: 'secretToken', value: 'x' }, 'RSTORE_UNKNOWN_COLUMN', 'secretToken'],
    [{ op: 'isNull', field: '__proto__' }, 'RSTORE_UNKNOWN_COLUMN', '__proto__'], [{ op: 'isNull', field: 'constructor' }, 'RSTORE_UNKNOWN_COLUMN', 'constructor'],
    [{ op: 'eq', field: 'priority', value: 'x' }, 'RSTORE_INVALID_VALUE', 'priority'], [{ op: 'eq', field: 'priority' }, 'RSTORE_INVALID_CONDITION', 'priority'],
    [{ op: 'constructor', field: 'id' }, 'RSTORE_INVALID_CONDITION', undefined], [{ op: 'arrayContains', field: 'title', value: ['a'] }, 'RSTORE_INVALID_CONDITION', 'title'],
    [{ op: 'like', field: 'priority', value: '1' }, 'RSTORE_INVALID_CONDITION', 'priority'], [{ op: 'and', conditions: [] }, 'RSTORE_INVALID_CONDITION', undefined],
    [[], 'RSTORE_INVALID_CONDITION', undefined], ['x', 'RSTORE_INVALID_CONDITION', undefined], [{ op: 'inArray', field: 'id', value: [1, 2, 3, 4, 5, 6] }, 'RSTORE_LIMIT_EXCEEDED', 'id'],
    [{ op: 'or', conditions: Array.from({ length: 6 }, () => ({ op: 'isNull', field: 'id' })) }, 'RSTORE_LIMIT_EXCEEDED', undefined],
  ])('are refused: %j', async (where, code, field) => {
    const { status, body } = await server.error('GET', `todos?${search({ where: JSON.stringify(where) })}`)
    expect(status).toBe(400)
    expect(body.data).toMatchObject({ code, collection: 'todos', ...field && { field } })
  })
})

describe('query options', () => {
  it.each([
    ['where={', 'RSTORE_INVALID_CONDITION'], ['limit=-1', 'RSTORE_INVALID_QUERY'], ['limit=1.5', 'RSTORE_INVALID_QUERY'], ['limit=', 'RSTORE_INVALID_QUERY'], ['limit=1e1', 'RSTORE_INVALID_QUERY'],
    ['offset=x', 'RSTORE_INVALID_QUERY'], ['limit=1&limit=2', 'RSTORE_INVALID_QUERY'], ['orderBy=nope', 'RSTORE_UNKNOWN_COLUMN'], ['orderBy=secretToken.asc', 'RSTORE_UNKNOWN_COLUMN'],
    ['orderBy=title.up', 'RSTORE_INVALID_QUERY'], ['orderBy=title,,id', 'RSTORE_UNKNOWN_COLUMN'], ['columns=title,nope', 'RSTORE_UNKNOWN_COLUMN'], ['columns=secretToken', 'RSTORE_UNKNOWN_COLUMN'],
    ['columns=__proto__', 'RSTORE_UNKNOWN_COLUMN'], ['include={', 'RSTORE_INVALID_QUERY'], ['with=x', 'RSTORE_INVALID_QUERY'],
  ])('are refused: %s', async (query, code) => {
    expect(await server.error('GET', `todos?${query}`)).toMatchObject({ status: 400, body: { statusCode: 400, data: { code, collection: expect.any(String) } } })
  })

  it('name what is at fault', async () => {
    expect((await server.error('GET', 'todos?include={')).body.message).toContain('"include"')
    expect((await server.error('GET', 'todos?columns=nope')).body.data.field).toBe('nope')
    expect((await server.error('GET', 'todos/1?limit=3')).body).toMatchObject({ statusCode: 400, data: { code: 'RSTORE_INVALID_QUERY' } })
  })

  it('may be followed by params that only hooks know', async () => {
    expect(await server.get('todos?mine=yes&mine=2&__proto__=x&constructor=y')).toMatchObject({ status: 200, body: [] })
  })
})
