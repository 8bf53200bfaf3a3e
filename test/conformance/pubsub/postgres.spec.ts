import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPostgresPubSub } from '../../../src/runtime/pubsub/postgres'
import { createPostgresDatabase } from '../../support/services'
import { record, until } from './instances'
import { pubsubConformance, pubsubLogConformance } from './suite'

const [database, other] = await Promise.all([createPostgresDatabase(), createPostgresDatabase()])
const server = database && new URL(database.url)

function at(port: number): string {
  return Object.assign(new URL(server!), { port: String(port) }).href
}

pubsubLogConformance('postgres with an outbox', { available: server !== undefined, server, create: ({ port, space, history, ...options }) => createPostgresPubSub({ url: at(port), outbox: { schema: space, retention: history && 200 }, ...options }) })
pubsubConformance('postgres', { available: server !== undefined, server, close: database?.drop, create: ({ port, onError }) => createPostgresPubSub({ url: at(port), onError }) })

describe.skipIf(!other)('PostgreSQL', () => {
  const client = () => new pg.Client(other!.url)
  const admin = client()

  beforeAll(() => admin.connect())
  afterAll(() => admin.end().then(other!.drop))

  it('holds one connection, and makes a new one where that is terminated', async () => {
    const failures: string[] = []
    const pubsub = createPostgresPubSub<Record<string, unknown>>({ client, channel: 'so "quoted"', onError: (_, { stage }) => failures.push(stage) })
    const connects: number[] = []
    pubsub.onGap!(() => connects.push(failures.length))
    for (let n = 0; n < 20; n++)
      pubsub.subscribe(`channel-${n}`, () => {})
    await until(() => connects.length === 1)
    const terminate = () => admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()')
    expect((await terminate()).rowCount).toBe(1)
    await until(() => connects.length === 2)
    expect(new Set(failures)).toEqual(new Set(['connect']))
    await pubsub.dispose!()
    await expect.poll(async () => (await terminate()).rowCount).toBe(0)
  })

  it('is not confused by what others send', async () => {
    const failures: string[] = []
    const [a, b] = [0, 1].map(() => createPostgresPubSub<Record<string, unknown>>({ client, onError: (_, { stage }) => failures.push(stage) }))
    const seen = record({ pubsub: b! }, 'news')
    await Promise.all([a, b].map(one => new Promise<void>(resolve => one!.onGap!(resolve))))
    for (const text of ['', 'hello', '3+part', '0+start of news {"payload":1}', '0.%zz {}', '0.news {}', '0.news no JSON'])
      await admin.query('select pg_notify($1, $2)', ['rstore_drizzle', text])
    await a!.publish('news', { n: 1 })
    await until(() => seen.length > 0)
    expect(seen).toEqual([{ n: 1 }])
    expect(failures).toEqual(Array.from({ length: 4 }, () => 'message'))
    await Promise.all([a!.dispose!(), b!.dispose!()])
  })

  it('is told of a database', () => {
    expect(() => createPostgresPubSub({})).toThrow(expect.objectContaining({ code: 'RSTORE_PUBSUB' }))
  })
})
