import type { ServerSchema, ServerSetup, TestServer } from './support/create-server'
import type { Policy } from '../../src/runtime/server/rules/policy'
import { sql } from 'drizzle-orm'
import { integer, numeric, sqliteTable, sqliteView, text } from 'drizzle-orm/sqlite-core'
import { createError } from 'h3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blog, blogRows } from './support/blog'
import { createServer } from './support/create-server'

const notes = sqliteTable('notes', {
  id: integer().primaryKey({ autoIncrement: true }),
  owner: text().notNull().default('nobody'),
  team: text(),
  title: text().notNull(),
  parentId: integer(),
  stamp: text().$onUpdate(() => 'updated'),
  level: integer().notNull().default(1),
  double: integer().generatedAlwaysAs(sql`level * 2`),
  price: numeric(),
  secret: text(),
})
const openNotes = sqliteView('open_notes').as(query => query.select({ id: notes.id, title: notes.title, level: notes.level }).from(notes))
const others = sqliteTable('others', { id: integer().primaryKey(), noteId: integer() })
const schema: ServerSchema = {
  tables: { notes, openNotes, others },
  ddl: `
    create table notes (id integer primary key autoincrement, owner text not null default 'nobody', team text, title text not null, parent_id integer, stamp text, level integer not null default 1,
      double integer generated always as (level * 2) virtual, price numeric, secret text);
    create view open_notes as select id, title, level from notes;
    create table others (id integer primary key, note_id integer);
    insert into notes (id, owner, team, title, parent_id, level, secret) values (1, 'ada', 'x', 'one', null, 1, 's'), (2, 'ada', 'y', 'two', 1, 2, 't'), (3, 'eve', 'x', 'three', 1, 3, 's'), (4, 'eve', null, 'four', 2, 4, null);
    insert into others values (1, 1), (2, 3);
  `,
  relations: {
    notes: { parent: { to: 'notes', many: false, on: [['parentId', 'id']] }, children: { to: 'notes', many: true, on: [['id', 'parentId']] } },
    others: { note: { to: 'notes', many: false, on: [['noteId', 'id']] } },
  },
}

interface Session { name: string }
type NotesPolicy = Policy<typeof notes.$inferSelect, Partial<typeof notes.$inferInsert>, Session>
interface Result { ok: boolean, result?: unknown, error?: { statusCode: number, data: { code: string } } }

let server: TestServer
let resolved = 0
async function start(policy?: NotesPolicy, setup: ServerSetup = {}): Promise<void> {
  await server?.close()
  resolved = 0
  server = await createServer({ schema, collections: { notes: { hidden: ['secret'] } }, ...setup })
  server.rules.setSession(async ({ headers }) => {
    resolved++
    await new Promise(resolve => setImmediate(resolve))
    return headers.get('x-user') && { name: headers.get('x-user') }
  })
  if (policy)
    server.rules.policyForTable(notes, policy as Policy<typeof notes.$inferSelect, Partial<typeof notes.$inferInsert>, unknown>)
}
beforeEach(() => start())
afterEach(() => server.close())

const ada = { 'x-user': 'ada' }
const call = (method: string, path: string, body?: unknown) => server.call(method, path, body, ada)
const code = async (method: string, path: string, body?: unknown) => {
  const { status, body: answer } = await server.error(method, path, body, ada)
  return status === 200 ? 200 : [status, answer.data.code]
}
const ids = async (query = '') => (await server.get(`notes?${query}`, ada)).body.map(row => row.id)
const include = (relations: unknown) => `include=${encodeURIComponent(JSON.stringify(relations))}`
async function batch(operations: unknown[], atomic = false): Promise<Result[]> {
  return (await server.call<{ results: Result[] }>('POST', '_batch', { operations, atomic }, ada)).body.results
}
const stored = async (id: number) => ({ ...(await server.client.execute(`select owner, team, title, level, stamp, price, secret from notes where id = ${id}`)).rows[0] })
const count = async () => (await server.client.execute('select count(*) as n from notes')).rows[0]!.n

const own: NotesPolicy = {
  read: ({ session }, { eq, or }) => or(eq('owner', session.name), eq('team', 'x'))!,
  create: ({ session, item }) => item.owner === session.name,
  update: ({ session }, { eq }) => eq('owner', session.name),
  delete: ({ session }, { eq }) => eq('owner', session.name),
}

