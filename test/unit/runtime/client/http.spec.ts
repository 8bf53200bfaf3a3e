import type { IncomingHttpHeaders, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CollectionModel } from '../../../../src/runtime/shared/model'
import { createServer } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createHttpTransport } from '../../../../src/runtime/client/http'
import { column, createSchema, model } from '../store/support/schema'

interface Seen { method: string, url: URL, headers: IncomingHttpHeaders, body: string }

let http: Server
let origin: string
let seen: Seen[]
let answer: { status: number, headers?: Record<string, string>, body: string, cut?: boolean }

beforeAll(async () => {
  http = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => body += chunk)
    request.on('end', () => {
      seen.push({ method: request.method!, url: new URL(request.url!, 'http://x'), headers: request.headers, body })
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers, ...(answer.cut ? { 'content-length': '1000' } : {}) })
      if (answer.cut) {
        response.write(answer.body)
        setImmediate(() => response.destroy())
      }
      else {
        response.end(answer.body)
      }
    })
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
})
afterAll(() => new Promise(resolve => http.close(resolve)))
beforeEach(() => {
  seen = []
})

const { todos, events, members } = createSchema().collections as Record<string, CollectionModel> & Record<'todos' | 'events' | 'members', CollectionModel>
const files = model('files', { id: column('string'), data: column('bytes', { nullable: true }), sizes: column('array', { nullable: true, items: column('bigint') }) })

function transport(options: Partial<Parameters<typeof createHttpTransport>[0]> = {}) {
  return createHttpTransport({ apiPath: `${origin}/api/rstore`, fetch, ...options })
}

function answers(status: number, body: unknown, headers?: Record<string, string>): void {
  answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body), headers }
}

const wire = { id: 1, title: 'a', listId: null, done: true, priority: null, createdAt: '2026-01-02T03:04:05.678Z' }
const row = { ...wire, createdAt: new Date('2026-01-02T03:04:05.678Z') }

describe('reads', () => {
  it('ask for a list with everything in its place, and decode it', async () => {
    answers(200, [wire], { 'x-rstore-next-cursor': 'next' })
    const list = await transport().fetchMany(todos, {
      where: { operator: 'and', conditions: [{ operator: 'gt', field: 'createdAt', value: new Date(0) }, { operator: 'like', field: 'title', value: '50% & "é" +?' }] },
      orderBy: ['createdAt.desc', 'id.asc'],
      limit: 10,
      cursor: 'a+b/c=',
      columns: ['id', 'title'],
      keys: [1, 2],
      params: { text: 'x y', flag: true, nothing: undefined, limit: 99 },
    })
    expect(list).toEqual({ rows: [row], nextCursor: 'next' })
    const [{ method, url, headers, body }] = seen as [Seen]
    expect([method, url.pathname, body]).toEqual(['GET', '/api/rstore/todos', ''])
    expect(Object.fromEntries(url.searchParams)).toEqual({
      where: '{"operator":"and","conditions":[{"operator":"gt","field":"createdAt","value":"1970-01-01T00:00:00.000Z"},{"operator":"like","field":"title","value":"50% & \\"é\\" +?"}]}',
      orderBy: 'createdAt.desc,id.asc',
      limit: '10',
      cursor: 'a+b/c=',
      columns: 'id,title',
      keys: '1,2',
      text: 'x y',
      flag: 'true',
    })
    expect(headers.accept).toBe('application/json')
    expect(headers['x-rstore-client-id']).toBeUndefined()
    expect(headers['content-type']).toBeUndefined()
  })

  it('of all there is ask for nothing in particular', async () => {
    answers(200, [])
    expect(await transport().fetchMany(todos, {})).toEqual({ rows: [], nextCursor: undefined })
    expect(seen[0]!.url.search).toBe('')
  })

  it('that are too long for an address go in a body', async () => {
    const where = { operator: 'inArray' as const, field: 'title', value: Array.from({ length: 400 }, (_, i) => `title ${i}`) }
    answers(200, { results: [{ ok: true, result: [{ id: 1, title: 'title 1' }], nextCursor: 'next' }] })
    expect(await transport().fetchMany(todos, { where, limit: 1 })).toEqual({ rows: [{ id: 1, title: 'title 1' }], nextCursor: 'next' })
    expect(seen).toMatchObject([{ method: 'POST', url: { pathname: '/api/rstore/_batch' } }])
    expect(JSON.parse(seen[0]!.body)).toEqual({ operations: [{ type: 'fetchMany', collection: 'todos', query: { where, limit: 1 } }] })

    answers(200, { results: [{ ok: false, error: { statusCode: 404, data: { code: 'RSTORE_NOT_FOUND' } } }] })
    expect(await transport().fetchFirst(todos, 1, { params: { long: 'x'.repeat(5000) } })).toBeUndefined()
    answers(404, 'no such route')
    await expect(transport().fetchFirst(todos, 1, { params: { long: 'x'.repeat(5000) } })).rejects.toMatchObject({ statusCode: 404 })
  })

  it('of one row go to its own address, whatever is in the key', async () => {
    answers(200, wire)
    expect(await transport().fetchFirst(todos, 1, { columns: ['title'], params: { p: 'q' } })).toEqual(row)
    answers(200, { teamId: 1, userId: 'ä/ü?#&%', role: 'guest' })
    await transport().fetchFirst(members, '1::ä/ü?#&%25', {})
    expect(seen.map(({ url }) => url.pathname + url.search)).toEqual(['/api/rstore/todos/1?columns=title&p=q', `/api/rstore/members/${encodeURIComponent('1::ä/ü?#&%25')}`])
  })

  it('give undefined where there is no such row, and nothing else is taken for that', async () => {
    answers(404, { message: 'No row.', data: { code: 'RSTORE_NOT_FOUND' } })
    expect(await transport().fetchFirst(todos, 1, {})).toBeUndefined()
    answers(404, { message: 'No collection.', data: { code: 'RSTORE_UNKNOWN_COLLECTION' } })
    await expect(transport().fetchFirst(todos, 1, {})).rejects.toMatchObject({ code: 'RSTORE_UNKNOWN_COLLECTION', statusCode: 404 })
    await expect(transport().fetchMany(todos, {})).rejects.toMatchObject({ code: 'RSTORE_UNKNOWN_COLLECTION' })
  })

  it('decode dates, bigints, bytes, arrays and JSON', async () => {
    answers(200, [{ id: '9007199254740993', size: null, data: { at: '2026-01-01' } }])
    expect((await transport().fetchMany(events, {})).rows).toEqual([{ id: 9007199254740993n, size: null, data: { at: '2026-01-01' } }])
    answers(200, [{ id: 'f', data: 'AQL/', sizes: ['1', null] }])
    expect((await transport().fetchMany(files, {})).rows).toEqual([{ id: 'f', data: new Uint8Array([1, 2, 255]), sizes: [1n, null] }])
  })
})

