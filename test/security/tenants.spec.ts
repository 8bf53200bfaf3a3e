import type { TestServer } from '../server/support/create-server'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { expectRefused, intruder } from './support/attempts'
import { createTenants, leaks, seed, snapshot, todos } from './support/tenants'

/*
 * What one tenant may try to reach of another's. `intruder` looks through every answer. Two things can still be learned, on purpose:
 * that a unique value or a key is taken (409), and whatever a rule of the app gives away by refusing or not.
 */

const eq = (field: string, value: unknown) => ({ operator: 'eq', field, value })

describe.each(['policies', 'hooks'] as const)('guarded by %s', (guard) => {
  let server: TestServer
  let before: Awaited<ReturnType<typeof snapshot>>
  beforeAll(async () => {
    server = await createTenants(guard)
  })
  beforeEach(async () => {
    await server.client.executeMultiple(seed)
    server.errors.length = 0
    before = await snapshot(server)
  })
  afterAll(() => server.close())

  const { rest, batch, list, write } = intruder(() => server)
  async function expectUnchanged(): Promise<void> {
    expect(await snapshot(server)).toEqual(before)
    expect(server.errors).toEqual([])
  }

  describe('reads', () => {
    it('the world is one where there would be something to see', async () => {
      const eve = intruder(() => server, { 'x-user': '0' })
      expect(leaks(before.todos)).not.toEqual([])
      expect((await eve.rest('GET', 'todos')).body).toEqual([])
      expect((await rest('GET', 'todos')).body).toMatchObject([{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }])
      const answer = await server.call('GET', 'todos', undefined, { 'x-user': '1001' })
      expect(answer.body).toMatchObject([{ id: 1001 }, { id: 1002 }])
    })

    it.each([
      ['everything', {}], ['a foreign id', { where: eq('id', 1001) }], ['a foreign team', { where: eq('teamId', 1001) }], ['what is always true', { where: { operator: 'or', conditions: [eq('id', 1001), { operator: 'isNotNull', field: 'id' }] } }],
      ['the opposite of what is one\'s own', { where: { operator: 'not', condition: eq('teamId', 1) } }], ['what is not among nothing', { where: { operator: 'notInArray', field: 'id', value: [] } }], ['a foreign key', { keys: ['1001'] }], ['keys of both', { keys: ['1', '1001', '1002'] }],
      ['an order', { orderBy: ['teamId.desc'], limit: 1 }], ['an offset beyond', { offset: 4 }], ['all but a few', { orderBy: ['id.desc'], limit: 1000 }],
      ['a cursor before foreign rows', { cursor: Buffer.from('["todos:+id",1000]').toString('base64url') }], ['a cursor of infinity', { cursor: Buffer.from('["todos:+id",{"real":"-Infinity"}]').toString('base64url') }],
      ['a cursor under an order', { orderBy: ['teamId'], cursor: Buffer.from('["todos:+teamId,+id",1000,0]').toString('base64url') }],
      ['relations up', { include: { team: { include: { owner: true } }, project: true, assignee: true } }], ['relations through', { include: { tags: { through: true, include: { todos: true } }, links: { include: { tag: true, todo: true } } } }],
      ['relations up and down', { include: { team: { include: { todos: { include: { project: { include: { todos: true } } } }, users: { include: { assigned: true } } } } } }],
      ['foreign rows of a relation', { include: { assignee: { where: eq('id', 1001) }, tags: { where: eq('id', 1001) }, project: { where: { operator: 'gt', field: 'teamId', value: 1 } } } }],
    ])('a list by %s', async (_, query) => {
      for (const { via, status, body } of await list('todos', query, { teams: 'todos', projects: 'todos', tags: 'todos', users: 'assigned' }))
        expect([via, status, Array.isArray(body)]).toEqual([via, 200, true])
      await expectUnchanged()
    })

    it.each([['users', 1001], ['teams', 1001], ['memberships', '1001::1001'], ['projects', 1001], ['todos', 1001], ['todos', 1002], ['tags', 1001], ['todoTags', '1001::1001'], ['todoTags', '1::1001'], ['todoTags', '1001::1'], ['audits', 1]])('%s(%s) by its key', async (collection, key) => {
      const fetch = { type: 'fetchFirst', collection, key }
      const [own] = (await rest('GET', collection)).body as Record<string, unknown>[]
      expectRefused([await rest('GET', `${collection}/${key}`), ...await batch([fetch]), ...await batch([fetch, fetch, { ...fetch, key: own ? Object.values(own).slice(0, 2).join('::') : 1 }].slice(0, 2)), ...await batch([fetch], true)], 404)
      expect((await rest('GET', `${collection}?keys=${key}`)).body).toEqual([])
      expect((await batch([{ type: 'fetchMany', collection, query: { keys: [key] } }]))[0]!.body).toEqual([])
    })

    it('foreign keys among one\'s own in a batch that is read at once', async () => {
      const outcomes = await batch([1, 1001, 2, 1002, 3].map(key => ({ type: 'fetchFirst', collection: 'todos', key, query: { include: { assignee: true, tags: { through: true } } } })))
      expect(outcomes.map(({ status }) => status)).toEqual([200, 404, 200, 404, 200])
    })

    it('rows that stray links lead to', async () => {
      expect((await rest('GET', `todos/4?include=${JSON.stringify({ assignee: true })}`)).body).toMatchObject({ assigneeId: 1001, assignee: null })
      expect((await rest('GET', `projects/1?include=${JSON.stringify({ todos: true })}`)).body).toMatchObject({ todos: [{ id: 1 }, { id: 2 }] })
      expect((await rest('GET', `todos/1?include=${JSON.stringify({ tags: { through: true }, links: true })}`)).body).toMatchObject({ tags: [{ id: 1 }, { id: 2 }], links: [{ tagId: 1 }, { tagId: 2 }] })
      expect((await rest('GET', `tags/1?include=${JSON.stringify({ todos: true })}`)).body).toMatchObject({ todos: [{ id: 1 }, { id: 2 }] })
      expect((await rest('GET', `users/1?include=${JSON.stringify({ assigned: true, teams: true })}`)).body).toMatchObject({ assigned: [{ id: 1 }], teams: [{ id: 1 }] })
      for (const { body } of await list('users', { include: { assigned: { limit: 1, orderBy: ['id.desc'] } } }))
        expect(body).toMatchObject([{ assigned: [{ id: 1 }] }, { assigned: [{ id: 2 }] }])
    })

    it('as nobody', async () => {
      const nobody = intruder(() => server, {})
      for (const collection of ['users', 'teams', 'memberships', 'projects', 'todos', 'tags', 'todoTags', 'audits']) {
        for (const { status, body } of await nobody.list(collection, {}))
          expect([status, body]).toEqual([200, []])
      }
      expectRefused([await nobody.rest('GET', 'todos/1'), ...await nobody.write('update', 'todos', 1, { title: 'x' }), ...await nobody.write('delete', 'todos', 1), ...await nobody.write('create', 'todos', undefined, { teamId: 1, title: 'x' })])
      await expectUnchanged()
    })
  })

  describe('writes', () => {
    it.each([
      ['users', 1001, { name: 'x' }], ['users', 2, { name: 'x' }], ['teams', 1001, { name: 'x' }], ['teams', 1001, { ownerId: 1 }], ['memberships', '1001::1001', { role: 'x' }], ['projects', 1001, { teamId: 1 }], ['projects', 1001, { name: 'x' }],
      ['todos', 1001, { teamId: 1 }], ['todos', 1001, { title: 'x' }], ['todos', 1002, { projectId: null }], ['todos', 1001, {}], ['tags', 1001, { teamId: 1, label: 'x' }], ['todoTags', '1001::1001', { note: 'x' }], ['todoTags', '1::1001', { note: 'x' }], ['todoTags', '1001::1', { note: 'x' }], ['audits', 1, { what: 'x' }],
    ])('a change of %s(%s) to %j', async (collection, key, item) => {
      expectRefused(await write('update', collection, key, item))
      await expectUnchanged()
    })

    it.each([['users', 1001], ['users', 1], ['teams', 1001], ['memberships', '1001::1001'], ['projects', 1001], ['todos', 1001], ['todos', 1002], ['tags', 1001], ['todoTags', '1001::1001'], ['todoTags', '1::1001'], ['todoTags', '1001::1'], ['audits', 1]])('the end of %s(%s)', async (collection, key) => {
      if (guard === 'hooks' && collection === 'users' && key === 1)
        return
      expectRefused(await write('delete', collection, key))
      await expectUnchanged()
    })

    it.each([
      ['projects', { teamId: 1001, name: 'x' }], ['todos', { teamId: 1001, title: 'x' }], ['todos', { title: 'x' }], ['todos', { teamId: 1, projectId: 1001, title: 'x' }], ['tags', { teamId: 1001, label: 'x' }], ['todoTags', { todoId: 1001, tagId: 1 }], ['todoTags', { todoId: 1, tagId: 1001 }],
      ['memberships', { teamId: 1001, userId: 1, role: 'owner' }], ['teams', { name: 'x', ownerId: 1001 }], ['users', { name: 'x' }], ['audits', { what: 'x' }], ['projects', { teamId: 9999, name: 'x' }], ['todos', { id: 1001, teamId: 1, title: 'x' }], ['projects', { id: 1001, teamId: 1, name: 'x' }],
    ])('a new row of %s: %j', async (collection, item) => {
      expectRefused(await write('create', collection, undefined, item))
      await expectUnchanged()
    })

    it.each([
      ['projects', 1, { teamId: 1001 }], ['projects', 1, { name: 'x', teamId: 1001 }], ['todos', 1, { teamId: 1001 }], ['todos', 1, { projectId: 1001 }], ['todos', 1, { title: 'x', done: true, projectId: 1001 }], ['tags', 1, { teamId: 1001 }], ['teams', 1, { ownerId: 1001 }],
    ])('a row that is moved over: %s(%s) to %j', async (collection, key, item) => {
      expectRefused(await write('update', collection, key, item), 403)
      await expectUnchanged()
    })

    it.each([
      ['a row of a foreign row', [['create', 'projects', -1, { teamId: 1001, name: 'x' }], ['create', 'todos', -2, { teamId: 1, projectId: -1, title: 'x' }]]],
      ['a row moved once it is there', [['create', 'todos', -1, { teamId: 1, title: 'x' }], ['update', 'todos', -1, { teamId: 1001 }]]],
      ['a key that is taken for a temporary one', [['create', 'todos', 1001, { teamId: 1001, title: 'x' }], ['update', 'todos', 1001, { title: 'x' }]]],
      ['a foreign row taken over by a new one', [['create', 'todos', 1001, { id: 1001, teamId: 1, title: 'x' }], ['delete', 'todos', 1001, undefined]]],
      ['a team that lets in', [['create', 'teams', -1, { name: 'x', ownerId: 1 }], ['create', 'memberships', undefined, { teamId: 1001, userId: 1 }]]],
      ['a foreign project for a new todo', [['create', 'todos', -1, { teamId: 1, title: 'x', projectId: 1001 }], ['update', 'todos', -1, { projectId: null }]]],
      ['a delete among changes of one\'s own', [['update', 'todos', 1, { title: 'x' }], ['delete', 'todos', 2, undefined], ['delete', 'todos', 1001, undefined]]],
      ['a read of what is not there in between', [['update', 'todos', 1, { title: 'x' }], ['fetchFirst', 'todos', 1001, undefined]]],
    ] as [string, [string, string, string | number | undefined, unknown][]][])('a transaction with %s', async (_, operations) => {
      const outcomes = await batch(operations.map(([type, collection, key, item]) => ({ type, collection, key, item })), true)
      expectRefused(outcomes)
      await expectUnchanged()
    })

    it('a key of its own in a transaction does not lead to the row that has it', async () => {
      const outcomes = await batch([{ type: 'create', collection: 'todos', key: 1001, item: { teamId: 1, title: 'mine' } }, { type: 'update', collection: 'todos', key: 1001, item: { title: 'still mine' } }], true)
      expect(outcomes).toMatchObject([{ status: 200, body: { id: 2001 } }, { status: 200, body: { id: 2001, title: 'still mine' } }])
      expect((await snapshot(server)).todos!.filter(row => row.team_id === 1001)).toEqual(before.todos!.filter(row => row.team_id === 1001))
    })

    it('what is one\'s own can be written', async () => {
      const outcomes = [
        ...await batch([{ type: 'create', collection: 'projects', item: { teamId: 1, name: 'new' } }, { type: 'update', collection: 'todos', key: 1, item: { title: 'new', projectId: 2 } }, { type: 'delete', collection: 'tags', key: 2 }], true),
        await rest('POST', 'todos', { teamId: 1, title: 'x', projectId: 1 }), await rest('PATCH', 'users/1', { name: 'Ada L' }), await rest('DELETE', 'memberships/1::2'), await rest('POST', 'teams', { name: 'second', ownerId: 1 }),
      ]
      expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 200))
      expect(server.errors).toEqual([])
    })
  })

  describe('what can be told from an answer', () => {
    it.each([['GET'], ['PATCH'], ['DELETE']])('a foreign row is like one that is not there: %s', async (method) => {
      for (const [collection, foreign, none] of [['users', 1001, 9999], ['teams', 1001, 9999], ['projects', 1001, 9999], ['todos', 1001, 9999], ['tags', 1001, 9999], ['memberships', '1001::1001', '9999::1001'], ['todoTags', '1001::1', '9999::1']] as const) {
        const body = method === 'PATCH' ? {} : undefined
        const [a, b] = [await rest(method, `${collection}/${foreign}`, body), await rest(method, `${collection}/${none}`, body)]
        expect([a.status, a.body]).toEqual([b.status, b.body])
        const type = { GET: 'fetchFirst', PATCH: 'update', DELETE: 'delete' }[method]!
        for (const atomic of [false, true]) {
          const [c] = await batch([{ type, collection, key: foreign, item: body }], atomic)
          const [d] = await batch([{ type, collection, key: none, item: body }], atomic)
          expect([c!.status, c!.body]).toEqual([d!.status, d!.body])
        }
      }
    })

    it('a change that a foreign row would not take says no more than that there is none', async () => {
      for (const item of [{ name: null }, { slug: 'roof' }, { slug: 'FOREIGN-slug' }, { teamId: 1 }]) {
        const [a, b] = [await rest('PATCH', 'projects/1001', item), await rest('PATCH', 'projects/9999', item)]
        expect([a.status, a.body]).toEqual([b.status, b.body])
      }
      await expectUnchanged()
    })

    it('a foreign row that one refers to is refused like one that is not there', async () => {
      for (const item of [{ teamId: 1, title: 'x', projectId: 1001 }, { teamId: 1001, title: 'x' }]) {
        const none = JSON.parse(JSON.stringify(item).replace('1001', '9999')) as object
        const [a, b] = [await rest('POST', 'todos', item), await rest('POST', 'todos', none)]
        expect([a.status, a.body]).toEqual([b.status, b.body])
      }
    })

    it('a count, an offset and a cursor tell of nothing but one\'s own rows', async () => {
      const { headers } = await server.call('GET', 'todos?limit=4', undefined, { 'x-user': '1' })
      expect(headers.get('x-rstore-next-cursor')).toBe(null)
      expect((await rest('GET', 'todos?offset=4')).body).toEqual([])
    })

    it('that a unique value or a key is taken, and nothing of the row that has it', async () => {
      const outcomes = [await rest('PATCH', 'projects/1', { slug: 'FOREIGN-slug' }), await rest('POST', 'projects', { teamId: 1, name: 'x', slug: 'FOREIGN-slug' }), await rest('POST', 'projects', { id: 1001, teamId: 1, name: 'x' })]
      for (const { status, body } of outcomes)
        expect([status, Object.keys((body as { data: object }).data)]).toEqual([409, ['code', 'field', 'collection']])
      await expectUnchanged()
    })
  })

  it('what is not changed or deleted tells nobody', async () => {
    const told: unknown[] = []
    for (const name of ['item.patch.after', 'item.delete.after'] as const)
      server.rules.hooksForTable(todos, { [name]: ({ result }: { result: { id: unknown } }) => void told.push(result.id) })
    for (const key of [1001, 1002, 9999])
      expectRefused([...await write('update', 'todos', key, { title: 'x' }), ...await write('delete', 'todos', key)], 404)
    expect(told).toEqual([])
    await rest('PATCH', 'todos/1', { title: 'x' })
    expect(told).toEqual([1])
  })
})
