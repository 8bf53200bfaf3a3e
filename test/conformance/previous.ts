import type { Change } from '../../src/runtime/server/pipeline/prepared'
import type { WireRow } from '../../src/runtime/shared/model'
import type { DialectServer } from '../server/support/serve'
import type * as sqlite from './schemas/sqlite'
import type { World } from './suite'
import { eq, sql } from 'drizzle-orm'
import { createError } from 'h3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { serve } from '../server/support/serve'

interface Told { collection: string, type: string, row: WireRow, previous: WireRow | undefined }

/** What changes tell of the rows as they were. */
export function previous(world: World): void {
  let server: DialectServer
  let told: Told[]
  let statements: string[]
  let wanted: boolean

  beforeEach(async () => {
    told = []
    statements = []
    wanted = true
    const logger = { logQuery: (statement: string) => void statements.push(statement) }
    // Read when it is told, not when somebody looks.
    const onChange = ({ collection, type, row, previous }: Change) => void told.push({ collection: collection.name, type, row: row(), previous: previous?.() })
    server = await serve(world.dialect, async () => world.connection.drizzle({ casing: 'snake_case', logger }), world.schema, {
      collections: { todos: { hidden: ['createdAt'], readonly: [] } },
      onChange,
      wantsPrevious: ({ name }) => wanted && name !== 'lists',
    })
    await server.call('POST', 'lists', { id: 'a', name: 'A' })
    await server.call('POST', 'drafts', { id: 'd', label: 'zero' })
  })
  afterEach(() => {
    server.close()
  })

  const tables = () => world.schema as unknown as typeof sqlite
  const update = (collection: string, key: string | number, item: object) => ({ type: 'update', collection, key, item })
  async function todo(item: object = {}): Promise<number> {
    const { body } = await server.call<{ id: number }>('POST', 'todos', { title: 'first', listId: 'a', priority: 0, ...item })
    told.length = statements.length = 0
    return body.id
  }

  it('hold all that can be seen of them, and come with updates of collections that want them', async () => {
    const id = await todo()
    const before = { id, title: 'first', done: false, listId: 'a', priority: 0 }
    const { body } = await server.call('PATCH', `todos/${id}`, { title: 'second', listId: null })
    expect(told).toEqual([{ collection: 'todos', type: 'updated', row: { ...before, title: 'second', listId: null }, previous: before }])
    expect(told[0]!.row).toEqual(body)
    await server.call('PATCH', 'lists/a', { name: 'B' })
    await server.call('DELETE', `todos/${id}`)
    expect(told.slice(1)).toEqual([{ collection: 'lists', type: 'updated', row: { id: 'a', name: 'B' }, previous: undefined }, { collection: 'todos', type: 'deleted', row: body, previous: undefined }])
    expect(server.errors).toEqual([])
  })

  it('hold values of every type', async () => {
    const { kind, otherKind } = world.schema
    const { body: before } = await server.call('POST', 'kinds', kind)
    const { body: after } = await server.call('PATCH', 'kinds/1', otherKind)
    const { body: again } = await server.call('PATCH', 'kinds/1', kind)
    expect(again).toEqual(before)
    expect(told.slice(-2)).toEqual([{ collection: 'kinds', type: 'updated', row: after, previous: before }, { collection: 'kinds', type: 'updated', row: before, previous: after }])
    expect(server.errors).toEqual([])
  })

  it('are found by keys of several columns, and of values that a column can\'t mean', async () => {
    await server.call('POST', 'grades', { school: 'a::b%', year: 1, note: 1.5 })
    await server.call('POST', 'grades', { school: 'a::b%', year: 2, note: 2.5 })
    told.length = 0
    expect((await server.call('PATCH', `grades/${encodeURIComponent('a%3A%3Ab%25::1')}`, { note: 3.5 })).body).toEqual({ school: 'a::b%', year: 1, note: 3.5 })
    expect(told).toMatchObject([{ previous: { school: 'a::b%', year: 1, note: 1.5 } }])
    await world.run(world.schema.meaningless.statement)
    await server.call('PATCH', 'kinds/1', { words: 'y' })
    expect(told[1]).toMatchObject({ row: { words: 'y' }, previous: { words: 'x', [world.schema.meaningless.fields[0]!]: null } })
  })

  it('of one row that is changed many times at once make a chain', async () => {
    const id = await todo({ priority: -1 })
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => server.call('PATCH', `todos/${id}`, { priority: i })))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expectChain(-1, (await server.call('GET', `todos/${id}`)).body.priority, 50)
    expect(server.errors).toEqual([])
  })

  it('of transactions and batches at once make a chain, too', async () => {
    const id = await todo({ priority: -1 })
    await Promise.all(Array.from({ length: 20 }, (_, i) => server.batch([
      update('todos', id, { priority: 3 * i }),
      update('todos', id, { priority: 1000 }),
      update('todos', id, { priority: 3 * i + 1 }),
      update('todos', id, { priority: 3 * i + 2 }),
    ].filter(({ item }) => i % 2 === 0 || (item as { priority: number }).priority !== 1000), i % 2 === 1)))
    expectChain(-1, (await server.call('GET', `todos/${id}`)).body.priority, 60)
    expect(server.errors).toEqual([])
  })

  // Elsewhere, what is written past the API is part of the transaction that is open, or has locks of its own.
  it.runIf(world.pooled)('hold what others have written right before', async () => {
    const id = await todo()
    await Promise.all(Array.from({ length: 40 }, (_, i) => i % 2
      ? world.run(`update todos set priority = priority + 1 where id = ${id}`)
      : server.call('PATCH', `todos/${id}`, { title: `t${i}` })))
    expect(told).toHaveLength(20)
    for (const { row, previous } of told)
      expect(row.priority).toBe(previous!.priority)
    expect(told.map(({ row }) => row.title).toSorted()).not.toContain('first')
    expect((await server.call('GET', `todos/${id}`)).body.priority).toBe(20)
  })

  it('are those of rules and hooks, without what these add', async () => {
    const { todos } = tables()
    server.rules.policyForTable(todos, { read: true, create: true, update: (_, { or, lt, eq }) => or(lt('priority', 5), eq('done', true))! })
    server.rules.hooksForTable(todos, {
      'item.patch.before': ({ transformQuery }) => void transformQuery(query => query.where(eq(todos.listId, 'a')).extras({ size: sql`length(title)`, twice: sql`${todos.priority} * 2` })),
      'item.patch.after': ({ body }) => {
        if (body.title === 'late')
          throw createError({ statusCode: 418 })
      },
    })
    const id = await todo()
    const previous = { id, title: 'first', done: false, listId: 'a', priority: 0 }
    expect((await server.call('PATCH', `todos/${id}`, { title: 'second!', priority: 3 })).body).toMatchObject({ priority: 3, size: 7 })
    expect(told).toEqual([{ collection: 'todos', type: 'updated', row: { ...previous, title: 'second!', priority: 3 }, previous }])
    // What was done is told, whatever comes of it.
    expect((await server.call('PATCH', `todos/${id}`, { title: 'late', done: true, priority: 7 })).status).toBe(418)
    expect(told[1]).toMatchObject({ row: { priority: 7 }, previous: { title: 'second!', priority: 3 } })
  })

  it('are not told of what is refused, or changes nothing', async () => {
    const { todos } = tables()
    const id = await todo()
    const other = (await server.call<{ id: number }>('POST', 'todos', { title: 'x', listId: 'a', priority: 50 })).body.id
    server.rules.policyForTable(todos, { read: true, create: true, update: (_, { lt }) => lt('priority', 40) })
    told.length = 0
    const codes = async (...items: [number, object][]) => (await Promise.all(items.map(([key, item]) => server.error('PATCH', `todos/${key}`, item)))).map(({ status, body }) => body.data?.code ?? status)
    expect(await codes([id, { priority: 45 }], [other, { priority: 1 }], [id + 1000, { priority: 1 }], [id, { listId: 'nobody' }], [id, {}], [id, { priority: 1000 }]))
      .toEqual(['RSTORE_FORBIDDEN', 'RSTORE_NOT_FOUND', 'RSTORE_NOT_FOUND', 'RSTORE_CONSTRAINT', 200, 'RSTORE_FORBIDDEN'])
    expect(told).toEqual([])
    const { body: atomic } = await server.batch([update('todos', id, { title: 'y' }), update('todos', id, { listId: 'nobody' })], true)
    expect(atomic.results.map(({ ok }) => ok)).toEqual([false, false])
    expect(told).toEqual([])
    const { body } = await server.batch([update('todos', id, { title: 'y' }), update('todos', id, { listId: 'nobody' }), update('todos', id, { priority: 45 }), update('todos', id, { title: 'z' }), update('todos', id, {})])
    expect(body.results.map(({ ok }) => ok)).toEqual([true, false, false, true, true])
    expect(told.map(({ row, previous }) => [previous!.title, row.title])).toEqual([['first', 'y'], ['y', 'z']])
    expect(server.errors).toEqual([])
  })

  it('cost nothing where nobody wants them', async () => {
    const id = await todo()
    const count = async (): Promise<string[]> => {
      statements.length = told.length = 0
      await server.call('PATCH', `todos/${id}`, { title: String(wanted) })
      expect(told.map(({ previous }) => previous !== undefined)).toEqual([wanted])
      return [...statements]
    }
    await count()
    const all = world.dialect === 'mysql' ? 5 : 1
    // On SQLite, one more; statements that are sent together are not logged.
    expect((await count()).length).toBeLessThanOrEqual(world.dialect === 'sqlite' ? 2 : all)
    wanted = false
    const without = await count()
    const plain = await serve(world.dialect, async () => world.connection.drizzle({ casing: 'snake_case', logger: { logQuery: statement => void statements.push(statement) } }), world.schema, { collections: { todos: { hidden: ['createdAt'], readonly: [] } } })
    // The first one may ask what kind of database it is.
    await plain.call('PATCH', `todos/${id}`, { title: 'plain' })
    statements.length = 0
    await plain.call('PATCH', `todos/${id}`, { title: 'plain' })
    plain.close()
    expect(without).toEqual(statements)
    expect(without).toHaveLength(all)
    expect(without.join()).not.toMatch(/for no key update|from "todos"|`title`.* for update/)
  })

  /** From a first value to a last one, in so many steps, each of which tells what the one before it left. */
  function expectChain(first: number, last: unknown, length: number): void {
    const next = new Map(told.map(({ row, previous }) => [previous!.priority, row.priority]))
    expect([told.length, next.size]).toEqual([length, length])
    let at: unknown = first
    for (let i = 0; i < length; i++)
      at = next.get(at)
    expect(at).toBe(last)
  }
}
