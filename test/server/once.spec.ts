import type { AnswerStorage } from '../../src/runtime/server/once/storage-answers'
import type { MutationAnswers } from '../../src/runtime/server/once/answers'
import type { TestServer } from './support/create-server'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { createClient } from '@libsql/client'
import { join } from 'pathe'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rstoreMutations } from '../../src/runtime/server/once/schema'
import { createStorageAnswers } from '../../src/runtime/server/once/storage-answers'
import { createTableAnswers } from '../../src/runtime/server/once/table-answers'
import { createServer } from './support/create-server'
import { ddl, todos } from './support/schema'

const table = rstoreMutations('sqlite')
const mutationsDdl = 'create table rstore_mutations (session text not null, mutation text not null, answer text not null, created_at integer not null, primary key (session, mutation))'
const url = `file:${join(tmpdir(), `rstore-once-${process.pid}.db`)}`

function memoryStorage(): AnswerStorage & { items: Map<string, unknown> } {
  const items = new Map<string, unknown>()
  return {
    items,
    getItem: async key => items.get(key) ?? null,
    setItem: async (key, value) => void items.set(key, structuredClone(value)),
    removeItem: async key => void items.delete(key),
  }
}

let server: TestServer
let failures: unknown[]
const id = 'mutation-1'
const header = (mutation = id, more: Record<string, string> = {}) => ({ 'x-rstore-mutation-id': mutation, ...more })
const onError = (error: unknown) => void failures.push(error)

async function start(answers: MutationAnswers | undefined): Promise<void> {
  const client = createClient({ url })
  await client.executeMultiple(`${ddl};${mutationsDdl}`)
  server = await createServer({ client, answers })
}

const titles = async () => (await server.client.execute('select title from todos order by id')).rows.map(row => row.title)
const kept = async () => (await server.client.execute('select * from rstore_mutations')).rows
const batch = (operations: unknown[], atomic = false) => server.call<{ results: { ok: boolean, result?: Record<string, unknown>, error?: { data: { code: string } } }[] }>('POST', '_batch', { operations, atomic })

beforeEach(() => failures = [])
afterEach(async () => {
  await server.close()
  server.client.close()
  for (const suffix of ['', '-wal', '-shm'])
    await rm(url.slice(5) + suffix, { force: true })
})

