import { afterAll, it } from 'vitest'
import { runLiveOracle } from './support/live/run'
import { openSqlite } from './support/live/sqlite'
import { oracleSettings } from './support/run-oracle'

const settings = oracleSettings(1500)
const live = await openSqlite()
afterAll(() => live.close())

it(`shows what SQLite has, whatever happens: ${settings.cases} cases, ORACLE_SEED=${settings.seed}`, async () => {
  await runLiveOracle(live, settings)
}, 3_600_000)
