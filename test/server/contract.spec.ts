import type { TestServer } from './support/create-server'
import { createError, defineEventHandler, toWebHandler } from 'h3'
import { Buffer } from 'node:buffer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServer } from './support/create-server'

let server: TestServer
beforeEach(async () => {
  server = await createServer({ collections: { todos: { hidden: ['secretToken'], readonly: ['origin'] }, moments: false } })
})
afterEach(() => server.close())

const failing = (status: number, code: string, field?: string) => ({ status, body: { statusCode: status, statusMessage: expect.any(String), message: expect.any(String), data: { code, ...field && { field } } } })

describe('collections', () => {
  it.each(['nope', '__proto__', 'constructor', 'toString', 'todos%00', 'moments', 'sqlite_master', 'openTodos;drop table todos'])('named %j are unknown', async (name) => {
    for (const [method, path] of [['GET', name], ['POST', name], ['GET', `${name}/1`], ['DELETE', `${name}/1`]] as const)
      expect(await server.error(method, path, method === 'POST' ? {} : undefined)).toMatchObject(failing(404, 'RSTORE_UNKNOWN_COLLECTION'))
  })

  it('that are views can be read, not written', async () => {
    await server.client.execute('insert into todos (title, done, created_at) values (\'abc\', 0, 0), (\'de\', 1, 0), (\'f\', 0, 0)')
    expect((await server.list('openTodos')).body).toEqual([{ id: 1, title: 'abc', length: 3 }, { id: 3, title: 'f', length: 1 }])
    expect((await server.get('openTodos/3')).body).toMatchObject({ title: 'f' })
    expect((await server.list('openTodos', { where: { op: 'lt', field: 'length', value: 2 }, orderBy: 'length.desc', columns: 'title' })).body).toEqual([{ id: 3, title: 'f', length: 1 }])
    expect((await server.list('openTodos', { keys: '1,2' })).body).toHaveLength(1)
    const page = await server.list('openTodos', { orderBy: 'length.desc', limit: 1 })
    expect((await server.list('openTodos', { orderBy: 'length.desc', limit: 1, cursor: page.headers.get('x-rstore-next-cursor') })).body).toMatchObject([{ id: 3 }])
    for (const [method, path] of [['POST', 'openTodos'], ['PATCH', 'openTodos/1'], ['DELETE', 'openTodos/1']] as const) {
      const answer = await server.error(method, path, method === 'DELETE' ? undefined : {})
      expect(answer).toMatchObject(failing(405, 'RSTORE_READONLY_COLLECTION'))
      expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
    }
  })
})

describe('methods', () => {
  it('that a route lacks are refused with those it has', async () => {
    for (const [method, path, allow] of [['PUT', 'todos', 'GET, HEAD, POST, OPTIONS'], ['DELETE', 'todos', 'GET, HEAD, POST, OPTIONS'], ['POST', 'todos/1', 'GET, HEAD, PATCH, DELETE, OPTIONS'], ['PUT', 'todos/1', 'GET, HEAD, PATCH, DELETE, OPTIONS']] as const) {
      const answer = await server.error(method, path, {})
      expect(answer).toMatchObject(failing(405, 'RSTORE_METHOD_NOT_ALLOWED'))
      expect(answer.headers.get('allow')).toBe(allow)
    }
  })

  it('HEAD and OPTIONS answer without a body', async () => {
    const head = await server.call('HEAD', 'todos?limit=1')
    expect(head).toMatchObject({ status: 200, body: undefined })
    expect(head.headers.get('content-type')).toBe('application/json')
    const options = await server.call('OPTIONS', 'todos/1')
    expect(options).toMatchObject({ status: 204, body: undefined })
    expect(options.headers.get('allow')).toBe('GET, HEAD, PATCH, DELETE, OPTIONS')
  })
})

