import { relations, sql } from 'drizzle-orm'
import { blob, check, integer, numeric, primaryKey, real, sqliteTable, sqliteView, text } from 'drizzle-orm/sqlite-core'

// No column has a name of its own: `casing: 'snake_case'` of the instance makes them.

export const lists = sqliteTable('lists', {
  id: text().primaryKey(),
  name: text().notNull().unique(),
})

export const todos = sqliteTable('todos', {
  id: integer().primaryKey({ autoIncrement: true }),
  title: text({ length: 20 }).notNull(),
  done: integer({ mode: 'boolean' }).notNull().default(false),
  listId: text().references(() => lists.id),
  priority: integer(),
  createdAt: integer({ mode: 'timestamp' }).notNull().$defaultFn(() => new Date('2026-01-02T03:04:05.678Z')),
  changes: integer().$onUpdate(() => 7),
  shout: text().generatedAlwaysAs(sql`upper(title)`),
  secretToken: text().unique(),
  origin: text(),
}, table => [check('priority_range', sql`${table.priority} < 100`)])

export const kinds = sqliteTable('kinds', {
  id: integer().primaryKey(),
  int: integer(),
  float: real(),
  decimal: numeric(),
  decimalNumber: numeric({ mode: 'number' }),
  decimalBigint: numeric({ mode: 'bigint' }),
  words: text(),
  color: text({ enum: ['red', 'green'] }),
  json: text({ mode: 'json' }),
  bytes: blob({ mode: 'buffer' }),
  blobJson: blob({ mode: 'json' }),
  big: blob({ mode: 'bigint' }),
  seconds: integer({ mode: 'timestamp' }),
  millis: integer({ mode: 'timestamp_ms' }),
  flag: integer({ mode: 'boolean' }),
})

export const grades = sqliteTable('grades', {
  school: text().notNull(),
  year: integer().notNull(),
  pupil: text().notNull(),
  note: real(),
}, table => [primaryKey({ columns: [table.school, table.year, table.pupil] })])

/** Fields that h3 would take for a stream or a buffer. */
export const streams = sqliteTable('streams', { id: integer().primaryKey(), buffer: text(), end: text(), pipe: text(), arrayBuffer: text() })

export const moments = sqliteTable('moments', { at: integer({ mode: 'timestamp_ms' }).primaryKey(), what: text() })

export const openTodos = sqliteView('open_todos').as(query => query.select({
  id: todos.id,
  title: todos.title,
  length: sql<number>`length(title)`.mapWith(Number).as('title_length'),
}).from(todos).where(sql`done = 0`))

export const todosRelations = relations(todos, ({ one }) => ({ list: one(lists, { fields: [todos.listId], references: [lists.id] }) }))
export const listsRelations = relations(lists, ({ many }) => ({ todos: many(todos) }))

export const ddl = `
  create table lists (id text primary key, name text not null unique);
  create table todos (
    id integer primary key autoincrement, title text not null, done integer not null default 0, list_id text references lists(id),
    priority integer constraint priority_range check (priority < 100), created_at integer not null, changes integer,
    shout text generated always as (upper(title)) virtual, secret_token text unique, origin text
  );
  create table kinds (
    id integer primary key, int integer, float real, decimal numeric, decimal_number numeric, decimal_bigint numeric, words text, color text,
    json text, bytes blob, blob_json blob, big blob, seconds integer, millis integer, flag integer
  );
  create table grades (school text not null, year integer not null, pupil text not null, note real, primary key (school, year, pupil));
  create table streams (id integer primary key, buffer text, end text, pipe text, array_buffer text);
  create table moments (at integer primary key, what text);
  create view open_todos as select id, title, length(title) as title_length from todos where done = 0;
  pragma foreign_keys = on;
`
