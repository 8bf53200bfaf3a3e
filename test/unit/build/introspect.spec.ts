import type { Dialect } from '../../../src/runtime/shared/model'
import type { ResolvedOptions } from '../../../src/build/options'
import type { Problem } from '../../../src/build/problem'
import { count, eq, sql } from 'drizzle-orm'
import * as m from 'drizzle-orm/mysql-core'
import * as p from 'drizzle-orm/pg-core'
import { foreignKey, integer, primaryKey, sqliteTable, sqliteView, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, it } from 'vitest'
import { indexTables, introspect } from '../../../src/build/introspect'

function read(schema: Record<string, unknown>, { dialect = 'sqlite', collections = {} }: { dialect?: Dialect, collections?: ResolvedOptions['collections'] } = {}) {
  const problems: Problem[] = []
  const exports = Object.entries(schema).map(([name, value]) => ({ name, value, file: '/app/schema.ts' }))
  const index = indexTables(exports, dialect, { collections }, problems)
  return { models: introspect(index, dialect, { collections }, problems), index, problems }
}

const users = sqliteTable('app_users', { id: integer().primaryKey(), email: text('e_mail').notNull(), secret: text() })

describe('tables', () => {
  it('are named after their export and keep their name in the database', () => {
    const { models, problems } = read({ users, helper: () => {}, notATable: { id: 1 } })
    expect(problems).toEqual([])
    expect(Object.keys(models)).toEqual(['users'])
    expect(models.users).toMatchObject({ name: 'users', table: 'app_users', primaryKey: ['id'], readonly: false })
    expect(Object.keys(models.users!.columns)).toEqual(['id', 'email', 'secret'])
  })

  it('come in the order of their names, however they were declared', () => {
    const other = sqliteTable('other', { id: integer().primaryKey() })
    expect(JSON.stringify(read({ users, other }).models)).toBe(JSON.stringify(read({ other, users }).models))
  })

  it('carry their schema in PostgreSQL', () => {
    const logs = p.pgSchema('audit').table('logs', { id: p.serial().primaryKey() })
    expect(read({ logs }, { dialect: 'postgresql' }).models.logs!.table).toBe('audit.logs')
  })

  it('can be left out, and have columns hidden and readonly', () => {
    const sessions = sqliteTable('sessions', { id: text().primaryKey() })
    const { models, index } = read({ users, sessions }, { collections: { sessions: false, users: { hidden: ['secret'], readonly: ['email'] } } })
    expect(Object.keys(models)).toEqual(['users'])
    expect(index.excluded).toEqual(['sessions'])
    expect(models.users!.columns.secret).toMatchObject({ hidden: true, readonly: false })
    expect(models.users!.columns.email).toMatchObject({ readonly: true })
    expect(models.users!.columns.email).not.toHaveProperty('hidden')
  })

  it('count once where they are exported again, also as the default export', () => {
    const { problems, models } = read({ default: users, users })
    expect(problems).toEqual([])
    expect(Object.keys(models)).toEqual(['users'])
  })

  it('are refused under two names, under the name of another and in another dialect', () => {
    expect(read({ people: users, users }).problems).toMatchObject([{ subject: 'users', message: expect.stringContaining('"people"') }])
    expect(read({ people: users, users }, { collections: { people: false } }).problems).toEqual([])
    expect(read({ pg: p.pgTable('pg', { id: p.serial().primaryKey() }) }).problems).toMatchObject([{ subject: 'pg', message: expect.stringContaining('dialect') }])
    const problems: Problem[] = []
    const twice = [users, sqliteTable('b', { id: integer().primaryKey() })].map((value, i) => ({ name: 'users', value, file: `/app/${i}.ts` }))
    indexTables(twice, 'sqlite', { collections: {} }, problems)
    expect(problems).toMatchObject([{ file: '/app/1.ts', subject: 'users', message: expect.stringContaining('/app/0.ts') }])
  })
})

