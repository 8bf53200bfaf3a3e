import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

const folder = new URL('../', import.meta.url)

/** What figures depend on: Node, the processor, the versions compared with. */
export function describeMachine() {
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'))
  const peers = Object.entries(dependencies).map(([name, version]) => `${name} ${version}`)
  return [`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}`, `${peers.join(', ')}`, `@tanstack/vue-db brings @tanstack/db ${coreOfVueDb()}`].join('\n')
}

function coreOfVueDb() {
  const { dependencies } = JSON.parse(readFileSync(new URL('node_modules/@tanstack/vue-db/package.json', folder), 'utf8'))
  return dependencies['@tanstack/db']
}
