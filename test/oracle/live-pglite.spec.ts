import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import { afterAll, it } from 'vitest'
import { livePostgresql, postgresqlDdl } from './support/live/postgresql'
import { runLiveOracle } from './support/live/run'
import { oracleSettings } from './support/run-oracle'

// The same sequences each time: give ORACLE_SEED and ORACLE_CASES to look for others that go wrong.
const settings = oracleSettings(500, 7)
const client = new PGlite()
afterAll(() => client.close())

it(`shows what PGlite has, whatever happens: ${settings.cases} cases, ORACLE_SEED=${settings.seed}`, async () => {
  await client.exec(postgresqlDdl)
  await runLiveOracle(livePostgresql('PGlite', drizzle({ client, casing: 'snake_case' })), settings)
}, 3_600_000)
