import type { RelationModel } from '../../../src/runtime/shared/model'
import type { ServerSchema } from './create-server'
import { relations } from 'drizzle-orm'
import { blob, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Relations of every kind. */

const authors = sqliteTable('authors', {
  id: integer().primaryKey(),
  name: text().notNull(),
  mentorId: integer(),
  email: text(),
})

const profiles = sqliteTable('profiles', {
  id: text().primaryKey(),
  authorId: integer(),
  motto: text(),
})

const posts = sqliteTable('posts', {
  id: integer().primaryKey(),
  title: text().notNull(),
  authorId: integer(),
  editorId: integer(),
  score: integer(),
  publishedAt: integer({ mode: 'timestamp' }),
})

const comments = sqliteTable('comments', {
  id: integer().primaryKey(),
  postId: integer().notNull(),
  authorId: integer(),
  body: text().notNull(),
  secret: text(),
})

const tags = sqliteTable('tags', { slug: text().primaryKey(), label: text() })

/** May link the same two more than once. */
const postTags = sqliteTable('post_tags', { id: integer().primaryKey(), postId: integer(), tagSlug: text(), weight: integer(), secret: text() })

const friendships = sqliteTable('friendships', { a: integer().notNull(), b: integer().notNull() }, table => [primaryKey({ columns: [table.a, table.b] })])

const courses = sqliteTable('courses', { school: text(), year: integer(), name: text() }, table => [primaryKey({ columns: [table.school, table.year] })])
const grades = sqliteTable('grades', { id: integer().primaryKey(), school: text(), year: integer(), note: integer() })

const accounts = sqliteTable('accounts', { number: blob({ mode: 'bigint' }).primaryKey(), owner: text() })
const transfers = sqliteTable('transfers', { id: integer().primaryKey(), account: blob({ mode: 'bigint' }), amount: integer() })

const days = sqliteTable('days', { at: integer({ mode: 'timestamp' }).primaryKey(), what: text() })
const entries = sqliteTable('entries', { id: integer().primaryKey(), day: integer({ mode: 'timestamp' }) })

const couples = sqliteTable('couples', { id: integer().primaryKey(), a: text(), b: text() })

const big = sqliteTable('big', { id: integer().primaryKey(), number: integer() })

const tables = {
  authors,
  profiles,
  posts,
  comments,
  tags,
  postTags,
  friendships,
  courses,
  grades,
  accounts,
  transfers,
  days,
  entries,
  couples,
  big,
  authorsRelations: relations(authors, ({ one, many }) => ({
    posts: many(posts, { relationName: 'author' }),
    edited: many(posts, { relationName: 'editor' }),
    comments: many(comments),
    profile: one(profiles),
    mentor: one(authors, { fields: [authors.mentorId], references: [authors.id], relationName: 'mentor' }),
    pupils: many(authors, { relationName: 'mentor' }),
  })),
  profilesRelations: relations(profiles, ({ one }) => ({ author: one(authors, { fields: [profiles.authorId], references: [authors.id] }) })),
  postsRelations: relations(posts, ({ one, many }) => ({
    author: one(authors, { fields: [posts.authorId], references: [authors.id], relationName: 'author' }),
    editor: one(authors, { fields: [posts.editorId], references: [authors.id], relationName: 'editor' }),
    comments: many(comments),
  })),
  commentsRelations: relations(comments, ({ one }) => ({
    post: one(posts, { fields: [comments.postId], references: [posts.id] }),
    author: one(authors, { fields: [comments.authorId], references: [authors.id] }),
  })),
  coursesRelations: relations(courses, ({ many }) => ({ grades: many(grades) })),
  gradesRelations: relations(grades, ({ one }) => ({ course: one(courses, { fields: [grades.school, grades.year], references: [courses.school, courses.year] }) })),
  accountsRelations: relations(accounts, ({ many }) => ({ transfers: many(transfers) })),
  transfersRelations: relations(transfers, ({ one }) => ({ from: one(accounts, { fields: [transfers.account], references: [accounts.number] }) })),
  daysRelations: relations(days, ({ many }) => ({ entries: many(entries) })),
  entriesRelations: relations(entries, ({ one }) => ({ on: one(days, { fields: [entries.day], references: [days.at] }) })),
}

/** Across join tables, which `relations()` can't say. */
const across: Record<string, Record<string, RelationModel>> = {
  posts: { tags: { to: 'tags', many: true, on: [], through: { collection: 'postTags', from: [['id', 'postId']], to: [['tagSlug', 'slug']] } } },
  tags: {
    posts: { to: 'posts', many: true, on: [], through: { collection: 'postTags', from: [['slug', 'tagSlug']], to: [['postId', 'id']] } },
    somePost: { to: 'posts', many: false, on: [], through: { collection: 'postTags', from: [['slug', 'tagSlug']], to: [['postId', 'id']] } },
  },
  authors: {
    friends: { to: 'authors', many: true, on: [], through: { collection: 'friendships', from: [['id', 'a']], to: [['b', 'id']] } },
    /** The join table is the target itself. */
    grandPupils: { to: 'authors', many: true, on: [], through: { collection: 'authors', from: [['id', 'mentorId']], to: [['id', 'mentorId']] } },
  },
  couples: { same: { to: 'couples', many: true, on: [['a', 'a'], ['b', 'b']] } },
  big: { same: { to: 'big', many: true, on: [['number', 'number']] } },
}

const ddl = `
  create table authors (id integer primary key, name text not null, mentor_id integer, email text);
  create table profiles (id text primary key, author_id integer, motto text);
  create table posts (id integer primary key, title text not null, author_id integer, editor_id integer, score integer, published_at integer);
  create table comments (id integer primary key, post_id integer not null, author_id integer, body text not null, secret text);
  create table tags (slug text primary key, label text);
  create table post_tags (id integer primary key, post_id integer, tag_slug text, weight integer, secret text);
  create table friendships (a integer not null, b integer not null, primary key (a, b));
  create table courses (school text, year integer, name text, primary key (school, year));
  create table grades (id integer primary key, school text, year integer, note integer);
  create table accounts (number blob primary key, owner text);
  create table transfers (id integer primary key, account blob, amount integer);
  create table days (at integer primary key, what text);
  create table entries (id integer primary key, day integer);
  create table couples (id integer primary key, a text, b text);
  create table big (id integer primary key, number integer);
`

/** Four authors, the second and third with the first as mentor; posts, comments and tags among them. */
export const blogRows = `
  insert into authors values (1, 'Ada', null, 'a@x'), (2, 'Ben', 1, 'b@x'), (3, 'Cy', 1, null), (4, 'Di', 2, 'd@x');
  insert into profiles values ('p2', 1, 'second'), ('p1', 1, 'first'), ('p9', 3, 'third'), ('p0', null, 'nobody');
  insert into posts values (10, 'Ten', 1, 2, 5, 100), (11, 'Eleven', 1, null, 7, 200), (12, 'Twelve', 1, 3, null, 300), (13, 'Thirteen', 2, 1, 1, null), (14, 'Orphan', null, null, 9, 500), (15, 'Gone', 99, null, 9, 500);
  insert into comments values (100, 10, 2, 'first', 's'), (101, 10, 3, 'second', 's'), (102, 11, 2, 'third', 's'), (103, 13, null, 'fourth', 's'), (104, 13, 1, 'fifth', 's');
  insert into tags values ('a', 'A'), ('b', 'B'), ('c', 'C');
  insert into post_tags values (1, 10, 'b', 1, 's'), (2, 10, 'a', 2, 's'), (3, 10, 'b', 3, 's'), (4, 11, 'a', 4, 's'), (5, null, 'a', 5, 's'), (6, 12, null, 6, 's'), (7, 12, 'gone', 7, 's'), (8, 13, 'c', 8, 's');
  insert into friendships values (1, 2), (1, 3), (2, 1), (4, 4);
  insert into courses values ('x', 1, 'X1'), ('x', 2, 'X2'), ('y', 1, 'Y1'), ('x::1', 1, 'odd');
  insert into grades values (1, 'x', 1, 5), (2, 'x', 2, 4), (3, 'x', null, 3), (4, null, 1, 2), (5, 'y', 2, 1), (6, 'x', 1, 0), (7, 'x::1', 1, 9);
`

export const blog = { tables, ddl, relations: across } satisfies ServerSchema
