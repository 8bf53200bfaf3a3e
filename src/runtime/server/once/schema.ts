import { bigint as mysqlBigint, mysqlTable, primaryKey as mysqlPrimaryKey, longtext, varchar } from 'drizzle-orm/mysql-core'
import { bigint as pgBigint, pgTable, primaryKey as pgPrimaryKey, text as pgText } from 'drizzle-orm/pg-core'
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { mutationsTableName } from '../../shared/mutation-id'

const sqlite = () => sqliteTable(mutationsTableName, {
  session: text('session').notNull(),
  mutation: text('mutation').notNull(),
  answer: text('answer').notNull(),
  createdAt: integer('created_at').notNull(),
}, table => [primaryKey({ columns: [table.session, table.mutation] })])

const postgresql = () => pgTable(mutationsTableName, {
  session: pgText('session').notNull(),
  mutation: pgText('mutation').notNull(),
  answer: pgText('answer').notNull(),
  createdAt: pgBigint('created_at', { mode: 'number' }).notNull(),
}, table => [pgPrimaryKey({ columns: [table.session, table.mutation] })])

const mysql = () => mysqlTable(mutationsTableName, {
  session: varchar('session', { length: 191 }).notNull(),
  mutation: varchar('mutation', { length: 64 }).notNull(),
  answer: longtext('answer').notNull(),
  createdAt: mysqlBigint('created_at', { mode: 'number' }).notNull(),
}, table => [mysqlPrimaryKey({ columns: [table.session, table.mutation] })])

const tables = { sqlite, postgresql, mysql }

/**
 * A table for the app's schema, in which the server keeps what it has answered to mutations. With it, a mutation that is
 * sent again because its answer was lost takes effect once. It becomes no collection.
 *
 * ```ts
 * export const mutations = rstoreMutations('sqlite')
 * ```
 */
export function rstoreMutations<D extends keyof typeof tables>(dialect: D): ReturnType<(typeof tables)[D]> {
  return tables[dialect]() as ReturnType<(typeof tables)[D]>
}
