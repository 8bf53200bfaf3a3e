/* eslint-disable @typescript-eslint/no-empty-object-type -- the shape that the generated types have */
import type { CreateOf, RowOf, UpdateOf } from '../../../src/runtime/types/schema'
import type { Item, Store } from '../../../src/runtime/store/types'
import { sql } from 'drizzle-orm'
import { integer, primaryKey, sqliteTable, sqliteView, text } from 'drizzle-orm/sqlite-core'

export const users = sqliteTable('users', {
  id: integer().primaryKey({ autoIncrement: true }),
  name: text().notNull(),
  nickname: text(),
  bossId: integer(),
  passwordHash: text().notNull(),
})
export const posts = sqliteTable('posts', {
  id: integer().primaryKey({ autoIncrement: true }),
  title: text().notNull(),
  published: integer({ mode: 'boolean' }).notNull().default(false),
  state: text({ enum: ['draft', 'live'] }).notNull().default('draft'),
  authorId: integer().notNull(),
  editorId: integer(),
  createdAt: integer({ mode: 'timestamp' }).notNull().$defaultFn(() => new Date()),
})
export const comments = sqliteTable('comments', {
  id: text().primaryKey(),
  body: text().notNull(),
  approved: integer({ mode: 'boolean' }).notNull().default(false),
  postId: integer().notNull(),
})
export const tags = sqliteTable('tags', { id: integer().primaryKey(), label: text().notNull() })
export const postTags = sqliteTable('post_tags', { postId: integer().notNull(), tagId: integer().notNull() }, table => [primaryKey({ columns: [table.postId, table.tagId] })])
export const totals = sqliteView('totals').as(qb => qb.select({ id: users.id, posts: sql<number>`count(*)`.as('posts') }).from(users))

export interface UsersRow extends RowOf<typeof users, 'passwordHash'> {}
interface UsersCreate extends CreateOf<typeof users, 'passwordHash'> {}
interface UsersUpdate extends UpdateOf<typeof users, 'passwordHash'> {}
export interface PostsRow extends RowOf<typeof posts> {}
interface PostsCreate extends CreateOf<typeof posts> {}
interface PostsUpdate extends UpdateOf<typeof posts> {}
interface CommentsRow extends RowOf<typeof comments> {}
interface CommentsCreate extends CreateOf<typeof comments> {}
interface CommentsUpdate extends UpdateOf<typeof comments> {}
interface TagsRow extends RowOf<typeof tags> {}
interface TagsCreate extends CreateOf<typeof tags> {}
interface TagsUpdate extends UpdateOf<typeof tags> {}
interface PostTagsRow extends RowOf<typeof postTags> {}
interface PostTagsCreate extends CreateOf<typeof postTags> {}
interface PostTagsUpdate extends UpdateOf<typeof postTags> {}
interface TotalsRow extends RowOf<typeof totals> {}

/** To-many, to-one, to itself, several to one collection, many-to-many, by a composite key, of a view. */
export interface Schema {
  users: {
    row: UsersRow
    create: UsersCreate
    update: UsersUpdate
    key: number
    relations: { posts: { to: 'posts', many: true }, edited: { to: 'posts', many: true }, boss: { to: 'users', many: false }, team: { to: 'users', many: true } }
  }
  posts: {
    row: PostsRow
    create: PostsCreate
    update: PostsUpdate
    key: number
    relations: { author: { to: 'users', many: false }, editor: { to: 'users', many: false }, comments: { to: 'comments', many: true }, tags: { to: 'tags', many: true } }
  }
  comments: { row: CommentsRow, create: CommentsCreate, update: CommentsUpdate, key: string, relations: { post: { to: 'posts', many: false } } }
  tags: { row: TagsRow, create: TagsCreate, update: TagsUpdate, key: number, relations: { posts: { to: 'posts', many: true } } }
  postTags: { row: PostTagsRow, create: PostTagsCreate, update: PostTagsUpdate, key: string, relations: { post: { to: 'posts', many: false }, tag: { to: 'tags', many: false } } }
  totals: { row: TotalsRow, create: never, update: never, key: number, relations: { user: { to: 'users', many: false } } }
}

export declare const store: Store<Schema>
export declare const flag: boolean
export type User = Item<Schema, 'users'>
export type Post = Item<Schema, 'posts'>
export type Comment = Item<Schema, 'comments'>
