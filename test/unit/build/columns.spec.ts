import type { ColumnModel } from '../../../src/runtime/shared/model'
import type { DrizzleColumn } from '../../../src/build/drizzle'
import { getTableColumns, sql } from 'drizzle-orm'
import * as m from 'drizzle-orm/mysql-core'
import * as p from 'drizzle-orm/pg-core'
import * as s from 'drizzle-orm/sqlite-core'
import { describe, expect, it } from 'vitest'
import { describeColumn } from '../../../src/build/columns'

type Table = Parameters<typeof getTableColumns>[0]

function models(table: Table): Record<string, ColumnModel> {
  return Object.fromEntries(Object.entries(getTableColumns(table)).map(([name, column]) => [name, describeColumn(column as unknown as DrizzleColumn)]))
}

/** Only what says more than "a nullable column of this type". */
function shapes(table: Table): Record<string, Partial<ColumnModel>> {
  return Object.fromEntries(Object.entries(models(table)).map(([name, { nullable, hasDefault, generated, readonly, ...shape }]) => {
    expect({ nullable, hasDefault, generated, readonly }).toEqual({ nullable: true, hasDefault: false, generated: false, readonly: false })
    return [name, shape]
  }))
}

const never = () => {
  throw new Error('User functions must not be called.')
}

describe('sqlite', () => {
  it('maps every column type', () => {
    const custom = s.customType<{ data: string }>({ dataType: () => 'point', toDriver: never, fromDriver: never })
    expect(shapes(s.sqliteTable('t', {
      integer: s.integer(),
      timestamp: s.integer({ mode: 'timestamp' }),
      timestampMs: s.integer({ mode: 'timestamp_ms' }),
      boolean: s.integer({ mode: 'boolean' }),
      real: s.real(),
      text: s.text({ length: 20 }),
      choice: s.text({ enum: ['a', 'b'] }),
      json: s.text({ mode: 'json' }),
      blobJson: s.blob({ mode: 'json' }),
      blob: s.blob({ mode: 'buffer' }),
      blobBigint: s.blob({ mode: 'bigint' }),
      numeric: s.numeric(),
      numericNumber: s.numeric({ mode: 'number' }),
      numericBigint: s.numeric({ mode: 'bigint' }),
      custom: custom(),
    }))).toEqual({
      integer: { type: 'number', integer: true },
      timestamp: { type: 'date', precision: 1000 },
      timestampMs: { type: 'date' },
      boolean: { type: 'boolean' },
      real: { type: 'number' },
      text: { type: 'string', length: 20 },
      choice: { type: 'string', enumValues: ['a', 'b'] },
      json: { type: 'json' },
      blobJson: { type: 'json' },
      blob: { type: 'bytes' },
      blobBigint: { type: 'bigint', order: 'text' },
      numeric: { type: 'string', order: 'numeric' },
      numericNumber: { type: 'number' },
      numericBigint: { type: 'bigint', range: ['-9223372036854775808', '9223372036854775807'] },
      custom: { type: 'json' },
    })
  })

  it('knows what the database or Drizzle fills in, and calls none of it', () => {
    expect(models(s.sqliteTable('t', {
      id: s.integer().primaryKey(),
      name: s.text().notNull(),
      slug: s.text().notNull().$defaultFn(never),
      changedAt: s.integer({ mode: 'timestamp' }).$onUpdate(never),
      upper: s.text().generatedAlwaysAs(sql`upper(name)`),
    }))).toMatchObject({
      id: { nullable: false, hasDefault: true, generated: false },
      name: { nullable: false, hasDefault: false },
      slug: { nullable: false, hasDefault: true },
      changedAt: { nullable: true, hasDefault: true },
      upper: { generated: true },
    })
  })

  it('keeps literal defaults in wire form and recognises the current time', () => {
    const date = { mode: 'timestamp' } as const
    const defaults = Object.fromEntries(Object.entries(models(s.sqliteTable('t', {
      done: s.integer({ mode: 'boolean' }).default(false),
      tags: s.text({ mode: 'json' }).default(['a']),
      bytes: s.blob({ mode: 'buffer' }).default(Buffer.from('hi')),
      big: s.blob({ mode: 'bigint' }).default(12n),
      day: s.integer(date).default(new Date('2020-01-02T03:04:05Z')),
      sqlText: s.text().default(sql`'x'`),
      current: s.text().default(sql`CURRENT_TIMESTAMP`),
      unixepoch: s.integer(date).default(sql`(unixepoch())`),
      subsec: s.integer(date).default(sql`(cast(unixepoch('subsec') * 1000 as integer))`),
      strftime: s.integer(date).default(sql`(cast(strftime('%s', 'now') as int) * 1000)`),
      strftimeCast: s.integer(date).default(sql`(strftime('%s','now'))`),
      julian: s.integer(date).default(sql`(cast((julianday('now') - 2440587.5)*86400000 as integer))`),
      tomorrow: s.integer(date).default(sql`(unixepoch() + 86400)`),
    }))).map(([name, column]) => [name, column.default]))
    expect(defaults).toEqual({
      done: { value: false },
      tags: { value: ['a'] },
      bytes: { value: 'aGk=' },
      big: { value: '12' },
      day: { value: '2020-01-02T03:04:05.000Z' },
      sqlText: undefined,
      current: undefined,
      unixepoch: 'now',
      subsec: 'now',
      strftime: 'now',
      strftimeCast: 'now',
      julian: 'now',
      tomorrow: undefined,
    })
  })
})

