import type { ResolvedOptions } from '../../../src/build/options'
import type { Problem } from '../../../src/build/problem'
import * as orm from 'drizzle-orm'
import { entityKind, relations } from 'drizzle-orm'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, it } from 'vitest'
import { indexTables } from '../../../src/build/introspect'
import { resolveRelations } from '../../../src/build/relations'

function read(schema: Record<string, unknown>, collections: ResolvedOptions['collections'] = {}, complete = true) {
  const problems: Problem[] = []
  const exports = Object.entries(schema).map(([name, value]) => ({ name, value, file: '/app/schema.ts' }))
  return { relations: resolveRelations(exports, indexTables(exports, 'sqlite', { collections }, problems), problems, complete), problems }
}

const users = sqliteTable('app_users', { id: integer('user_id').primaryKey(), managerId: integer('manager_id') })
const posts = sqliteTable('posts', { id: integer().primaryKey(), authorId: integer('author_id'), editorId: integer(), tenant: text(), slug: text() })
const comments = sqliteTable('comments', { id: integer().primaryKey(), tenant: text(), postSlug: text('post_slug') })
const groups = sqliteTable('groups', { id: integer().primaryKey() })
const members = sqliteTable('members', { userId: integer('u'), groupId: integer('g') })

describe('relations()', () => {
  it('gives both sides of one to many, by field name', () => {
    const schema = {
      users,
      posts,
      // Before the side that has the fields: order does not matter.
      usersRelations: relations(users, ({ many }) => ({ posts: many(posts) })),
      postsRelations: relations(posts, ({ one }) => ({ author: one(users, { fields: [posts.authorId], references: [users.id] }) })),
    }
    expect(read(schema)).toEqual({
      problems: [],
      relations: {
        users: { posts: { to: 'posts', many: true, on: [['id', 'authorId']] } },
        posts: { author: { to: 'users', many: false, on: [['authorId', 'id']] } },
      },
    })
  })

  it('gives the side of a one to one that has no fields', () => {
    const { relations: found } = read({
      users,
      posts,
      a: relations(users, ({ one }) => ({ post: one(posts) })),
      b: relations(posts, ({ one }) => ({ author: one(users, { fields: [posts.authorId], references: [users.id] }) })),
    })
    expect(found.users).toEqual({ post: { to: 'posts', many: false, on: [['id', 'authorId']] } })
  })

  it('tells several relations between two tables apart by their name', () => {
    const { relations: found, problems } = read({
      users,
      posts,
      a: relations(users, ({ many }) => ({ written: many(posts, { relationName: 'author' }), edited: many(posts, { relationName: 'editor' }) })),
      b: relations(posts, ({ one }) => ({
        author: one(users, { fields: [posts.authorId], references: [users.id], relationName: 'author' }),
        editor: one(users, { fields: [posts.editorId], references: [users.id], relationName: 'editor' }),
      })),
    })
    expect(problems).toEqual([])
    expect(found.users).toMatchObject({ written: { on: [['id', 'authorId']] }, edited: { on: [['id', 'editorId']] } })
  })

  it('follows a table to itself, with and without a name', () => {
    for (const relationName of ['tree', undefined]) {
      const { relations: found, problems } = read({
        users,
        a: relations(users, ({ one, many }) => ({
          manager: one(users, { fields: [users.managerId], references: [users.id], relationName }),
          reports: many(users, { relationName: relationName! }),
        })),
      })
      expect(problems).toEqual([])
      expect(found.users).toEqual({
        manager: { to: 'users', many: false, on: [['managerId', 'id']] },
        reports: { to: 'users', many: true, on: [['id', 'managerId']] },
      })
    }
  })

  it('goes by several fields', () => {
    const { relations: found } = read({
      posts,
      comments,
      a: relations(posts, ({ many }) => ({ comments: many(comments) })),
      b: relations(comments, ({ one }) => ({ post: one(posts, { fields: [comments.tenant, comments.postSlug], references: [posts.tenant, posts.slug] }) })),
    })
    expect(found.comments!.post!.on).toEqual([['tenant', 'tenant'], ['postSlug', 'slug']])
    expect(found.posts!.comments!.on).toEqual([['tenant', 'tenant'], ['slug', 'postSlug']])
  })

  it('merges several declarations for one table, and reads one that is exported twice once', () => {
    const both = relations(members, ({ one }) => ({ user: one(users, { fields: [members.userId], references: [users.id] }) }))
    const { relations: found } = read({ users, groups, members, both, again: both, more: relations(members, ({ one }) => ({ group: one(groups, { fields: [members.groupId], references: [groups.id] }) })) })
    expect(Object.keys(found.members!)).toEqual(['user', 'group'])
  })

  it('leaves out what leads to a table that the app left out', () => {
    const schema = { users, posts, b: relations(posts, ({ one }) => ({ author: one(users, { fields: [posts.authorId], references: [users.id] }) })) }
    expect(read(schema, { users: false })).toEqual({ relations: {}, problems: [] })
  })

  it('reports an unknown table, unless part of the schema could not be read', () => {
    const schema = { posts, b: relations(posts, ({ one }) => ({ author: one(users, { fields: [posts.authorId], references: [users.id] }) })) }
    expect(read(schema).problems).toMatchObject([{ severity: 'error', file: '/app/schema.ts', subject: 'posts.author', message: expect.stringContaining('"app_users"') }])
    expect(read(schema, {}, false).problems).toEqual([])
  })

  it('reports a side without fields that has no other side, or more than one', () => {
    const lonely = relations(users, ({ many }) => ({ posts: many(posts) }))
    expect(read({ users, posts, lonely }).problems).toMatchObject([{ subject: 'users.posts', message: expect.stringContaining('no relation back') }])
    const two = relations(posts, ({ one }) => ({
      author: one(users, { fields: [posts.authorId], references: [users.id] }),
      editor: one(users, { fields: [posts.editorId], references: [users.id] }),
    }))
    expect(read({ users, posts, lonely, two }).problems).toMatchObject([{ subject: 'users.posts', message: expect.stringContaining('"author" and "editor"') }])
  })

  it('reports columns of another table and declarations that throw', () => {
    const wrong = relations(posts, ({ one }) => ({ author: one(users, { fields: [comments.postSlug], references: [users.id] } as never) }))
    expect(read({ users, posts, wrong }).problems).toMatchObject([{ subject: 'posts.author', message: expect.stringContaining('not of its table') }])
    const throws = relations(posts, ({ one }) => ({ author: one(undefined as unknown as typeof users, { fields: [posts.authorId], references: [users.id] }) }))
    expect(read({ users, posts, throws }).problems).toMatchObject([{ subject: 'throws', severity: 'error' }])
  })
})

