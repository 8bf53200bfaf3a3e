import type { IncomingHttpHeaders, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BatchingOptions } from '../../../../src/runtime/client/batching'
import type { CollectionModel } from '../../../../src/runtime/shared/model'
import { createServer } from 'node:http'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSSRApp, defineComponent, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { createHttpTransport } from '../../../../src/runtime/client/http'
import { createStore } from '../../../../src/runtime/store/create-store'
import { createSchema } from '../store/support/schema'

interface Operation { type: string, collection: string, key?: string | number, item?: Record<string, unknown>, mutationId?: string }
interface Seen { method: string, path: string, headers: IncomingHttpHeaders, operations: Operation[] }

let http: Server
let origin: string
let seen: Seen[]
/** What the server makes of a request, where it is not to answer as usual. */
let answer: (request: Seen) => { status: number, body: unknown } | undefined
/** Requests are answered once this settles. */
let gate: Promise<void>

beforeAll(async () => {
  http = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request)
      body += chunk
    const { method, url, headers } = request
    const one: Seen = { method: method!, path: url!, headers, operations: url!.endsWith('/_batch') ? JSON.parse(body).operations : [] }
    seen.push(one)
    await gate
    const { status, body: given } = answer(one) ?? { status: 200, body: one.operations.length > 0 ? { results: one.operations.map(resultOf) } : rowOf(url!.split(/[/?]/)[4]!) }
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(given))
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
})
afterAll(() => new Promise(resolve => http.close(resolve)))
beforeEach(() => {
  seen = []
  answer = () => undefined
  gate = Promise.resolve()
})
afterEach(() => void vi.useRealTimers())

const { todos, members } = createSchema().collections as Record<string, CollectionModel> & Record<'todos' | 'members', CollectionModel>

function rowOf(key: unknown): Record<string, unknown> {
  return { id: Number(key ?? 99), title: 'a', listId: null, done: true, priority: null, createdAt: '2026-01-02T03:04:05.678Z' }
}

function resultOf({ type, key }: Operation): unknown {
  return type === 'fetchMany' ? { ok: true, result: [rowOf(1)], nextCursor: 'next' } : { ok: true, result: rowOf(key) }
}

function refusal(code: string, statusCode: number): unknown {
  return { ok: false, error: { statusCode, message: `${code}.`, data: { code } } }
}

const on: BatchingOptions = { fetch: true, mutations: true, delay: 0, maxWait: 0, maxSize: 100 }
const off: BatchingOptions = { ...on, fetch: false, mutations: false }

function transport(batching?: Partial<BatchingOptions>, fetcher: typeof fetch = fetch) {
  return createHttpTransport({ apiPath: `${origin}/api/rstore`, fetch: fetcher, batching: batching && { ...on, ...batching }, clientId: () => 'tab' })
}

/** Requests as `METHOD path`, batches as what is in them. */
function requests(): unknown[] {
  return seen.map(({ method, path, operations }) => operations.length > 0 ? operations.map(({ type, key }) => key === undefined ? type : `${type} ${key}`) : `${method} ${path.slice('/api/rstore/'.length)}`)
}

/** What the store sends when it does this, over the real server. */
async function sent(batching: Partial<BatchingOptions> | undefined, act: (store: ReturnType<typeof createStore>) => unknown): Promise<unknown[]> {
  await act(createStore({ schema: createSchema(), transport: transport(batching) }))
  return requests()
}

