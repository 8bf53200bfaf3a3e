import type { ServerSetup, TestServer } from './support/create-server'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@libsql/client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServer } from './support/create-server'
import { ddl } from './support/schema'

type Result = { ok: true, result: unknown, nextCursor?: string } | { ok: false, error: { statusCode: number, statusMessage: string, message: string, data: { code: string, field?: string, collection?: string } } }

const collections = { todos: { hidden: ['secretToken'], readonly: ['origin'] }, moments: false } as const satisfies ServerSetup['collections']
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rstore-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** In a file a transaction has a connection of its own; in memory it takes the only one there is. */
describe.each(['file', 'memory'])('a batch, with a database in a %s', (place) => {
  let server: TestServer
  let client: ReturnType<typeof createClient>

  async function start(setup: Partial<ServerSetup> = {}): Promise<TestServer> {
    client = createClient({ url: place === 'file' ? `file:${join(folder, 'test.db')}` : ':memory:' })
    await client.executeMultiple(ddl)
    server = await createServer({ client, collections: { ...collections }, ...setup })
    return server
  }
  beforeEach(async () => void await start())
  afterEach(async () => {
    await server.close()
    client.close()
  })

  async function batch(operations: unknown[], more: object = {}): Promise<Result[]> {
    const { status, body } = await server.call<{ results: Result[] }>('POST', '_batch', { operations, ...more })
    expect(status).toBe(200)
    return body.results
  }
  const atomic = (operations: unknown[]) => batch(operations, { atomic: true })
  const rows = async (collection: string) => (await server.list(collection)).body
  const create = (collection: string, item: object, key?: string | number) => ({ type: 'create', collection, item, key })
  const outcome = (results: Result[]) => results.map(result => result.ok ? 'ok' : result.error.data.code)

  describe('of operations that stand for themselves', () => {
    it('answers each, in their order', async () => {
      await server.call('POST', 'todos', { title: 'one', priority: 1 })
      await server.call('POST', 'todos', { title: 'two', priority: 2 })
      const results = await batch([
        { type: 'fetchMany', collection: 'todos', query: { where: { operator: 'gte', field: 'priority', value: 1 }, orderBy: ['priority.desc'], limit: 1, columns: ['title'], hint: { any: 1 } } },
        { type: 'fetchFirst', collection: 'todos', key: '1', query: { columns: ['title'] } },
        { type: 'fetchFirst', collection: 'todos', query: { orderBy: ['title.desc'] } },
        { type: 'fetchFirst', collection: 'todos', query: { where: { operator: 'eq', field: 'title', value: 'nope' } } },
        create('lists', { id: 'a', name: 'A' }),
        { type: 'update', collection: 'todos', key: 1, item: { title: 'first' }, mutationId: 'm1' },
        { type: 'delete', collection: 'todos', key: 2 },
      ])
      expect(results).toMatchObject([
        { ok: true, result: [{ id: 2, title: 'two' }], nextCursor: expect.any(String) },
        { ok: true, result: { id: 1, title: 'one' } },
        { ok: true, result: { id: 2 } },
        { ok: true, result: null },
        { ok: true, result: { id: 'a', name: 'A' } },
        { ok: true, result: { id: 1, title: 'first' } },
        { ok: true, result: { id: 2, title: 'two' } },
      ])
      expect(await rows('todos')).toMatchObject([{ id: 1, title: 'first' }])
      const [first] = results
      const next = await batch([{ type: 'fetchMany', collection: 'todos', query: { where: { operator: 'gte', field: 'priority', value: 1 }, orderBy: ['priority.desc'], cursor: first!.ok && first!.nextCursor } }])
      expect(next).toMatchObject([{ ok: true, result: [{ id: 1 }] }])
    })

    it('takes keys, and includes, like the routes do', async () => {
      await atomic([create('lists', { id: 'a', name: 'A' }), create('todos', { title: 'x', listId: 'a' }), create('todos', { title: 'y' })])
      const results = await batch([
        { type: 'fetchMany', collection: 'todos', query: { keys: [2, 9] } },
        { type: 'fetchMany', collection: 'lists', query: { include: { todos: true } } },
        { type: 'fetchFirst', collection: 'todos', key: 1, query: { include: { list: { columns: ['name'] } } } },
        { type: 'fetchFirst', collection: 'todos', key: 1, query: { limit: 1 } },
      ])
      expect(results).toMatchObject([
        { result: [{ id: 2 }] },
        { result: [{ id: 'a', todos: [{ id: 1, title: 'x' }] }] },
        { result: { id: 1, list: { id: 'a', name: 'A' } } },
        { error: { statusCode: 400, data: { code: 'RSTORE_INVALID_QUERY' } } },
      ])
    })

    it('works off the others where one fails', async () => {
      const results = await batch([
        create('lists', { id: 'a', name: 'A' }),
        create('lists', { id: 'b', name: 'A' }),
        create('todos', { title: 'x', listId: 'nope' }),
        create('todos', { title: 5 }),
        { type: 'update', collection: 'todos', key: 7, item: { title: 'x' } },
        { type: 'delete', collection: 'todos', key: 'x' },
        { type: 'fetchFirst', collection: 'todos', key: 9 },
        create('todos', { title: 'x', listId: 'a' }),
      ])
      expect(results.map(result => result.ok ? 'ok' : [result.error.statusCode, result.error.data.code, result.error.data.field, result.error.data.collection])).toEqual([
        'ok',
        [409, 'RSTORE_DUPLICATE', 'name', 'lists'],
        [422, 'RSTORE_CONSTRAINT', undefined, 'todos'],
        [400, 'RSTORE_INVALID_VALUE', 'title', 'todos'],
        [404, 'RSTORE_NOT_FOUND', undefined, 'todos'],
        [400, 'RSTORE_INVALID_KEY', 'id', 'todos'],
        [404, 'RSTORE_NOT_FOUND', undefined, 'todos'],
        'ok',
      ])
      expect(await rows('todos')).toMatchObject([{ title: 'x', listId: 'a' }])
      expect(server.errors).toEqual([])
    })

    it('writes one after the other, so that a later one may build on an earlier one', async () => {
      const results = await batch([
        create('lists', { id: 'a', name: 'A' }),
        { type: 'update', collection: 'lists', key: 'a', item: { name: 'B' } },
        create('todos', { title: 'x', listId: 'a' }),
        { type: 'update', collection: 'lists', key: 'a', item: { name: 'C' } },
      ])
      expect(outcome(results)).toEqual(['ok', 'ok', 'ok', 'ok'])
      expect(await rows('lists')).toEqual([{ id: 'a', name: 'C' }])
    })

    it.each([
      ['something that is no object', 5, 'RSTORE_INVALID_BODY'],
      ['an unknown type', { type: 'upsert', collection: 'todos' }, 'RSTORE_INVALID_BODY'],
      ['a type that every object has', { type: 'constructor', collection: 'todos' }, 'RSTORE_INVALID_BODY'],
      ['no collection', { type: 'fetchMany' }, 'RSTORE_INVALID_BODY'],
      ['an unknown collection', { type: 'fetchMany', collection: 'nope' }, 'RSTORE_UNKNOWN_COLLECTION'],
      ['a collection that is left out', { type: 'fetchMany', collection: 'moments' }, 'RSTORE_UNKNOWN_COLLECTION'],
      ['another name', { type: 'fetchMany', collection: 'todos', where: {} }, 'RSTORE_INVALID_BODY'],
      ['a key of another type', { type: 'delete', collection: 'todos', key: {} }, 'RSTORE_INVALID_BODY'],
      ['no key', { type: 'update', collection: 'todos', item: {} }, 'RSTORE_INVALID_BODY'],
      ['a query that is no object', { type: 'fetchMany', collection: 'todos', query: [] }, 'RSTORE_INVALID_BODY'],
      ['an item that is no object', { type: 'create', collection: 'todos', item: [] }, 'RSTORE_INVALID_BODY'],
      ['no item', { type: 'create', collection: 'todos' }, 'RSTORE_INVALID_BODY'],
      ['a mutation id that is no text', { type: 'create', collection: 'todos', item: { title: 'x' }, mutationId: 1 }, 'RSTORE_INVALID_BODY'],
      ['a write to a view', { type: 'delete', collection: 'openTodos', key: 1 }, 'RSTORE_READONLY_COLLECTION'],
      ['a hidden column', { type: 'create', collection: 'todos', item: { title: 'x', secretToken: 'x' } }, 'RSTORE_UNKNOWN_COLUMN'],
      ['a limit beyond what is allowed', { type: 'fetchMany', collection: 'todos', query: { limit: 1001 } }, 'RSTORE_LIMIT_EXCEEDED'],
    ])('with %s fails in that operation alone', async (_, operation, code) => {
      expect(outcome(await batch([create('lists', { id: 'a', name: 'A' }), operation, create('lists', { id: 'b', name: 'B' })]))).toEqual(['ok', code, 'ok'])
      expect(outcome(await atomic([create('lists', { id: 'c', name: 'C' }), operation]))).toEqual(['RSTORE_ROLLED_BACK', code])
      expect(await rows('lists')).toHaveLength(2)
    })

    it('reports what nobody expected, and says nothing of it', async () => {
      await client.execute('drop table kinds')
      const results = await batch([{ type: 'fetchMany', collection: 'kinds' }, { type: 'fetchMany', collection: 'todos' }])
      expect(results).toMatchObject([{ ok: false, error: { statusCode: 500, data: { code: 'RSTORE_INTERNAL' } } }, { ok: true }])
      expect(JSON.stringify(results)).not.toMatch(/no such|select/)
      expect(server.errors).toHaveLength(1)
    })
  })

  describe('that is atomic', () => {
    it('takes effect as a whole', async () => {
      const results = await atomic([
        create('lists', { id: 'a', name: 'A' }),
        create('todos', { title: 'x', listId: 'a' }),
        { type: 'fetchMany', collection: 'todos' },
        { type: 'update', collection: 'lists', key: 'a', item: { name: 'B' } },
        { type: 'fetchFirst', collection: 'lists', key: 'a' },
        { type: 'delete', collection: 'todos', key: 1 },
      ])
      expect(outcome(results)).toEqual(Array.from({ length: 6 }, () => 'ok'))
      expect(results).toMatchObject([{}, {}, { result: [{ id: 1, title: 'x' }] }, {}, { result: { name: 'B' } }, { result: { id: 1 } }])
      expect(await rows('lists')).toEqual([{ id: 'a', name: 'B' }])
      expect(await rows('todos')).toEqual([])
    })

    it('or not at all: the operation that failed says why, the others that they were taken back', async () => {
      await server.call('POST', 'lists', { id: 'z', name: 'Z' })
      const results = await atomic([
        create('lists', { id: 'a', name: 'A' }),
        { type: 'update', collection: 'lists', key: 'z', item: { name: 'changed' } },
        create('lists', { id: 'b', name: 'A' }),
        create('todos', { title: 'x' }),
      ])
      expect(results).toMatchObject([
        { ok: false, error: { statusCode: 424, statusMessage: 'Failed Dependency', data: { code: 'RSTORE_ROLLED_BACK', collection: 'lists' } } },
        { ok: false, error: { statusCode: 424 } },
        { ok: false, error: { statusCode: 409, data: { code: 'RSTORE_DUPLICATE', field: 'name', collection: 'lists' } } },
        { ok: false, error: { statusCode: 424, data: { collection: 'todos' } } },
      ])
      expect(await rows('lists')).toEqual([{ id: 'z', name: 'Z' }])
      expect(await rows('todos')).toEqual([])
      expect(outcome(await atomic([create('lists', { id: 'a', name: 'A' })]))).toEqual(['ok'])
    })

    it('fails where a value is wrong, a row is not there, or a read can\'t be done', async () => {
      for (const [operation, code] of [
        [create('todos', { title: 'x'.repeat(30) }), 'RSTORE_TOO_LONG'],
        [{ type: 'update', collection: 'todos', key: 5, item: { title: 'y' } }, 'RSTORE_NOT_FOUND'],
        [{ type: 'fetchMany', collection: 'todos', query: { orderBy: ['nope'] } }, 'RSTORE_UNKNOWN_COLUMN'],
      ] as const)
        expect(outcome(await atomic([create('lists', { id: 'a', name: 'A' }), operation]))).toEqual(['RSTORE_ROLLED_BACK', code])
      expect(await rows('lists')).toEqual([])
    })

    it('puts the keys of new rows in place of temporary ones', async () => {
      const results = await atomic([
        create('todos', { title: 'first' }, -7),
        create('lists', { id: 'a', name: 'A' }, 'tmp:x'),
        create('todos', { title: 'second', listId: 'tmp:x' }, '-8'),
        { type: 'update', collection: 'todos', key: -7, item: { listId: 'tmp:x', priority: 3 } },
        { type: 'fetchFirst', collection: 'todos', key: -8 },
        { type: 'update', collection: 'todos', key: '-8', item: { title: 'changed' } },
        { type: 'delete', collection: 'todos', key: -7 },
      ])
      expect(results).toMatchObject([
        { result: { id: 1 } },
        { result: { id: 'a' } },
        { result: { id: 2, listId: 'a' } },
        { result: { id: 1, listId: 'a', priority: 3 } },
        { result: { id: 2, title: 'second' } },
        { result: { id: 2, title: 'changed' } },
        { result: { id: 1 } },
      ])
      expect(await rows('todos')).toMatchObject([{ id: 2, title: 'changed', listId: 'a' }])
    })

    it('knows a temporary key by its collection, and none of another batch', async () => {
      expect(outcome(await atomic([create('todos', { title: 'x' }, 'tmp:x'), create('todos', { title: 'y', listId: 'tmp:x' })]))).toEqual(['RSTORE_ROLLED_BACK', 'RSTORE_CONSTRAINT'])
      expect(outcome(await atomic([create('lists', { id: 'a', name: 'A' }, 'tmp:x')]))).toEqual(['ok'])
      expect(outcome(await atomic([create('todos', { title: 'y', listId: 'tmp:x' })]))).toEqual(['RSTORE_CONSTRAINT'])
      expect(outcome(await batch([create('lists', { id: 'b', name: 'B' }, 'tmp:x'), create('todos', { title: 'y', listId: 'tmp:x' })]))).toEqual(['ok', 'RSTORE_CONSTRAINT'])
    })

    it('with a constraint that is checked at the end fails as a whole', async () => {
      await client.executeMultiple('create table parents (id text primary key); drop table lists; create table lists (id text primary key, name text not null references parents(id) deferrable initially deferred)')
      const results = await atomic([create('todos', { title: 'x' }), { type: 'fetchMany', collection: 'todos' }, create('lists', { id: 'a', name: 'nobody' })])
      expect(outcome(results)).toEqual(['RSTORE_CONSTRAINT', 'RSTORE_ROLLED_BACK', 'RSTORE_CONSTRAINT'])
      expect(await rows('todos')).toEqual([])
      expect(await rows('lists')).toEqual([])
    })

    it('stays out of the way of everything that happens at the same time', async () => {
      const transactions = Array.from({ length: 12 }, (_, i) => atomic([
        create('lists', { id: `l${i}`, name: `L${i}` }),
        create('todos', { title: `t${i}`, listId: `l${i}` }),
        ...i % 3 === 0 ? [create('lists', { id: `l${i}`, name: 'again' })] : [],
      ]))
      const singles = Array.from({ length: 12 }, (_, i) => server.call('POST', 'todos', { title: `s${i}` }))
      // Whoever reads sees a list and its todo, or neither.
      const reads = Array.from({ length: 12 }, async () => {
        const [lists, todos] = await batch([{ type: 'fetchMany', collection: 'lists' }, { type: 'fetchMany', collection: 'todos' }])
        return [lists!.ok, todos!.ok]
      })
      expect((await Promise.all(transactions)).map(results => outcome(results).at(-1))).toEqual(Array.from({ length: 12 }, (_, i) => i % 3 === 0 ? 'RSTORE_DUPLICATE' : 'ok'))
      expect((await Promise.all(singles)).map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200))
      expect(await Promise.all(reads)).toEqual(Array.from({ length: 12 }, () => [true, true]))
      expect(await rows('lists')).toHaveLength(8)
      expect(await rows('todos')).toHaveLength(20)
      expect(server.errors).toEqual([])
    })
  })

  describe('as a whole', () => {
    it('may be empty', async () => {
      expect(await batch([])).toEqual([])
      expect(await atomic([])).toEqual([])
    })

    it('has a limit', async () => {
      const refused = await server.error('POST', '_batch', { operations: Array.from({ length: 101 }, (_, i) => create('lists', { id: `l${i}`, name: `L${i}` })) })
      expect(refused).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_LIMIT_EXCEEDED' } } })
      expect(await rows('lists')).toEqual([])
      expect(outcome(await atomic(Array.from({ length: 100 }, (_, i) => create('lists', { id: `l${i}`, name: `L${i}` }))))).toEqual(Array.from({ length: 100 }, () => 'ok'))
    })

    it.each([['no list', {}], ['null', null], ['a list', []], ['operations that are none', { operations: {} }], ['atomic as text', { operations: [], atomic: 'yes' }]])('is refused as %s', async (_, body) => {
      expect(await server.error('POST', '_batch', body)).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_INVALID_BODY' } } })
    })

    it('is JSON, not too large, and from this site', async () => {
      expect(await server.error('POST', '_batch', '{"operations":[]}', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 })
      expect(await server.error('POST', '_batch', JSON.stringify({ operations: ['x'.repeat(1_048_576)] }))).toMatchObject({ status: 413 })
      const elsewhere = { 'sec-fetch-site': 'cross-site' }
      expect(await server.error('POST', '_batch', { operations: [{ type: 'fetchMany', collection: 'lists' }, create('lists', { id: 'a', name: 'A' })] }, elsewhere)).toMatchObject({ status: 403, body: { data: { code: 'RSTORE_CROSS_SITE' } } })
      expect(await server.error('POST', '_batch', { operations: [null] }, elsewhere)).toMatchObject({ status: 403 })
      // As a page does that is rendered for somebody who comes from another site.
      expect(await server.call('POST', '_batch', { operations: [{ type: 'fetchMany', collection: 'lists' }, { type: 'fetchFirst', collection: 'lists', key: 'a' }] }, elsewhere)).toMatchObject({ status: 200 })
      const { headers } = await server.call('POST', '_batch', { operations: [] })
      expect(headers.get('cache-control')).toBe('private, no-store')
    })

    it('is no collection to other methods', async () => {
      expect(await server.error('GET', '_batch')).toMatchObject({ status: 404, body: { data: { code: 'RSTORE_UNKNOWN_COLLECTION' } } })
    })
  })
})

