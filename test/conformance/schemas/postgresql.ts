import { relations, sql } from 'drizzle-orm'
import { bigint, boolean, char, check, customType, date, doublePrecision, inet, integer, interval, json, jsonb, numeric, pgEnum, pgTable, pgView, point, primaryKey, real, serial, smallint, text, time, timestamp, uuid, varchar } from 'drizzle-orm/pg-core'

import { blobs, documents, doubles, instants, texts } from './values'

// No column has a name of its own, except where it says so: `casing: 'snake_case'` of the instance makes them.

const bytea = customType<{ data: Buffer, driverData: Buffer }>({ dataType: () => 'bytea' })
export const mood = pgEnum('mood', ['sad', 'ok', 'Happy'])

export const lists = pgTable('lists', { id: text().primaryKey(), name: text().notNull().unique() })

export const todos = pgTable('todos', {
  id: serial().primaryKey(),
  title: varchar({ length: 20 }).notNull(),
  done: boolean().notNull().default(false),
  listId: text().references(() => lists.id),
  priority: integer(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
}, table => [check('priority_range', sql`${table.priority} < 100`)])

export const tokens = pgTable('tokens', { id: uuid().primaryKey().defaultRandom(), label: text().$defaultFn(() => 'none') })
export const drafts = pgTable('drafts', { id: text().primaryKey().$defaultFn(() => crypto.randomUUID()), label: text() })
export const grades = pgTable('grades', { school: text(), year: integer(), note: real() }, table => [primaryKey({ columns: [table.school, table.year] })])
/** Whose columns have names. */
export const named = pgTable('named', { id: integer('the_id').primaryKey(), fullName: text('theName'), at: timestamp('AT') })
/** The database is stricter than the schema says. */
export const bounded = pgTable('bounded', { id: integer().primaryKey(), needed: text(), short: text(), small: integer(), mood: text(), token: text(), amount: integer() })
export const moments = pgTable('moments', { at: timestamp().primaryKey(), what: text() })

export const kinds = pgTable('kinds', {
  id: integer().primaryKey(),
  small: smallint(),
  big: bigint({ mode: 'number' }),
  big64: bigint({ mode: 'bigint' }),
  decimal: numeric(),
  decimalNumber: numeric({ mode: 'number' }),
  decimalBigint: numeric({ mode: 'bigint' }),
  single: real(),
  float: doublePrecision(),
  flag: boolean(),
  words: text(),
  fixed: char({ length: 3 }),
  mood: mood(),
  token: uuid(),
  json: json(),
  jsonb: jsonb(),
  bytes: bytea(),
  day: date({ mode: 'date' }),
  dayText: date(),
  clock: time(),
  span: interval(),
  moment: timestamp(),
  zoned: timestamp({ withTimezone: true, precision: 3 }),
  momentText: timestamp({ mode: 'string' }),
  address: inet(),
  place: point(),
  tags: text().array(),
  matrix: integer().array().array(),
  big64s: bigint({ mode: 'bigint' }).array(),
  moods: mood().array(),
  flags: boolean().array(),
  moments: timestamp({ withTimezone: true, precision: 3 }).array(),
  documents: jsonb().array(),
})

export const openTodos = pgView('open_todos').as(query => query.select({
  id: todos.id,
  createdAt: todos.createdAt,
  length: sql<number>`length(title)`.mapWith(Number).as('title_length'),
}).from(todos).where(sql`not done`))

export const todosRelations = relations(todos, ({ one }) => ({ list: one(lists, { fields: [todos.listId], references: [lists.id] }) }))
export const listsRelations = relations(lists, ({ many }) => ({ todos: many(todos) }))

export const ddl = [
  'create type mood as enum (\'sad\', \'ok\', \'Happy\')',
  'create table lists (id text primary key, name text not null unique)',
  `create table todos (
    id serial primary key, title varchar(20) not null, done boolean not null default false, list_id text references lists(id),
    priority integer constraint priority_range check (priority < 100), created_at timestamptz not null default now()
  )`,
  'create table tokens (id uuid primary key default gen_random_uuid(), label text)',
  'create table drafts (id text primary key, label text)',
  'create table grades (school text, year integer, note real, primary key (school, year))',
  'create table moments (at timestamp primary key, what text)',
  `create table kinds (
    id integer primary key, small smallint, big bigint, big64 bigint, decimal numeric, decimal_number numeric, decimal_bigint numeric, single real, float double precision, flag boolean,
    words text, fixed char(3), mood mood, token uuid, json json, jsonb jsonb, bytes bytea, day date, day_text date, clock time, span interval, moment timestamp, zoned timestamptz(3),
    moment_text timestamp, address inet, place point, tags text[], matrix integer[][], big64s bigint[], moods mood[], flags boolean[], moments timestamptz(3)[], documents jsonb[]
  )`,
  'create view open_todos as select id, created_at, length(title) as title_length from todos where not done',
  'create table named (the_id integer primary key, "theName" text, "AT" timestamp)',
  'create table bounded (id integer primary key, needed text not null, short varchar(3), small smallint, mood mood, token uuid, amount integer check (amount > 0))',
]

/** A value of every type, in wire form. */
export const kind = {
  id: 1, small: -5, big: 9007199254740991, big64: '-9223372036854775808', decimal: '12345678901234567890.123456789', decimalNumber: 2.25, decimalBigint: '123456789012345678901234567890',
  single: 0.1, float: 5e-324, flag: true, words: 'Ünï 😀 "\'%_\\\n', fixed: 'abc', mood: 'Happy', token: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', json: { a: [1, 'x', null, { b: true }] }, jsonb: '"1"',
  bytes: 'AP8Q', day: '2026-01-02T00:00:00.000Z', dayText: '2026-01-02', clock: '03:04:05', span: '1 day 02:03:04', moment: '0001-02-03T04:05:06.789Z', zoned: '1969-12-31T23:59:59.999Z',
  momentText: '2026-01-02 03:04:05.678', address: '192.168.0.1', place: [1.5, -2], tags: ['a"b\\c', '', 'NULL', null, '{x,y}', '😀'], matrix: [[1, 2], [3, 4]], big64s: ['9223372036854775807', null],
  moods: ['ok', 'sad'], flags: [true, null, false], moments: ['2026-01-02T03:04:05.678Z', null], documents: [{ a: 'x"y' }, 'text', 1],
}

export const otherKind = {
  ...kind, small: 32767, big: -9007199254740991, big64: '9223372036854775807', decimal: '-0.5', decimalNumber: 1e20, decimalBigint: '0', single: -3.4028235e38, float: -1.7976931348623157e308, flag: false,
  words: '', mood: 'sad', json: 'text', jsonb: [], bytes: '', day: '0044-03-15T00:00:00.000Z', dayText: '9999-12-31', moment: '9999-12-31T23:59:59.999Z', place: [0, 0],
  tags: [], matrix: [], big64s: [], moods: [], flags: [], moments: [], documents: [],
}

/** What each column has to give back as it was sent. */
export const edges: Record<string, unknown[]> = {
  small: [-32768, 32767, 0],
  big: [9007199254740991, -9007199254740991, 0],
  big64: ['9007199254740993', '-9223372036854775808', '9223372036854775807', '0'],
  decimal: ['0', '-0.5', '1.10', `1${'0'.repeat(100)}`, `0.${'0'.repeat(50)}1`, `${'9'.repeat(400)}.${'9'.repeat(400)}`],
  decimalNumber: [0, 0.1, -1.5, 1e21, 1e-7, 9007199254740991],
  decimalBigint: ['0', '-1', '1234567890123456789012345678901234567890'],
  single: [0, 0.1, -1.5, 16777216, 3.4028235e38, 1.1754944e-38],
  float: [...doubles, 5e-324],
  flag: [true, false],
  words: texts,
  fixed: ['abc', 'é😀x', '   '],
  mood: ['sad', 'ok', 'Happy'],
  token: ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  json: documents,
  jsonb: documents,
  bytes: blobs,
  day: ['0001-01-01T00:00:00.000Z', '1969-12-31T00:00:00.000Z', '2024-02-29T00:00:00.000Z', '9999-12-31T00:00:00.000Z'],
  dayText: ['0001-01-01', '2024-02-29', '9999-12-31'],
  clock: ['00:00:00', '23:59:59.999999', '24:00:00'],
  span: ['00:00:00', '-1 days', '1 year 2 mons 3 days 04:05:06.789'],
  moment: instants,
  zoned: instants,
  momentText: ['0001-01-01 00:00:00', '2026-01-02 03:04:05.678901', '9999-12-31 23:59:59.999999'],
  address: ['0.0.0.0', '10.0.0.0/8', '2001:db8::1'],
  place: [[0, 0], [1e300, -1e-300]],
  tags: [[], [null], [''], texts.filter(text => text.length < 100), ['NULL', 'null', '{}', '{a,b}', '"', '\\', ',']],
  matrix: [[], [[1]], [[1, 2], [3, -2147483648]], [[null, 2147483647]]],
  big64s: [[], ['9007199254740993', '-9223372036854775808', null]],
  moods: [[], ['Happy', null, 'sad']],
  flags: [[], [true, false, null]],
  moments: [[], [...instants, null]],
  documents: [[], [{ a: { b: [null] } }, 'x', 0, false, [], [1, [2]]]],
}

/** What a column gives back in a form of its own. */
export const rounded: [field: string, sent: unknown, got: unknown][] = [
  ['moment', '2026-01-02T03:04:05.678901Z', '2026-01-02T03:04:05.678Z'],
  ['zoned', '2026-01-02T03:04:05.6789+05:30', '2026-01-01T21:34:05.678Z'],
  ['day', '2026-01-02T23:59:59.999Z', '2026-01-02T00:00:00.000Z'],
  ['token', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['single', 0.123456789, 0.12345679],
  ['fixed', 'a', 'a  '],
]

/** Values that no row can hold; `first` where they come before those that one can. */
export const beyond: [field: string, value: unknown, first?: 'first'][] = [
  ['small', 2 ** 40], ['big64', '123456789012345678901234567890123456789'], ['dayText', '2026-02-31'], ['moment', '+012345-01-01T00:00:00Z'], ['single', 1e300], ['mood', 'angry', 'first'],
]

/** What the database refuses of `bounded`, and whether it says which column it was. */
export const refusals: [item: object, status: number, code: string, field?: string][] = [
  [{}, 422, 'RSTORE_CONSTRAINT', 'needed'],
  [{ needed: '', short: 'long' }, 400, 'RSTORE_INVALID_VALUE'],
  [{ needed: '', small: 40000 }, 400, 'RSTORE_INVALID_VALUE'],
  [{ needed: '', mood: 'angry' }, 400, 'RSTORE_INVALID_VALUE'],
  [{ needed: '', token: 'x' }, 400, 'RSTORE_INVALID_VALUE'],
  [{ needed: '', amount: 0 }, 422, 'RSTORE_CONSTRAINT'],
]

/** A row with values that its columns can't mean. */
export const meaningless = {
  statement: 'insert into kinds (id, big, words, moment, decimal, float, moments) values (1, 9223372036854775807, \'x\', \'infinity\', \'NaN\', \'Infinity\', \'{infinity}\')',
  fields: ['big', 'decimal', 'float', 'moment', 'moments'],
}

/** So many microseconds after 2026-01-02T03:04:05Z, in SQL. */
export const moment = (microseconds: number) => `'2026-01-02 03:04:05.${String(microseconds).padStart(6, '0')}'`