describe('what is asked in one tick', () => {
  it('goes as one request, in its order, and each gets its own answer', async () => {
    const { fetchFirst, create, update, delete: remove } = transport({})
    const answers = await Promise.all([fetchFirst(todos, 1, {}), create(todos, { title: 'b', createdAt: new Date(0) }, { mutationId: 'm1' }), update(todos, 2, { done: false }), remove(todos, 3), fetchFirst(todos, 4, { columns: ['title'] })])
    expect(answers.map(row => row!.id)).toEqual([1, 99, 2, 3, 4])
    expect(answers[0]!.createdAt).toEqual(new Date('2026-01-02T03:04:05.678Z'))
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({ method: 'POST', path: '/api/rstore/_batch', headers: { 'content-type': 'application/json', 'x-rstore-client-id': 'tab' } })
    expect(seen[0]!.operations).toEqual([
      { type: 'fetchFirst', collection: 'todos', key: 1, query: {} },
      { type: 'create', collection: 'todos', item: { title: 'b', createdAt: '1970-01-01T00:00:00.000Z' }, mutationId: 'm1' },
      { type: 'update', collection: 'todos', key: 2, item: { done: false } },
      { type: 'delete', collection: 'todos', key: 3 },
      { type: 'fetchFirst', collection: 'todos', key: 4, query: { columns: ['title'] } },
    ])
  })

  it('is folded, and in order, whatever it takes the store to prepare it', async () => {
    expect(await sent({}, ({ todos, lists, $transaction }) => Promise.all([
      todos!.findFirst(1),
      todos!.create({ title: 'b', listId: 5 }),
      todos!.update({ id: 2, listId: null }),
      todos!.findFirst({ key: 3, fetchPolicy: 'no-cache' }),
      lists!.delete(4),
      $transaction(() => todos!.update({ id: 5, done: true })),
    ]))).toEqual(expect.arrayContaining([['fetchFirst 1', 'fetchFirst 3', 'create', 'update 2', 'delete 4']]))
    expect(seen).toHaveLength(2)
  })

  it('stays a plain request where it is only one', async () => {
    const { fetchFirst, create } = transport({})
    expect(await fetchFirst(todos, 1, {})).toMatchObject({ id: 1 })
    await create(todos, { title: 'a' }, { mutationId: 'm1' })
    expect(requests()).toEqual(['GET todos/1', 'POST todos'])
    expect(seen[1]!.headers['x-rstore-mutation-id']).toBe('m1')
  })

  it('goes by itself where batching is off, as lists always do', async () => {
    const { fetchFirst, fetchMany, update } = transport()
    answer = ({ path }) => path.endsWith('/todos') ? { status: 200, body: [] } : undefined
    await Promise.all([fetchFirst(todos, 1, {}), update(todos, 2, {}), fetchFirst(todos, 3, {})])
    expect(requests().sort()).toEqual(['GET todos/1', 'GET todos/3', 'PATCH todos/2'])
    seen = []
    const batched = transport({})
    await Promise.all([batched.fetchMany(todos, {}), fetchMany(todos, {})])
    expect(requests()).toEqual(['GET todos', 'GET todos'])
  })

  it('is folded as far as the options say', async () => {
    const act = ({ fetchFirst, update }: ReturnType<typeof transport>) => Promise.all([fetchFirst(todos, 1, {}), update(todos, 2, {}), fetchFirst(todos, 3, {}), update(todos, 4, {})])
    await act(transport({ mutations: false }))
    expect(requests()).toEqual(expect.arrayContaining([['fetchFirst 1', 'fetchFirst 3'], 'PATCH todos/2', 'PATCH todos/4']))
    seen = []
    await act(transport({ fetch: false }))
    expect(requests()).toEqual(expect.arrayContaining([['update 2', 'update 4'], 'GET todos/1', 'GET todos/3']))
  })

  it('is one request for reads that the store begins together, whatever the options say', async () => {
    const { fetchMany, fetchFirst, together } = transport(off)
    const reads: Promise<unknown>[] = []
    together!(() => reads.push(fetchMany(todos, { limit: 1 }), fetchMany(members, {}), fetchFirst(todos, 2, {})))
    expect(await Promise.all(reads)).toMatchObject([{ rows: [{ id: 1 }], nextCursor: 'next' }, { rows: [{ id: 1 }] }, { id: 2 }])
    expect(requests()).toEqual([['fetchMany', 'fetchMany', 'fetchFirst 2']])
    expect(() => together!(() => {
      throw new Error('It fails.')
    })).toThrow('It fails.')
    await fetchFirst(todos, 3, {})
    expect(requests().at(-1)).toBe('GET todos/3')
  })
})