describe('postgresql', () => {
  it('maps every column type', () => {
    const mood = p.pgEnum('mood', ['good', 'bad'])
    const int32 = { type: 'number', integer: true, range: ['-2147483648', '2147483647'] }
    const element = { nullable: true, hasDefault: false, generated: false, readonly: false }
    expect(shapes(p.pgTable('t', {
      smallint: p.smallint(),
      integer: p.integer(),
      bigint: p.bigint({ mode: 'number' }),
      bigint64: p.bigint({ mode: 'bigint' }),
      numeric: p.numeric({ precision: 10, scale: 2 }),
      numericBigint: p.numeric({ mode: 'bigint' }),
      double: p.doublePrecision(),
      real: p.real(),
      boolean: p.boolean(),
      char: p.char({ length: 3 }),
      varchar: p.varchar({ length: 9 }),
      text: p.text(),
      uuid: p.uuid(),
      mood: mood(),
      timestamp: p.timestamp(),
      timestamp0: p.timestamp({ precision: 0, withTimezone: true }),
      timestamp2: p.timestamp({ precision: 2 }),
      timestampText: p.timestamp({ mode: 'string' }),
      date: p.date({ mode: 'date' }),
      dateText: p.date(),
      jsonb: p.jsonb(),
      point: p.point(),
      pointObject: p.point({ mode: 'xy' }),
      vector: p.vector({ dimensions: 3 }),
      bit: p.bit({ dimensions: 3 }),
      tags: p.text().array(),
      matrix: p.integer().array().array(),
      times: p.timestamp({ precision: 0 }).array(),
    }))).toEqual({
      smallint: { type: 'number', integer: true, range: ['-32768', '32767'] },
      integer: int32,
      bigint: { type: 'number', integer: true, range: ['-9007199254740991', '9007199254740991'] },
      bigint64: { type: 'bigint', range: ['-9223372036854775808', '9223372036854775807'] },
      numeric: { type: 'string', order: 'numeric' },
      numericBigint: { type: 'bigint' },
      double: { type: 'number' },
      real: { type: 'number', order: 'single', range: ['-3.4028235e38', '3.4028235e38'] },
      boolean: { type: 'boolean' },
      char: { type: 'string', length: 3, collation: 'opaque' },
      varchar: { type: 'string', length: 9 },
      text: { type: 'string' },
      uuid: { type: 'string' },
      mood: { type: 'string', order: 'enum', enumValues: ['good', 'bad'] },
      timestamp: { type: 'date', precision: 0.001 },
      timestamp0: { type: 'date', precision: 1000 },
      timestamp2: { type: 'date', precision: 10 },
      timestampText: { type: 'string', collation: 'opaque' },
      date: { type: 'date', precision: 86_400_000 },
      dateText: { type: 'string' },
      jsonb: { type: 'json' },
      point: { type: 'json' },
      pointObject: { type: 'json' },
      vector: { type: 'json' },
      bit: { type: 'string', collation: 'opaque' },
      tags: { type: 'array', items: { type: 'string', ...element } },
      matrix: { type: 'array', items: { type: 'array', ...element, items: { ...int32, ...element } } },
      times: { type: 'array', items: { type: 'date', precision: 1000, ...element } },
    })
  })

  it('tells identities apart and knows serials', () => {
    expect(models(p.pgTable('t', {
      serial: p.serial().primaryKey(),
      always: p.integer().generatedAlwaysAsIdentity(),
      byDefault: p.integer().generatedByDefaultAsIdentity(),
      stored: p.text().generatedAlwaysAs(sql`'x'`),
      createdAt: p.timestamp().defaultNow().notNull(),
      id: p.uuid().defaultRandom(),
    }))).toMatchObject({
      serial: { nullable: false, hasDefault: true, generated: false },
      always: { hasDefault: true, generated: true },
      byDefault: { hasDefault: true, generated: false },
      stored: { generated: true },
      createdAt: { hasDefault: true, default: 'now' },
      id: { hasDefault: true },
    })
  })
})

