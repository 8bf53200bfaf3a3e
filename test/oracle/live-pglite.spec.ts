import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import { afterAll, it } from 'vitest'
import { livePostgresql, postgresqlDdl } from './support/live/postgresql'
import { runLiveOracle } from './support/live/run'
import { oracleSettings } from './support/run-oracle'

const settings = oracleSettings(500)
const client = new PGlite()
afterAll(() => client.close())

it(`shows what PGlite has, whatever happens: ${settings.cases} cases, ORACLE_SEED=${settings.seed}`, async () => {
  await client.exec(postgresqlDdl)
  await runLiveOracle(livePostgresql('PGlite', drizzle({ client, casing: 'snake_case' })), settings)
}, 3_600_000)