describe('the session', () => {
  it('is resolved once for a request, however many rules ask for it', async () => {
    await start(own)
    await ids(include({ children: { include: { parent: true } } }))
    expect(resolved).toBe(1)
    await batch([{ type: 'fetchMany', collection: 'notes' }, { type: 'fetchFirst', collection: 'notes', key: 1 }, { type: 'fetchFirst', collection: 'notes', key: 2 }, { type: 'update', collection: 'notes', key: 1, item: { title: 'x' } }])
    expect(resolved).toBe(2)
    await batch([{ type: 'update', collection: 'notes', key: 1, item: { title: 'x' } }, { type: 'delete', collection: 'notes', key: 2 }], true)
    expect(resolved).toBe(3)
  })

  it('is not resolved where no rule asks for it', async () => {
    await start({ read: true, create: false, update: true })
    await call('GET', 'others')
    await ids()
    await call('POST', 'notes', { title: 'x' })
    await call('PATCH', 'notes/1', { title: 'x' })
    await call('DELETE', 'notes/1')
    expect(resolved).toBe(0)
  })

  it('that can\'t be had ends the request with the error of the app', async () => {
    await start(own)
    server.rules.setSession(() => {
      throw createError({ statusCode: 401, statusMessage: 'Log in first' })
    })
    expect(await server.error('GET', 'notes')).toMatchObject({ status: 401, body: { statusMessage: 'Log in first' } })
    expect(await batch([{ type: 'fetchMany', collection: 'notes' }, { type: 'fetchMany', collection: 'others' }])).toMatchObject([{ error: { statusCode: 401 } }, { ok: true }])
  })

  it('is undefined where the app has none', async () => {
    await server.close()
    server = await createServer({ schema })
    const seen: unknown[] = []
    server.rules.policyForTable(notes, { read: ({ session }) => seen.push(session) > 0 })
    expect((await server.list('notes')).body).toHaveLength(4)
    expect(seen).toEqual([undefined])
  })
})

describe('read', () => {
  it.each([
    [true, [1, 2, 3, 4]], [false, []], [undefined, []],
    [() => true, [1, 2, 3, 4]], [() => false, []],
    [(({ session }, { eq }) => eq('owner', session.name)) satisfies NotesPolicy['read'], [1, 2]],
    [((_, { not, isNull }) => not(isNull('team'))) satisfies NotesPolicy['read'], [1, 2, 3]],
    [((_, { inArray }) => inArray('id', [])) satisfies NotesPolicy['read'], []],
    [((_, { eq }) => eq('secret', 's')) satisfies NotesPolicy['read'], [1, 3]],
  ] as [NotesPolicy['read'], number[]][])('%s holds for every way to read', async (read, visible) => {
    await start({ read })
    const sees = (id: number) => visible.includes(id)
    expect(await ids()).toEqual(visible)
    expect(await ids('keys=1,2,3,4')).toEqual(visible)
    expect(await ids('where={"operator":"gte","field":"id","value":3}')).toEqual(visible.filter(id => id > 2))
    for (const id of [1, 2, 3, 4])
      expect([id, await code('GET', `notes/${id}`)]).toEqual([id, sees(id) ? 200 : [404, 'RSTORE_NOT_FOUND']])
    expect((await server.get(`others?${include({ note: true })}`, ada)).body.map(row => (row.note as { id: number } | null)?.id)).toEqual([sees(1) ? 1 : undefined, sees(3) ? 3 : undefined])
    for (const row of (await server.get(`notes?${include({ children: true, parent: true })}`, ada)).body) {
      expect((row.children as { id: number }[]).map(child => child.id)).toEqual([2, 3, 4].filter(id => sees(id) && (id === 4 ? 2 : 1) === row.id))
      expect((row.parent as { id: number } | null)?.id).toEqual(row.parentId !== null && sees(row.parentId as number) ? row.parentId : undefined)
    }
    const fetch = (key: number) => ({ type: 'fetchFirst', collection: 'notes', key })
    for (const atomic of [false, true]) {
      const results = await batch([{ type: 'fetchMany', collection: 'notes' }, { type: 'fetchFirst', collection: 'notes' }, ...visible.map(fetch)], atomic)
      expect(results.map(result => result.ok && (Array.isArray(result.result) ? result.result.length : (result.result as { id: number } | null)?.id))).toEqual([visible.length, visible[0], ...visible])
    }
    expect((await batch([1, 2, 3, 4].map(fetch))).map(result => result.ok)).toEqual([1, 2, 3, 4].map(sees))
  })

  it('of a view is a policy of its own', async () => {
    server.rules.policyForTable(openNotes, { read: (_, { lt }) => lt('level', 3) })
    expect((await server.list('openNotes')).body.map(row => row.id)).toEqual([1, 2])
    expect((await server.list('notes')).body).toHaveLength(4)
  })

  it('of a join table decides what leads from one to the other', async () => {
    const { posts, tags, postTags } = blog.tables
    for (const [read, slugs] of [[(_, { lt }) => lt('weight', 3), ['a', 'b']], [(_, { eq }) => eq('weight', 2), ['a']], [false, []]] as [Policy<typeof postTags.$inferSelect, object, unknown>['read'], string[]][]) {
      await server.close()
      server = await createServer({ schema: blog })
      await server.client.executeMultiple(blogRows)
      server.rules.policyForTable(posts, { read: true })
      server.rules.policyForTable(tags, { read: true })
      server.rules.policyForTable(postTags, { read })
      const included = async (options: object) => ((await server.list('posts', { keys: '10', include: { tags: options } })).body[0]!.tags as { slug: string, $through?: { weight: number } }[])
      expect((await included({ limit: 5 })).map(tag => tag.slug)).toEqual(slugs)
      expect((await included({ through: true })).map(tag => [tag.slug, tag.$through!.weight])).toEqual(slugs.map(slug => [slug, slug === 'a' ? 2 : 1]))
      expect((await server.list('tags', { keys: 'a', include: { posts: { include: { tags: true } } } })).body).toMatchObject([{ posts: slugs.includes('a') ? [{ id: 10, tags: slugs.map(slug => ({ slug })) }] : [] }])
    }
  })

  it('pages through what can be seen', async () => {
    await start(own)
    const first = await server.get('notes?limit=2&orderBy=id.desc', ada)
    expect(first.body.map(row => row.id)).toEqual([3, 2])
    const second = await server.get(`notes?limit=2&orderBy=id.desc&cursor=${first.headers.get('x-rstore-next-cursor')}`, ada)
    expect([second.body.map(row => row.id), second.headers.get('x-rstore-next-cursor')]).toEqual([[1], null])
  })
})

