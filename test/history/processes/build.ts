import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { env, execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const app = `${root}test/fixtures/processes`

/** Builds the app once, from the sources of the module. Gives its entry. */
export async function buildApp(): Promise<string> {
  const entry = `${app}/.output/server/index.mjs`
  // For work on the tests themselves. Whoever changes anything else needs the build.
  if (!env.E2E_REUSE_BUILD || !existsSync(entry)) {
    await promisify(execFile)(execPath, [`${root}node_modules/nuxt/bin/nuxt.mjs`, 'build', app], {
      env: { ...env, NODE_ENV: 'production', NUXT_TELEMETRY_DISABLED: '1', VITEST: '', TEST: '' },
      maxBuffer: 2 ** 26,
    })
  }
  return entry
}
