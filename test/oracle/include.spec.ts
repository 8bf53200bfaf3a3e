import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import { createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { blob, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { afterAll, it } from 'vitest'
import { createSqliteDialect } from '../../src/runtime/server/dialects/sqlite'
import { runIncludeOracle } from './support/include-oracle'
import { refuseBadValue } from './support/include-world'
import { oracleSettings } from './support/run-oracle'

// What has an index is read in another way than what has none.
const tables: Record<string, SQLiteTable> = {
  nodes: sqliteTable('nodes', { id: integer().primaryKey(), parentId: integer(), code: text(), big: blob({ mode: 'bigint' }) }, table => [index('parent').on(table.parentId)]),
  items: sqliteTable('items', { place: text(), number: integer(), nodeId: integer(), code: text(), score: integer(), at: integer({ mode: 'timestamp' }) }, table => [primaryKey({ columns: [table.place, table.number] }), index('node').on(table.nodeId), index('code').on(table.code, table.score)]),
  notes: sqliteTable('notes', { id: text().primaryKey(), place: text(), number: integer(), nodeId: integer(), big: blob({ mode: 'bigint' }), body: text() }, table => [index('item').on(table.number, table.place), index('big').on(table.big)]),
  tags: sqliteTable('tags', { slug: text().primaryKey(), rank: integer() }),
  links: sqliteTable('links', { id: text().primaryKey(), nodeId: integer(), slug: text(), weight: integer() }),
  pairs: sqliteTable('pairs', { a: integer(), b: integer() }, table => [primaryKey({ columns: [table.a, table.b] })]),
}
const settings = oracleSettings(2000)
const client = createClient({ url: ':memory:' })
const database = drizzle({ client, casing: 'snake_case' })
afterAll(() => client.close())

it(`nests what SQLite relates: ${settings.cases} cases, ORACLE_SEED=${settings.seed}`, async () => {
  await client.executeMultiple(`
    create table nodes (id integer primary key, parent_id integer, code text, big blob);
    create table items (place text not null, number integer not null, node_id integer, code text, score integer, at integer, primary key (place, number));
    create table notes (id text primary key, place text, number integer, node_id integer, big blob, body text);
    create table tags (slug text primary key, rank integer);
    create table links (id text primary key, node_id integer, slug text, weight integer);
    create table pairs (a integer not null, b integer not null, primary key (a, b));`)
  await runIncludeOracle({
    dialect: 'sqlite',
    tables,
    execution: { database, dialect: createSqliteDialect(), report: refuseBadValue },
    async fill(name, rows) {
      await database.delete(tables[name]!)
      if (rows.length > 0)
        await database.insert(tables[name]!).values(rows)
    },
  }, settings)
}, 3_600_000)
