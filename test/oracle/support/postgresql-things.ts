import type { TextCollation } from '../../../src/build/columns'
import type { OracleSubject } from './run-oracle'
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import { sql } from 'drizzle-orm'
import { bigint, boolean, date, doublePrecision, integer, jsonb, numeric, pgEnum, pgTable, primaryKey, real, smallint, text, timestamp, uuid, varchar } from 'drizzle-orm/pg-core'
import { createPostgresqlDialect } from '../../../src/runtime/server/dialects/postgresql'
import { createRegistry } from '../../../src/runtime/server/registry'
import { schemaModel } from '../../support/schema-model'

// Declared in another order than that of their letters.
const mood = pgEnum('mood', ['sad', 'ok', 'Happy', 'bad mood', ''])

const things = pgTable('things', {
  place: text().notNull(),
  number: integer().notNull(),
  words: text(),
  short: varchar({ length: 20 }),
  choice: text({ enum: ['red', 'Red', 'green', ''] }),
  mood: mood(),
  token: uuid(),
  small: smallint(),
  big: bigint({ mode: 'number' }),
  big64: bigint({ mode: 'bigint' }),
  decimal: numeric(),
  decimalBigint: numeric({ mode: 'bigint' }),
  single: real(),
  float: doublePrecision(),
  micros: timestamp(),
  millis: timestamp({ precision: 3 }),
  seconds: timestamp({ precision: 0, withTimezone: true }),
  zoned: timestamp({ withTimezone: true }),
  day: date({ mode: 'date' }),
  dayText: date(),
  flag: boolean(),
  tags: text().array(),
  counts: integer().array(),
  moods: mood().array(),
  times: timestamp({ precision: 3 }).array(),
  amounts: numeric().array(),
  flags: boolean().array(),
  payload: jsonb(),
}, table => [primaryKey({ columns: [table.place, table.number] })])

export const postgresqlDdl = `
  create type mood as enum ('sad', 'ok', 'Happy', 'bad mood', '');
  create table things (
    place text not null, number integer not null, words text, short varchar(20), choice text, mood mood, token uuid, small smallint, big bigint, big64 bigint,
    decimal numeric, decimal_bigint numeric, single real, float double precision, micros timestamp, millis timestamp(3), seconds timestamptz(0), zoned timestamptz,
    day date, day_text date, flag boolean, tags text[], counts integer[], moods mood[], times timestamp(3)[], amounts numeric[], flags boolean[], payload jsonb,
    primary key (place, number)
  )`

/** The columns that PostgreSQL has. */
export function postgresqlThings(database: PgDatabase<PgQueryResultHKT, Record<string, never>>, textCollation: TextCollation = 'binary'): OracleSubject {
  return {
    collection: createRegistry({ schema: schemaModel({ things }, 'postgresql', { textCollation }), tables: { things } }).collection('things'),
    dialect: createPostgresqlDialect(),
    database,
    async fill(rows) {
      await database.execute(sql`truncate things`)
      if (rows.length > 0)
        await database.insert(things).values(rows as never)
      // What a Date can't hold.
      await database.execute(sql`update things set micros = micros + (number & 7) * interval '123 microsecond', zoned = zoned + (number & 3) * interval '1 microsecond'`)
    },
    pools: {
      token: ['00000000-0000-0000-0000-000000000000', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
      dayText: ['2026-01-02', '2026-01-03', '0001-01-01', '9999-12-31', '2024-02-29'],
      place: ['', 'a', 'A', 'b', '😀', '\uFFFF', 'é', ' ', 'a '],
      number: [0, 1, -1, 2, 7, 2147483647, -2147483648],
      day: [new Date('2026-01-02'), new Date('2026-01-03'), new Date('1969-12-31'), new Date('0001-01-01')],
    },
  }
}