describe.each(['table', 'storage'] as const)('a mutation that is sent again, with answers in a %s', (kind) => {
  beforeEach(() => {
    const storage = memoryStorage()
    return start(kind === 'table' ? createTableAnswers(table, { onError }) : createStorageAnswers(() => storage, { onError }))
  })

  it('has taken effect once and is answered as before', async () => {
    const first = await server.call('POST', 'todos', { title: 'once' }, header())
    const again = await server.call('POST', 'todos', { title: 'once' }, header())
    expect(first).toMatchObject({ status: 200, body: { id: 1, title: 'once' } })
    expect([again.status, again.body]).toEqual([first.status, first.body])
    expect(await titles()).toEqual(['once'])
  })

  it('gets its first answer, whatever has happened since', async () => {
    await server.call('POST', 'todos', { title: 'a' })
    const update = () => server.call('PATCH', 'todos/1', { title: 'b' }, header('mutation-update'))
    const remove = () => server.call('DELETE', 'todos/1', undefined, header('mutation-delete'))
    expect((await update()).body.title).toBe('b')
    await server.call('PATCH', 'todos/1', { title: 'c' })
    expect((await update()).body.title).toBe('b')
    expect((await remove()).body.title).toBe('c')
    expect((await remove())).toMatchObject({ status: 200, body: { title: 'c' } })
    expect((await server.call('DELETE', 'todos/1')).status).toBe(404)
  })

  it('is another one under another id, or without', async () => {
    await server.call('POST', 'todos', { title: 'x' }, header('mutation-1'))
    await server.call('POST', 'todos', { title: 'x' }, header('mutation-2'))
    await server.call('POST', 'todos', { title: 'x' })
    await server.call('POST', 'todos', { title: 'x' })
    expect(await titles()).toHaveLength(4)
  })

  it('is sent anew where it was refused', async () => {
    expect((await server.call('POST', 'todos', { title: 'x', listId: 'none' }, header())).status).toBe(422)
    await server.call('POST', 'lists', { id: 'none', name: 'there now' })
    expect((await server.call('POST', 'todos', { title: 'x', listId: 'none' }, header())).status).toBe(200)
  })

  it('does not run its hooks again, and is answered as they left it', async () => {
    const seen: string[] = []
    server.rules.hooksForTable(todos, {
      'index.post.before': () => void seen.push('before'),
      'index.post.after': ({ result, setResult }) => {
        seen.push('after')
        setResult({ ...result, title: 'from a hook' })
      },
    })
    const first = await server.call('POST', 'todos', { title: 'x' }, header())
    expect(first.body.title).toBe('from a hook')
    expect((await server.call('POST', 'todos', { title: 'x' }, header())).body).toEqual(first.body)
    expect(seen).toEqual(['before', 'after'])
  })

  it('counts in a batch as on its own, one operation at a time', async () => {
    await server.call('POST', 'todos', { title: 'first' }, header('mutation-1'))
    const operations = [
      { type: 'create', collection: 'todos', item: { title: 'first' }, mutationId: 'mutation-1' },
      { type: 'create', collection: 'todos', item: { title: 'second' }, mutationId: 'mutation-2' },
      { type: 'update', collection: 'todos', key: 1, item: { title: 'changed' }, mutationId: 'mutation-3' },
      { type: 'update', collection: 'todos', key: 99, item: { title: 'changed' }, mutationId: 'mutation-4' },
    ]
    const { body: { results } } = await batch(operations)
    expect(results).toMatchObject([{ result: { id: 1, title: 'first' } }, { result: { id: 2 } }, { result: { title: 'changed' } }, { error: { data: { code: 'RSTORE_NOT_FOUND' } } }])
    expect((await batch(operations)).body.results).toEqual(results)
    expect(await titles()).toEqual(['changed', 'second'])
  })

  it('counts in a transaction, temporary keys included', async () => {
    const operations = [
      { type: 'create', collection: 'lists', key: 'tmp:1', item: { id: 'l', name: 'L' }, mutationId: 'mutation-1' },
      { type: 'create', collection: 'todos', key: -1, item: { title: 'in it', listId: 'tmp:1' }, mutationId: 'mutation-2' },
      { type: 'update', collection: 'todos', key: -1, item: { title: 'changed' }, mutationId: 'mutation-3' },
    ]
    const first = await batch(operations, true)
    expect(first.body.results.map(({ ok }) => ok)).toEqual([true, true, true])
    expect((await batch(operations, true)).body).toEqual(first.body)
    expect(await titles()).toEqual(['changed'])
  })

  it('must be the same', async () => {
    await server.call('POST', 'todos', { title: 'x' }, header())
    expect(await server.error('POST', 'lists', { id: 'x', name: 'x' }, header())).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_INVALID_BODY' } } })
    expect(await server.error('DELETE', 'todos/1', undefined, header())).toMatchObject({ status: 400 })
  })

  it.each(['', 'short', 'x'.repeat(65), 'with space', '../etc/passwd'])('has an id of the right form, not %j', async (mutation) => {
    if (mutation !== '')
      expect(await server.error('POST', 'todos', { title: 'x' }, header(mutation))).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_INVALID_BODY' } } })
    const { body: { results } } = await batch([{ type: 'create', collection: 'todos', item: { title: 'x' }, mutationId: mutation }])
    expect(results).toMatchObject([{ ok: false, error: { data: { code: 'RSTORE_INVALID_BODY' } } }])
    expect(await titles()).toEqual([])
  })

  it('is somebody else\'s under another session', async () => {
    server.rules.setSession(({ headers }) => ({ user: { id: headers.get('x-user') } }))
    const as = (user: string) => server.call('POST', 'todos', { title: user }, header(id, { 'x-user': user }))
    await as('ann')
    expect((await as('bob')).body.title).toBe('bob')
    expect((await as('ann')).body.title).toBe('ann')
    expect(await titles()).toEqual(['ann', 'bob'])
  })

  it('is not answered where its table is no longer allowed', async () => {
    await server.call('POST', 'todos', { title: 'x' }, header())
    server.rules.allowTables([])
    expect((await server.call('POST', 'todos', { title: 'x' }, header())).status).toBe(403)
  })
})

