import { createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { blob, integer, numeric, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { afterAll, it } from 'vitest'
import { createSqliteDialect } from '../../src/runtime/server/dialects/sqlite'
import { createRegistry } from '../../src/runtime/server/registry'
import { schemaOf } from '../server/support/create-server'
import { oracleSettings, runOracle } from './support/run-oracle'

const things = sqliteTable('things', {
  place: text().notNull(),
  number: integer().notNull(),
  words: text(),
  color: text({ enum: ['red', 'Red', 'green', ''] }),
  title: text().notNull(),
  int: integer(),
  float: real(),
  rating: real().notNull(),
  decimal: numeric(),
  decimalNumber: numeric({ mode: 'number' }),
  decimalBigint: numeric({ mode: 'bigint' }),
  big: blob({ mode: 'bigint' }),
  seconds: integer({ mode: 'timestamp' }),
  millis: integer({ mode: 'timestamp_ms' }),
  flag: integer({ mode: 'boolean' }),
}, table => [primaryKey({ columns: [table.place, table.number] })])

const settings = oracleSettings(8_000)
const client = createClient({ url: ':memory:' })
const database = drizzle({ client, casing: 'snake_case' })

afterAll(() => client.close())

it(`means what SQLite means: ${settings.cases} cases, ORACLE_SEED=${settings.seed}`, async () => {
  await client.execute(`create table things (place text not null, number integer not null, words text, color text, title text not null, int integer, float real,
    rating real not null, decimal numeric, decimal_number numeric, decimal_bigint numeric, big blob, seconds integer, millis integer, flag integer, primary key (place, number))`)
  await runOracle({
    collection: createRegistry({ schema: schemaOf({ things }), tables: { things } }).collection('things'),
    dialect: createSqliteDialect(),
    database,
    async fill(rows) {
      await client.execute('delete from things')
      if (rows.length > 0)
        await database.insert(things).values(rows as never)
    },
  }, settings)
}, 3_600_000)
