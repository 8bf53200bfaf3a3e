import { drizzle } from 'drizzle-orm/node-postgres'
import { afterAll, describe, it } from 'vitest'
import { createPostgresDatabase, createPostgresPool } from '../support/services'
import { postgresqlDdl, postgresqlThings } from './support/postgresql-things'
import { oracleSettings, runOracle } from './support/run-oracle'

// With a collation that is not known, what is left to the server is left out: the rest has to be the same all the more.
describe.each([['binary', 5000], ['server', 1000]] as const)('with a %s collation', async (textCollation, cases) => {
  const settings = oracleSettings(cases)
  const server = await createPostgresDatabase(textCollation === 'binary')
  const pool = server && createPostgresPool(server.url)

  afterAll(async () => {
    await pool?.end()
    await server?.drop()
  })

  it.skipIf(!server)(`means what PostgreSQL means: ${settings.cases} cases, ORACLE_SEED=${settings.seed}`, async () => {
    await pool!.query(postgresqlDdl)
    await runOracle({ ...postgresqlThings(drizzle({ client: pool!, casing: 'snake_case' }), textCollation), concurrency: 8 }, settings)
  }, 3_600_000)
})
