import { drizzle } from 'drizzle-orm/node-postgres'
import { afterAll, it } from 'vitest'
import { createPostgresDatabase, createPostgresPool } from '../support/services'
import { runIncludeOracle } from './support/include-oracle'
import { includeDdl, postgresqlWorld } from './support/include-postgresql'
import { oracleSettings } from './support/run-oracle'

const settings = oracleSettings(500)
const server = await createPostgresDatabase()
const pool = server && createPostgresPool(server.url)
afterAll(async () => {
  await pool?.end()
  await server?.drop()
})

it.skipIf(!server)(`nests what PostgreSQL relates: ${settings.cases} cases, ORACLE_SEED=${settings.seed}`, async () => {
  await pool!.query(includeDdl)
  await runIncludeOracle(postgresqlWorld(drizzle({ client: pool!, casing: 'snake_case' })), settings)
}, 3_600_000)
