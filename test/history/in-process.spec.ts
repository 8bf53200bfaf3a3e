import './support/sockets'
import { afterAll, it } from 'vitest'
import { createRandom } from '../oracle/support/random'
import { createBroker } from './support/broker'
import { openInProcess } from './support/in-process'
import { historySettings, runHistories } from './support/run'

const settings = historySettings(500, 1)
const lanes = await Promise.all(Array.from({ length: 3 }, openInProcess))
afterAll(() => Promise.all(lanes.map(lane => lane.close())))

it(`shows what the database has, whatever happens on the way: ${settings.runs} histories, HISTORY_SEED=${settings.seed}`, async () => {
  await runHistories({
    ...settings,
    name: 'One process',
    schema: lanes[0]!.setup.schema,
    lanes: lanes.length,
    quiet: 15,
    late: 1500,
    frequency: { cutPubSub: 2 },
    start: (history, lane) => lanes[lane]!.start(history, createBroker(createRandom(history.seed))),
  })
}, 3_600_000)
