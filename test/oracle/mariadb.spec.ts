import { sql } from 'drizzle-orm'
import { bigint, boolean, date, datetime, decimal, double, float, int, json, mysqlEnum, mysqlTable, primaryKey, text, timestamp, tinyint, varchar, year } from 'drizzle-orm/mysql-core'
import { drizzle } from 'drizzle-orm/mysql2'
import mysql from 'mysql2/promise'
import { afterAll, describe, it } from 'vitest'
import { createMysqlDialect } from '../../src/runtime/server/dialects/mysql'
import { createRegistry } from '../../src/runtime/server/registry'
import { schemaModel } from '../support/schema-model'
import { createMysqlDatabase } from '../support/services'
import { oracleSettings, runOracle } from './support/run-oracle'

const things = mysqlTable('things', {
  place: varchar({ length: 40 }).notNull(),
  number: int().notNull(),
  words: text(),
  short: varchar({ length: 20 }),
  choice: text({ enum: ['red', 'Red', 'green', ''] }),
  // Declared in another order than that of their letters.
  mood: mysqlEnum(['sad', 'ok', 'Happy', 'bad mood']),
  small: tinyint(),
  unsigned: int({ unsigned: true }),
  big: bigint({ mode: 'number' }),
  big64: bigint({ mode: 'bigint' }),
  decimal: decimal({ precision: 65, scale: 10 }),
  decimalNumber: decimal({ precision: 20, scale: 5, mode: 'number' }),
  decimalBigint: decimal({ precision: 40, mode: 'bigint' }),
  single: float(),
  float: double(),
  micros: datetime({ fsp: 6 }),
  millis: datetime({ fsp: 3 }),
  seconds: datetime(),
  stamp: timestamp({ fsp: 6 }),
  day: date(),
  dayText: date({ mode: 'string' }),
  year: year(),
  flag: boolean(),
  payload: json(),
}, table => [primaryKey({ columns: [table.place, table.number] })])

const ddl = `create table things (
  place varchar(40) not null, number int not null, words text, short varchar(20), choice text, mood enum('sad', 'ok', 'Happy', 'bad mood'), small tinyint, \`unsigned\` int unsigned,
  big bigint, big64 bigint, \`decimal\` decimal(65, 10), decimal_number decimal(20, 5), decimal_bigint decimal(40), single float, \`float\` double, micros datetime(6), millis datetime(3),
  seconds datetime, stamp timestamp(6) null, day date, day_text date, year year, flag boolean, payload json, primary key (place, number))`

// With a collation that is not known, what is left to the server is left out: the rest has to be the same all the more.
describe.each([['binary', 5000], ['server', 1000]] as const)('with a %s collation', async (textCollation, cases) => {
  const settings = oracleSettings(cases)
  const server = await createMysqlDatabase(textCollation === 'binary')
  const pool = server && mysql.createPool({ uri: server.url, connectionLimit: 8, timezone: '-07:00' })

  afterAll(async () => {
    await pool?.end()
    await server?.drop()
  })

  it.skipIf(!server)(`means what MariaDB means: ${settings.cases} cases, ORACLE_SEED=${settings.seed}`, async () => {
    await pool!.query(ddl)
    const database = drizzle({ client: pool!, casing: 'snake_case', mode: 'default' })
    const dialect = createMysqlDialect()
    const collection = createRegistry({ schema: schemaModel({ things }, 'mysql', { textCollation }), tables: { things } }).collection('things')
    await runOracle({
      collection,
      dialect,
      database,
      concurrency: 8,
      async fill(rows) {
        await database.execute(sql`delete from things`)
        await dialect.transaction(database, async (transaction) => {
          for (const values of rows)
            await dialect.insert(transaction, { into: things, values, returning: { number: sql`${things.number}` } })
        })
        // What a Date can't hold.
        await database.execute(sql`update things set micros = micros + interval (number & 7) * 123 microsecond, stamp = stamp + interval (number & 3) microsecond`)
      },
      pools: {
        place: textCollation === 'binary' ? ['', 'a', 'A', 'b', '😀', '\uFFFF', 'é', ' ', 'a ', 'a\t'] : ['', 'a', 'B', 'c', 'Z', '~', '😀'],
        number: [0, 1, -1, 2, 7, 2147483647, -2147483648],
        short: ['', 'a', 'A', 'a\t', 'b', '😀'],
        decimalNumber: [0, 1, -1, 1.5, -1.5, 0.1, 0.3, 12345.678, 1e10],
        year: [1970, 2026, 2155, 1901],
        stamp: [new Date(1000), new Date('2026-01-02T03:04:05.678Z'), new Date('2026-01-02T03:04:05.679Z'), new Date('2038-01-01T00:00:00.000Z')],
        day: [new Date('2026-01-02'), new Date('2026-01-03'), new Date('1969-12-31'), new Date('1000-01-01')],
        dayText: ['2026-01-02', '2026-01-03', '1000-01-01', '9999-12-31', '2024-02-29'],
      },
    }, settings)
  }, 3_600_000)
})