it('a transaction waits for a lock that somebody else holds, and no longer than it is told', async () => {
  const url = `file:${join(folder, 'test.db')}`
  const [client, other] = [createClient({ url }), createClient({ url })]
  await client.executeMultiple(ddl)
  const server = await createServer({ client })
  const impatient = await createServer({ client, queue: { maxWait: 20 } })
  const body = (id: string) => ({ atomic: true, operations: [{ type: 'create', collection: 'lists', item: { id, name: id } }, { type: 'fetchMany', collection: 'lists' }] })

  const lock = await other.transaction('write')
  await lock.execute('insert into lists values (\'x\', \'X\')')
  expect((await impatient.call<{ results: Result[] }>('POST', '_batch', body('a'))).body.results).toMatchObject([
    { ok: false, error: { statusCode: 503, data: { code: 'RSTORE_BUSY' } } },
    { ok: false, error: { statusCode: 424 } },
  ])
  const waiting = server.call<{ results: Result[] }>('POST', '_batch', body('b'))
  await lock.commit()
  expect((await waiting).body.results).toMatchObject([{ ok: true, result: { id: 'b' } }, { ok: true, result: [{ id: 'b' }, { id: 'x' }] }])

  await Promise.all([server.close(), impatient.close()])
  client.close()
  other.close()
})
