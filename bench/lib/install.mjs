import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../', import.meta.url))

/** Installs what the bench compares with, unless it is there in the versions that `package.json` names. */
export function installPeers() {
  if (!isInstalled())
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: ['ignore', 2, 2] })
}

function isInstalled() {
  const require = createRequire(`${folder}package.json`)
  const wanted = Object.entries(require('./package.json').dependencies)
  return wanted.every(([name, version]) => versionOf(name, require) === version)
}

function versionOf(name, require) {
  try {
    return require(`./node_modules/${name}/package.json`).version
  }
  catch (error) {
    if (error.code === 'MODULE_NOT_FOUND')
      return undefined
    throw error
  }
}
