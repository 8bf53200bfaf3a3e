import type { LibSQLDatabase } from 'drizzle-orm/libsql'
import type { DialectServer } from '../server/support/serve'
import type { World } from './suite'
import { eq } from 'drizzle-orm'
import { createError } from 'h3'
import { afterEach, describe, expect, it } from 'vitest'
import { serve } from '../server/support/serve'
import type * as sqlite from './schemas/sqlite'

/** Hooks and policies: that they hold on every driver, whatever their code does with the database meanwhile. */
export function rules(world: World): void {
  let server: DialectServer | undefined
  afterEach(() => {
    server?.close()
    server = undefined
  })

  /** The app's own handle. Its types are those of one dialect; what it does here all of them can. */
  const own = () => world.connection.drizzle({ casing: 'snake_case' }) as LibSQLDatabase
  const tables = () => world.schema as unknown as typeof sqlite
  async function start(): Promise<DialectServer> {
    return server = await serve(world.dialect, async () => own(), world.schema)
  }
  const create = (collection: string, item: object) => ({ type: 'create', collection, item })

  describe('hooks', () => {
    /** Whoever makes a list gets a row in it, and only who has one may add todos: the documented examples. */
    async function withMembers(): Promise<DialectServer> {
      const { rules } = await start()
      const { lists, grades, todos } = tables()
      rules.hooksForTable(lists, {
        'index.post.after': async ({ result }) => void await own().insert(grades).values({ school: result.id, year: 1, note: 1 }),
      })
      rules.hooksForTable(todos, {
        'index.post.before': async ({ body }) => {
          const found = await own().select().from(grades).where(eq(grades.school, body.listId!))
          if (found.length === 0)
            throw createError({ statusCode: 403, statusMessage: 'You are no member of this list' })
        },
        'item.patch.after': async ({ result }) => void await own().update(lists).set({ name: `${result.title} of ${result.listId}` }).where(eq(lists.id, result.listId!)),
      })
      return server!
    }

    it('read and write through a handle of their own, in batches too', async () => {
      const server = await withMembers()
      expect((await server.call('POST', 'lists', { id: 'a', name: 'A' })).status).toBe(200)
      expect((await server.call('POST', 'todos', { title: 'x', listId: 'a' })).status).toBe(200)
      await server.call('POST', 'drafts', { id: 'd', label: 'no rules' })
      expect(await server.error('POST', 'todos', { title: 'x', listId: 'b' })).toMatchObject({ status: 403, body: { statusMessage: 'You are no member of this list' } })
      const apart = (await server.batch([create('lists', { id: 'b', name: 'B' }), create('todos', { title: 'y', listId: 'b' }), create('todos', { title: 'z', listId: 'c' })])).body.results
      expect(apart.map(result => result.ok)).toEqual([true, true, false])
      // Before hooks of a transaction run before it begins.
      const together = (await server.batch([create('lists', { id: 'c', name: 'C' }), create('todos', { title: 'z', listId: 'c' })], true)).body.results
      expect(together.map(result => result.ok)).toEqual([false, false])
      expect((await server.batch([create('lists', { id: 'd', name: 'D' }), create('todos', { title: 'z', listId: 'a' })], true)).body.results.map(result => result.ok)).toEqual([true, true])
      expect((await server.list('grades')).body.map(row => row.school)).toEqual(['a', 'b', 'd'])
      expect((await server.list('todos')).body.map(row => row.title)).toEqual(['x', 'y', 'z'])
      expect(server.errors).toEqual([])
    })

    // On a client that is one connection, whatever the app runs meanwhile is part of the transaction that is open.
    it.runIf(!world.exposed)('do so while others write', async () => {
      const server = await withMembers()
      await server.call('POST', 'lists', { id: 'a', name: 'A' })
      const todo = (i: number) => create('todos', { title: `t${i}`, listId: 'a' })
      const failing = create('todos', { title: 'no', listId: 'a', priority: 1000 })
      const outcomes = await Promise.all(Array.from({ length: 60 }, async (_, i) => {
        switch (i % 6) {
          case 0: return (await server.batch([todo(i), todo(i), failing], true)).body.results.map(result => result.error?.data.code)
          case 1: return (await server.batch([create('lists', { id: `l${i}`, name: `L${i}` }), create('drafts', { id: `d${i}` }), todo(i)], i % 4 === 1)).body.results.map(result => result.ok)
          case 2: return (await server.call('POST', 'todos', { title: `t${i}`, listId: 'a' })).status
          case 3: return (await server.call('POST', 'lists', { id: `l${i}`, name: `L${i}` })).status
          case 4: return (await server.batch([create('drafts', { id: `d${i}` }), create('drafts', { id: `e${i}` })])).body.results.map(result => result.ok)
          default: return (await server.list('todos', { include: { list: true } })).status
        }
      }))
      expect(server.errors).toEqual([])
      for (const [i, outcome] of outcomes.entries())
        expect([i, outcome]).toEqual([i, [['RSTORE_ROLLED_BACK', 'RSTORE_ROLLED_BACK', 'RSTORE_CONSTRAINT'], [true, true, true], 200, 200, [true, true], 200][i % 6]])
      expect((await server.list('lists')).body).toHaveLength(21)
      expect((await server.list('grades')).body).toHaveLength(21)
      expect((await server.list('todos')).body).toHaveLength(20)
    })
  })

  describe('policies', () => {
    const codes = (results: { ok: boolean, error?: { data: { code: string } } }[]) => results.map(result => result.ok || result.error!.data.code)
    const update = (collection: string, key: string | number, item: object) => ({ type: 'update', collection, key, item })

    it('bound reads and writes, of relations and in batches too', async () => {
      const { rules, call, list, batch, error } = await start()
      const { lists, todos } = tables()
      rules.policyForTable(lists, { read: (_, { ne }) => ne('id', 'b'), create: true })
      rules.policyForTable(todos, { read: (_, { inArray }) => inArray('listId', ['a', 'c']), create: true, update: (_, { lt }) => lt('priority', 5), delete: (_, { eq }) => eq('done', true) })
      for (const id of ['a', 'b', 'c'])
        await call('POST', 'lists', { id, name: id })
      for (const [i, listId] of ['a', 'b', 'c', null].entries())
        await call('POST', 'todos', { title: `t${i}`, listId, priority: i })
      const { body } = await list('lists', { include: { todos: true } })
      expect(body).toMatchObject([{ id: 'a', todos: [{ title: 't0' }] }, { id: 'c', todos: [{ title: 't2' }] }])
      const [id] = (body[0]!.todos as { id: number }[]).map(row => row.id) as [number]
      const ids = [id, id + 1, id + 2, id + 3]
      expect((await list('todos', { keys: ids.join(',') })).body.map(row => row.title)).toEqual(['t0', 't2'])
      expect((await batch(ids.map(key => ({ type: 'fetchFirst', collection: 'todos', key, query: { include: { list: true } } })))).body.results).toMatchObject([{ result: { list: { id: 'a' } } }, { ok: false }, { result: { list: { id: 'c' } } }, { ok: false }])
      const writes = (await batch([...ids.map(key => update('todos', key, { title: 'new' })), { type: 'delete', collection: 'todos', key: id }, update('todos', id, { priority: 9 }), update('todos', id, { done: true }), { type: 'delete', collection: 'todos', key: id }])).body.results
      expect(codes(writes)).toEqual([true, 'RSTORE_NOT_FOUND', true, 'RSTORE_NOT_FOUND', 'RSTORE_NOT_FOUND', 'RSTORE_FORBIDDEN', true, true])
      expect(await error('POST', 'lists', { id: 'b', name: 'again' })).toMatchObject({ status: 409 })
      expect((await call('POST', 'todos', { title: 'x' })).body).toEqual({ id: expect.any(Number), title: 'x' })
      expect(server!.errors).toEqual([])
    })

    it('check what the database has filled in, and what a change leaves, and undo it', async () => {
      const { rules, call, list, batch, error } = await start()
      const { todos, tokens, kinds } = tables()
      rules.policyForTable(todos, { read: true, create: (_, { and, eq, lt }) => and(eq('done', false), lt('createdAt', new Date(Date.now() + 3_600_000)))!, update: (_, { or, eq, isNull }) => or(isNull('priority'), eq('done', true))!, delete: true })
      rules.policyForTable(tokens, { read: true, create: (_, { like }) => like('id', 'no%') })
      rules.policyForTable(kinds, { read: true, create: (_, { gt }) => gt('decimal', '0.5' as never), update: true })
      expect((await call('POST', 'todos', { title: 'x' })).status).toBe(200)
      expect(await error('POST', 'todos', { title: 'y', done: true })).toMatchObject({ status: 403 })
      expect(await error('POST', 'todos', { title: 'y', createdAt: '2037-01-01T00:00:00Z' })).toMatchObject({ status: 403 })
      const [{ id }] = (await list('todos')).body as [{ id: number }]
      expect(await error('PATCH', `todos/${id}`, { title: 'y', priority: 1 })).toMatchObject({ status: 403, body: { data: { code: 'RSTORE_FORBIDDEN' } } })
      expect(codes((await batch([update('todos', id, { title: 'a' }), update('todos', id, { title: 'b', priority: 1 }), create('todos', { title: 'c', done: true }), update('todos', id, { priority: 1, done: true })])).body.results)).toEqual([true, 'RSTORE_FORBIDDEN', 'RSTORE_FORBIDDEN', true])
      expect(codes((await batch([create('todos', { title: 'd' }), update('todos', id, { done: false })], true)).body.results)).toEqual(['RSTORE_ROLLED_BACK', 'RSTORE_FORBIDDEN'])
      expect((await list('todos')).body).toMatchObject([{ title: 'a', priority: 1, done: true }])
      expect(await error('POST', 'tokens', { label: 'x' })).toMatchObject({ status: 403 })
      expect((await list('tokens')).body).toEqual([])
      expect(await error('POST', 'kinds', { id: 1, decimal: '0.5' })).toMatchObject({ status: 403 })
      expect((await call('POST', 'kinds', { id: 1, decimal: '0.75' })).status).toBe(200)
      // Where the database rounds it to nine digits, it is none.
      expect((await call('POST', 'kinds', { id: 2, decimal: '0.5000000001' })).status).toBe(world.dialect === 'mysql' ? 403 : 200)
      expect(server!.errors).toEqual([])
    })

    it('leave it to the database what equals what', async () => {
      const { rules, call, list } = await start()
      const { drafts } = tables()
      rules.policyForTable(drafts, { read: (_, { ne }) => ne('label', 'Secret'), create: (_, { ne }) => ne('label', 'root'), update: (_, { ne }) => ne('label', 'ROOT') })
      const stored = async () => (await world.server.list('drafts')).body.map(row => row.label)
      const ignoresCase = world.dialect === 'mysql'
      await call('POST', 'drafts', { id: 'a', label: 'x' })
      expect((await call('POST', 'drafts', { id: 'b', label: 'root' })).status).toBe(403)
      expect((await call('POST', 'drafts', { id: 'b', label: 'Root' })).status).toBe(ignoresCase ? 403 : 200)
      expect((await call('PATCH', 'drafts/a', { label: 'root' })).status).toBe(ignoresCase ? 403 : 200)
      expect((await call('PATCH', 'drafts/a', { label: 'SECRET' })).status).toBe(ignoresCase ? 403 : 200)
      expect(await stored()).toEqual(ignoresCase ? ['x'] : ['SECRET', 'Root'])
      expect((await call('POST', 'drafts', { id: 'c', label: 'SECRET' })).status).toBe(200)
      expect((await list('drafts')).body.map(row => row.id)).toEqual(ignoresCase ? ['a'] : ['a', 'b', 'c'])
    })
  })
}
