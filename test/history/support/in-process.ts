import type { RstoreDrizzlePubSub } from '../../../src/runtime/realtime/pubsub'
import type { RealtimeLimits } from '../../../src/runtime/shared/realtime-limits'
import type { TestServer } from '../../server/support/create-server'
import type { Backend } from './backend'
import type { Session } from './rules'
import type { History } from './steps'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { createClient } from '@libsql/client'
import { createDialect } from '../../../src/runtime/server/dialects/create-dialect'
import { createRegistry } from '../../../src/runtime/server/registry'
import { createServer } from '../../server/support/create-server'
import { liveSchema, relations } from '../../oracle/support/live/schema'
import { openSqlite } from '../../oracle/support/live/sqlite'
import { applyRules } from './rules'

/** What carries changes between servers: one for each server and each start of it. */
export type Connect = (server: number) => Promise<RstoreDrizzlePubSub>

export interface PubSubs {
  connect: Connect
  /** Loses the connection of a server for so many milliseconds. */
  cut?: (server: number, milliseconds: number) => Promise<void>
  /** Resolves once all are connected. */
  connected?: () => Promise<void>
}

/** Servers in this process on one file of SQLite. The file serves one history after the other. */
export async function openInProcess() {
  const folder = await mkdtemp(join(tmpdir(), 'history-'))
  const url = pathToFileURL(join(folder, 'history.db')).href
  const live = await openSqlite(url)
  const admin = createClient({ url })
  await admin.execute('pragma journal_mode = wal')
  const schema = liveSchema(live)
  const setup = { live, schema, registry: createRegistry({ schema, tables: live.tables }), dialect: createDialect('sqlite') }
  const clients = Array.from({ length: 3 }, () => createClient({ url }))

  return {
    setup,
    async start({ servers: size, rules }: Pick<History, 'servers' | 'rules'>, pubsubs: PubSubs, limits: Partial<RealtimeLimits> = {}): Promise<Backend & { close: () => Promise<void> }> {
      const errors: unknown[] = []
      const servers: (TestServer | undefined)[] = []
      const current: RstoreDrizzlePubSub[] = []
      let admins: ReadonlySet<string> = new Set()

      async function begin(i: number): Promise<void> {
        current[i] = await pubsubs.connect(i)
        const server = await createServer({ client: clients[i]!, schema: { tables: live.tables, ddl: '', relations }, realtime: { pubsub: current[i], ...limits } })
        applyRules(server.rules, live.tables, rules, user => admins.has(user))
        servers[i] = server
      }

      async function stop(i: number): Promise<void> {
        const server = servers[i]
        servers[i] = undefined
        if (!server)
          return
        errors.push(...server.errors)
        server.hub.dispose()
        await server.close()
        // One that all share stays.
        if (pubsubs.cut)
          await current[i]?.dispose?.()
      }

      await Promise.all(Array.from({ length: size }, (_, i) => begin(i)))
      return {
        setup,
        apiPath: '/api/rstore',
        wsPath: '/ws',
        size,
        port: i => servers[i]?.port,
        publish: (i, update) => (servers[i] ?? servers.find(one => one !== undefined))?.hub.publish(update),
        async setAdmins(users, changed) {
          admins = users
          await Promise.all(servers.map(server => server?.hub.invalidate(session => (session as Session).user === changed)))
        },
        async restart(i) {
          await stop(i)
          await sleep(3)
          await begin(i)
        },
        cutPubSub: (i, milliseconds) => pubsubs.cut?.(i, milliseconds),
        async settled() {
          await pubsubs.connected?.()
          await Promise.all(servers.map(server => server?.hub.settled()))
        },
        errors: () => [...errors, ...servers.flatMap(server => server?.errors ?? [])],
        async close() {
          await Promise.all(servers.map((_, i) => stop(i)))
        },
      }
    },
    async close() {
      for (const client of [...clients, admin, live])
        client.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

export type InProcess = Awaited<ReturnType<typeof openInProcess>>
