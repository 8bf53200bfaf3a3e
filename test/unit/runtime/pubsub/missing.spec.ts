import { expect, it, vi } from 'vitest'
import { createNatsPubSub } from '../../../../src/runtime/pubsub/nats'
import { createPostgresPubSub } from '../../../../src/runtime/pubsub/postgres'
import { createRedisPubSub } from '../../../../src/runtime/pubsub/redis'

/* As if the packages were not installed. */
for (const name of ['pg', 'ioredis', 'redis', '@nats-io/transport-node', '@nats-io/jetstream'])
  vi.doMock(name, () => Promise.reject(new Error(`Cannot find package "${name}"`)))

it.each([
  ['pg', createPostgresPubSub, { url: 'postgres://127.0.0.1' }],
  ['pg', createPostgresPubSub, { url: 'postgres://127.0.0.1', outbox: true }],
  ['redis', createRedisPubSub, { url: 'redis://127.0.0.1' }],
  ['redis', createRedisPubSub, { url: 'redis://127.0.0.1', history: false as const }],
  ['@nats-io/transport-node', createNatsPubSub, { servers: '127.0.0.1', history: false as const }],
  ['@nats-io/jetstream', createNatsPubSub, { connection: {} as never }],
])('a package that is missing is told once, and not tried again: %s', async (name, create, options) => {
  const failures: { error: unknown, stage: string }[] = []
  const pubsub = (create as typeof createPostgresPubSub)({ ...options, lease: 10, onError: (error: unknown, { stage }: { stage: string }) => failures.push({ error, stage }) } as never)
  const seen: unknown[] = []
  pubsub.subscribe('update', update => seen.push(update))
  await vi.waitFor(() => expect(failures).toMatchObject([{ stage: 'connect', error: { code: 'RSTORE_PUBSUB', message: expect.stringContaining(`"${name}"`) } }]))
  const update = { collection: 'todos', type: 'created', record: { id: 1 } } as const
  await pubsub.publish('update', update)
  expect(seen).toEqual([update])
  expect(failures.map(({ stage }) => stage)).toEqual(['connect', 'publish'])
  expect(pubsub.state!()).toMatchObject({ connected: false, pending: 0 })
  expect(await pubsub.history?.('1-1')).toBeUndefined()
  // No timer is left that could try again.
  await pubsub.dispose!()
  expect(failures).toHaveLength(2)
})
