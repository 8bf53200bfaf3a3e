import { afterAll, it } from 'vitest'
import { runLiveOracle } from './support/live/run'
import { openSqlite } from './support/live/sqlite'
import { oracleSettings } from './support/run-oracle'

// The same sequences each time: give ORACLE_SEED and ORACLE_CASES to look for others that go wrong.
const settings = oracleSettings(750, 7)
const live = await openSqlite()
afterAll(() => live.close())

it(`shows what SQLite has, whatever happens: ${settings.cases} cases, ORACLE_SEED=${settings.seed}`, async () => {
  await runLiveOracle(live, settings)
}, 3_600_000)
