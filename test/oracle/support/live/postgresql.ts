import type { LiveDatabase } from './schema'
import { bigint, bigserial, boolean, integer, pgTable, primaryKey, serial, text, timestamp, varchar } from 'drizzle-orm/pg-core'

const moment = () => timestamp({ precision: 3 })

export const users = pgTable('users', { id: text().primaryKey(), name: varchar({ length: 20 }).notNull(), size: bigint({ mode: 'bigint' }) })
export const lists = pgTable('lists', { id: serial().primaryKey(), name: text().notNull(), ownerId: text().references(() => users.id, { onDelete: 'set null' }), rank: integer() })
export const tags = pgTable('tags', { slug: text().primaryKey(), rank: integer() })
export const todos = pgTable('todos', {
  id: serial().primaryKey(),
  title: text().notNull(),
  listId: integer().references(() => lists.id, { onDelete: 'set null' }),
  userId: text().references(() => users.id),
  parentId: integer(),
  done: boolean().notNull().default(false),
  priority: integer(),
  size: bigint({ mode: 'bigint' }),
  at: moment(),
  createdAt: moment().notNull().defaultNow(),
})
export const todoTags = pgTable('todo_tags', {
  todoId: integer().references(() => todos.id, { onDelete: 'cascade' }),
  slug: text().references(() => tags.slug, { onDelete: 'cascade' }),
  weight: integer(),
}, table => [primaryKey({ columns: [table.todoId, table.slug] })])
export const members = pgTable('members', { listId: integer(), userId: text(), role: text() }, table => [primaryKey({ columns: [table.listId, table.userId] })])
export const events = pgTable('events', { id: bigserial({ mode: 'bigint' }).primaryKey(), todoId: integer(), size: bigint({ mode: 'bigint' }), at: moment() })

export const postgresqlDdl = `
  create table users (id text primary key, name varchar(20) not null, size bigint);
  create table lists (id serial primary key, name text not null, owner_id text references users (id) on delete set null, rank integer);
  create table tags (slug text primary key, rank integer);
  create table todos (
    id serial primary key, title text not null, list_id integer references lists (id) on delete set null, user_id text, parent_id integer, done boolean not null default false,
    priority integer, size bigint, at timestamp(3), created_at timestamp(3) not null default now()
  );
  create table todo_tags (todo_id integer references todos (id) on delete cascade, slug text references tags (slug) on delete cascade, weight integer, primary key (todo_id, slug));
  create table members (list_id integer, user_id text, role text, primary key (list_id, user_id));
  create table events (id bigserial primary key, todo_id integer, size bigint, at timestamp(3));
  alter sequence lists_id_seq restart 1000;
  alter sequence todos_id_seq restart 1000;
  alter sequence events_id_seq restart 1000;
`

/** PostgreSQL through any of its drivers. */
export function livePostgresql(name: string, database: unknown): LiveDatabase {
  return { dialect: 'postgresql', name, tables: { users, lists, tags, todos, todoTags, members, events }, database, direct: database }
}
