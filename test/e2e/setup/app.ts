import type { Client } from '@libsql/client'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { pathToFileURL } from 'node:url'
import { createClient } from '@libsql/client'
import { join } from 'pathe'
import { inject } from 'vitest'
import { freePort } from '../../support/port'

export interface App {
  /** Origin and base path, without a trailing slash. */
  url: string
  /** The file that the server writes to. */
  database: Client
  /** First column of what a query gives. */
  column: (sql: string, ...args: (string | number)[]) => Promise<unknown[]>
  /** Ends the server by a signal, and starts it again at the same place. */
  restart: (signal: NodeJS.Signals) => Promise<void>
  stop: () => Promise<void>
}

/** The playground as it goes to production, on a port and with a database of its own. */
export async function startApp({ base = '' }: { base?: string } = {}): Promise<App> {
  const folder = await mkdtemp(join(tmpdir(), 'playground-'))
  const databaseUrl = pathToFileURL(join(folder, 'test.db')).href
  const port = await freePort()
  const url = `http://127.0.0.1:${port}${base}`
  const clear = () => rm(folder, { recursive: true, force: true, maxRetries: 5 })
  const start = () => startServer(url, { PORT: String(port), NUXT_DB_URL: databaseUrl, NUXT_APP_BASE_URL: `${base}/` })
  let end = await start().catch(async (error: unknown) => {
    await clear()
    throw error
  })
  const database = createClient({ url: databaseUrl })
  return {
    url,
    database,
    column: async (sql, ...args) => (await database.execute({ sql, args })).rows.map(row => row[0]),
    async restart(signal) {
      await end(signal)
      end = await start()
    },
    async stop() {
      database.close()
      await end('SIGKILL')
      await clear()
    },
  }
}

/** Gives what ends it. */
async function startServer(url: string, env: Record<string, string>): Promise<(signal: NodeJS.Signals) => Promise<void>> {
  const server = spawn(process.execPath, [inject('server')], {
    env: { ...process.env, NODE_ENV: 'production', HOST: '127.0.0.1', VITEST: '', TEST: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [server.stdout, server.stderr])
    stream.on('data', (chunk: Buffer) => output += chunk.toString())
  const closed = new Promise<void>(resolve => server.once('close', () => resolve()))
  const end = async (signal: NodeJS.Signals) => {
    server.kill(signal)
    await closed
  }
  const giveUp = Date.now() + 60_000
  while (!await fetch(`${url}/api/rstore/lists`).then(response => response.ok, () => false)) {
    if (server.exitCode !== null || Date.now() > giveUp) {
      await end('SIGKILL')
      throw new Error(`The playground did not start:\n${output.slice(-4000)}`)
    }
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  return end
}
