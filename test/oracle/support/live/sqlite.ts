import type { LiveDatabase } from './schema'
import { createClient } from '@libsql/client'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/libsql'
import { blob, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

const users = sqliteTable('users', { id: text().primaryKey(), name: text().notNull(), size: blob({ mode: 'bigint' }) })
// One of the tables never uses a number twice, the others do.
const lists = sqliteTable('lists', { id: integer().primaryKey({ autoIncrement: true }), name: text().notNull(), ownerId: text().references(() => users.id, { onDelete: 'set null' }), rank: integer() })
const tags = sqliteTable('tags', { slug: text().primaryKey(), rank: integer() })
const todos = sqliteTable('todos', {
  id: integer().primaryKey(),
  title: text().notNull(),
  listId: integer().references(() => lists.id, { onDelete: 'set null' }),
  userId: text().references(() => users.id),
  parentId: integer(),
  done: integer({ mode: 'boolean' }).notNull().default(false),
  priority: integer(),
  size: blob({ mode: 'bigint' }),
  at: integer({ mode: 'timestamp_ms' }),
  createdAt: integer({ mode: 'timestamp_ms' }).notNull().default(sql`(unixepoch() * 1000)`),
})
const todoTags = sqliteTable('todo_tags', {
  todoId: integer().references(() => todos.id, { onDelete: 'cascade' }),
  slug: text().references(() => tags.slug, { onDelete: 'cascade' }),
  weight: integer(),
}, table => [primaryKey({ columns: [table.todoId, table.slug] })])
const members = sqliteTable('members', { listId: integer(), userId: text(), role: text() }, table => [primaryKey({ columns: [table.listId, table.userId] })])
const events = sqliteTable('events', { id: blob({ mode: 'bigint' }).primaryKey(), todoId: integer(), size: blob({ mode: 'bigint' }), at: integer({ mode: 'timestamp_ms' }) })

const ddl = `
  create table users (id text primary key not null, name text not null, size blob);
  create table lists (id integer primary key autoincrement, name text not null, owner_id text references users (id) on delete set null, rank integer);
  create table tags (slug text primary key not null, rank integer);
  create table todos (
    id integer primary key, title text not null, list_id integer references lists (id) on delete set null, user_id text, parent_id integer, done integer not null default 0,
    priority integer, size blob, at integer, created_at integer not null default (unixepoch() * 1000)
  );
  create table todo_tags (
    todo_id integer not null references todos (id) on delete cascade, slug text not null references tags (slug) on delete cascade, weight integer, primary key (todo_id, slug)
  );
  create table members (list_id integer not null, user_id text not null, role text, primary key (list_id, user_id));
  create table events (id blob primary key not null, todo_id integer, size blob, at integer);
  insert into sqlite_sequence values ('lists', 1000);
  pragma foreign_keys = on;
`

/** A database in memory, or in a file. */
export async function openSqlite(url = ':memory:'): Promise<LiveDatabase & { close: () => void }> {
  const client = createClient({ url })
  await client.executeMultiple(ddl)
  const database = drizzle({ client, casing: 'snake_case' })
  return { dialect: 'sqlite', name: 'SQLite', tables: { users, lists, tags, todos, todoTags, members, events }, database, direct: database, close: () => client.close() }
}
