import '../support/sockets'
import type { DriverSetup } from './backend'
import { drizzle } from 'drizzle-orm/node-postgres'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { outboxTrigger } from '../../../src/runtime/pubsub/outbox-sql'
import { createRegistry } from '../../../src/runtime/server/registry'
import { createDialect } from '../../../src/runtime/server/dialects/create-dialect'
import * as schema from '../../fixtures/processes/server/database/schema'
import { livePostgresql, postgresqlDdl } from '../../oracle/support/live/postgresql'
import { schemaModel } from '../../support/schema-model'
import { createPostgresDatabase, createPostgresPool, findNats, findRedis } from '../../support/services'
import { historySettings, runHistories } from '../support/run'
import { openProcesses } from './backend'
import { buildApp } from './build'

const settings = historySettings(8, 1)
const [database, redis, nats] = await Promise.all([createPostgresDatabase(), findRedis(), findNats()])
const prefix = `rstore-test-${crypto.randomUUID()}`
/** How long a process may be silent before it counts as dead, in milliseconds. */
const lease = 500
const keys: Record<string, string[] | Record<string, string>> = {
  users: ['id'], lists: ['id'], tags: ['slug'], todos: ['id'], todoTags: { todoId: 'todo_id', slug: 'slug' }, members: { listId: 'list_id', userId: 'user_id' }, events: ['id'],
}
const drivers: Record<DriverSetup['driver'], DriverSetup | undefined> = {
  redis: redis && { driver: 'redis', server: redis, options: port => ({ host: '127.0.0.1', port, prefix: `${prefix}:`, lease }) },
  nats: nats && { driver: 'nats', server: nats, options: port => ({ servers: `127.0.0.1:${port}`, prefix: `${prefix}.`, lease }) },
  postgres: database && {
    driver: 'postgres',
    server: new URL(database.url),
    options: port => ({ url: Object.assign(new URL(database.url), { port: String(port) }).href, outbox: true, triggers: Object.keys(keys), lease }),
  },
}
const pool = database && createPostgresPool(database.url)
let entry: string

describe.skipIf(!database)('two processes', () => {
  beforeAll(async () => {
    entry = await buildApp()
    await pool!.query(postgresqlDdl)
  })
  afterAll(async () => {
    await pool!.end()
    await database!.drop()
  })

  it.each(Object.entries(drivers).filter(([, driver]) => driver))(`on %s show what the database has, whatever happens on the way: ${settings.runs} histories, HISTORY_SEED=${settings.seed}`, async (name, driver) => {
    if (name === 'postgres') {
      for (const [collection, key] of Object.entries(keys))
        await pool!.query(outboxTrigger({ collection, key, table: collection === 'todoTags' ? 'todo_tags' : collection }))
    }
    const live = livePostgresql('PostgreSQL', drizzle({ client: pool!, casing: 'snake_case' }))
    const model = schemaModel({ ...schema }, 'postgresql', { textCollation: 'binary' })
    const setup = { live, schema: model, registry: createRegistry({ schema: model, tables: live.tables }), dialect: createDialect('postgresql') }
    const processes = await openProcesses(entry, setup, database!.url, driver!)
    try {
      await runHistories({
        ...settings,
        name: `Two processes on ${name}`,
        schema: model,
        quiet: 60,
        // A lease has to expire before a dead process is known to be one.
        late: 6000,
        frequency: { restart: 0.5, kill: 1, dieBeforePublish: 0.5, cutPubSub: 1.5 },
        adapt: history => ({ ...history, servers: 2, rules: 'policies' }),
        async start() {
          // What the last history has left.
          await processes.setAdmins(new Set(), '')
          return { ...processes, close: async () => {} }
        },
      })
    }
    finally {
      await processes.close()
    }
  }, 3_600_000)
})
