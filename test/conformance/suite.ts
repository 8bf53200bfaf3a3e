import type { Dialect } from '../../src/runtime/shared/model'
import type { DialectServer } from './support/serve'
import { PGlite } from '@electric-sql/pglite'
import { sql } from 'drizzle-orm'
import { drizzle as drizzleMysql } from 'drizzle-orm/mysql2'
import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres'
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite'
import { drizzle as drizzlePostgresJs } from 'drizzle-orm/postgres-js'
import mysql from 'mysql2/promise'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { nextCursorHeader } from '../../src/runtime/shared/query'
import { schemaModel } from '../support/schema-model'
import { createMysqlDatabase, createPostgresDatabase, createPostgresPool } from '../support/services'
import * as mysqlSchema from './support/mysql-schema'
import * as postgresqlSchema from './support/postgresql-schema'
import { serve } from './support/serve'

interface Connected { database: { execute: (query: ReturnType<typeof sql>) => unknown }, close: () => Promise<unknown> }
interface Driver { dialect: Dialect, url?: string, connect: () => Promise<Connected> }

const postgresql = await createPostgresDatabase()
const mariadb = await createMysqlDatabase(false)
const casing = 'snake_case'

const drivers: Record<string, Driver> = {
  'PGlite': { dialect: 'postgresql', url: 'memory', async connect() {
    const client = new PGlite()
    await client.exec(postgresqlSchema.ddl)
    return { database: drizzlePglite({ client, casing }), close: () => client.close() }
  } },
  'pg': { dialect: 'postgresql', url: postgresql?.url, async connect() {
    const client = createPostgresPool(postgresql!.url)
    await client.query(`drop schema public cascade; create schema public; ${postgresqlSchema.ddl}`)
    return { database: drizzlePg({ client, casing }), close: () => client.end() }
  } },
  'a single connection of pg, in another time zone': { dialect: 'postgresql', url: postgresql?.url, async connect() {
    const client = new pg.Client(postgresql!.url)
    client.on('error', () => {})
    await client.connect()
    await client.query(`drop schema public cascade; create schema public; ${postgresqlSchema.ddl}; set time zone 'Europe/Amsterdam'`)
    return { database: drizzlePg({ client, casing }), close: () => client.end() }
  } },
  'postgres.js': { dialect: 'postgresql', url: postgresql?.url, async connect() {
    const client = postgres(postgresql!.url, { onnotice: () => {} })
    await client.unsafe(`drop schema public cascade; create schema public; ${postgresqlSchema.ddl}`)
    return { database: drizzlePostgresJs({ client, casing }), close: () => client.end() }
  } },
  'mysql2': { dialect: 'mysql', url: mariadb?.url, async connect() {
    const client = mysql.createPool({ uri: mariadb!.url, timezone: '-07:00' })
    await createTables(client)
    return { database: drizzleMysql({ client, casing, mode: 'default' }), close: () => client.end() }
  } },
  'a single connection of mysql2': { dialect: 'mysql', url: mariadb?.url, async connect() {
    const client = await mysql.createConnection(mariadb!.url)
    await createTables(client)
    return { database: drizzleMysql({ client, casing, mode: 'default' }), close: () => client.end() }
  } },
}

async function createTables(client: Pick<mysql.Connection, 'query'>): Promise<void> {
  for (const statement of ['drop view if exists open_todos', 'drop table if exists todos, lists, tokens, drafts, grades, moments, kinds', ...mysqlSchema.ddl])
    await client.query(statement)
}

afterAll(async () => {
  await postgresql?.drop()
  await mariadb?.drop()
})

const ids = (rows: Record<string, unknown>[]) => rows.map(row => row.id)