describe('primary keys', () => {
  it('are read from columns and from primaryKey(), by field name, in declared order', () => {
    const columns = { first: integer('a').notNull(), second: text('b') }
    const pgColumns = { first: p.integer('a'), second: p.text('b') }
    const myColumns = { first: m.int('a'), second: m.varchar('b', { length: 9 }) }
    expect(read({ t: sqliteTable('t', columns, t => [primaryKey({ columns: [t.second, t.first] })]) }).models.t).toMatchObject({
      primaryKey: ['second', 'first'],
      columns: { first: { nullable: false, hasDefault: false }, second: { nullable: false } },
    })
    expect(read({ t: p.pgTable('t', pgColumns, t => [p.primaryKey({ columns: [t.second, t.first] })]) }, { dialect: 'postgresql' }).models.t!.primaryKey).toEqual(['second', 'first'])
    expect(read({ t: m.mysqlTable('t', myColumns, t => [m.primaryKey({ columns: [t.second, t.first] })]) }, { dialect: 'mysql' }).models.t!.primaryKey).toEqual(['second', 'first'])
  })

  it('of one integer are numbered by SQLite, wherever they are declared', () => {
    const t = sqliteTable('t', { id: integer().notNull() }, table => [primaryKey({ columns: [table.id] })])
    expect(read({ t }).models.t!.columns.id).toMatchObject({ hasDefault: true })
  })

  it('may be named by the app where the table has none', () => {
    const t = sqliteTable('t', { a: text(), b: text() })
    expect(read({ t }).models.t!.primaryKey).toEqual([])
    expect(read({ t }, { collections: { t: { primaryKey: ['a', 'b'] } } }).models.t).toMatchObject({ primaryKey: ['a', 'b'], columns: { a: { nullable: false } } })
  })
})

describe('foreign keys', () => {
  const posts = sqliteTable('posts', {
    id: integer().primaryKey(),
    authorId: integer().references(() => users.id, { onDelete: 'cascade', onUpdate: 'no action' }),
    parentId: integer(),
  }, table => [foreignKey({ columns: [table.parentId], foreignColumns: [table.id] }).onDelete('set null')])

  it('lead to collections, with the actions that do something', () => {
    expect(read({ users, posts }).models.posts!.foreignKeys).toEqual([
      { columns: ['authorId'], to: 'users', toColumns: ['id'], onDelete: 'cascade' },
      { columns: ['parentId'], to: 'posts', toColumns: ['id'], onDelete: 'set null' },
    ])
  })

  it('name the table where it is no collection', () => {
    expect(read({ users, posts }, { collections: { users: false } }).models.posts!.foreignKeys[0]).toMatchObject({ to: 'app_users', toColumns: ['id'] })
    expect(read({ posts }).models.posts!.foreignKeys[0]).toMatchObject({ to: 'app_users' })
  })

  it('that throw are reported with their table', () => {
    const broken = sqliteTable('broken', { id: integer().primaryKey(), other: integer().references(() => (undefined as unknown as typeof users).id) })
    expect(read({ broken }).problems).toMatchObject([{ severity: 'error', subject: 'broken', message: expect.stringContaining('foreign key') }])
  })
})

describe('views', () => {
  it('are read-only collections of columns and expressions', () => {
    const stats = sqliteView('stats').as(qb => qb.select({
      id: users.id,
      email: users.email,
      total: count().as('total'),
      label: sql<string>`upper(${users.email})`.mapWith(String).as('label'),
      raw: sql`1`.as('raw'),
    }).from(users).where(eq(users.id, 1)))
    const { models, problems } = read({ users, stats })
    expect(problems).toEqual([])
    expect(models.stats).toMatchObject({ readonly: true, table: 'stats', primaryKey: ['id'], foreignKeys: [] })
    expect(Object.fromEntries(Object.entries(models.stats!.columns).map(([name, column]) => [name, column.type]))).toEqual({ id: 'number', email: 'string', total: 'number', label: 'string', raw: 'json' })
    expect(models.stats!.columns.email).toMatchObject({ generated: true, nullable: false })
  })

  it('may declare their columns by hand, in every dialect, and have their key named', () => {
    const byHand = p.pgView('by_hand', { userId: p.integer(), total: p.integer() }).existing()
    const materialized = p.pgMaterializedView('mat', { id: p.integer() }).existing()
    const { models } = read({ byHand, materialized }, { dialect: 'postgresql', collections: { byHand: { primaryKey: ['userId'] } } })
    expect(models.byHand).toMatchObject({ readonly: true, primaryKey: ['userId'] })
    expect(models.materialized).toMatchObject({ readonly: true, table: 'mat', primaryKey: ['id'] })
    const view = m.mysqlView('v', { id: m.int() }).existing()
    expect(read({ view }, { dialect: 'mysql' }).models.view).toMatchObject({ readonly: true, primaryKey: ['id'] })
  })

  it('with an expression that has no alias are reported with the field', () => {
    const odd = sqliteView('odd').as(qb => qb.select({ id: users.id, plain: sql<number>`1` }).from(users))
    expect(read({ odd }).problems).toMatchObject([{ subject: 'odd.plain', fix: expect.stringContaining('.as(') }])
  })
})