it('what a page is rendered with on the server is one request for each depth of its components', async () => {
  const store = createStore({ schema: createSchema(), transport: transport({}), server: true })
  const Todo = defineComponent({
    props: { id: { type: Number, required: true }, child: Number },
    async setup({ id, child }) {
      const { data } = await store.todos!.query(q => q.first(id)) as unknown as { data: { value: { id: number } } }
      return () => [h('p', data.value.id), child && h(Todo, { id: child })]
    },
  })
  const html = await renderToString(createSSRApp(() => [1, 2, 3].map(id => h(Todo, { id, child: id + 3 }))))
  expect(html.match(/\d(?=<\/p>)/g)).toEqual(['1', '4', '2', '5', '3', '6'])
  expect(requests()).toEqual([['fetchFirst 1', 'fetchFirst 2', 'fetchFirst 3'], ['fetchFirst 4', 'fetchFirst 5', 'fetchFirst 6']])
})

describe('a call', () => {
  it('with batch: false goes alone and at once', async () => {
    const { fetchFirst, update } = transport({})
    const all = [update(todos, 1, {}), update(todos, 2, {}), update(todos, 3, {}, { batch: false }), fetchFirst(todos, 4, {}, false)]
    await Promise.all(all)
    expect(requests()).toEqual(expect.arrayContaining([['update 1', 'update 2'], 'PATCH todos/3', 'GET todos/4']))
  })

  it('with a group goes with that group only, also where batching is off', async () => {
    for (const batching of [on, off]) {
      seen = []
      const { update, fetchFirst } = transport(batching)
      await Promise.all([1, 2, 3, 4].map(key => update(todos, key, {}, { batch: { group: key % 2 ? 'odd' : 'even' } })).concat(fetchFirst(todos, 5, {}, { group: 'odd' }) as never))
      expect(requests()).toHaveLength(2)
      expect(requests()).toEqual(expect.arrayContaining([['update 1', 'update 3', 'fetchFirst 5'], ['update 2', 'update 4']]))
    }
  })

  it('has it from the options of the store\'s methods', async () => {
    expect(await sent({}, ({ todos }) => Promise.all([
      todos!.update({ id: 1, done: true }, { batch: false }),
      todos!.update({ done: true }, { key: 2, batch: { group: 'a' } }),
      todos!.delete(3, { batch: { group: 'a' } }),
      todos!.create({ title: 'b' }, { batch: false }),
      todos!.findFirst({ key: 4, batch: { group: 'b' } }),
      todos!.findFirst({ key: 5, batch: { group: 'b' }, fetchPolicy: 'no-cache' }),
      todos!.query(q => q.first({ key: 6, batch: false })),
      todos!.query(q => q.first({ key: 7, batch: { group: 'b' }, fetchPolicy: 'fetch-only' })),
    ]))).toEqual(expect.arrayContaining(['PATCH todos/1', ['update 2', 'delete 3'], 'POST todos', ['fetchFirst 4', 'fetchFirst 5', 'fetchFirst 7'], 'GET todos/6']))
    expect(seen).toHaveLength(5)
  })

  it('of several mutations is one batch, also where batching is off', async () => {
    expect(await sent(undefined, async ({ todos, $history }) => {
      await $history.enable()
      await todos!.createMany([{ title: 'a' }, { title: 'b' }])
      await todos!.updateMany([{ id: 1, done: true }, { id: 2, done: true }])
      await todos!.deleteMany([3, 4])
      await todos!.updateMany([{ id: 1, done: true }, { id: 2, done: true }], { batch: false })
    })).toEqual([['create', 'create'], ['update 1', 'update 2'], ['delete 3', 'delete 4'], 'PATCH todos/1', 'PATCH todos/2'])
    const ids = seen.flatMap(({ operations, headers }) => operations.length > 0 ? operations.map(({ mutationId }) => mutationId) : headers['x-rstore-mutation-id'])
    expect(ids).toEqual(ids.map(() => expect.stringMatching(/^[\da-f]{32}$/)))
    expect(new Set(ids).size).toBe(8)
  })

  it('of several mutations has one fail without the others', async () => {
    answer = ({ operations }) => ({ status: 200, body: { results: operations.map(one => one.key === 2 ? refusal('RSTORE_CONSTRAINT', 422) : resultOf(one)) } })
    const store = createStore({ schema: createSchema(), transport: transport() })
    store.todos!.writeItem({ ...rowOf(2), createdAt: new Date(0) })
    await expect(store.todos!.updateMany([{ id: 1, priority: 7 }, { id: 2, priority: 7 }, { id: 3, priority: 7 }])).rejects.toMatchObject({ code: 'RSTORE_CONSTRAINT', statusCode: 422, collection: 'todos' })
    expect([1, 2, 3].map(key => store.todos!.peekFirst(key)?.id)).toEqual([1, 2, 3])
    expect(store.todos!.peekFirst(2)).toMatchObject({ priority: null, $isOptimistic: false })
  })
})

