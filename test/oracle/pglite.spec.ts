import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import { afterAll, it } from 'vitest'
import { postgresqlDdl, postgresqlThings } from './support/postgresql-things'
import { oracleSettings, runOracle } from './support/run-oracle'

const settings = oracleSettings(2000)
const client = new PGlite()

afterAll(() => client.close())

it(`means what PGlite means: ${settings.cases} cases, ORACLE_SEED=${settings.seed}`, async () => {
  await client.exec(postgresqlDdl)
  await runOracle(postgresqlThings(drizzle({ client, casing: 'snake_case' })), settings)
}, 3_600_000)
