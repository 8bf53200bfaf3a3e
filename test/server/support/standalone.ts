import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import process from 'node:process'
import { build } from 'esbuild'
import { join } from 'pathe'
import { root } from '../../support/sources'

/** Code blocks of a page, by the file that their first line names. */
export function filesOf(page: string): Record<string, string> {
  const markdown = readFileSync(join(root, page), 'utf8')
  return Object.fromEntries([...markdown.matchAll(/^```\w+\n(\/\/ (\S+\.\w+)\n[\s\S]*?)^```$/gm)].map(([, text, file]) => [file!, text!]))
}

export interface StandaloneServer {
  port: number
  /** Takes the port again, which it has given up. */
  restart: () => Promise<void>
  stop: (signal?: NodeJS.Signals) => Promise<void>
  /** What it has written. */
  output: () => string
  publish: (update: unknown, token?: string) => Promise<number>
}

export const token = 'not very secret'

/** A folder with the files of the page and the package they import, made of the sources. */
export async function createStandaloneFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'standalone-'))
  const modules = join(folder, 'node_modules')
  const name = join(modules, 'nuxt-rstore-drizzle')
  await build({
    entryPoints: { 'realtime': join(root, 'src/realtime.ts'), 'pubsub/redis': join(root, 'src/pubsub/redis.ts') },
    outdir: name,
    bundle: true,
    // Both know of one current pub/sub.
    splitting: true,
    format: 'esm',
    platform: 'node',
    external: ['ioredis', 'redis'],
  })
  await writeFile(join(name, 'package.json'), JSON.stringify({ type: 'module', exports: { './realtime': './realtime.js', './pubsub/redis': './pubsub/redis.js' } }))
  for (const dependency of ['ws', 'ioredis', 'redis'])
    await symlink(join(root, 'node_modules', dependency), join(modules, dependency))
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  for (const [file, text] of Object.entries(filesOf('docs/standalone.md')))
    await writeFile(join(folder, file), text)
  return folder
}

/** The server of the page, in a process of its own. */
export async function startStandalone(folder: string, env: Record<string, string> = {}, args: string[] = []): Promise<StandaloneServer> {
  let child: ChildProcess
  let output = ''
  let port = 0

  async function start(): Promise<void> {
    const own = spawn(process.execPath, [...args, 'realtime-server.ts'], { cwd: folder, env: { ...process.env, NODE_OPTIONS: '', PUBLISH_TOKEN: token, PORT: String(port), ...env }, stdio: 'pipe' })
    child = own
    const listening = new Promise<void>((resolve, reject) => {
      let text = ''
      for (const stream of [own.stdout, own.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          output += chunk.toString()
          text += chunk.toString()
          const [, found] = /port: (\d+)/.exec(text) ?? []
          if (found) {
            port = Number(found)
            resolve()
          }
        })
      }
      own.once('exit', code => reject(new Error(`The server ended with ${code}:\n${output}`)))
    })
    await listening
  }

  async function stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null)
      return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  await start()
  return {
    get port() {
      return port
    },
    restart: start,
    stop,
    output: () => output,
    async publish(update, given = token) {
      const { status } = await fetch(`http://127.0.0.1:${port}/publish`, { method: 'POST', headers: { authorization: `Bearer ${given}` }, body: typeof update === 'string' ? update : JSON.stringify(update) })
      return status
    },
  }
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}