describe('create', () => {
  it('is checked on the values, before anything is written', async () => {
    await start(own)
    expect(await call('POST', 'notes', { title: 'x', owner: 'ada' })).toMatchObject({ status: 200, body: { id: 5, owner: 'ada', level: 1, double: 2 } })
    expect(await code('POST', 'notes', { title: 'x', owner: 'eve' })).toEqual([403, 'RSTORE_FORBIDDEN'])
    expect(await code('POST', 'notes', { title: 'x' })).toEqual([403, 'RSTORE_FORBIDDEN'])
    const create = (owner: string) => ({ type: 'create', collection: 'notes', item: { title: 'x', owner } })
    expect((await batch([create('ada'), create('eve'), create('ada')])).map(result => result.error?.statusCode)).toEqual([undefined, 403, undefined])
    expect((await batch([create('ada'), create('eve')], true)).map(result => result.error?.data.code)).toEqual(['RSTORE_ROLLED_BACK', 'RSTORE_FORBIDDEN'])
    expect(await count()).toBe(7)
    expect(server.errors).toEqual([])
  })

  it('is checked on the row where the database fills something in, and undone', async () => {
    await start({ read: true, create: (_, { and, eq, lt }) => and(eq('owner', 'ada'), lt('double', 10))! })
    expect(await call('POST', 'notes', { title: 'x', owner: 'ada', level: 4 })).toMatchObject({ status: 200, body: { double: 8 } })
    const refused = [{ title: 'x' }, { title: 'x', owner: 'ada', level: 5 }, { title: 'x', owner: 'eve' }]
    for (const item of refused)
      expect(await code('POST', 'notes', item)).toEqual([403, 'RSTORE_FORBIDDEN'])
    const create = (item: object) => ({ type: 'create', collection: 'notes', item })
    expect((await batch([create({ title: 'y', owner: 'ada' }), ...refused.map(create), create({ title: 'z', owner: 'ada' })])).map(result => result.ok)).toEqual([true, false, false, false, true])
    expect((await batch([create({ title: 'y', owner: 'ada' }), create(refused[1]!)], true)).map(result => result.ok)).toEqual([false, false])
    expect(await count()).toBe(7)
  })

  it('counts what hooks have set, SQL too', async () => {
    await start({ read: true, create: (_, { eq }) => eq('secret', 'hook') })
    expect(await code('POST', 'notes', { title: 'x' })).toEqual([403, 'RSTORE_FORBIDDEN'])
    server.rules.hooksForTable(notes, { 'index.post.before': ({ body }) => void (body.secret = body.title === 'sql' ? sql`'ho' || 'ok'` as never : body.title) })
    expect(await code('POST', 'notes', { title: 'hook' })).toBe(200)
    expect(await code('POST', 'notes', { title: 'x' })).toEqual([403, 'RSTORE_FORBIDDEN'])
    expect(await code('POST', 'notes', { title: 'sql' })).toBe(200)
    expect(await count()).toBe(6)
  })

  it('of a row that can\'t be read answers its key and what was given; hooks see the row', async () => {
    const seen: unknown[] = []
    await start({ read: (_, { eq }) => eq('level', 9), create: true })
    expect((await call('POST', 'notes', { title: 'x', owner: 'eve' })).body).toEqual({ id: 5, title: 'x', owner: 'eve' })
    expect((await call('POST', 'notes', { title: 'x', level: 9 })).body).toMatchObject({ id: 6, title: 'x', owner: 'nobody', level: 9, double: 18 })
    server.rules.hooksForTable(notes, { 'index.post.after': ({ result, setResult }) => {
      seen.push(result.owner)
      setResult({ ...result, title: 'set', extra: 1 } as typeof result)
    } })
    expect((await call('POST', 'notes', { title: 'x' })).body).toEqual({ id: 7, title: 'set', extra: 1 })
    expect(seen).toEqual(['nobody'])
    await start({ read: false, create: true })
    expect(await batch([{ type: 'create', collection: 'notes', item: { title: 'x' } }, { type: 'create', collection: 'notes', item: { title: 'y' } }], true)).toEqual([{ ok: true, result: { id: 5, title: 'x' } }, { ok: true, result: { id: 6, title: 'y' } }])
  })

  it('under a temporary key is bound like any other', async () => {
    await start({ ...own, create: ({ session }, { and, eq, or, isNull }) => and(eq('owner', session.name), or(isNull('parentId'), eq('parentId', 1)))! })
    const create = (key: number, item: object) => ({ type: 'create', collection: 'notes', key, item: { title: 'x', owner: 'ada', ...item } })
    expect((await batch([create(-1, {}), { type: 'update', collection: 'notes', key: -1, item: { title: 'y' } }], true)).map(result => result.ok)).toEqual([true, true])
    expect((await batch([create(-1, {}), { type: 'update', collection: 'notes', key: -1, item: { owner: 'eve' } }], true)).map(result => result.error?.data.code)).toEqual(['RSTORE_ROLLED_BACK', 'RSTORE_FORBIDDEN'])
    expect(await count()).toBe(5)
  })
})

