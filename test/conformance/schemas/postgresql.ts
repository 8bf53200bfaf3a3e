import { relations, sql } from 'drizzle-orm'
import { bigint, boolean, char, check, customType, date, doublePrecision, inet, integer, interval, json, jsonb, numeric, pgEnum, pgTable, pgView, point, primaryKey, real, serial, smallint, text, time, timestamp, uuid, varchar } from 'drizzle-orm/pg-core'

// No column has a name of its own: `casing: 'snake_case'` of the instance makes them.

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
export const grades = pgTable('grades', { school: text(), year: integer(), note: real() }, table => [primaryKey({ columns: [table.school, table.year] })])
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

export const ddl = `
  create type mood as enum ('sad', 'ok', 'Happy');
  create table lists (id text primary key, name text not null unique);
  create table todos (
    id serial primary key, title varchar(20) not null, done boolean not null default false, list_id text references lists(id),
    priority integer constraint priority_range check (priority < 100), created_at timestamptz not null default now()
  );
  create table tokens (id uuid primary key default gen_random_uuid(), label text);
  create table grades (school text, year integer, note real, primary key (school, year));
  create table moments (at timestamp primary key, what text);
  create table kinds (
    id integer primary key, small smallint, big bigint, big64 bigint, decimal numeric, decimal_number numeric, decimal_bigint numeric, single real, float double precision, flag boolean,
    words text, fixed char(3), mood mood, token uuid, json json, jsonb jsonb, bytes bytea, day date, day_text date, clock time, span interval, moment timestamp, zoned timestamptz(3),
    moment_text timestamp, address inet, place point, tags text[], matrix integer[][], big64s bigint[], moods mood[], flags boolean[], moments timestamptz(3)[], documents jsonb[]
  );
  create view open_todos as select id, created_at, length(title) as title_length from todos where not done;
`

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
