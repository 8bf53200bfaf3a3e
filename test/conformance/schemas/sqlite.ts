import { relations, sql } from 'drizzle-orm'
import { blob, check, integer, numeric, primaryKey, real, sqliteTable, sqliteView, text } from 'drizzle-orm/sqlite-core'
import { blobs, documents, doubles, instants, texts } from './values'

// No column has a name of its own, except where it says so: `casing: 'snake_case'` of the instance makes them.

export const lists = sqliteTable('lists', { id: text().primaryKey(), name: text().notNull().unique() })

export const todos = sqliteTable('todos', {
  id: integer().primaryKey({ autoIncrement: true }),
  title: text({ length: 20 }).notNull(),
  done: integer({ mode: 'boolean' }).notNull().default(false),
  listId: text().references(() => lists.id),
  priority: integer(),
  createdAt: integer({ mode: 'timestamp_ms' }).notNull().default(sql`(cast(unixepoch('subsec') * 1000 as integer))`),
}, table => [check('priority_range', sql`${table.priority} < 100`)])

export const tokens = sqliteTable('tokens', { id: text().primaryKey().default(sql`(lower(hex(randomblob(16))))`), label: text().$defaultFn(() => 'none') })
export const drafts = sqliteTable('drafts', { id: text().primaryKey().$defaultFn(() => crypto.randomUUID()), label: text() })
export const grades = sqliteTable('grades', { school: text(), year: integer(), note: real() }, table => [primaryKey({ columns: [table.school, table.year] })])
/** Whose columns have names. */
export const named = sqliteTable('named', { id: integer('the_id').primaryKey(), fullName: text('theName'), at: integer('AT', { mode: 'timestamp' }) })
/** The database is stricter than the schema says. */
export const bounded = sqliteTable('bounded', { id: integer().primaryKey(), needed: text(), short: text(), count: text(), amount: integer() })
export const moments = sqliteTable('moments', { at: integer({ mode: 'timestamp_ms' }).primaryKey(), what: text() })

export const kinds = sqliteTable('kinds', {
  id: integer().primaryKey(),
  int: integer(),
  float: real(),
  decimal: numeric(),
  decimalNumber: numeric({ mode: 'number' }),
  decimalBigint: numeric({ mode: 'bigint' }),
  words: text(),
  mood: text({ enum: ['sad', 'ok', 'Happy'] }),
  json: text({ mode: 'json' }),
  bytes: blob({ mode: 'buffer' }),
  blobJson: blob({ mode: 'json' }),
  big: blob({ mode: 'bigint' }),
  seconds: integer({ mode: 'timestamp' }),
  millis: integer({ mode: 'timestamp_ms' }),
  flag: integer({ mode: 'boolean' }),
})

export const openTodos = sqliteView('open_todos').as(query => query.select({
  id: todos.id,
  createdAt: todos.createdAt,
  length: sql<number>`length(title)`.mapWith(Number).as('title_length'),
}).from(todos).where(sql`not done`))

export const todosRelations = relations(todos, ({ one }) => ({ list: one(lists, { fields: [todos.listId], references: [lists.id] }) }))
export const listsRelations = relations(lists, ({ many }) => ({ todos: many(todos) }))

export const ddl = [
  'create table lists (id text primary key, name text not null unique)',
  `create table todos (
    id integer primary key autoincrement, title text not null, done integer not null default 0, list_id text references lists(id),
    priority integer constraint priority_range check (priority < 100), created_at integer not null default (cast(unixepoch('subsec') * 1000 as integer))
  )`,
  'create table tokens (id text primary key default (lower(hex(randomblob(16)))), label text)',
  'create table drafts (id text primary key, label text)',
  'create table grades (school text, year integer, note real, primary key (school, year))',
  'create table named (the_id integer primary key, theName text, "AT" integer)',
  'create table bounded (id integer primary key, needed text not null, short text check (length(short) <= 3), count integer, amount integer constraint positive check (amount > 0)) strict',
  'create table moments (at integer primary key, what text)',
  `create table kinds (
    id integer primary key, int integer, float real, decimal numeric, decimal_number numeric, decimal_bigint numeric, words text, mood text,
    json text, bytes blob, blob_json blob, big blob, seconds integer, millis integer, flag integer
  )`,
  'create view open_todos as select id, created_at, length(title) as title_length from todos where not done',
]

