import type { TestServer } from './support/create-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServer } from './support/create-server'

let server: TestServer
beforeEach(async () => {
  server = await createServer({ collections: { todos: { hidden: ['secretToken'], readonly: ['origin'] } } })
})
afterEach(() => server.close())

describe('a row', () => {
  it('is created, read, changed and deleted', async () => {
    const created = await server.call('POST', 'todos', { title: 'Milk' })
    const row = { id: 1, title: 'Milk', done: false, listId: null, priority: null, createdAt: '2026-01-02T03:04:05.000Z', changes: 7, shout: 'MILK', origin: null }
    expect(created).toMatchObject({ status: 200, body: row })
    expect(Object.keys(created.body)).not.toContain('secretToken')
    expect(await server.get('todos/1')).toMatchObject({ status: 200, body: row })
    expect((await server.list('todos')).body).toEqual([row])

    const updated = await server.call('PATCH', 'todos/1', { done: true, title: 'Oat milk' })
    expect(updated).toMatchObject({ status: 200, body: { ...row, done: true, title: 'Oat milk', shout: 'OAT MILK' } })
    expect(await server.call('DELETE', 'todos/1')).toMatchObject({ status: 200, body: updated.body })
    expect((await server.list('todos')).body).toEqual([])
    expect(await server.error('GET', 'todos/1')).toMatchObject({ status: 404, body: { data: { code: 'RSTORE_NOT_FOUND', collection: 'todos' } } })
    expect(await server.error('PATCH', 'todos/1', { done: true })).toMatchObject({ status: 404, body: { data: { code: 'RSTORE_NOT_FOUND' } } })
    expect(await server.error('DELETE', 'todos/1')).toMatchObject({ status: 404 })
  })

  it('stays as it is where a change changes nothing', async () => {
    await server.call('POST', 'todos', { title: 'Milk' })
    await server.client.execute('update todos set changes = 1')
    for (const body of [{}, { id: 1 }])
      expect(await server.call('PATCH', 'todos/1', body)).toMatchObject({ status: 200, body: { title: 'Milk', changes: 1 } })
    expect(await server.error('PATCH', 'todos/2', {})).toMatchObject({ status: 404 })
  })

  it('keeps its key', async () => {
    await server.call('POST', 'todos', { title: 'Milk' })
    expect(await server.error('PATCH', 'todos/1', { id: 2, title: 'x' })).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_READONLY_COLUMN', field: 'id' } } })
    expect(await server.call('PATCH', 'todos/1', { id: 1, title: 'x' })).toMatchObject({ status: 200, body: { id: 1, title: 'x' } })
    await server.call('POST', 'moments', { at: '2026-01-01T00:00:00.123Z', what: 'a' })
    expect(await server.call('PATCH', `moments/${encodeURIComponent('2026-01-01T00:00:00.123Z')}`, { at: '2026-01-01T01:00:00.123+01:00', what: 'b' }))
      .toMatchObject({ status: 200, body: { what: 'b' } })
  })

  it('may have fields that h3 would take for a stream', async () => {
    const row = { id: 1, buffer: 'a', end: 'b', pipe: 'c', arrayBuffer: 'd' }
    expect((await server.call('POST', 'streams', row)).body).toEqual(row)
    expect((await server.get('streams/1')).body).toEqual(row)
  })
})