describe('writes', () => {
  it('send JSON in wire form and give the row that the server has made', async () => {
    answers(200, wire)
    expect(await transport({ clientId: () => 'tab' }).create(todos, { title: 'a', createdAt: row.createdAt, priority: undefined })).toEqual(row)
    answers(200, { id: '5', size: '7', data: null })
    expect(await transport().update(events, '5', { size: 7n })).toEqual({ id: 5n, size: 7n, data: null })
    answers(204, '')
    expect(await transport().delete(members, '1::a%3Ab')).toEqual({})
    expect(seen.map(({ method, url, body }) => [method, url.pathname, body])).toEqual([
      ['POST', '/api/rstore/todos', '{"title":"a","createdAt":"2026-01-02T03:04:05.678Z"}'],
      ['PATCH', '/api/rstore/events/5', '{"size":"7"}'],
      ['DELETE', '/api/rstore/members/1%3A%3Aa%253Ab', ''],
    ])
    expect(seen[0]!.headers).toMatchObject({ 'content-type': 'application/json', 'x-rstore-client-id': 'tab' })
    expect(seen[2]!.headers['content-type']).toBeUndefined()
    answers(200, wire)
    expect(await transport().delete(todos, 1)).toEqual(row)
  })

  it('can be a batch, with a result for each operation', async () => {
    answers(200, { results: [{ ok: true, result: wire }, { ok: false, error: { statusCode: 422, statusMessage: 'Unprocessable Content', message: 'No.', data: { code: 'RSTORE_CONSTRAINT', field: 'size' } } }, { ok: true, result: { id: '5', size: '7', data: null } }] })
    const results = await transport({ clientId: () => 'tab' }).batch([
      { type: 'create', collection: todos, key: -5, item: { title: 'a', createdAt: row.createdAt, listId: -7 } },
      { type: 'update', collection: events, key: '5', item: { size: 7n } },
      { type: 'delete', collection: events, key: '5' },
    ], { atomic: true })
    expect(results).toMatchObject([{ ok: true, result: row }, { ok: false, error: { name: 'RstoreError', code: 'RSTORE_CONSTRAINT', statusCode: 422, field: 'size', collection: 'events', message: 'No.' } }, { ok: true, result: { id: 5n, size: 7n } }])
    expect(seen.map(({ method, url }) => [method, url.pathname])).toEqual([['POST', '/api/rstore/_batch']])
    expect(JSON.parse(seen[0]!.body)).toEqual({ atomic: true, operations: [
      { type: 'create', collection: 'todos', key: -5, item: { title: 'a', createdAt: '2026-01-02T03:04:05.678Z', listId: -7 } },
      { type: 'update', collection: 'events', key: '5', item: { size: '7' } },
      { type: 'delete', collection: 'events', key: '5' },
    ] })
    expect(seen[0]!.headers).toMatchObject({ 'content-type': 'application/json', 'x-rstore-client-id': 'tab' })
  })

  it('that are a batch fail as a whole where there is no result for each', async () => {
    for (const body of [{ results: [] }, { results: 1 }, {}, 'null']) {
      answers(200, body)
      await expect(transport().batch([{ type: 'delete', collection: events, key: '5' }], { atomic: true })).rejects.toMatchObject({ code: 'RSTORE_NETWORK', message: expect.stringContaining('a batch') })
    }
    answers(400, { message: 'Too much.', data: { code: 'RSTORE_LIMIT_EXCEEDED' } })
    await expect(transport().batch([], { atomic: true })).rejects.toMatchObject({ code: 'RSTORE_LIMIT_EXCEEDED', statusCode: 400 })
  })
})

