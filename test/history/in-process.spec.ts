import './support/sockets'
import { afterAll, it } from 'vitest'
import { createMemoryPubSub } from '../../src/runtime/realtime/pubsub'
import { openInProcess } from './support/in-process'
import { historySettings, runHistories } from './support/run'

const settings = historySettings(500, 1)
const servers = await openInProcess()
afterAll(() => servers.close())

it(`shows what the database has, whatever happens on the way: ${settings.runs} histories, HISTORY_SEED=${settings.seed}`, async () => {
  await runHistories({
    ...settings,
    name: 'One process',
    schema: servers.setup.schema,
    quiet: 15,
    late: 1500,
    start({ servers: size }) {
      const pubsub = createMemoryPubSub()
      return servers.start(size, { connect: async () => pubsub })
    },
  })
}, 3_600_000)