/** A value of every type, in wire form. */
export const kind = {
  id: 1, int: -5, float: 0.1, decimal: '12.5', decimalNumber: 2.25, decimalBigint: '9007199254740993', words: 'Ünï 😀 "\'%_\\\n', mood: 'Happy', json: { a: [1, 'x', null, { b: true }] },
  bytes: 'AP8Q', blobJson: ['y', { z: 1.5 }], big: '-123456789012345678901234567890', seconds: '2026-01-02T03:04:05.000Z', millis: '1969-12-31T23:59:59.999Z', flag: true,
}

export const otherKind = {
  ...kind, int: 9007199254740991, float: -1.7976931348623157e308, decimal: '-0.5', decimalNumber: 1e20, decimalBigint: '0', words: '', mood: 'sad', json: 'text', bytes: '', blobJson: false,
  big: '0', seconds: '9999-12-31T23:59:59.000Z', millis: '0001-02-03T04:05:06.789Z', flag: false,
}

/** What each column has to give back as it was sent. */
export const edges: Record<string, unknown[]> = {
  int: [9007199254740991, -9007199254740991, 0],
  float: [...doubles, 5e-324],
  decimal: ['0', '-0.5', '123456789012.25', '9007199254740993'],
  decimalNumber: doubles,
  decimalBigint: ['0', '-1', '9007199254740993', '-9223372036854775808', '9223372036854775807'],
  words: texts,
  mood: ['sad', 'ok', 'Happy'],
  json: documents,
  bytes: blobs,
  blobJson: documents,
  big: ['0', '-1', '9007199254740993', '1234567890123456789012345678901234567890'],
  seconds: ['0001-01-01T00:00:00.000Z', '1969-12-31T23:59:59.000Z', '2024-02-29T12:00:00.000Z', '+275760-09-13T00:00:00.000Z'],
  millis: [...instants, '-271821-04-20T00:00:00.000Z', '+275760-09-13T00:00:00.000Z'],
  flag: [true, false],
}

/** What a column gives back in a form of its own. */
export const rounded: [field: string, sent: unknown, got: unknown][] = [
  ['millis', '2026-01-02T03:04:05.678901+05:30', '2026-01-01T21:34:05.678Z'],
  ['seconds', '2026-01-02T03:04:05.999Z', '2026-01-02T03:04:05.000Z'],
  ['seconds', '1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59.000Z'],
  ['decimal', '1.50', '1.5'],
]

/** Values that no row can hold; `first` where they come before those that one can. */
export const beyond: [field: string, value: unknown, first?: 'first'][] = []

/** What the database refuses of `bounded`, and whether it says which column it was. */
export const refusals: [item: object, status: number, code: string, field?: string][] = [
  [{}, 422, 'RSTORE_CONSTRAINT', 'needed'],
  [{ needed: '', short: 'long' }, 422, 'RSTORE_CONSTRAINT'],
  [{ needed: '', count: 'many' }, 422, 'RSTORE_CONSTRAINT', 'count'],
  [{ needed: '', amount: 0 }, 422, 'RSTORE_CONSTRAINT'],
]

/** A row with values that its columns can't mean. */
export const meaningless = {
  statement: 'insert into kinds (id, int, words, float, json, big, seconds) values (1, 9223372036854775807, \'x\', 9e999, \'{oops\', x\'ff\', 9000000000000000)',
  fields: ['big', 'float', 'int', 'json', 'seconds'],
}

/** So many microseconds after 2026-01-02T03:04:05Z, in SQL. */
export const moment = (microseconds: number) => String(1767323045000 + microseconds / 1000)
