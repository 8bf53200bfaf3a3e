import type { LiveDatabase } from './schema'
import { sql } from 'drizzle-orm'
import { bigint, boolean, datetime, int, mysqlTable, primaryKey, text, varchar } from 'drizzle-orm/mysql-core'

const key = () => varchar({ length: 80 })
const big = () => bigint({ mode: 'bigint' })
const moment = () => datetime({ fsp: 3 })

const users = mysqlTable('users', { id: key().primaryKey(), name: text().notNull(), size: big() })
const lists = mysqlTable('lists', { id: int().autoincrement().primaryKey(), name: text().notNull(), ownerId: key().references(() => users.id, { onDelete: 'set null' }), rank: int() })
const tags = mysqlTable('tags', { slug: key().primaryKey(), rank: int() })
const todos = mysqlTable('todos', {
  id: int().autoincrement().primaryKey(),
  title: text().notNull(),
  listId: int().references(() => lists.id, { onDelete: 'set null' }),
  userId: key().references(() => users.id),
  parentId: int(),
  done: boolean().notNull().default(false),
  priority: int(),
  size: big(),
  at: moment(),
  createdAt: moment().notNull().default(sql`(now(3))`),
})
const todoTags = mysqlTable('todo_tags', {
  todoId: int().references(() => todos.id, { onDelete: 'cascade' }),
  slug: key().references(() => tags.slug, { onDelete: 'cascade' }),
  weight: int(),
}, table => [primaryKey({ columns: [table.todoId, table.slug] })])
const members = mysqlTable('members', { listId: int(), userId: key(), role: text() }, table => [primaryKey({ columns: [table.listId, table.userId] })])
const events = mysqlTable('events', { id: big().autoincrement().primaryKey(), todoId: int(), size: big(), at: moment() })

export const mysqlDdl = [
  'create table users (id varchar(80) primary key, name text not null, size bigint)',
  'create table lists (id int auto_increment primary key, name text not null, owner_id varchar(80), `rank` int, foreign key (owner_id) references users (id) on delete set null) auto_increment = 1000',
  'create table tags (slug varchar(80) primary key, `rank` int)',
  `create table todos (
    id int auto_increment primary key, title text not null, list_id int, user_id varchar(80), parent_id int, done boolean not null default false, priority int, size bigint, at datetime(3),
    created_at datetime(3) not null default now(3), foreign key (list_id) references lists (id) on delete set null
  ) auto_increment = 1000`,
  `create table todo_tags (
    todo_id int, slug varchar(80), weight int, primary key (todo_id, slug),
    foreign key (todo_id) references todos (id) on delete cascade, foreign key (slug) references tags (slug) on delete cascade
  )`,
  'create table members (list_id int, user_id varchar(80), role text, primary key (list_id, user_id))',
  'create table events (id bigint auto_increment primary key, todo_id int, size bigint, at datetime(3)) auto_increment = 1000',
]

export function liveMysql(name: string, database: unknown, direct: unknown): LiveDatabase {
  return { dialect: 'mysql', name, tables: { users, lists, tags, todos, todoTags, members, events }, database, direct }
}
