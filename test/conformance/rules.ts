import type { LibSQLDatabase } from 'drizzle-orm/libsql'
import type { DialectServer } from '../server/support/serve'
import type { World } from './suite'
import { eq } from 'drizzle-orm'
import { createError } from 'h3'
import { afterEach, describe, expect, it } from 'vitest'
import { serve } from '../server/support/serve'
import * as sqlite from './schemas/sqlite'

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

    it('do so while others write', async () => {
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
}
