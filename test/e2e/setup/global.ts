import type { TestProject } from 'vitest/node'
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { join } from 'pathe'

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of a Chromium that starts. */
    chromium: string
    /** Entry of the playground's production server. */
    server: string
  }
}

const root = fileURLToPath(new URL('../../..', import.meta.url))
const run = promisify(execFile)

/** Finds a browser, then builds the module and the playground once for all tests. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide('chromium', await chromiumPath())
  const server = join(root, 'playground/.output/server/index.mjs')
  // For work on the tests themselves. Whoever changes anything else needs the build.
  if (!process.env.E2E_REUSE_BUILD || !existsSync(server)) {
    await build('node_modules/@nuxt/module-builder/dist/cli.mjs', 'build')
    await build('node_modules/nuxt/bin/nuxt.mjs', 'build', 'playground')
  }
  project.provide('server', server)
}

/** Path of a browser that starts; it is installed where that can be done. */
export async function chromiumPath(): Promise<string> {
  return await findChromium() ?? await installChromium()
}

async function findChromium(): Promise<string | undefined> {
  const given = process.env.CHROMIUM_PATH
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  const candidates = given
    ? [given]
    : [...names.map(name => `/usr/bin/${name}`), '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium']
  for (const path of candidates) {
    if (existsSync(path) && await starts(path))
      return path
  }
  if (given)
    throw new Error(`CHROMIUM_PATH is "${given}", which is no browser that starts.`)
  return undefined
}

/** Some distributions put a script in this place that only asks to install something else. */
async function starts(path: string): Promise<boolean> {
  return run(path, ['--version'], { timeout: 30_000 }).then(() => true, () => false)
}

async function installChromium(): Promise<string> {
  let reason = 'apt-get is not available to this user'
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    try {
      await run('apt-get', ['update'], { env })
      await run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { env, maxBuffer: 2 ** 26 })
      const path = await findChromium()
      if (path)
        return path
      reason = 'the package "chromium" holds no browser that starts'
    }
    catch (error) {
      reason = (error as Error).message
    }
  }
  throw new Error(`The end-to-end tests need Chromium or Chrome and found none; installing it did not work: ${reason}.\nInstall it yourself (on Debian: apt-get install chromium), or name one with CHROMIUM_PATH=/path/to/chrome.`)
}

function build(script: string, ...args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, script), ...args], {
      cwd: root,
      env: { ...process.env, NODE_ENV: 'production', NUXT_TELEMETRY_DISABLED: '1', VITEST: '', TEST: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => output += chunk.toString())
    child.once('error', reject)
    child.once('close', code => code === 0
      ? resolve()
      : reject(new Error(`"${[script, ...args].join(' ')}" ended with ${code}:\n${output.slice(-6000)}`)))
  })
}
