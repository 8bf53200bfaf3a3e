import { drizzle } from 'drizzle-orm/mysql2'
import mysql from 'mysql2/promise'
import { afterAll, it } from 'vitest'
import { createMysqlDatabase } from '../support/services'
import { liveMysql, mysqlDdl } from './support/live/mysql'
import { runLiveOracle } from './support/live/run'
import { oracleSettings } from './support/run-oracle'

// The same sequences each time: give ORACLE_SEED and ORACLE_CASES to look for others that go wrong.
const settings = oracleSettings(500, 7)
const server = await createMysqlDatabase()
const pool = server && mysql.createPool({ uri: server.url, connectionLimit: 8 })
// Without this, mysql2 rounds a bigint to a number, unless the statement asks for text, as the server's do.
const direct = server && mysql.createPool({ uri: server.url, connectionLimit: 4, supportBigNumbers: true, bigNumberStrings: true })
afterAll(async () => {
  await Promise.all([pool?.end(), direct?.end()])
  await server?.drop()
})

it.skipIf(!server)(`shows what MariaDB has, whatever happens: ${settings.cases} cases, ORACLE_SEED=${settings.seed}`, async () => {
  for (const statement of mysqlDdl)
    await pool!.query(statement)
  await runLiveOracle(liveMysql('MariaDB', ...[pool!, direct!].map(client => drizzle({ client, casing: 'snake_case', mode: 'default' })) as [unknown, unknown]), settings)
}, 3_600_000)