// That they come back as they were sent is what `test/conformance` is about.
describe('every column type', () => {
  const row = {
    id: 1, int: -5, float: 0.1, decimal: '12.5', decimalNumber: 2.25, decimalBigint: '9007199254740993', words: 'Ünï 😀 "\'%_\\\n', color: 'red',
    json: { a: [1, 'x', null, { b: true }] }, bytes: 'AP8Q', blobJson: ['y', { z: 1.5 }], big: '-123456789012345678901234567890',
    seconds: '2026-01-02T03:04:05.000Z', millis: '1969-12-31T23:59:59.999Z', flag: true,
  }

  it('is stored as Drizzle stores it', async () => {
    await server.call('POST', 'kinds', row)
    const [stored] = (await server.client.execute(`select typeof(int) int, typeof(float) float, typeof(decimal) decimal, typeof(words) words, json,
      hex(bytes) bytes, cast(blob_json as text) blob_json, cast(big as text) big, seconds, millis, flag from kinds`)).rows
    expect({ ...stored }).toMatchObject({
      int: 'integer', float: 'real', decimal: 'real', words: 'text', json: JSON.stringify(row.json), bytes: '00FF10', blob_json: JSON.stringify(row.blobJson),
      big: row.big, seconds: 1767323045, millis: -1, flag: 1,
    })
  })

  it.each([
    ['int', 1.5, 'RSTORE_INVALID_VALUE'], ['int', 2 ** 53, 'RSTORE_OUT_OF_RANGE'], ['int', '5', 'RSTORE_INVALID_VALUE'], ['float', 'x', 'RSTORE_INVALID_VALUE'],
    ['decimal', 'abc', 'RSTORE_INVALID_VALUE'], ['decimalBigint', 1.5, 'RSTORE_INVALID_VALUE'], ['words', 5, 'RSTORE_INVALID_VALUE'],
    ['words', 'a\0b', 'RSTORE_INVALID_VALUE'], ['words', '\uD800', 'RSTORE_INVALID_VALUE'], ['color', 'blue', 'RSTORE_NOT_IN_ENUM'], ['bytes', '*', 'RSTORE_INVALID_VALUE'],
    ['seconds', 'yesterday', 'RSTORE_INVALID_VALUE'], ['seconds', 1767323045, 'RSTORE_INVALID_VALUE'], ['flag', 1, 'RSTORE_INVALID_VALUE'], ['big', '1.5', 'RSTORE_INVALID_VALUE'],
  ])('refuses for %s the value %j', async (field, value, code) => {
    expect(await server.error('POST', 'kinds', { [field]: value })).toMatchObject({ status: 400, body: { statusCode: 400, data: { code, field, collection: 'kinds' } } })
    expect((await server.list('kinds')).body).toEqual([])
  })
})

describe('a stored value that its column can\'t mean', () => {
  it('is answered as null and hides no other row', async () => {
    await server.client.executeMultiple(`
      insert into kinds (id, int, words) values (1, 1, 'fine');
      insert into kinds (id, int, float, decimal, json, blob_json, big, seconds, millis, flag, bytes, words) values
        (2, 9007199254740993, 9e999, 9223372036854775807, '{oops', x'ff', x'ff', 9000000000000000, 'soon', 9223372036854775807, 'text', x'c3');
      insert into kinds (id, int, words, decimal_bigint) values (3, 'three', 'fine', 1.5);
    `)
    const { status, body } = await server.list('kinds')
    expect(status).toBe(200)
    expect(body.map(row => row.words)).toEqual(['fine', null, 'fine'])
    expect(body[1]).toMatchObject({ int: null, float: null, decimal: '9223372036854775807', json: null, blobJson: null, big: null, seconds: null, millis: null, flag: false, bytes: 'dGV4dA==' })
    expect(body[2]).toMatchObject({ int: null, decimalBigint: null })
    expect(server.badValues).toEqual(expect.arrayContaining(['kinds.int', 'kinds.json', 'kinds.seconds']))
    expect(await server.call('PATCH', 'kinds/2', { words: 'changed' })).toMatchObject({ status: 200, body: { words: 'changed', int: null } })
    expect(await server.call('DELETE', 'kinds/2')).toMatchObject({ status: 200, body: { words: 'changed' } })
  })

  it.each(['bigint', 'string'] as const)('is the same with a driver that gives integers as %s', async (intMode) => {
    const other = await createServer({ intMode })
    const row = { id: 1, int: -5, seconds: '2026-01-02T03:04:05.000Z', millis: '2026-01-02T03:04:05.678Z', flag: true, decimal: '3', decimalNumber: 4, decimalBigint: '5', words: '7' }
    expect(await other.call('POST', 'kinds', row)).toMatchObject({ status: 200, body: row })
    expect((await other.list('kinds', { limit: 1 })).body).toMatchObject([row])
    expect(other.badValues).toEqual([])
    await other.close()
  })
})
