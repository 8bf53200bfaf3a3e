import type { Buffer } from 'node:buffer'
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { env, execPath } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../support/port'

/** One process of the app. */
export interface AppProcess {
  port: number
  /** Resolves when it has ended, by whatever. */
  ended: Promise<void>
  isAlive: () => boolean
  /** What it has written since it began. */
  output: () => string
  call: (path: string, body?: object) => Promise<unknown>
  kill: (signal: 'SIGKILL' | 'SIGTERM') => Promise<void>
}

export async function startProcess(entry: string, variables: Record<string, string>): Promise<AppProcess> {
  const port = await freePort()
  const child: ChildProcess = spawn(execPath, [entry], {
    env: { ...env, NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port), VITEST: '', TEST: '', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk: Buffer) => output += chunk.toString())
  const ended = once(child, 'close').then(() => undefined)
  const isAlive = () => child.exitCode === null && child.signalCode === null

  async function call(path: string, body?: object): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, body && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body, (_, value: unknown) => typeof value === 'bigint' ? String(value) : value),
    })
    const text = await response.text()
    if (!response.ok)
      throw new Error(`${path} was answered with ${response.status}: ${text}`)
    return JSON.parse(text)
  }

  const giveUp = Date.now() + 30_000
  while (!await call('/test/state').catch(() => undefined)) {
    if (!isAlive() || Date.now() > giveUp) {
      child.kill('SIGKILL')
      throw new Error(`The app did not start:\n${output.slice(-4000)}`)
    }
    await sleep(20)
  }
  return {
    port,
    ended,
    isAlive,
    output: () => output,
    call,
    async kill(signal) {
      child.kill(signal)
      await ended
    },
  }
}
