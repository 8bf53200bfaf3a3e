import type { PgDatabase, PgQueryResultHKT, PgTable } from 'drizzle-orm/pg-core'
import type { IncludeWorld } from './include-world'
import { bigint, integer, pgTable, primaryKey, text, timestamp, varchar } from 'drizzle-orm/pg-core'
import { createPostgresqlDialect } from '../../../src/runtime/server/dialects/postgresql'
import { refuseBadValue } from './include-world'

const tables: Record<string, PgTable> = {
  nodes: pgTable('nodes', { id: integer().primaryKey(), parentId: integer(), code: text(), big: bigint({ mode: 'bigint' }) }),
  items: pgTable('items', { place: text(), number: integer(), nodeId: bigint({ mode: 'number' }), code: varchar({ length: 20 }), score: integer(), at: timestamp() }, table => [primaryKey({ columns: [table.place, table.number] })]),
  notes: pgTable('notes', { id: text().primaryKey(), place: text(), number: integer(), nodeId: integer(), big: bigint({ mode: 'bigint' }), body: text() }),
  tags: pgTable('tags', { slug: text().primaryKey(), rank: integer() }),
  links: pgTable('links', { id: text().primaryKey(), nodeId: integer(), slug: text(), weight: integer() }),
  pairs: pgTable('pairs', { a: integer(), b: integer() }, table => [primaryKey({ columns: [table.a, table.b] })]),
}

export const includeDdl = `
  create table nodes (id integer primary key, parent_id integer, code text, big bigint);
  create table items (place text not null, number integer not null, node_id bigint, code varchar(20), score integer, at timestamp, primary key (place, number));
  create table notes (id text primary key, place text, number integer, node_id integer, big bigint, body text);
  create table tags (slug text primary key, rank integer);
  create table links (id text primary key, node_id integer, slug text, weight integer);
  create table pairs (a integer not null, b integer not null, primary key (a, b));`

/** PostgreSQL through any of its drivers. */
export function postgresqlWorld(database: PgDatabase<PgQueryResultHKT>): IncludeWorld {
  return {
    dialect: 'postgresql',
    tables,
    execution: { database, dialect: createPostgresqlDialect(), report: refuseBadValue },
    async fill(name, rows) {
      await database.delete(tables[name]!)
      if (rows.length > 0)
        await database.insert(tables[name]!).values(rows)
    },
  }
}
