import { spawn } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)
const source = new URL('app', import.meta.url)
const overlays = { postgresql: new URL('app/postgresql', import.meta.url), realtime: new URL('../realtime/app', import.meta.url) }

/** Builds the module. */
export function buildModule() {
  return run(['node_modules/@nuxt/module-builder/dist/cli.mjs', 'build'])
}

/**
 * Builds the app for production, on the built module.
 * @param {'sqlite' | 'postgresql' | 'realtime'} name - what else but `sqlite` is the same app with other files laid over it
 * @returns {Promise<string>} path of the server's entry
 */
export async function buildApp(name) {
  const folder = `bench/.cache/server-${name}`
  const target = new URL(folder, root)
  rmSync(target, { recursive: true, force: true })
  cpSync(source, target, { recursive: true, filter: path => !path.endsWith('postgresql') })
  if (name in overlays)
    cpSync(overlays[name], target, { recursive: true })
  await run(['node_modules/nuxt/bin/nuxt.mjs', 'build', folder])
  return entryOf(name)
}

export function entryOf(name) {
  return fileURLToPath(new URL(`bench/.cache/server-${name}/.output/server/index.mjs`, root))
}

/** Starts the server on a free port, with `options` for Node. */
export async function startServer(entry, database, options = []) {
  const port = await freePort()
  const server = spawn(process.execPath, [...options, entry], {
    env: { ...process.env, NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port), BENCH_DATABASE: database },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [server.stdout, server.stderr])
    stream.on('data', chunk => output += chunk)
  const closed = new Promise(resolve => server.once('close', resolve))
  const stop = (signal = 'SIGKILL') => {
    server.kill(signal)
    return closed
  }
  const giveUp = Date.now() + 30_000
  while (!await fetch(`http://127.0.0.1:${port}/api/hand/todos/1`).then(response => response.ok, () => false)) {
    if (server.exitCode !== null || Date.now() > giveUp) {
      await stop()
      throw new Error(`The server did not start:\n${output.slice(-4000)}`)
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return { port, stop }
}

function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: fileURLToPath(root),
      env: { ...process.env, NODE_ENV: 'production', NUXT_TELEMETRY_DISABLED: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', chunk => output += chunk)
    child.once('error', reject)
    child.once('close', code => code === 0 ? resolve() : reject(new Error(`"${args.join(' ')}" ended with ${code}:\n${output.slice(-4000)}`)))
  })
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
