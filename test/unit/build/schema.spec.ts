import type { ModuleOptions } from '../../../src/build/options'
import type { Problem } from '../../../src/build/problem'
import { fileURLToPath } from 'node:url'
import { relations } from 'drizzle-orm'
import { integer, sqliteTable, sqliteView, text } from 'drizzle-orm/sqlite-core'
import { join } from 'pathe'
import { describe, expect, it } from 'vitest'
import { indexTables, introspect } from '../../../src/build/introspect'
import { resolveOptions } from '../../../src/build/options'
import { throwProblems } from '../../../src/build/problem'
import { resolveRelations } from '../../../src/build/relations'
import { buildSchema, toClientSchema } from '../../../src/build/schema'
import { validate } from '../../../src/build/validate'
import { rstoreMutations } from '../../../src/runtime/server/once/schema'

const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url))

function build(folder: string, options: ModuleOptions = {}) {
  const rootDir = join(fixtures, folder)
  return buildSchema({ rootDir, alias: { '~~': rootDir }, options: resolveOptions(options).options })
}

/** Checks a schema that no file holds. */
function check(schema: Record<string, unknown>, options: ModuleOptions = {}) {
  const problems: Problem[] = []
  const resolved = resolveOptions(options).options
  const exports = Object.entries(schema).map(([name, value]) => ({ name, value, file: '/app/schema.ts' }))
  const index = indexTables(exports, 'sqlite', resolved, problems)
  const collections = introspect(index, 'sqlite', resolved, problems)
  for (const [name, found] of Object.entries(resolveRelations(exports, index, problems)))
    collections[name]!.relations = found
  validate(collections, index, resolved, problems)
  return { collections, problems }
}

const users = sqliteTable('users', { id: integer().primaryKey(), email: text(), secret: text() })

describe('building the schema of an app', () => {
  it('finds no problem in one that is right, and keeps what is hidden from clients', async () => {
    const { schema, problems, watch } = await build('basic', { collections: { sessions: false, users: { hidden: ['passwordHash'] } } })
    expect(problems).toEqual([])
    expect(Object.keys(schema!.server.collections)).toEqual(['lists', 'members', 'todos', 'users'])
    expect(schema!.excluded).toEqual(['sessions'])
    expect(schema!.server.collections.users!.columns).toHaveProperty('passwordHash')
    expect(JSON.stringify(schema!.client)).not.toMatch(/passwordHash|sessions/)
    expect(schema!.files.todos).toBe(join(fixtures, 'basic/server/database/schema.ts'))
    expect(watch.files).toEqual([join(fixtures, 'basic/drizzle.config.ts'), join(fixtures, 'basic/server/database/schema.ts')])
  })

  it('keeps the table of answers to mutations for the server', () => {
    const problems: Problem[] = []
    const exports = Object.entries({ users, kept: rstoreMutations('sqlite') }).map(([name, value]) => ({ name, value, file: '/app/schema.ts' }))
    const index = indexTables(exports, 'sqlite', { collections: {} }, problems)
    expect([...index.collections.keys()]).toEqual(['users'])
    expect(index).toMatchObject({ excluded: [], mutations: { name: 'kept', file: '/app/schema.ts' } })
    expect(problems).toEqual([])
  })

  it('only warns where there is no config', async () => {
    const { schema, problems } = await build('schemas', { drizzleConfigPath: 'nowhere.ts' })
    expect(schema).toBeUndefined()
    expect(problems).toMatchObject([{ severity: 'warning', subject: 'nowhere.ts' }])
    expect(() => throwProblems(problems, fixtures)).not.toThrow()
  })

  it('gives the same model at every build', async () => {
    expect(JSON.stringify((await build('basic')).schema)).toBe(JSON.stringify((await build('basic')).schema))
  })

  it('throws every problem at once, with file, table and fix', async () => {
    const { problems } = await build('schemas/broken', { collections: { ghosts: false } })
    const root = join(fixtures, 'schemas/broken')
    expect(() => throwProblems(problems, root)).toThrowErrorMatchingInlineSnapshot(`
      [RstoreError: 4 problems in the Drizzle setup:
        - drizzle.config.ts schema "./missing.ts": matches no file in the project root.
          Correct the path: as for Drizzle Kit, it is relative to the project root.
        - throws.ts: can't be imported: Cannot find module './not-there'
          Fix the error. The schema runs outside of Nuxt: what it uses must be imported, auto-imports are not there.
        - tables.ts $store: the export name is taken: the store or the API uses it.
          Collections are named after exports: rename the export.
        - tables.ts keyless: has no primary key.
          Add one, or name columns that are unique together with \`rstoreDrizzle.collections: { keyless: { primaryKey: ['…'] } }\`, or leave it out with \`keyless: false\`.]
    `)
  })

  it('reports tables of one name in two files', async () => {
    const { problems } = await build('schemas/duplicate')
    expect(problems).toMatchObject([{ severity: 'error', subject: 'items', file: expect.stringContaining('two.ts'), message: expect.stringContaining('one.ts') }])
  })
})

