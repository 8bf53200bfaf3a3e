import { PGlite } from '@electric-sql/pglite'
import { drizzle as drizzleMysql } from 'drizzle-orm/mysql2'
import { int, mysqlTable, primaryKey as mysqlPrimaryKey, varchar } from 'drizzle-orm/mysql-core'
import { integer, pgTable, primaryKey, varchar as pgVarchar } from 'drizzle-orm/pg-core'
import { drizzle } from 'drizzle-orm/pglite'
import mysql from 'mysql2/promise'
import { afterAll, describe, expect, it } from 'vitest'
import { createMysqlDialect } from '../../src/runtime/server/dialects/mysql'
import { createPostgresqlDialect } from '../../src/runtime/server/dialects/postgresql'
import { planList } from '../../src/runtime/server/query/parse-query'
import { readMany } from '../../src/runtime/server/query/read'
import { createRegistry } from '../../src/runtime/server/registry'
import { defaultQueryLimits } from '../../src/runtime/shared/query'
import { schemaModel } from '../support/schema-model'
import { createMysqlDatabase } from '../support/services'

/*
 * A collation may take two join values for the same. The client, which goes by the value itself, does not, so
 * neither may an answer.
 */

const statements = [
  'create table words (id integer primary key, text varchar(20))',
  'create table uses (id integer primary key, text varchar(20))',
  'create table links (a varchar(20), b integer, primary key (a, b))',
  'insert into words values (1, \'a\'), (2, \'A\'), (3, \'b\'), (4, null)',
  'insert into uses values (1, \'A\'), (2, \'a\'), (3, \'a\'), (4, \'A\'), (5, \'B\'), (6, null)',
  'insert into links values (\'a\', 1), (\'A\', 3), (\'a\', 2), (\'b\', 6)',
]
const relations = {
  uses: { to: 'uses', many: true, on: [['text', 'text']] as [string, string][] },
  linked: { to: 'uses', many: true, on: [], through: { collection: 'links', from: [['text', 'a']] as [string, string][], to: [['b', 'id']] as [string, string][] } },
}

const service = await createMysqlDatabase(false)
const pool = service && mysql.createPool({ uri: service.url, connectionLimit: 2 })
const lite = new PGlite()
afterAll(async () => {
  await pool?.end()
  await service?.drop()
  await lite.close()
})

const mysqlTables = {
  words: mysqlTable('words', { id: int().primaryKey(), text: varchar({ length: 20 }) }),
  uses: mysqlTable('uses', { id: int().primaryKey(), text: varchar({ length: 20 }) }),
  links: mysqlTable('links', { a: varchar({ length: 20 }), b: int() }, table => [mysqlPrimaryKey({ columns: [table.a, table.b] })]),
}
const pgTables = {
  words: pgTable('words', { id: integer().primaryKey(), text: pgVarchar({ length: 20 }) }),
  uses: pgTable('uses', { id: integer().primaryKey(), text: pgVarchar({ length: 20 }) }),
  links: pgTable('links', { a: pgVarchar({ length: 20 }), b: integer() }, table => [primaryKey({ columns: [table.a, table.b] })]),
}

describe.each([
  ['mysql', mysqlTables, createMysqlDialect(), () => drizzleMysql({ client: pool!, casing: 'snake_case', mode: 'default' }), (statement: string) => pool!.query(statement)],
  ['postgresql', pgTables, createPostgresqlDialect(), () => drizzle({ client: lite }), (statement: string) => lite.query(statement)],
] as const)('relations by text of any collation in %s', (name, tables, dialect, database, run) => {
  it.skipIf(name === 'mysql' && !service)('go by the text itself', async () => {
    for (const statement of statements)
      await run(statement)
    const schema = schemaModel(tables, name)
    expect(schema.collections.words!.columns.text!.collation).toBe('server')
    Object.assign(schema.collections.words!.relations, relations)
    const words = createRegistry({ schema, tables }).collection('words')
    const execution = { database: database(), dialect, report: () => {} }
    const ask = async (include: object, limits = {}) => {
      const { rows } = await readMany(words, planList({ include }, words, { ...defaultQueryLimits, ...limits }), execution)
      const [relation] = Object.keys(include)
      return rows.map(row => (row[relation!] as { id: number }[] | undefined)?.map(({ id }) => id))
    }
    expect(await ask({ uses: true })).toEqual([[2, 3], [1, 4], [], []])
    expect(await ask({ uses: { limit: 1, orderBy: ['id.desc'] } })).toEqual([[3], [4], [], []])
    expect(await ask({ linked: true })).toEqual([[1, 2], [3], [6], []])
    expect(await ask({ linked: { limit: 1 } })).toEqual([[1], [3], [6], []])
    // The rows of both cases take turns in the order of the collation: no share may be taken for whole that is not.
    for (const max of [1, 2, 3]) {
      for (const share of await ask({ uses: { orderBy: ['id'] } }, { maxIncludeRows: max }))
        expect([undefined, [2, 3], [1, 4], []].map(whole => JSON.stringify(whole))).toContain(JSON.stringify(share))
    }
  })
})
