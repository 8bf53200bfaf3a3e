import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import { afterAll, it } from 'vitest'
import { runIncludeOracle } from './support/include-oracle'
import { includeDdl, postgresqlWorld } from './support/include-postgresql'
import { oracleSettings } from './support/run-oracle'

const settings = oracleSettings(300)
const client = new PGlite()
afterAll(() => client.close())

it(`nests what PGlite relates: ${settings.cases} cases, ORACLE_SEED=${settings.seed}`, async () => {
  await client.exec(includeDdl)
  await runIncludeOracle(postgresqlWorld(drizzle({ client, casing: 'snake_case' })), settings)
}, 3_600_000)
