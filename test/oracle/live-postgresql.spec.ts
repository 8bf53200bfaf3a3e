import { drizzle } from 'drizzle-orm/node-postgres'
import { afterAll, it } from 'vitest'
import { createPostgresDatabase, createPostgresPool } from '../support/services'
import { livePostgresql, postgresqlDdl } from './support/live/postgresql'
import { runLiveOracle } from './support/live/run'
import { oracleSettings } from './support/run-oracle'

// The same sequences each time: give ORACLE_SEED and ORACLE_CASES to look for others that go wrong.
const settings = oracleSettings(500, 7)
const server = await createPostgresDatabase()
const pool = server && createPostgresPool(server.url)
afterAll(async () => {
  await pool?.end()
  await server?.drop()
})

it.skipIf(!server)(`shows what PostgreSQL has, whatever happens: ${settings.cases} cases, ORACLE_SEED=${settings.seed}`, async () => {
  await pool!.query(postgresqlDdl)
  await runLiveOracle(livePostgresql('PostgreSQL', drizzle({ client: pool!, casing: 'snake_case' })), settings)
}, 3_600_000)