describe('mysql', () => {
  it('maps every column type', () => {
    expect(shapes(m.mysqlTable('t', {
      tinyint: m.tinyint(),
      tinyUnsigned: m.tinyint({ unsigned: true }),
      smallint: m.smallint(),
      mediumint: m.mediumint(),
      int: m.int({ unsigned: true }),
      bigint: m.bigint({ mode: 'number', unsigned: true }),
      bigint64: m.bigint({ mode: 'bigint', unsigned: true }),
      decimal: m.decimal({ precision: 6, scale: 2 }),
      double: m.double(),
      float: m.float({ unsigned: true }),
      boolean: m.boolean(),
      varchar: m.varchar({ length: 9 }),
      tinytext: m.tinytext(),
      longtext: m.longtext(),
      choice: m.mysqlEnum(['a', 'b']),
      date: m.date(),
      datetime: m.datetime(),
      datetime3: m.datetime({ fsp: 3 }),
      timestamp: m.timestamp({ fsp: 1 }),
      year: m.year(),
      json: m.json(),
      binary: m.binary({ length: 4 }),
    }))).toEqual({
      tinyint: { type: 'number', integer: true, range: ['-128', '127'] },
      tinyUnsigned: { type: 'number', integer: true, range: ['0', '255'] },
      smallint: { type: 'number', integer: true, range: ['-32768', '32767'] },
      mediumint: { type: 'number', integer: true, range: ['-8388608', '8388607'] },
      int: { type: 'number', integer: true, range: ['0', '4294967295'] },
      bigint: { type: 'number', integer: true, range: ['0', '9007199254740991'] },
      bigint64: { type: 'bigint', range: ['0', '18446744073709551615'] },
      decimal: { type: 'string', order: 'numeric' },
      double: { type: 'number' },
      float: { type: 'number', order: 'single', range: ['0', '3.4028235e38'] },
      boolean: { type: 'boolean' },
      varchar: { type: 'string', length: 9 },
      tinytext: { type: 'string', length: 255 },
      longtext: { type: 'string' },
      choice: { type: 'string', order: 'enum', enumValues: ['a', 'b'] },
      date: { type: 'date', precision: 86_400_000 },
      datetime: { type: 'date', precision: 1000 },
      datetime3: { type: 'date' },
      timestamp: { type: 'date', precision: 100 },
      year: { type: 'number', integer: true, range: ['0', '2155'] },
      json: { type: 'json' },
      binary: { type: 'string', length: 4, collation: 'opaque' },
    })
  })

  it('knows auto-increment, serials and timestamps that set themselves', () => {
    expect(models(m.mysqlTable('t', {
      id: m.serial().primaryKey(),
      number: m.int().autoincrement(),
      at: m.timestamp().defaultNow().onUpdateNow(),
    }))).toMatchObject({
      id: { type: 'number', hasDefault: true, range: ['0', '9007199254740991'] },
      number: { hasDefault: true },
      at: { hasDefault: true, default: 'now' },
    })
  })
})

