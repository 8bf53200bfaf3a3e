import type { PubSubState } from '../../../src/runtime/realtime/pubsub'
import type { LiveSetup } from '../../oracle/support/live/server'
import type { Backend } from '../support/backend'
import type { AppProcess } from './process'
import { setTimeout as sleep } from 'node:timers/promises'
import { createProxy } from '../../support/proxy'
import { startProcess } from './process'

export interface DriverSetup {
  driver: 'redis' | 'nats' | 'postgres'
  /** The server that carries the messages. */
  server: URL
  /** What the driver is created with, where it reaches that server by this port. */
  options: (port: number) => object
}

/** Two processes of the app on one database of PostgreSQL, each with a way of its own to what carries their messages. */
export async function openProcesses(entry: string, setup: LiveSetup, databaseUrl: string, { driver, server, options }: DriverSetup): Promise<Backend & { close: () => Promise<void> }> {
  const proxies = await Promise.all([0, 1].map(() => createProxy(server)))
  const processes: (AppProcess | undefined)[] = []
  let admins: string[] = []
  let isClosing = false

  async function begin(i: number): Promise<void> {
    const started = await startProcess(entry, {
      NUXT_DB_URL: databaseUrl,
      HISTORY_ADMINS: JSON.stringify(admins),
      HISTORY_PUBSUB: JSON.stringify({ driver, options: options(proxies[i]!.port) }),
    })
    processes[i] = started
    // Whatever it dies of, another one takes its place.
    void started.ended.then(() => {
      if (processes[i] === started)
        processes[i] = undefined
      return isClosing ? undefined : begin(i)
    })
  }

  async function present(i: number): Promise<AppProcess> {
    for (let turn = 0; turn < 1000; turn++) {
      const one = processes[i]
      if (one?.isAlive())
        return one
      await sleep(10)
    }
    throw new Error('A process did not come back.')
  }

  await Promise.all([0, 1].map(begin))
  return {
    setup,
    apiPath: '/api/rstore',
    wsPath: '/api/rstore-realtime/ws',
    size: 2,
    port: i => processes[i]?.isAlive() ? processes[i].port : undefined,
    async publish(i, update) {
      // Whoever has written tells until somebody has heard it.
      for (let turn = 0; turn < 500; turn++) {
        const isTold = await processes[(i + turn) % 2]?.call('/test/publish', update).then(() => true, () => false)
        if (isTold)
          return
        await sleep(10)
      }
      throw new Error('Nobody could be told of a change.')
    },
    async setAdmins(users, changed) {
      admins = [...users]
      await Promise.all([0, 1].map(async (i) => {
        // One that dies meanwhile begins with what holds now.
        await (await present(i)).call('/test/admins', { admins, changed }).catch(() => undefined)
      }))
    },
    async restart(i) {
      await (await present(i)).kill('SIGTERM')
      await present(i)
    },
    async kill(i) {
      await (await present(i)).kill('SIGKILL')
      await present(i)
    },
    async dieBeforePublish(i) {
      await (await present(i)).call('/test/die', {})
    },
    async cutPubSub(i, milliseconds) {
      await proxies[i]!.down()
      await sleep(milliseconds)
      await proxies[i]!.up()
    },
    async settled() {
      for (const i of [0, 1]) {
        for (let turn = 0; turn < 1000; turn++) {
          const state = await (await present(i)).call('/test/state').catch(() => undefined) as PubSubState | undefined
          // A transaction of anybody on the server may hold messages back.
          if (state?.connected && state.pending === 0 && !state.lag)
            break
          await sleep(10)
        }
      }
    },
    errors: () => [],
    async close() {
      isClosing = true
      await Promise.all(processes.map(one => one?.kill('SIGKILL')))
      await Promise.all(proxies.map(proxy => proxy.close()))
    },
  }
}