describe('problems', () => {
  const table = () => sqliteTable(`t${Math.random()}`, { id: integer().primaryKey() })

  it('are names that no collection can have', () => {
    const { problems } = check({ 'default': table(), 'class': table(), 'to-do': table(), '$q': table(), '_batchJobs': table(), 'then': table(), 'fine_1': table() })
    expect(problems.map(({ subject }) => subject)).toEqual(['$q', '_batchJobs', 'class', 'default', 'then', 'to-do'])
  })

  it('are tables without a key and views whose key can\'t be told', () => {
    const view = sqliteView('v', { email: text() }).existing()
    const keyless = sqliteTable('keyless', { name: text() })
    expect(check({ view, keyless }).problems).toMatchObject([
      { subject: 'keyless', message: 'has no primary key.', fix: expect.stringContaining('keyless: false') },
      { subject: 'view', message: expect.stringContaining('view without a column `id`'), fix: expect.stringContaining('primaryKey') },
    ])
    expect(check({ view, keyless }, { collections: { view: { primaryKey: ['email'] }, keyless: false } }).problems).toEqual([])
  })

  it('are unknown collections and columns in the options, with what was meant', () => {
    const { problems } = check({ users }, { collections: { user: false, users: { hidden: ['sercet'], readonly: ['nothing'], primaryKey: ['id'] } } })
    expect(problems).toMatchObject([
      { subject: 'rstoreDrizzle.collections.users.primaryKey', message: expect.stringContaining('a primary key of its own') },
      { subject: 'rstoreDrizzle.collections.user', fix: expect.stringContaining('Did you mean "users"?') },
      { subject: 'rstoreDrizzle.collections.users.hidden', fix: expect.stringContaining('Did you mean "secret"?') },
      { subject: 'rstoreDrizzle.collections.users.readonly', fix: expect.not.stringContaining('Did you mean') },
    ])
  })

  it('are hidden primary keys, and fields that items need for themselves', () => {
    const odd = sqliteTable('odd', { id: integer().primaryKey(), $update: text(), parent: integer() })
    const oddRelations = relations(odd, ({ one }) => ({ parent: one(odd, { fields: [odd.parent], references: [odd.id] }) }))
    const { problems } = check({ odd, oddRelations }, { collections: { odd: { hidden: ['id'] } } })
    expect(problems.filter(({ severity }) => severity === 'error').map(({ subject }) => subject)).toEqual(['odd.$update', 'odd.parent', 'rstoreDrizzle.collections.odd.hidden'])
  })
})

describe('the client schema', () => {
  const posts = sqliteTable('posts', { id: integer().primaryKey(), secret: text().references(() => users.secret) })
  const schema = {
    users,
    posts,
    a: relations(posts, ({ one }) => ({ owner: one(users, { fields: [posts.secret], references: [users.secret] }) })),
    b: relations(users, ({ many }) => ({ posts: many(posts) })),
  }

  it('has no relation or foreign key by a column hidden on either side, which is said at build', () => {
    const { collections, problems } = check(schema, { collections: { users: { hidden: ['secret'] } } })
    const client = toClientSchema({ dialect: 'sqlite', collections })
    expect(client.collections.posts).toMatchObject({ relations: {}, foreignKeys: [] })
    expect(client.collections.users!.relations).toEqual({})
    expect(Object.keys(client.collections.users!.columns)).toEqual(['id', 'email'])
    expect(problems.map(({ severity, subject }) => [severity, subject])).toEqual([['warning', 'posts.owner'], ['warning', 'users.posts']])
  })
})
