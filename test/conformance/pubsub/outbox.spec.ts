import type { PostgresPubSubOptions } from '../../../src/runtime/pubsub/postgres'
import type { RstoreDrizzleRealtimePayload } from '../../../src/runtime/realtime/pubsub'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { outboxSetup, outboxSql, outboxTrigger } from '../../../src/runtime/pubsub/outbox-sql'
import { createPostgresPubSub } from '../../../src/runtime/pubsub/postgres'
import { createPostgresDatabase } from '../../support/services'
import { isConnected, until } from './instances'

const database = await createPostgresDatabase()

describe.skipIf(!database)('the outbox of PostgreSQL', () => {
  const client = () => new pg.Client(database!.url)
  const admin = client()
  const other = client()
  let ends: (() => unknown)[] = []

  beforeAll(() => Promise.all([admin, other].map(one => one.connect())))
  beforeEach(async () => {
    await admin.query(`drop schema if exists rstore_drizzle cascade; drop table if exists todos, members, "odd ""table'"; create table todos (id int primary key, title text); create table members (list text, "user id" text, note text, primary key (list, "user id"))`)
  })
  afterEach(async () => {
    // A transaction that a failed test has left open would hold back the others.
    await Promise.all([other.query('rollback'), ...ends.map(end => end())])
    ends = []
  })
  afterAll(async () => {
    await Promise.all([admin, other].map(one => one.end()))
    await database!.drop()
  })

  async function start(options: Partial<PostgresPubSubOptions> = {}) {
    const pubsub = createPostgresPubSub({ client, outbox: true, onError: error => told.failures.push(error), ...options })
    const told = { pubsub, seen: [] as unknown[], updates: [] as RstoreDrizzleRealtimePayload[], gaps: 0, failures: [] as unknown[] }
    ends.push(() => pubsub.dispose!())
    await until(() => isConnected(told))
    pubsub.onGap!(() => told.gaps++)
    pubsub.subscribe('update', (update) => {
      told.updates.push(update)
      told.seen.push([update.collection, update.type, update.key])
    })
    return told
  }

  /** Something to wait for, after which nothing is on its way that was before. */
  async function settle(...instances: Awaited<ReturnType<typeof start>>[]) {
    await admin.query(outboxSql({ collection: 'end', type: 'created', key: 1 }))
    const isEnd = (seen: unknown) => Array.isArray(seen) && seen[0] === 'end'
    await until(() => instances.every(({ seen }) => seen.some(isEnd)))
    instances.forEach(instance => instance.seen.splice(0, Infinity, ...instance.seen.filter(seen => !isEnd(seen))))
  }

  it('tells what was committed, the instance that wrote it too, and nothing of what was not', async () => {
    const [a, b] = [await start(), await start()]
    const db = drizzle(admin)
    await db.transaction(async (tx) => {
      await tx.execute(sql`insert into todos values (1, 'Tea')`)
      await tx.execute(outboxSql({ collection: 'todos', type: 'created', key: 1, record: { id: 1, title: 'it\'s \\ $1 ? {} 🦊 \0' } }))
    })
    await db.transaction(async (tx) => {
      await tx.execute(outboxSql({ collection: 'todos', type: 'deleted', key: 2 }))
      throw new Error('mine')
    }).catch(() => {})
    await settle(a, b)
    expect([a.seen, b.seen]).toEqual([0, 1].map(() => [['todos', 'created', '1']]))
    expect(b.updates[0]!.record).toEqual({ id: 1, title: 'it\'s \\ $1 ? {} 🦊 \0' })
  })

  it('quotes whatever it is given', async () => {
    const b = await start()
    const odd = '\'); drop table todos; -- \\\' $setup$ "\n'
    await admin.query('set standard_conforming_strings = off')
    await admin.query(outboxSql({ collection: odd, type: 'updated', key: odd, record: { [odd]: odd, big: 2n ** 60n } }))
    await admin.query('set standard_conforming_strings = on')
    await admin.query(outboxSql({ collection: odd, type: 'updated', key: odd }))
    await settle(b)
    expect(b.seen).toEqual([[odd, 'updated', odd], [odd, 'updated', odd]])
    expect(b.updates[0]!.record).toEqual({ [odd]: odd, big: '1152921504606846976' })
  })

  it('waits for older transactions that are open, says for how long, and passes over none', async () => {
    const b = await start()
    await other.query('begin')
    await other.query(outboxSql({ collection: 'todos', type: 'created', key: 1 }))
    await admin.query(outboxSql({ collection: 'todos', type: 'created', key: 2 }))
    await until(() => b.pubsub.state!().lag! > 0)
    const before = b.pubsub.position!()!
    expect([b.seen, await b.pubsub.history!(before)]).toEqual([[], []])
    await other.query('commit')
    await until(() => b.seen.length === 2)
    expect(b.seen).toEqual([['todos', 'created', '1'], ['todos', 'created', '2']])
    expect((await b.pubsub.history!(before))!.map(({ payload }) => payload.key)).toEqual(['1', '2'])
    await until(() => b.pubsub.state!().lag === 0)
  })

  it('is not stopped by a transaction that is given up', async () => {
    const b = await start()
    await other.query('begin')
    await other.query('insert into todos values (9)')
    await admin.query(outboxSql({ collection: 'todos', type: 'created', key: 2 }))
    await until(() => b.pubsub.state!().lag! > 0)
    await other.query('rollback')
    await until(() => b.seen.length === 1)
  })

  it('hears of what anybody writes to a table with a trigger', async () => {
    await admin.query(outboxTrigger({ collection: 'todos', table: 'todos', key: ['id'] }))
    await admin.query(outboxTrigger({ collection: 'members', table: 'public.members', key: { list: 'list', userId: 'user id' } }))
    const [a, b] = [await start({ triggers: ['todos', 'members'] }), await start({ triggers: ['todos', 'members'] })]
    await other.query(`insert into todos values (1, 'Tea'), (2, 'Milk')`)
    await other.query(`update todos set title = 'Coffee' where id = 1`)
    await other.query(`update todos set id = 3 where id = 2`)
    await other.query('delete from todos where id = 1')
    await other.query(`begin; insert into todos values (4); rollback`)
    await other.query(`insert into members values ('a::b', '100%'), ('', 'é')`)
    await settle(a, b)
    const expected = [['todos', 'created', '1'], ['todos', 'created', '2'], ['todos', 'updated', '1'], ['todos', 'deleted', '2'], ['todos', 'created', '3'], ['todos', 'deleted', '1'], ['members', 'created', 'a%3A%3Ab::100%25'], ['members', 'created', '::é']]
    expect([a.seen, b.seen]).toEqual([expected, expected])
    expect(a.updates.map(({ record }) => record).slice(2, 7)).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }, { id: 1 }, { list: 'a::b', userId: '100%' }])
  })

  it('does not tell twice what a trigger tells', async () => {
    await admin.query(outboxTrigger({ collection: 'todos', table: 'todos', key: ['id'] }))
    const [a, b] = [await start({ triggers: ['todos'] }), await start({ triggers: ['todos'] })]
    await other.query('insert into todos values (1)')
    await a.pubsub.publish('update', { collection: 'todos', type: 'created', key: '1', record: { id: 1 } })
    await a.pubsub.publish('update', { collection: 'lists', type: 'created', key: '1', record: { id: 1 } })
    await settle(a, b)
    expect(b.seen).toEqual([['todos', 'created', '1'], ['lists', 'created', '1']])
    expect(a.seen).toHaveLength(3)
  })

  it('tells a gap where a table with a trigger is emptied at once', async () => {
    await admin.query(outboxTrigger({ collection: 'todos', table: 'todos', key: ['id'] }))
    const b = await start()
    const before = b.pubsub.position!()!
    await other.query('truncate todos')
    await until(() => b.gaps === 1)
    expect(await b.pubsub.history!(before)).toBeUndefined()
  })

  it('makes triggers for tables of any name, again and for who has no rights on the outbox', async () => {
    const collection = 'it\'s $body$ \\'
    const role = `rstore_test_${crypto.randomUUID().slice(0, 8)}`
    await admin.query(`create table "odd ""table'" ("it's \\" int primary key); create role "${role}"; grant all on "odd ""table'" to "${role}"`)
    for (let i = 0; i < 2; i++)
      await admin.query(outboxTrigger({ collection, table: 'odd "table\'', key: ['it\'s \\'] }))
    const b = await start()
    await other.query(`set role "${role}"`)
    await other.query(`insert into "odd ""table'" values (1)`)
    await expect(other.query(outboxSql({ collection, type: 'created', key: 1 }))).rejects.toThrow('permission denied')
    await other.query(`reset role; revoke all on "odd ""table'" from "${role}"; drop role "${role}"`)
    await settle(b)
    expect(b.seen).toEqual([[collection, 'created', '1']])
  })

  it('refuses a trigger for columns that are not there', async () => {
    await expect(admin.query(outboxTrigger({ collection: 'todos', table: 'todos', key: ['uid'] }))).rejects.toThrow('"uid" does not exist')
  })

  it('remembers the last place that is gone', async () => {
    const b = await start({ outbox: { retention: 100 } })
    await admin.query(outboxSql({ collection: 'todos', type: 'created', key: 1 }))
    await admin.query(outboxSql({ collection: 'todos', type: 'created', key: 2 }))
    await until(() => b.seen.length === 2)
    const place = b.pubsub.position!()!
    await expect.poll(async () => (await admin.query('select from rstore_drizzle.outbox')).rowCount, { timeout: 20_000 }).toBe(0)
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like \'%outbox%\' and pid <> pg_backend_pid()')
    await until(() => b.failures.length > 0)
    await expect.poll(() => b.pubsub.history!(place), { timeout: 20_000 }).toEqual([])
    expect([b.gaps, b.pubsub.position!()]).toEqual([0, place])
  })

  it('is made once, whoever comes first, and leaves alone what is there', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => start()))
    await admin.query(outboxSetup())
    await settle(...all)
    const place = all[0]!.pubsub.position!()!
    expect(await all[5]!.pubsub.history!(place)).toEqual([])
    expect(all.flatMap(({ failures }) => failures)).toEqual([])
  })

  it('has a gap where it was made anew', async () => {
    const b = await start()
    const before = b.pubsub.position!()!
    await admin.query(`drop schema rstore_drizzle cascade`)
    await admin.query(outboxSetup())
    await admin.query(outboxSql({ collection: 'todos', type: 'created', key: 1 }))
    await until(() => b.gaps === 1)
    expect(await b.pubsub.history!(before)).toBeUndefined()
  })

  it('has a gap where the database was restored in another cluster', async () => {
    const a = await start()
    const before = a.pubsub.position!()!
    await admin.query(`update rstore_drizzle.log set system = '1'`)
    const b = await start()
    expect(await b.pubsub.history!(before)).toBeUndefined()
    await admin.query(outboxSql({ collection: 'todos', type: 'created', key: 1 }))
    await until(() => a.gaps === 1 && b.seen.length === 1)
  })

  it('uses the schema it is told', async () => {
    await admin.query('drop schema if exists elsewhere cascade')
    const b = await start({ outbox: { schema: 'elsewhere' } })
    await admin.query(outboxSql({ collection: 'todos', type: 'created', key: 1 }, { schema: 'elsewhere' }))
    await until(() => b.seen.length === 1)
  })

  it.each([
    [{ triggers: ['todos'] }, 'triggers'],
    [{ outbox: { schema: 'a"b' } }, 'schema'],
    [{ outbox: { retention: 0 } }, 'retention'],
    [{ outbox: true, lease: 0.5 }, 'lease'],
  ])('does not take %j', (options, field) => {
    expect(() => createPostgresPubSub({ client, ...options })).toThrow(expect.objectContaining({ code: 'RSTORE_PUBSUB', field }))
  })

  it.each([
    [() => outboxSql({ collection: '', type: 'created', key: 1 }), 'collection'],
    [() => outboxSql({ collection: 'todos', type: 'made' as 'created', key: 1 }), 'type'],
    [() => outboxSql({ collection: 'todos', type: 'created', key: undefined as never }), 'key'],
    [() => outboxTrigger({ collection: 'todos', table: 'a\0b', key: ['id'] }), 'table'],
    [() => outboxTrigger({ collection: 'todos', table: 'todos', key: [] }), 'key'],
  ])('tells which part of what is wrong: %s', (make, field) => {
    expect(make).toThrow(expect.objectContaining({ code: 'RSTORE_INVALID_VALUE', field }))
  })
})
