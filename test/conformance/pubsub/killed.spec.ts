import type { PubSub } from '../../../src/runtime/realtime/pubsub'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import process from 'node:process'
import { build } from 'esbuild'
import { Redis } from 'ioredis'
import { join } from 'pathe'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createNatsPubSub } from '../../../src/runtime/pubsub/nats'
import { createPostgresPubSub } from '../../../src/runtime/pubsub/postgres'
import { createRedisPubSub } from '../../../src/runtime/pubsub/redis'
import { createPostgresDatabase, findNats, findRedis } from '../../support/services'
import { root } from '../../support/sources'
import { isConnected, until } from './instances'
import { dropStreams } from './nats-streams'

/* A process of its own, which has no time to say anything. */

const prefix = `rstore-test-${crypto.randomUUID()}.`
const [database, redis, nats] = await Promise.all([createPostgresDatabase(), findRedis(), findNats()])

const drivers = [
  { name: 'postgres', create: createPostgresPubSub, options: database && { url: database.url, outbox: true } },
  { name: 'redis', create: createRedisPubSub, options: redis && { url: redis.href, prefix } },
  { name: 'nats', create: createNatsPubSub, options: nats && { servers: nats.host, prefix } },
]

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rstore-test-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await database?.drop()
  if (redis) {
    const admin = new Redis(redis.href)
    await admin.del(prefix, ...await admin.keys(`${prefix}*`))
    await admin.quit()
  }
  if (nats)
    await dropStreams(nats, prefix)
})

for (const { name, create, options } of drivers) {
  it.skipIf(!options)(`a process that is killed leaves a gap: ${name}`, async () => {
    const file = join(folder, `${name}.cjs`)
    const contents = `
      import * as driver from './src/pubsub/${name}'
      const pubsub = driver.${create.name}(${JSON.stringify({ ...options, lease: 2000 })})
      setInterval(() => pubsub.state().connected && pubsub.publish('update', { type: 'updated', collection: 'alive', record: {} }), 20)`
    await build({ stdin: { contents, resolveDir: root, loader: 'ts' }, bundle: true, platform: 'node', format: 'cjs', external: ['pg-native'], outfile: file, logLevel: 'silent' })

    const pubsub = (create as (options: object) => PubSub)({ ...options, lease: 2000 })
    const seen: unknown[] = []
    let gaps = 0
    await until(() => isConnected({ pubsub }))
    pubsub.onGap!(() => gaps++)
    pubsub.subscribe('update', update => seen.push(update))
    const child = spawn(process.execPath, [file], { stdio: 'inherit' })
    await until(() => seen.length > 20)
    expect(gaps).toBe(0)
    const before = pubsub.position!()!
    child.kill('SIGKILL')
    await once(child, 'exit')
    await until(() => gaps > 0)
    expect(await pubsub.history!(before)).toBeUndefined()
    await pubsub.dispose!()
  })
}
