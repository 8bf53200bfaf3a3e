import { relations, sql } from 'drizzle-orm'
import { bigint, boolean, char, check, customType, date, datetime, decimal, double, float, foreignKey, int, json, mediumint, mysqlEnum, mysqlTable, mysqlView, primaryKey, serial, smallint, text, time, timestamp, tinyint, varchar, year } from 'drizzle-orm/mysql-core'

import { blobs, documents, doubles, texts } from './values'

// No column has a name of its own, except where it says so: `casing: 'snake_case'` of the instance makes them.

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
/** Whose columns have names. */
export const named = mysqlTable('named', { id: int('the_id').primaryKey(), fullName: text('theName'), at: datetime('AT') })
/** The database is stricter than the schema says. */
export const bounded = mysqlTable('bounded', { id: int().primaryKey(), needed: text(), short: text(), small: int(), mood: text(), day: text(), amount: int() })
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
  'create table named (the_id int primary key, theName text, `AT` datetime)',
  'create table bounded (id int primary key, needed text not null, short varchar(3), small smallint, mood enum(\'sad\'), day date, amount int, constraint positive check (amount > 0))',
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

/** What each column has to give back as it was sent. */
export const edges: Record<string, unknown[]> = {
  tiny: [-128, 127, 0],
  small: [0, 65535],
  medium: [-8388608, 8388607],
  big: [9007199254740991, -9007199254740991, 0],
  big64: ['0', '9007199254740993', '18446744073709551615'],
  decimal: ['0.000000000', '-0.500000000', `${'9'.repeat(31)}.999999999`],
  decimalNumber: [0, 0.25, -1.5, 1e21],
  decimalBigint: ['0', '-1', '9'.repeat(40)],
  single: [0, 0.1, -1.5, 3.40282e38],
  float: doubles,
  flag: [true, false],
  words: texts,
  fixed: ['abc', 'é😀x'],
  mood: ['sad', 'ok', 'Happy'],
  json: documents,
  bytes: blobs,
  day: ['1000-01-01T00:00:00.000Z', '1969-12-31T00:00:00.000Z', '2024-02-29T00:00:00.000Z', '9999-12-31T00:00:00.000Z'],
  dayText: ['1000-01-01', '2024-02-29', '9999-12-31'],
  clock: ['00:00:00', '-838:59:59', '838:59:59'],
  moment: ['1000-01-01T00:00:00.000Z', '1969-12-31T23:59:59.999Z', '2024-02-29T12:00:00.001Z', '9999-12-31T23:59:59.999Z'],
  seconds: ['1000-01-01T00:00:00.000Z', '1969-12-31T23:59:59.000Z', '9999-12-31T23:59:59.000Z'],
  stamp: ['1970-01-02T00:00:00.000Z', '2024-02-29T12:00:00.001Z', '2038-01-18T00:00:00.999Z'],
  momentText: ['1000-01-01 00:00:00.000', '2026-01-02 03:04:05.678', '9999-12-31 23:59:59.999'],
  year: [1901, 2155],
}

/** What a column gives back in a form of its own. */
export const rounded: [field: string, sent: unknown, got: unknown][] = [
  ['moment', '2026-01-02T03:04:05.678901Z', '2026-01-02T03:04:05.678Z'],
  ['seconds', '2026-01-02T03:04:05.999Z', '2026-01-02T03:04:05.000Z'],
  ['stamp', '2026-01-02T03:04:05.6789+05:30', '2026-01-01T21:34:05.678Z'],
  ['day', '2026-01-02T23:59:59.999Z', '2026-01-02T00:00:00.000Z'],
  ['decimal', '1.5', '1.500000000'],
]

/** Values that no row can hold; `first` where they come before those that one can. */
export const beyond: [field: string, value: unknown, first?: 'first'][] = [
  ['small', 2 ** 40], ['big64', '123456789012345678901234567890123456789'], ['dayText', '2026-02-31'], ['moment', '+012345-01-01T00:00:00Z'], ['single', 1e300], ['mood', 'angry', 'first'],
]

/** What the database refuses of `bounded`, and whether it says which column it was. */
export const refusals: [item: object, status: number, code: string, field?: string][] = [
  [{}, 422, 'RSTORE_CONSTRAINT', 'needed'],
  [{ needed: '', short: 'long' }, 400, 'RSTORE_INVALID_VALUE', 'short'],
  [{ needed: '', small: 40000 }, 400, 'RSTORE_INVALID_VALUE', 'small'],
  [{ needed: '', mood: 'angry' }, 400, 'RSTORE_INVALID_VALUE', 'mood'],
  [{ needed: '', day: 'x' }, 400, 'RSTORE_INVALID_VALUE', 'day'],
  [{ needed: '', amount: 0 }, 422, 'RSTORE_CONSTRAINT'],
]

/** A row with values that its columns can't mean. */
export const meaningless = { statement: 'insert into kinds (id, big, words) values (1, 9223372036854775807, \'x\')', fields: ['big'] }

/** So many microseconds after 2026-01-02T03:04:05Z, in SQL. */
export const moment = (microseconds: number) => `'2026-01-02 03:04:05.${String(microseconds).padStart(6, '0')}'`