describe('failures', () => {
  it('of an operation are its own; a row that is not there is undefined', async () => {
    answer = ({ operations }) => ({ status: 200, body: { results: operations.map(one => one.key === 1 ? refusal('RSTORE_NOT_FOUND', 404) : one.key === 2 ? refusal('RSTORE_UNKNOWN_COLLECTION', 404) : resultOf(one)) } })
    const { fetchFirst, update } = transport({})
    expect(await Promise.allSettled([fetchFirst(todos, 1, {}), fetchFirst(todos, 2, {}), fetchFirst(todos, 3, {}), update(todos, 1, {})])).toMatchObject([
      { status: 'fulfilled', value: undefined },
      { status: 'rejected', reason: { code: 'RSTORE_UNKNOWN_COLLECTION' } },
      { status: 'fulfilled', value: { id: 3 } },
      { status: 'rejected', reason: { name: 'RstoreError', code: 'RSTORE_NOT_FOUND', statusCode: 404, collection: 'todos' } },
    ])
  })

  it('of a value that can\'t be sent, or an answer that can\'t be read, are that operation\'s', async () => {
    answer = ({ operations }) => ({ status: 200, body: { results: operations.map(one => one.key === 1 ? { ok: true, result: null } : resultOf(one)) } })
    const { fetchFirst, update } = transport({})
    expect(await Promise.allSettled([update(todos, 5, { createdAt: new Date(Number.NaN) }), fetchFirst(todos, 1, {}), update(todos, 1, {}), update(todos, 2, {})])).toMatchObject([
      { status: 'rejected', reason: expect.any(RangeError) },
      { status: 'rejected', reason: { code: 'RSTORE_NETWORK' } },
      { status: 'rejected', reason: { code: 'RSTORE_NETWORK' } },
      { status: 'fulfilled', value: { id: 2 } },
    ])
  })

  it.each([
    ['a dead line', () => transport({}, async () => Promise.reject(new TypeError('fetch failed'))), undefined],
    ['too few answers', () => transport({}), { status: 200, body: { results: [{ ok: true, result: rowOf(1) }] } }],
    ['answers that are none', () => transport({}), { status: 200, body: { results: [null, null] } }],
    ['something else', () => transport({}), { status: 200, body: '<html>' }],
  ])('of the request are everybody\'s: %s', async (_, create, given) => {
    answer = () => given
    const { fetchFirst, update } = create()
    expect(await Promise.allSettled([fetchFirst(todos, 1, {}), update(todos, 2, {})])).toMatchObject([1, 2].map(() => ({ status: 'rejected', reason: { code: 'RSTORE_NETWORK' } })))
  })

  it('of the request are never taken for a row that is not there', async () => {
    answer = () => ({ status: 404, body: { message: 'No such route.' } })
    const { fetchFirst } = transport({})
    expect(await Promise.allSettled([fetchFirst(todos, 1, {}), fetchFirst(todos, 2, {})])).toMatchObject([1, 2].map(() => ({ status: 'rejected', reason: { statusCode: 404 } })))
  })

  it('of a request that is too large are met with smaller ones, in order', async () => {
    answer = ({ operations }) => operations.length > 2 ? { status: 413, body: { message: 'Too large.' } } : undefined
    const { update } = transport({})
    expect((await Promise.all([1, 2, 3, 4, 5].map(key => update(todos, key, {}, { mutationId: `m${key}` })))).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5])
    expect(seen[2]!.operations.map(({ mutationId }) => mutationId)).toEqual(['m1', 'm2'])
    expect(seen[3]!.headers['x-rstore-mutation-id']).toBe('m3')
    expect(requests().slice(1)).toEqual([['update 1', 'update 2', 'update 3'], ['update 1', 'update 2'], 'PATCH todos/3', ['update 4', 'update 5']])
    seen = []
    answer = () => ({ status: 413, body: { message: 'Too large.', data: { code: 'RSTORE_BODY_TOO_LARGE' } } })
    expect(await Promise.allSettled([update(todos, 1, {}), update(todos, 2, {})])).toMatchObject([1, 2].map(() => ({ status: 'rejected', reason: { code: 'RSTORE_BODY_TOO_LARGE' } })))
    expect(requests()).toEqual([['update 1', 'update 2'], 'PATCH todos/1', 'PATCH todos/2'])
  })
})