describe('with the table', () => {
  beforeEach(() => start(createTableAnswers(table, { onError })))

  it('takes effect once where it is sent many times at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => server.call('POST', 'todos', { title: 'x' }, header())))
    expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1)
    expect(await titles()).toEqual(['x'])
    const operations = [{ type: 'create', collection: 'todos', item: { title: 'y' }, mutationId: 'mutation-y' }, { type: 'create', collection: 'todos', item: { title: 'z' }, mutationId: 'mutation-z' }]
    const batches = await Promise.all([false, true, false, true].map(atomic => batch(operations, atomic)))
    expect(new Set(batches.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(await titles()).toEqual(['x', 'y', 'z'])
  })

  it('is not written where the answer can\'t be kept, and the other way round', async () => {
    await server.client.execute('create trigger full before insert on rstore_mutations begin select raise(abort, \'no room\'); end')
    expect((await server.call('POST', 'todos', { title: 'x' }, header())).status).toBeGreaterThanOrEqual(400)
    expect(await titles()).toEqual([])
    await server.client.execute('drop trigger full')
    await server.call('POST', 'todos', { title: 'x', listId: 'none' }, header())
    expect(await kept()).toEqual([])
  })

  it('is answered by a read where the server died before the after hooks had run', async () => {
    server.rules.hooksForTable(todos, {
      'index.post.after': () => {
        throw new Error('died')
      },
    })
    expect((await server.call('POST', 'todos', { title: 'x' }, header())).status).toBe(500)
    await server.call('PATCH', 'todos/1', { title: 'later' })
    expect(await server.call('POST', 'todos', { title: 'x' }, header())).toMatchObject({ status: 200, body: { id: 1, title: 'later' } })
    await server.call('DELETE', 'todos/1')
    expect(await server.call('POST', 'todos', { title: 'x' }, header())).toMatchObject({ status: 200, body: { id: 1 } })
    expect(await titles()).toEqual([])
  })
})

describe('answers', () => {
  it('in a table are removed when they are too old', async () => {
    let now = 0
    await start(createTableAnswers(table, { onError, maxAge: 1000, pruneEvery: 100, now: () => now }))
    await server.call('POST', 'todos', { title: 'x' }, header('mutation-1'))
    now = 900
    await server.call('POST', 'todos', { title: 'x' }, header('mutation-2'))
    now = 1500
    await server.call('POST', 'todos', { title: 'x' }, header('mutation-3'))
    await expect.poll(async () => (await kept()).map(({ mutation }) => mutation)).toEqual(['mutation-2', 'mutation-3'])
    expect(failures).toEqual([])
  })

  it('in storage are as many as there is room for', async () => {
    const storage = memoryStorage()
    await start(createStorageAnswers(() => storage, { onError, maxAnswers: 2 }))
    for (const n of [1, 2, 3])
      await server.call('POST', 'todos', { title: 'x' }, header(`mutation-${n}`))
    expect([...storage.items.keys()]).toEqual([':mutation-2', ':mutation-3'])
  })

  it('that storage can\'t take don\'t fail the write', async () => {
    await start(createStorageAnswers(() => ({ ...memoryStorage(), setItem: () => Promise.reject(new Error('full')) }), { onError }))
    expect((await server.call('POST', 'todos', { title: 'x' }, header())).status).toBe(200)
    expect(failures).toHaveLength(1)
  })
})