describe('update', () => {
  it('reaches the rows of its rule among those that can be read', async () => {
    await start(own)
    expect(await code('PATCH', 'notes/1', { title: 'new' })).toBe(200)
    expect(await code('PATCH', 'notes/3', { title: 'new' })).toEqual([404, 'RSTORE_NOT_FOUND'])
    expect(await code('PATCH', 'notes/4', { title: 'new' })).toEqual([404, 'RSTORE_NOT_FOUND'])
    expect(await code('PATCH', 'notes/3', {})).toEqual([404, 'RSTORE_NOT_FOUND'])
    const update = (key: number) => ({ type: 'update', collection: 'notes', key, item: { title: 'newer' } })
    expect((await batch([1, 2, 3, 4].map(update))).map(result => result.ok)).toEqual([true, true, false, false])
    expect((await batch([1, 3].map(update), true)).map(result => result.ok)).toEqual([false, false])
    expect((await stored(3)).title).toBe('three')
    await start({ read: (_, { eq }) => eq('owner', 'ada'), update: true })
    expect(await code('PATCH', 'notes/3', { title: 'new' })).toEqual([404, 'RSTORE_NOT_FOUND'])
  })

  it.each([
    ['false', { read: true, update: false }, 403], ['missing', { read: true }, 403], ['hidden behind read', { read: false, update: true }, 404], ['a function that says no', { read: true, update: () => false }, 403],
  ] as [string, NotesPolicy, number][])('is refused where the rule is %s', async (_, policy, status) => {
    await start(policy)
    for (const key of [1, 99])
      expect(await code('PATCH', `notes/${key}`, { title: 'new' })).toEqual([status, status === 403 ? 'RSTORE_FORBIDDEN' : 'RSTORE_NOT_FOUND'])
    expect((await stored(1)).title).toBe('one')
  })

  it.each([
    ['a field of the rule', own, { owner: 'eve' }],
    ['a field of the rule to NULL', { read: true, update: (_, { eq }) => eq('team', 'x') }, { team: null }],
    ['one of two fields of the rule', { read: true, update: (_, { and, eq, lt }) => and(eq('owner', 'ada'), lt('level', 3))! }, { level: 3 }],
    ['one of two fields of a rule with OR', { read: true, update: (_, { or, eq }) => or(eq('level', 1), eq('team', 'z'))! }, { level: 2 }],
    ['a field that a generated column goes by', { read: true, update: (_, { lt }) => lt('double', 6) }, { level: 3 }],
    ['a field, with another that updates itself', { read: true, update: (_, { isNull }) => isNull('stamp') }, { title: 'new' }],
    ['a field of the rule for reading', { read: (_, { and, eq, ne }) => and(eq('owner', 'ada'), ne('team', 'q'))!, update: true }, { team: 'q' }],
    ['several at once', own, { title: 'new', owner: 'eve', team: 'z' }],
  ] as [string, NotesPolicy, object][])('can\'t take a row out of reach by %s', async (_, policy, patch) => {
    await start(policy)
    const before = await stored(1)
    const update = { type: 'update', collection: 'notes', key: 1, item: patch }
    const harmless = { type: 'create', collection: 'others', item: { id: 9 } }
    expect(await code('PATCH', 'notes/1', patch)).toEqual([403, 'RSTORE_FORBIDDEN'])
    expect((await batch([update, update, harmless])).map(result => result.error?.statusCode)).toEqual([403, 403, undefined])
    expect((await batch([{ type: 'create', collection: 'others', item: { id: 10 } }, update], true)).map(result => result.error?.data.code)).toEqual(['RSTORE_ROLLED_BACK', 'RSTORE_FORBIDDEN'])
    expect(await stored(1)).toEqual(before)
    expect((await server.list('others')).body.map(row => row.id)).toEqual([1, 2, 9])
    expect(server.errors).toEqual([])
  })

  it('may move a row within reach', async () => {
    await start({ read: true, update: (_, { and, eq, lt, or }) => and(or(eq('owner', 'ada'), eq('owner', 'ben')), lt('double', 8))! })
    expect(await call('PATCH', 'notes/1', { owner: 'ben', level: 3 })).toMatchObject({ status: 200, body: { owner: 'ben', double: 6 } })
    expect(await code('PATCH', 'notes/1', { owner: 'ada' })).toBe(200)
  })

  it('counts what hooks have set', async () => {
    await start(own)
    server.rules.hooksForTable(notes, { 'item.patch.before': ({ body }) => void (body.owner = sql`'eve'` as never) })
    expect(await code('PATCH', 'notes/1', { title: 'x' })).toEqual([403, 'RSTORE_FORBIDDEN'])
    expect(await stored(1)).toMatchObject({ owner: 'ada', title: 'one' })
  })
})

