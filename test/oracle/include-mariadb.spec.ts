import type { MySqlTable } from 'drizzle-orm/mysql-core'
import { bigint, datetime, int, mysqlTable, primaryKey, text, varchar } from 'drizzle-orm/mysql-core'
import { drizzle } from 'drizzle-orm/mysql2'
import mysql from 'mysql2/promise'
import { afterAll, it } from 'vitest'
import { createMysqlDialect } from '../../src/runtime/server/dialects/mysql'
import { createMysqlDatabase } from '../support/services'
import { runIncludeOracle } from './support/include-oracle'
import { refuseBadValue } from './support/include-world'
import { oracleSettings } from './support/run-oracle'

const key = () => varchar({ length: 20 })
const tables: Record<string, MySqlTable> = {
  nodes: mysqlTable('nodes', { id: int().primaryKey(), parentId: int(), code: key(), big: bigint({ mode: 'bigint' }) }),
  items: mysqlTable('items', { place: key(), number: int(), nodeId: bigint({ mode: 'number' }), code: text(), score: int(), at: datetime({ fsp: 3 }) }, table => [primaryKey({ columns: [table.place, table.number] })]),
  notes: mysqlTable('notes', { id: varchar({ length: 40 }).primaryKey(), place: key(), number: int(), nodeId: int(), big: bigint({ mode: 'bigint' }), body: text() }),
  tags: mysqlTable('tags', { slug: key().primaryKey(), rank: int() }),
  links: mysqlTable('links', { id: varchar({ length: 40 }).primaryKey(), nodeId: int(), slug: key(), weight: int() }),
  pairs: mysqlTable('pairs', { a: int(), b: int() }, table => [primaryKey({ columns: [table.a, table.b] })]),
}
const ddl = [
  'create table nodes (id int primary key, parent_id int, code varchar(20), big bigint)',
  'create table items (place varchar(20) not null, number int not null, node_id bigint, code text, score int, at datetime(3), primary key (place, number))',
  'create table notes (id varchar(40) primary key, place varchar(20), number int, node_id int, big bigint, body text)',
  'create table tags (slug varchar(20) primary key, `rank` int)',
  'create table links (id varchar(40) primary key, node_id int, slug varchar(20), weight int)',
  'create table pairs (a int not null, b int not null, primary key (a, b))',
]

const settings = oracleSettings(500)
const server = await createMysqlDatabase()
const pool = server && mysql.createPool({ uri: server.url, connectionLimit: 4 })
afterAll(async () => {
  await pool?.end()
  await server?.drop()
})

it.skipIf(!server)(`nests what MariaDB relates: ${settings.cases} cases, ORACLE_SEED=${settings.seed}`, async () => {
  for (const statement of ddl)
    await pool!.query(statement)
  const database = drizzle({ client: pool!, casing: 'snake_case', mode: 'default' })
  await runIncludeOracle({
    dialect: 'mysql',
    tables,
    execution: { database, dialect: createMysqlDialect(), report: refuseBadValue },
    async fill(name, rows) {
      await database.delete(tables[name]!)
      if (rows.length > 0)
        await database.insert(tables[name]!).values(rows)
    },
  }, settings)
}, 3_600_000)