describe('bodies', () => {
  it.each(['', '{', '[]', '"x"', 'null', '5', '{"title":"x"},', '\uFFFD{'])('like %j are no objects', async (body) => {
    expect(await server.error('POST', 'todos', body)).toMatchObject(failing(400, 'RSTORE_INVALID_BODY'))
    expect(await server.error('PATCH', 'todos/1', body)).toMatchObject(failing(400, 'RSTORE_INVALID_BODY'))
  })

  it('must be UTF-8', async () => {
    expect(await server.error('POST', 'todos', Buffer.from([0x22, 0xFF, 0x22]))).toMatchObject(failing(400, 'RSTORE_INVALID_BODY'))
  })

  it.each([['text/plain', 415], ['application/x-www-form-urlencoded', 415], ['application/jsonp', 415], ['application/json; charset=utf-8', 200], ['Application/JSON', 200]])('of type %s are answered %i', async (type, status) => {
    expect(await server.call('POST', 'todos', '{"title":"x"}', { 'content-type': type })).toMatchObject({ status })
    expect((await server.list('todos')).body).toHaveLength(status === 200 ? 1 : 0)
  })

  it('without a type are refused', async () => {
    expect(await server.raw('POST', 'todos', {}, ['{"title":"x"}'])).toMatchObject(failing(415, 'RSTORE_UNSUPPORTED_MEDIA_TYPE'))
  })

  it('are read up to one megabyte', async () => {
    const words = (length: number) => JSON.stringify({ id: 1, words: 'x'.repeat(length) })
    expect(await server.call('POST', 'kinds', words(1_048_576 - words(0).length))).toMatchObject({ status: 200 })
    expect(await server.error('PATCH', 'kinds/1', words(1_048_577 - words(0).length))).toMatchObject(failing(413, 'RSTORE_BODY_TOO_LARGE'))
    // In pieces, without a length in front.
    const pieces = Array.from({ length: 40 }, () => Buffer.alloc(65_536, 'x'))
    expect(await server.raw('POST', 'todos', { 'content-type': 'application/json' }, pieces)).toMatchObject(failing(413, 'RSTORE_BODY_TOO_LARGE'))
  })

  it('name the field at fault', async () => {
    const post = (body: unknown) => server.error('POST', 'todos', body)
    expect(await post({})).toMatchObject(failing(400, 'RSTORE_REQUIRED', 'title'))
    expect(await post({ title: null })).toMatchObject(failing(400, 'RSTORE_REQUIRED', 'title'))
    expect(await post({ title: 'x'.repeat(21) })).toMatchObject(failing(400, 'RSTORE_TOO_LONG', 'title'))
    expect(await post({ title: 'x', nope: 1 })).toMatchObject(failing(400, 'RSTORE_UNKNOWN_COLUMN', 'nope'))
    expect(await post({ title: 'x', secretToken: 's' })).toMatchObject(failing(400, 'RSTORE_UNKNOWN_COLUMN', 'secretToken'))
    expect(await post({ title: 'x', origin: 's' })).toMatchObject(failing(400, 'RSTORE_READONLY_COLUMN', 'origin'))
    expect(await post({ title: 'x', shout: 's' })).toMatchObject(failing(400, 'RSTORE_READONLY_COLUMN', 'shout'))
    expect(await post('{"title":"x","__proto__":{"done":true}}')).toMatchObject(failing(400, 'RSTORE_UNKNOWN_COLUMN', '__proto__'))
    expect(await post('{"title":"x","constructor":1}')).toMatchObject(failing(400, 'RSTORE_UNKNOWN_COLUMN', 'constructor'))
    expect((await server.list('todos')).body).toEqual([])
  })

  it('are data, never SQL', async () => {
    const title = '\'); drop table--'
    expect((await server.call('POST', 'todos', { title })).body).toMatchObject({ title })
    expect((await server.list('todos', { where: { op: 'eq', field: 'title', value: title } })).body).toHaveLength(1)
    expect((await server.list('todos', { where: { op: 'eq', field: 'title', value: '\' or \'1\'=\'1' } })).body).toHaveLength(0)
    expect(await server.get(`lists/${encodeURIComponent('\' or 1=1 --')}`)).toMatchObject({ status: 404 })
  })
})

describe('writes from other sites', () => {
  it.each([['cross-site', 403], ['weird', 403], ['same-origin', 200], ['same-site', 200], ['none', 200], [undefined, 200]])('sec-fetch-site: %s is answered %i', async (site, status) => {
    expect(await server.call('POST', 'todos', { title: 'x' }, site ? { 'sec-fetch-site': site } : {})).toMatchObject({ status })
    const remove = await server.error('DELETE', 'todos/1', undefined, site ? { 'sec-fetch-site': site } : {})
    expect(remove.status).toBe(status)
    expect((await server.get('todos', site ? { 'sec-fetch-site': site } : {})).status).toBe(200)
    if (status === 403)
      expect(remove).toMatchObject(failing(403, 'RSTORE_CROSS_SITE'))
  })
})