describe('defineRelations()', () => {
  /** As drizzle-orm 1.0.0-rc.5 leaves it after processing. */
  class RelationV2 {
    static [entityKind] = 'RelationV2'
    where: unknown = Symbol.for('drizzle:EmptyFilter')
    constructor(values: object) {
      Object.assign(this, values)
    }
  }
  class ManyV2 extends RelationV2 {
    static override [entityKind] = 'ManyV2'
    relationType = 'many'
  }
  class OneV2 extends RelationV2 {
    static override [entityKind] = 'OneV2'
    relationType = 'one'
  }
  const through = (from: unknown, to: unknown) => ({ throughTable: members, through: { source: [{ _: { column: from } }], target: [{ _: { column: to } }] } })
  const defined = {
    users: {
      name: 'users',
      table: users,
      relations: {
        groups: new ManyV2({ targetTable: groups, sourceColumns: [users.id], targetColumns: [groups.id], ...through(members.userId, members.groupId) }),
        manager: new OneV2({ targetTable: users, sourceColumns: [users.managerId], targetColumns: [users.id] }),
      },
    },
    groups: { name: 'groups', table: groups, relations: {} },
  }

  it('gives one, self and many to many through a join table', () => {
    expect(read({ users, groups, members, defined })).toEqual({
      problems: [],
      relations: {
        users: {
          groups: { to: 'groups', many: true, on: [], through: { collection: 'members', from: [['id', 'userId']], to: [['groupId', 'id']] } },
          manager: { to: 'users', many: false, on: [['managerId', 'id']] },
        },
      },
    })
  })

  it('leaves out a many to many whose join table is left out', () => {
    expect(Object.keys(read({ users, groups, members, defined }, { members: false }).relations.users!)).toEqual(['manager'])
  })

  it('leaves out a relation with a `where`, with a warning', () => {
    const filtered = { users: { name: 'users', table: users, relations: { boss: new OneV2({ targetTable: users, sourceColumns: [users.managerId], targetColumns: [users.id], where: { id: 1 } }) } } }
    const { relations: found, problems } = read({ users, filtered })
    expect(found).toEqual({})
    expect(problems).toMatchObject([{ severity: 'warning', subject: 'app_users.boss' }])
  })

  it.skipIf(!('defineRelations' in orm))('is read as the installed drizzle-orm makes it (skipped before 1.0, which has none)', () => {
    const { defineRelations } = orm as unknown as { defineRelations: (schema: object, build: (r: Record<string, never>) => object) => object }
    const made = defineRelations({ users, groups, members }, (r: Record<string, Record<string, never>>) => {
      const { one, many } = r as unknown as Record<'one' | 'many', Record<string, (config: object) => object>>
      const column = (table: string, name: string) => (r as unknown as Record<string, Record<string, { through: (column: unknown) => object }>>)[table]![name]!
      return {
        users: {
          groups: many.groups!({ from: column('users', 'id').through(column('members', 'userId')), to: column('groups', 'id').through(column('members', 'groupId')) }),
          manager: one.users!({ from: column('users', 'managerId'), to: column('users', 'id') }),
        },
      }
    })
    expect(read({ users, groups, members, made }).relations).toEqual(read({ users, groups, members, defined }).relations)
  })
})
