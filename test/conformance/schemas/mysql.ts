import { relations, sql } from 'drizzle-orm'
import { bigint, boolean, char, check, customType, date, datetime, decimal, double, float, foreignKey, int, json, mediumint, mysqlEnum, mysqlTable, mysqlView, primaryKey, serial, smallint, text, time, timestamp, tinyint, varchar, year } from 'drizzle-orm/mysql-core'

// No column has a name of its own: `casing: 'snake_case'` of the instance makes them.

const blob = customType<{ data: Buffer, driverData: Buffer }>({ dataType: () => 'blob' })

export const lists = mysqlTable('lists', { id: varchar({ length: 50 }).primaryKey(), name: varchar({ length: 50 }).notNull().unique() })

export const todos = mysqlTable('todos', {
  id: serial().primaryKey(),
  title: varchar({ length: 20 }).notNull(),
  done: boolean().notNull().default(false),
  listId: varchar({ length: 50 }),
  priority: int(),
  createdAt: timestamp({ fsp: 6 }).notNull().defaultNow(),
}, table => [check('priority_range', sql`${table.priority} < 100`), foreignKey({ columns: [table.listId], foreignColumns: [lists.id] })])

export const tokens = mysqlTable('tokens', { id: char({ length: 36 }).primaryKey().default(sql`(uuid())`), label: text().$defaultFn(() => 'none') })
export const drafts = mysqlTable('drafts', { id: varchar({ length: 36 }).primaryKey().$defaultFn(() => crypto.randomUUID()), label: text() })
export const grades = mysqlTable('grades', { school: varchar({ length: 50 }), year: int(), note: float() }, table => [primaryKey({ columns: [table.school, table.year] })])
export const moments = mysqlTable('moments', { at: datetime({ fsp: 6 }).primaryKey(), what: text() })

export const kinds = mysqlTable('kinds', {
  id: int().primaryKey(),
  tiny: tinyint(),
  small: smallint({ unsigned: true }),
  medium: mediumint(),
  big: bigint({ mode: 'number' }),
  big64: bigint({ mode: 'bigint', unsigned: true }),
  decimal: decimal({ precision: 40, scale: 9 }),
  decimalNumber: decimal({ precision: 30, scale: 2, mode: 'number' }),
  decimalBigint: decimal({ precision: 40, mode: 'bigint' }),
  single: float(),
  float: double(),
  flag: boolean(),
  words: text(),
  fixed: char({ length: 3 }),
  mood: mysqlEnum(['sad', 'ok', 'Happy']),
  json: json(),
  bytes: blob(),
  day: date(),
  dayText: date({ mode: 'string' }),
  clock: time(),
  moment: datetime({ fsp: 3 }),
  seconds: datetime(),
  stamp: timestamp({ fsp: 3 }),
  momentText: datetime({ mode: 'string', fsp: 3 }),
  year: year(),
})

export const openTodos = mysqlView('open_todos').as(query => query.select({
  id: todos.id,
  createdAt: todos.createdAt,
  length: sql<number>`char_length(title)`.mapWith(Number).as('title_length'),
}).from(todos).where(sql`not done`))

export const todosRelations = relations(todos, ({ one }) => ({ list: one(lists, { fields: [todos.listId], references: [lists.id] }) }))
export const listsRelations = relations(lists, ({ many }) => ({ todos: many(todos) }))

export const ddl = [
  'create table lists (id varchar(50) primary key, name varchar(50) not null, constraint lists_name_unique unique (name))',
  `create table todos (
    id serial primary key, title varchar(20) not null, done boolean not null default false, list_id varchar(50), priority int, created_at timestamp(6) not null default now(6),
    constraint priority_range check (priority < 100), foreign key (list_id) references lists (id)
  )`,
  'create table tokens (id char(36) primary key default (uuid()), label text)',
  'create table drafts (id varchar(36) primary key, label text)',
  'create table grades (school varchar(50), year int, note float, primary key (school, year))',
  'create table moments (at datetime(6) primary key, what text)',
  `create table kinds (
    id int primary key, tiny tinyint, small smallint unsigned, medium mediumint, big bigint, big64 bigint unsigned, \`decimal\` decimal(40, 9), decimal_number decimal(30, 2), decimal_bigint decimal(40),
    single float, \`float\` double, flag boolean, words text, fixed char(3), mood enum('sad', 'ok', 'Happy'), json json, bytes blob, day date, day_text date, clock time, moment datetime(3), seconds datetime,
    stamp timestamp(3) null, moment_text datetime(3), year year
  )`,
  'create view open_todos as select id, created_at, char_length(title) as title_length from todos where not done',
]

/** A value of every type, in wire form. */
export const kind = {
  id: 1, tiny: -128, small: 65535, medium: -5, big: 9007199254740991, big64: '18446744073709551615', decimal: '1234567890123456789012345678901.123456789', decimalNumber: 2.25,
  decimalBigint: '123456789012345678901234567890', single: 0.1, float: 2.2250738585072014e-308, flag: true, words: 'Ünï 😀 "\'%_\\\n', fixed: 'abc', mood: 'Happy', json: { a: [1, 'x', null, { b: true }] },
  bytes: 'AP8Q', day: '2026-01-02T00:00:00.000Z', dayText: '2026-01-02', clock: '03:04:05', moment: '1000-02-03T04:05:06.789Z', seconds: '2026-01-02T03:04:05.000Z', stamp: '2026-01-02T03:04:05.678Z',
  momentText: '2026-01-02 03:04:05.678', year: 2026,
}

export const otherKind = {
  ...kind, tiny: 0, small: 0, medium: 8388607, big: -9007199254740991, big64: '0', decimal: '-0.500000000', decimalNumber: -1e20, decimalBigint: '-1', single: -3.40282e38, float: -1.7976931348623157e308,
  flag: false, words: '', mood: 'sad', json: '"1"', bytes: '', day: '9999-12-31T00:00:00.000Z', moment: '9999-12-31T23:59:59.999Z', clock: '-12:00:00', year: 1901,
}