describe('delete', () => {
  it('reaches the rows of its rule among those that can be read', async () => {
    await start(own)
    const remove = (key: number) => ({ type: 'delete', collection: 'notes', key })
    expect(await code('DELETE', 'notes/3')).toEqual([404, 'RSTORE_NOT_FOUND'])
    expect(await code('DELETE', 'notes/4')).toEqual([404, 'RSTORE_NOT_FOUND'])
    expect((await batch([1, 3].map(remove), true)).map(result => result.ok)).toEqual([false, false])
    expect((await batch([2, 3].map(remove))).map(result => result.ok)).toEqual([true, false])
    expect(await call('DELETE', 'notes/1')).toMatchObject({ status: 200, body: { id: 1, title: 'one' } })
    expect(await count()).toBe(2)
    for (const [policy, expected] of [[{ read: true }, [403, 'RSTORE_FORBIDDEN']], [{ read: false, delete: true }, [404, 'RSTORE_NOT_FOUND']]] as const) {
      await start(policy)
      expect(await code('DELETE', 'notes/1')).toEqual(expected)
    }
    expect(await count()).toBe(4)
  })
})

describe('a rule that is wrong', () => {
  it.each([
    ['asynchronous', async () => true], ['asynchronous and fails', async () => Promise.reject(new Error('no'))], ['without a result', () => undefined], ['null', () => null], ['text', () => 'yes'], ['a number', () => 1],
    ['an empty object', () => ({})], ['a list', () => []], ['about a column that is none', () => ({ operator: 'eq', field: 'nope', value: 1 })], ['about a value that is none', () => ({ operator: 'eq', field: 'secret', value: 5 })],
    ['about undefined', (_: unknown, { eq }: { eq: (field: string, value: unknown) => unknown }) => eq('owner', undefined)], ['an and() of nothing', (_: unknown, { and }: { and: () => unknown }) => and()],
    ['failing', () => {
      throw new Error('at /srv/app')
    }],
  ])('because it is %s lets nothing through, and is logged', async (_, rule) => {
    const wrong = rule as unknown as NonNullable<NotesPolicy['read']>
    await start({ read: wrong, create: wrong as never, update: true, delete: true })
    const internal = [500, 'RSTORE_INTERNAL']
    for (const [method, path, body] of [['GET', 'notes'], ['GET', 'notes/1'], ['POST', 'notes', { title: 'x' }], ['PATCH', 'notes/1', { title: 'x' }], ['DELETE', 'notes/1'], ['GET', `others?${include({ note: true })}`]] as const)
      expect([method, path, await code(method, path, body)]).toEqual([method, path, internal])
    expect((await batch([1, 2].map(key => ({ type: 'fetchFirst', collection: 'notes', key })))).map(result => result.error?.statusCode)).toEqual([500, 500])
    expect(server.errors.length).toBeGreaterThanOrEqual(7)
    expect(await count()).toBe(4)
    expect((await stored(1)).title).toBe('one')
  })

  it('may be told by an error of the app', async () => {
    await start({ read: ({ session }) => {
      if (!session)
        throw createError({ statusCode: 401, statusMessage: 'Log in first' })
      return true
    } })
    expect(await server.error('GET', 'notes')).toMatchObject({ status: 401, body: { statusMessage: 'Log in first' } })
    expect(await ids()).toHaveLength(4)
  })

  it.each([
    ['for something else', { write: true }, 'has a rule for "write"'], ['of another kind', { read: 'yes' }, 'must be true, false or a function'],
  ])('because it is %s is refused when the server starts', (_, policy, message) => {
    expect(() => server.rules.policyForTable(notes, policy as never)).toThrow(message)
  })

  it('because there is one already is refused when the server starts', async () => {
    await start(own)
    expect(() => server.rules.policyForTable(notes, { read: true })).toThrow('"notes" has a policy already')
  })
})