describe('what the database refuses', () => {
  it('is told by the name of the field, not of the column', async () => {
    await server.client.executeMultiple('drop table todos; create table todos (id integer primary key, title text not null, done integer, list_id text not null unique, priority integer, created_at integer, changes integer, shout text, secret_token text not null unique default \'s\', origin text)')
    expect(await server.error('POST', 'todos', { title: 'x' })).toMatchObject(failing(422, 'RSTORE_CONSTRAINT', 'listId'))
    await server.client.execute('insert into todos (id, title, list_id) values (1, \'x\', \'a\'), (2, \'y\', \'b\')').catch(() => {})
    await server.client.executeMultiple('delete from todos; insert into todos (id, title, list_id, secret_token) values (1, \'x\', \'a\', \'1\'), (2, \'y\', \'b\', \'2\')')
    expect(await server.error('PATCH', 'todos/2', { listId: 'a' })).toMatchObject(failing(409, 'RSTORE_DUPLICATE', 'listId'))
  })

  it('never names a hidden column', async () => {
    await server.client.executeMultiple('insert into todos (id, title, created_at, secret_token) values (1, \'x\', 0, \'s\'); create trigger t after insert on todos begin update todos set secret_token = \'s\' where id = new.id; end')
    const answer = await server.error('POST', 'todos', { title: 'y' })
    expect(answer).toMatchObject(failing(409, 'RSTORE_DUPLICATE'))
    expect(JSON.stringify(answer.body)).not.toMatch(/secret/i)
  })

  it('may come from a trigger', async () => {
    await server.client.executeMultiple('create trigger t before insert on lists begin select raise(abort, \'no more lists\'); end; create trigger u before insert on todos begin select raise(ignore); end')
    expect(await server.error('POST', 'lists', { id: 'a', name: 'A' })).toMatchObject(failing(422, 'RSTORE_CONSTRAINT'))
    expect(await server.error('POST', 'todos', { title: 'x' })).toMatchObject(failing(422, 'RSTORE_CONSTRAINT'))
  })
})

describe('errors', () => {
  it('that nobody expected are reported, and the client learns nothing of them', async () => {
    await server.client.execute('drop table kinds')
    const answer = await server.error('GET', 'kinds?where={"op":"eq","field":"words","value":"private"}')
    expect(answer).toMatchObject(failing(500, 'RSTORE_INTERNAL'))
    expect(JSON.stringify(answer.body)).not.toMatch(/select|kinds|no such|stack|private/i)
    expect(server.errors).toHaveLength(1)
    expect(String(server.errors[0])).toContain('no such table: kinds')
    expect(String(server.errors[0])).not.toContain('private')
  })

  it('that user code creates keep status, message and data', async () => {
    const other = await createServer({ useDatabase: () => {
      throw createError({ statusCode: 402, statusMessage: 'Pay first', message: 'Please pay', data: { plan: 'pro' } })
    } })
    expect(await other.error('GET', 'todos')).toMatchObject({ status: 402, body: { statusCode: 402, statusMessage: 'Pay first', message: 'Please pay', data: { plan: 'pro' } } })
    expect(other.errors).toEqual([])
    await other.close()
  })

  it('of the app\'s own middleware pass by', async () => {
    const other = await createServer({ before: defineEventHandler(() => {
      throw createError({ statusCode: 401 })
    }) })
    expect((await other.error('GET', 'todos')).status).toBe(401)
    await other.close()
  })

  it('are not to be kept by anybody', async () => {
    const { headers } = await server.error('GET', 'todos/9')
    expect(headers.get('cache-control')).toBe('private, no-store')
    expect(headers.get('content-type')).toBe('application/json')
  })
})

it('answers through a fetch handler as well', async () => {
  const handle = toWebHandler(server.app)
  const send = (path: string, init: RequestInit & { duplex?: 'half' } = {}) => handle(new Request(`http://app.test/api/rstore/${path}`, init))
  const created = await send('todos', { method: 'POST', body: '{"title":"x"}', headers: { 'content-type': 'application/json' } })
  expect(await created.json()).toMatchObject({ id: 1, title: 'x' })
  const streamed = await send('todos', { method: 'POST', body: new Blob(['{"title":"s"}']).stream(), duplex: 'half', headers: { 'content-type': 'application/json' } })
  expect(await streamed.json()).toMatchObject({ id: 2, title: 's' })
  const large = await send('todos', { method: 'POST', body: new Blob([new Uint8Array(2_000_000)]).stream(), duplex: 'half', headers: { 'content-type': 'application/json' } })
  expect(large.status).toBe(413)
  const list = await send('todos?limit=1')
  expect(list.headers.get('x-rstore-next-cursor')).toBeTruthy()
  expect(await list.json()).toMatchObject([{ id: 1 }])
  expect(await (await send('lists/a%3Fb%2Fc%25')).json()).toMatchObject({ data: { code: 'RSTORE_NOT_FOUND' } })
})