describe('what is more than one request takes', () => {
  it('has its writes go one portion after the other, and its reads wait for none of them', async () => {
    let open!: () => void
    gate = new Promise(resolve => open = resolve)
    const { fetchFirst, update } = transport({ maxSize: 2 })
    const all = Promise.all([1, 2, 3, 4, 5].flatMap(key => [update(todos, key, {}), fetchFirst(todos, key, {})]))
    await vi.waitUntil(() => seen.length === 4)
    expect(requests()).toEqual(expect.arrayContaining([['fetchFirst 1', 'fetchFirst 2'], ['fetchFirst 3', 'fetchFirst 4'], 'GET todos/5', ['update 1', 'update 2']]))
    open()
    expect((await all).map(row => row!.id)).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    expect(requests().slice(4)).toEqual([['update 3', 'update 4'], 'PATCH todos/5'])
  })

  it('goes on where a portion fails', async () => {
    answer = ({ operations }) => operations.some(({ key }) => key === 1) ? { status: 503, body: {} } : undefined
    const { update } = transport({ maxSize: 2 })
    expect((await Promise.allSettled([1, 2, 3].map(key => update(todos, key, {})))).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
  })

  it('is sent in one go by createMany and the like', async () => {
    expect(await sent({ ...off, maxSize: 2 }, ({ todos }) => todos!.updateMany([1, 2, 3].map(id => ({ id, done: true }))))).toEqual([['update 1', 'update 2'], 'PATCH todos/3'])
  })
})

describe('with a delay', () => {
  const turns = () => new Promise<void>(resolve => setImmediate(resolve))
  const wait = async (ms: number) => {
    vi.advanceTimersByTime(ms)
    await turns()
  }
  /** A line that takes note of what is sent and never answers. */
  function line(batching: Partial<BatchingOptions>) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const bodies: number[][] = []
    const { update } = transport({ delay: 20, maxWait: 50, ...batching }, (_, init) => {
      bodies.push(((JSON.parse(init!.body as string) as { operations?: Operation[] }).operations ?? [{ type: '', collection: '', key: 0 }]).map(({ key }) => key as number))
      return new Promise(() => undefined)
    })
    return { bodies, ask: (...keys: number[]) => keys.forEach(key => void update(todos, key, {})) }
  }

  it('a batch waits for more, each putting it off, and for no longer than maxWait', async () => {
    const { bodies, ask } = line({})
    ask(1)
    await wait(19)
    ask(2)
    await wait(19)
    ask(3)
    await wait(11)
    expect(bodies).toEqual([])
    await wait(1)
    expect(bodies).toEqual([[1, 2, 3]])
    ask(4, 5)
    await wait(19)
    expect(bodies).toHaveLength(1)
    await wait(1)
    expect(bodies[1]).toEqual([4, 5])
  })

  it('a batch that is full goes at the end of the tick', async () => {
    const { bodies, ask } = line({ maxSize: 2 })
    ask(1)
    await turns()
    expect(bodies).toEqual([])
    ask(2, 3)
    await turns()
    // The third one waits for the answer to the others.
    expect(bodies).toEqual([[1, 2]])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('nothing but the timer of a batch is ever left', async () => {
    const { ask } = line({})
    ask(1, 2, 3)
    expect(vi.getTimerCount()).toBe(1)
    await wait(20)
    expect(vi.getTimerCount()).toBe(0)
  })
})