describe('requirePolicies', () => {
  it('closes every table without a policy, on every path', async () => {
    await start(undefined, { requirePolicies: true })
    server.rules.policyForTable(others, { read: true, create: true })
    expect(await ids()).toEqual([])
    expect(await code('GET', 'notes/1')).toEqual([404, 'RSTORE_NOT_FOUND'])
    expect(await code('POST', 'notes', { title: 'x' })).toEqual([403, 'RSTORE_FORBIDDEN'])
    expect(await code('PATCH', 'notes/1', { title: 'x' })).toEqual([404, 'RSTORE_NOT_FOUND'])
    expect(await code('DELETE', 'notes/1')).toEqual([404, 'RSTORE_NOT_FOUND'])
    expect((await server.list('openNotes')).body).toEqual([])
    expect((await server.list('others', { include: { note: true } })).body).toEqual([{ id: 1, noteId: 1, note: null }, { id: 2, noteId: 3, note: null }])
    expect(await batch([{ type: 'fetchMany', collection: 'notes' }, { type: 'create', collection: 'notes', item: { title: 'x' } }, { type: 'create', collection: 'others', item: { id: 3 } }])).toMatchObject([{ result: [] }, { error: { statusCode: 403 } }, { ok: true }])
    expect(await count()).toBe(4)
  })
})