describe('failures', () => {
  const failing = async () => transport().update(todos, 1, { title: 'a' }).then(() => undefined, error => error)

  it('that the server has named keep its code, status, field and words', async () => {
    answers(400, { statusCode: 400, statusMessage: 'Bad Request', message: '"title" has 9 characters; at most 5 fit.', data: { code: 'RSTORE_TOO_LONG', field: 'title' } })
    expect(await failing()).toMatchObject({ name: 'RstoreError', code: 'RSTORE_TOO_LONG', statusCode: 400, field: 'title', collection: 'todos', message: '"title" has 9 characters; at most 5 fit.' })
    answers(409, { message: 'x', data: { code: 'RSTORE_OF_TOMORROW', more: 1 } })
    expect(await failing()).toMatchObject({ code: 'RSTORE_OF_TOMORROW', statusCode: 409, data: { more: 1 } })
  })

  it('that the app has thrown keep its words', async () => {
    answers(403, { statusCode: 403, statusMessage: 'You are not a member', message: '' })
    expect(await failing()).toMatchObject({ code: 'RSTORE_REJECTED', statusCode: 403, message: 'You are not a member' })
    answers(404, { message: 'Page not found' })
    expect(await failing()).toMatchObject({ code: 'RSTORE_NOT_FOUND', statusCode: 404 })
  })

  it('of something in between are told from a refusal', async () => {
    answers(502, '<html>Bad gateway</html>', { 'content-type': 'text/html' })
    expect(await failing()).toMatchObject({ code: 'RSTORE_INTERNAL', statusCode: 502, message: 'The server answered 502 for "todos".' })
  })

  it('of the network are errors of ours with the cause', async () => {
    await new Promise<void>((resolve) => {
      const dead = createServer().listen(0, () => {
        origin = `http://127.0.0.1:${(dead.address() as AddressInfo).port}`
        dead.close(() => resolve())
      })
    })
    const error = await failing()
    origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
    expect(error).toMatchObject({ code: 'RSTORE_NETWORK', statusCode: 0, collection: 'todos', cause: expect.any(TypeError) })
  })

  it('of an answer that breaks off or is something else are, too', async () => {
    answer = { status: 200, body: '{"id":', cut: true }
    expect(await failing()).toMatchObject({ code: 'RSTORE_NETWORK' })
    answers(200, '<!doctype html>', { 'content-type': 'text/html' })
    await expect(transport().fetchMany(todos, {})).rejects.toMatchObject({ code: 'RSTORE_NETWORK' })
    answers(200, { not: 'a list' })
    await expect(transport().fetchMany(todos, {})).rejects.toMatchObject({ code: 'RSTORE_NETWORK' })
    answers(200, 'null')
    await expect(transport().fetchFirst(todos, 1, {})).rejects.toMatchObject({ code: 'RSTORE_NETWORK' })
  })
})