describe('text of an unknown collation', () => {
  const collations = (table: Table) => Object.fromEntries(Object.entries(getTableColumns(table)).map(([name, column]) =>
    [name, (({ collation, items }) => collation ?? items?.collation)(describeColumn(column as unknown as DrizzleColumn, 'server'))]))

  it('is that of text columns, not that of other strings', () => {
    expect(collations(p.pgTable('t', {
      text: p.text(), varchar: p.varchar(), choice: p.text({ enum: ['a'] }), tags: p.text().array(), uuid: p.uuid(), mood: p.pgEnum('mood', ['a'])(), numeric: p.numeric(), day: p.date(), integer: p.integer(), json: p.json(),
      char: p.char({ length: 3 }), time: p.time(), interval: p.interval(), inet: p.inet(), moment: p.timestamp({ mode: 'string' }),
    }))).toEqual({
      text: 'server', varchar: 'server', choice: 'server', tags: 'server', uuid: undefined, mood: undefined, numeric: undefined, day: undefined, integer: undefined, json: undefined,
      char: 'opaque', time: 'opaque', interval: 'opaque', inet: 'opaque', moment: 'opaque',
    })
    expect(collations(m.mysqlTable('t', { text: m.text(), varchar: m.varchar({ length: 9 }), char: m.char({ length: 9 }), choice: m.mysqlEnum(['a']), decimal: m.decimal(), day: m.date({ mode: 'string' }), time: m.time() })))
      .toEqual({ text: 'server', varchar: 'server', char: 'opaque', choice: undefined, decimal: undefined, day: undefined, time: 'opaque' })
    expect(collations(s.sqliteTable('t', { text: s.text(), numeric: s.numeric() }))).toEqual({ text: undefined, numeric: undefined })
  })
})

describe('a custom column', () => {
  const bytes = (dataType: string, fromDriver?: (value: Buffer) => Buffer) => describeColumn(getTableColumns(p.pgTable('t', { c: p.customType<{ data: Buffer, driverData: Buffer }>({ dataType: () => dataType, fromDriver })() })).c as unknown as DrizzleColumn).type

  it('of bytes is one where the driver\'s value is left as it is', () => {
    expect([bytes('bytea'), bytes('varbinary(16)'), bytes('bytea', value => value), bytes('tsvector')]).toEqual(['bytes', 'bytes', 'json', 'json'])
  })
})

describe('drizzle-orm 1.0', () => {
  // Verified on 1.0.0-rc.5: data types have a second word, arrays are columns with dimensions.
  const column = (dataType: string, columnType: string, rest: Partial<DrizzleColumn> = {}): DrizzleColumn =>
    ({ name: 'c', primary: false, notNull: false, hasDefault: false, default: undefined, dataType, columnType, getSQLType: () => '', ...rest })

  it.each([
    ['object date', 'PgTimestamp', { type: 'date' }],
    ['object json', 'PgJsonb', { type: 'json' }],
    ['object buffer', 'PgBytea', { type: 'bytes' }],
    ['number int32', 'PgInteger', { type: 'number', integer: true }],
    ['bigint int64', 'PgBigInt64', { type: 'bigint' }],
    ['string enum', 'PgText', { type: 'string' }],
    ['array vector', 'PgVector', { type: 'json' }],
    ['object point', 'PgPointObject', { type: 'json' }],
    ['custom', 'PgCustomColumn', { type: 'json' }],
  ])('reads %s', (dataType, columnType, shape) => {
    expect(describeColumn(column(dataType, columnType))).toMatchObject(shape)
  })

  it('reads arrays by their dimensions, but not those of a vector', () => {
    expect(describeColumn(column('string', 'PgText', { dimensions: 2 }))).toMatchObject({ type: 'array', items: { type: 'array', items: { type: 'string' } } })
    expect(describeColumn(column('array vector', 'PgVector', { dimensions: 3 }))).toMatchObject({ type: 'json' })
  })
})