describe.each(Object.entries(drivers))('%s', (_, { dialect, url, connect }) => {
  if (!url) {
    it.skip('does not answer')
    return
  }
  const schema: typeof postgresqlSchema | typeof mysqlSchema = dialect === 'mysql' ? mysqlSchema : postgresqlSchema
  const { ddl: _ddl, kind, otherKind, ...tables } = schema
  let connected: Connected
  let server: DialectServer
  const run = (text: string) => connected.database.execute(sql.raw(text))

  beforeAll(async () => {
    connected = await connect()
    server = await serve(dialect, connected.database, tables)
  })
  beforeEach(async () => {
    server.errors.length = server.badValues.length = 0
    for (const table of ['todos', 'lists', 'tokens', 'grades', 'moments', 'kinds'])
      await run(`delete from ${table}`)
  })
  afterAll(async () => {
    server?.close()
    await connected?.close()
  })

  it('creates, reads, changes and deletes a row', async () => {
    await server.call('POST', 'lists', { id: 'a', name: 'A' })
    const { status, body: created } = await server.call('POST', 'todos', { title: 'Milk', listId: 'a' })
    expect(status).toBe(200)
    expect(created).toEqual({ id: expect.any(Number), title: 'Milk', done: false, listId: 'a', priority: null, createdAt: expect.stringMatching(/Z$/) })
    expect(Math.abs(Date.parse(created.createdAt as string) - Date.now())).toBeLessThan(60_000)
    const path = `todos/${created.id}`
    expect((await server.call('GET', path)).body).toEqual(created)
    const updated = { ...created, done: true, title: 'Oat milk', priority: 2 }
    expect((await server.call('PATCH', path, { done: true, title: 'Oat milk', priority: 2 })).body).toEqual(updated)
    expect((await server.call('PATCH', path, { done: true })).body).toEqual(updated)
    expect((await server.list('todos')).body).toEqual([updated])
    expect((await server.call('DELETE', path)).body).toEqual(updated)
    for (const method of ['GET', 'PATCH', 'DELETE'])
      expect(await server.error(method, path, method === 'PATCH' ? { done: true } : undefined)).toMatchObject({ status: 404, body: { data: { code: 'RSTORE_NOT_FOUND' } } })
  })

  it('gives every type back as it was sent', async () => {
    expect((await server.call('POST', 'kinds', kind)).body).toEqual(kind)
    expect((await server.call('GET', 'kinds/1')).body).toEqual(kind)
    expect((await server.call('PATCH', 'kinds/1', otherKind)).body).toEqual(otherKind)
    expect((await server.list('kinds')).body).toEqual([otherKind])
    const nothing = Object.fromEntries(Object.keys(kind).map(field => [field, field === 'id' ? 1 : null]))
    expect((await server.call('PATCH', 'kinds/1', nothing)).body).toEqual(nothing)
    expect(server.badValues).toEqual([])
  })

  it('finds every value by itself', async () => {
    await server.call('POST', 'kinds', kind)
    await server.call('POST', 'kinds', { ...otherKind, id: 2 })
    for (const [field, { type }] of Object.entries(schemaModel(tables, dialect).collections.kinds!.columns)) {
      const value = kind[field as keyof typeof kind]
      if (['json', 'bytes', 'array'].includes(type) || (field !== 'id' && value === otherKind[field as keyof typeof kind]))
        continue
      for (const where of [{ operator: 'eq', field, value }, { operator: 'inArray', field, value: [value, null] }, { operator: 'between', field, value1: value, value2: value }])
        expect([field, ids((await server.list('kinds', { where })).body)]).toEqual([field, [1]])
    }
  })

  it('takes keys from where they come', async () => {
    const uuid = expect.stringMatching(/^[\da-f-]{36}$/)
    const { body: token } = await server.call('POST', 'tokens', {})
    expect(token).toEqual({ id: uuid, label: 'none' })
    expect((await server.call('GET', `tokens/${token.id}`)).body).toEqual(token)
    if (dialect === 'mysql')
      expect((await server.call('POST', 'drafts', { label: 'x' })).body).toEqual({ id: uuid, label: 'x' })
    expect((await server.call('POST', 'grades', { school: 'a:b', year: -3, note: 1.1 })).body).toEqual({ school: 'a:b', year: -3, note: 1.1 })
    const key = encodeURIComponent('a%3Ab::-3')
    expect((await server.call('PATCH', `grades/${key}`, { note: 0.7 })).body).toEqual({ school: 'a:b', year: -3, note: 0.7 })
    expect((await server.list('grades', { keys: 'a%253Ab::-3,x::1' })).body).toHaveLength(1)
    expect(await server.error('GET', 'tokens/nonsense')).toMatchObject({ status: 404, body: { data: { code: 'RSTORE_NOT_FOUND' } } })
  })

  it('changes the one row of a moment, whatever others are in its millisecond', async () => {
    await run('insert into moments values (\'2026-01-02 03:04:05.678000\', \'a\'), (\'2026-01-02 03:04:05.679001\', \'b\')')
    const path = (ms: number) => `moments/${encodeURIComponent(`2026-01-02T03:04:05.${ms}Z`)}`
    expect((await server.call('PATCH', path(679), { what: 'c' })).body).toEqual({ at: '2026-01-02T03:04:05.679Z', what: 'c' })
    expect((await server.call('DELETE', path(678))).body).toMatchObject({ what: 'a' })
    expect((await server.list('moments')).body).toMatchObject([{ what: 'c' }])
  })

  it('tells which rule a value breaks, and which field', async () => {
    await server.call('POST', 'lists', { id: 'a', name: 'A' })
    await server.call('POST', 'todos', { title: 'x', listId: 'a' })
    const fail = async (method: string, path: string, body?: unknown) => {
      const answer = await server.error(method, path, body)
      return [answer.status, answer.body.data.code, answer.body.data.field]
    }
    expect(await fail('POST', 'lists', { id: 'b', name: 'A' })).toEqual([409, 'RSTORE_DUPLICATE', 'name'])
    expect((await fail('POST', 'lists', { id: 'a', name: 'B' })).slice(0, 2)).toEqual([409, 'RSTORE_DUPLICATE'])
    expect(await fail('POST', 'todos', { title: 'x', listId: 'nobody' })).toEqual([422, 'RSTORE_CONSTRAINT', 'listId'])
    expect((await fail('DELETE', 'lists/a')).slice(0, 2)).toEqual([422, 'RSTORE_CONSTRAINT'])
    expect((await fail('POST', 'todos', { title: 'x', priority: 100 })).slice(0, 2)).toEqual([422, 'RSTORE_CONSTRAINT'])
    expect((await fail('POST', 'kinds', { id: 1, decimal: `1${'0'.repeat(400)}.${'1'.repeat(500)}`, dayText: 'no day' })).slice(0, 2)).toEqual([400, 'RSTORE_INVALID_VALUE'])
    expect((await server.list('todos')).body).toHaveLength(1)
    expect(server.errors).toEqual([])
  })

  it('compares with values that a column can\'t hold', async () => {
    await server.call('POST', 'kinds', kind)
    const found = async (operator: string, field: string, value: unknown) => ids((await server.list('kinds', { where: { operator, field, value } })).body).length
    const large = '123456789012345678901234567890123456789'
    const values = [['small', 2 ** 40], ['big64', large], ['dayText', '2026-02-31'], ['moment', '+012345-01-01T00:00:00Z'], ['single', 1e300], ['mood', 'angry']] as const
    for (const [field, value] of values) {
      expect([field, await found('eq', field, value), await found('ne', field, value), await found('inArray', field, [value, null]), await found('notInArray', field, [value])]).toEqual([field, 0, 1, 0, 1])
      // What an enum does not have comes before what it has; the others are beyond all that can be stored.
      const expected = field === 'mood' ? [1, 1, 0, 0] : [0, 0, 1, 1]
      expect([field, await found('gt', field, value), await found('gte', field, value), await found('lt', field, value), await found('lte', field, value)]).toEqual([field, ...expected])
    }
    expect(await found('like', 'words', '%\\\\%')).toBe(1)
    expect(await found('like', 'words', '\\')).toBe(0)
    if (dialect === 'postgresql') {
      expect(await found('eq', 'token', 'nonsense')).toBe(0)
      expect(await found('ne', 'token', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11')).toBe(1)
      expect(await found('arrayContains', 'tags', ['😀', ''])).toBe(1)
      expect(await found('arrayOverlaps', 'moods', ['Happy'])).toBe(0)
      expect(await found('arrayContained', 'matrix', [[1, 2, 3, 4, 5]])).toBe(1)
      expect(await found('ilike', 'words', 'üNÏ%')).toBe(1)
    }
    else {
      expect(await found('ilike', 'words', 'ÜNÏ%')).toBe(1)
      expect((await server.error('GET', `kinds?where=${encodeURIComponent('{"op":"arrayContains","field":"words","value":["a"]}')}`)).status).toBe(400)
    }
    expect(server.errors).toEqual([])
  })

  it.each(['createdAt.desc', 'createdAt.asc,title.desc', 'priority.desc', 'priority.asc,done.desc', 'title.asc', 'done.desc,createdAt.asc'])('pages through the order %s, as it is without pages', async (orderBy) => {
    const values = Array.from({ length: 30 }, (_, i) => `('${'bAaB'[i % 4]}${i % 3}', ${i % 5 === 0 ? 'null' : i % 7}, ${i % 2 === 0}, '2026-01-02 03:04:05.${String(678000 + i * 7 % 11 * 300).padStart(6, '0')}')`)
    await run(`insert into todos (title, priority, done, created_at) values ${values.join(', ')}`)
    const all = (await server.list('todos', { orderBy })).body
    expect(all).toHaveLength(30)
    const found: Record<string, unknown>[] = []
    let cursor: string | undefined
    do {
      const { body, headers } = await server.list('todos', { orderBy, limit: 4, ...cursor && { cursor } })
      found.push(...body)
      cursor = headers.get(nextCursorHeader) ?? undefined
    } while (cursor && found.length < 100)
    expect(found).toEqual(all)
    expect((await server.list('todos', { orderBy, limit: 4, offset: 27 })).body).toEqual(all.slice(27))
  })

  it('reads views, with a key that is named', async () => {
    await run('insert into todos (title, done) values (\'four\', false), (\'seventh\', false), (\'done\', true)')
    const { body } = await server.list('openTodos', { orderBy: 'length.desc', where: { op: 'gt', field: 'length', value: 3.5 }, limit: 1 })
    expect(body).toMatchObject([{ length: 7 }])
    const { headers } = await server.list('openTodos', { orderBy: 'length.desc', limit: 1 })
    expect((await server.list('openTodos', { orderBy: 'length.desc', limit: 1, cursor: headers.get(nextCursorHeader)! })).body).toMatchObject([{ length: 4 }])
  })

  it('nests relations, each row with as many as it may have', async () => {
    await run('insert into lists values (\'a\', \'A\'), (\'b\', \'B\'), (\'c\', \'C\')')
    await run('insert into todos (title, list_id, priority) values (\'1\', \'a\', 1), (\'2\', \'a\', 2), (\'3\', \'a\', 3), (\'4\', \'b\', 4), (\'5\', null, 5)')
    const { body } = await server.list('lists', { include: { todos: { orderBy: ['priority.desc'], limit: 2, columns: ['title'], where: { op: 'ne', field: 'priority', value: 3 } } } })
    expect(body.map(list => (list.todos as { title: string }[]).map(todo => todo.title))).toEqual([['2', '1'], ['4'], []])
    expect((await server.list('todos', { include: { list: true }, orderBy: 'priority.desc' })).body.map(todo => (todo.list as { name: string } | null)?.name)).toEqual([undefined, 'B', 'A', 'A', 'A'])
  })

  it('takes an atomic batch as a whole or not at all', async () => {
    const operations = [
      { type: 'create', collection: 'lists', item: { id: 'a', name: 'A' } },
      { type: 'create', collection: 'todos', key: -1, item: { title: 'x', listId: 'a' } },
      { type: 'update', collection: 'todos', key: -1, item: { done: true } },
    ]
    const refused = await server.batch([...operations, { type: 'create', collection: 'todos', item: { title: 'y', listId: 'nobody' } }], true)
    expect(refused.body.results.map(result => result.error?.data.code)).toEqual(['RSTORE_ROLLED_BACK', 'RSTORE_ROLLED_BACK', 'RSTORE_ROLLED_BACK', 'RSTORE_CONSTRAINT'])
    expect((await server.list('lists')).body).toEqual([])
    const taken = await server.batch(operations, true)
    expect(taken.body.results.map(result => result.ok)).toEqual([true, true, true])
    expect((await server.list('todos', { include: { list: true } })).body).toMatchObject([{ title: 'x', done: true, list: { name: 'A' } }])
  })

  it('keeps transactions and everybody else apart', async () => {
    await server.call('POST', 'lists', { id: 'a', name: 'A' })
    const create = (i: number) => ({ type: 'create', collection: 'todos', item: { title: `t${i}`, listId: 'a' } })
    const failing = { type: 'create', collection: 'todos', item: { title: 'no', listId: 'nobody' } }
    const answers = await Promise.all(Array.from({ length: 40 }, async (_, i) => {
      switch (i % 4) {
        case 0: return (await server.batch([create(i), create(i), failing], true)).body.results[0]!.ok === false
        case 1: return (await server.batch([create(i), create(i)], true)).body.results.every(result => result.ok)
        case 2: return (await server.call('POST', 'todos', { title: `t${i}`, listId: 'a' })).status === 200
        default: return (await server.list('todos')).status === 200
      }
    }))
    expect(answers.filter(Boolean)).toHaveLength(40)
    expect((await server.list('todos')).body).toHaveLength(30)
    expect(server.errors).toEqual([])
  })

  it('answers a stored value that its column can\'t mean as NULL, and the others', async () => {
    await run(dialect === 'mysql'
      ? 'insert into kinds (id, big, words) values (1, 9223372036854775807, \'x\')'
      : 'insert into kinds (id, big, words, moment, decimal, float, moments) values (1, 9223372036854775807, \'x\', \'infinity\', \'NaN\', \'Infinity\', \'{infinity}\')')
    expect((await server.list('kinds', { orderBy: 'big.asc' })).body).toMatchObject([{ id: 1, big: null, words: 'x' }])
    expect(server.badValues).toEqual(dialect === 'mysql' ? ['kinds.big'] : ['big', 'decimal', 'float', 'moment', 'moments'].map(field => `kinds.${field}`))
    const { headers } = await (await run('insert into kinds (id) values (2)'), server.list('kinds', { orderBy: 'big.asc', limit: 1 }))
    expect((await server.list('kinds', { orderBy: 'big.asc', limit: 1, cursor: headers.get(nextCursorHeader)! })).body).toHaveLength(1)
  })

  it('breaks ties by the bytes of a key, whatever the collation', async () => {
    await run('insert into lists values (\'b\', \'1\'), (\'A\', \'2\'), (\'C\', \'3\'), (\'a1\', \'4\'), (\'😀\', \'5\'), (\'\uFFFF\', \'6\')')
    const bytes = ['A', 'C', 'a1', 'b', '\uFFFF', '😀']
    expect(ids((await server.list('lists')).body)).toEqual(bytes)
    const first = await server.list('lists', { limit: 3 })
    expect(ids((await server.list('lists', { limit: 3, cursor: first.headers.get(nextCursorHeader)! })).body)).toEqual(bytes.slice(3))
    expect(await server.error('GET', 'lists/B')).toMatchObject({ status: 404 })
    expect(await server.error('PATCH', 'lists/B', { name: 'x' })).toMatchObject({ status: 404 })
  })
})

describe.each(Object.entries(drivers).filter(([name]) => name === 'pg' || name === 'mysql2'))('%s', (_, { dialect, url, connect }) => {
  it.skipIf(!url)('runs a transaction again that was given up for another', async () => {
    const { database, close } = await connect()
    const tables: Record<string, unknown> = dialect === 'mysql' ? mysqlSchema : postgresqlSchema
    const server = await serve(dialect, database, { lists: tables.lists })
    await server.call('POST', 'lists', { id: 'a', name: 'A' })
    await server.call('POST', 'lists', { id: 'b', name: 'B' })
    let runs = 0
    const locked: (() => void)[] = []
    const both = [0, 1].map(() => new Promise<void>(resolve => locked.push(resolve)))
    const transfer = (i: number) => server.dialect.transaction(database, async (transaction) => {
      runs++
      const set = (id: string) => (transaction as typeof database).execute(sql`update lists set name = ${`${id}${i}`} where id = ${id}`)
      await set('ab'[i]!)
      locked[i]!()
      await Promise.all(both)
      await set('ba'[i]!)
    })
    await Promise.all([transfer(0), transfer(1)])
    expect(runs).toBe(3)
    const names = (await server.list('lists')).body.map(list => (list.name as string).slice(1))
    expect(names[0]).toBe(names[1])
    server.close()
    await close()
  })
})
