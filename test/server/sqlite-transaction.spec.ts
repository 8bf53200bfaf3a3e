import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createClient } from '@libsql/client'
import { sql } from 'drizzle-orm'
import { BetterSQLiteSession } from 'drizzle-orm/better-sqlite3/session'
import { drizzle } from 'drizzle-orm/libsql'
import { BaseSQLiteDatabase as SQLiteDatabase, SQLiteSyncDialect } from 'drizzle-orm/sqlite-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TransactionEnded } from '../../src/runtime/server/dialects/savepoint'
import { createSqliteDialect } from '../../src/runtime/server/dialects/sqlite'
import { ddl, lists } from './support/schema'

let folder: string
let url: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rstore-'))
  url = `file:${join(folder, 'test.db')}`
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** SQLite of Node behind Drizzle's synchronous driver, which wants its statements in the shape of better-sqlite3. */
function synchronous() {
  const client = new DatabaseSync(':memory:')
  client.exec(ddl)
  const prepare = (text: string) => {
    const statement = client.prepare(text)
    const arrays = client.prepare(text)
    arrays.setReturnArrays(true)
    return { run: statement.run.bind(statement), all: statement.all.bind(statement), get: statement.get.bind(statement), raw: () => arrays }
  }
  const shaped = {
    prepare,
    transaction: () => {
      throw new TypeError('Transaction function cannot return a promise')
    },
  }
  const dialect = new SQLiteSyncDialect({ casing: 'snake_case' })
  const database = new SQLiteDatabase('sync', dialect, new BetterSQLiteSession(shaped as never, dialect, undefined) as never, undefined)
  return { database: Object.assign(database, { $client: shaped }) as unknown as BaseSQLiteDatabase<'sync', unknown>, close: () => client.close() }
}

async function asynchronous(target: string) {
  const client = createClient({ url: target })
  await client.executeMultiple(ddl)
  return { database: drizzle({ client, casing: 'snake_case' }), close: () => client.close() }
}

const open = {
  'a synchronous driver': async () => synchronous(),
  'libsql in memory': () => asynchronous(':memory:'),
  'libsql on a file': () => asynchronous(url),
}

const returning = { id: sql`id`, name: sql`name` }
const all = { from: lists, fields: returning, where: undefined, orderBy: [sql`id`] }

describe.each(Object.keys(open) as (keyof typeof open)[])('a transaction with %s', (driver) => {
  let database: unknown
  let close: () => void
  const dialect = createSqliteDialect()
  const insert = (on: unknown, id: string) => dialect.insert(on, { into: lists, values: { id, name: id.toUpperCase() }, returning })
  const ids = async (on: unknown = database) => (await dialect.select(on, all)).map(row => row.id)

  beforeEach(async () => ({ database, close } = await open[driver]()))
  afterEach(() => close())

  it('commits what was done in it, and gives the result', async () => {
    expect(await dialect.transaction(database, async (transaction) => {
      expect(await insert(transaction, 'a')).toEqual([{ id: 'a', name: 'A' }])
      await dialect.update(transaction, { into: lists, values: { name: 'changed' }, where: sql`id = 'a'`, returning })
      await insert(transaction, 'b')
      await dialect.delete(transaction, { into: lists, where: sql`id = 'b'`, returning })
      expect(await dialect.select(transaction, all)).toEqual([{ id: 'a', name: 'changed' }])
      return 'done'
    })).toBe('done')
    expect(await dialect.select(database, all)).toEqual([{ id: 'a', name: 'changed' }])
  })

  it('takes everything back where it fails, and stands in nobody\'s way afterwards', async () => {
    for (const fail of [async (on: unknown) => void await insert(on, 'a'), async () => Promise.reject(new Error('mine'))]) {
      await expect(dialect.transaction(database, async (transaction) => {
        await insert(transaction, 'a')
        await fail(transaction)
      })).rejects.toThrow()
      expect(await ids()).toEqual([])
    }
    await insert(database, 'b')
    expect(await ids()).toEqual(['b'])
  })

  it('goes on after a savepoint that failed, without what that did', async () => {
    await dialect.transaction(database, async (transaction) => {
      await insert(transaction, 'a')
      await expect(dialect.savepoint(transaction, async () => {
        await insert(transaction, 'b')
        await insert(transaction, 'a')
      })).rejects.toThrow()
      await expect(dialect.savepoint(transaction, async () => {
        await insert(transaction, 'c')
        throw new Error('mine')
      })).rejects.toThrow('mine')
      expect(await dialect.savepoint(transaction, () => insert(transaction, 'd'))).toEqual([{ id: 'd', name: 'D' }])
    })
    expect(await ids()).toEqual(['a', 'd'])
  })

  it('tells where it has ended within a savepoint', async () => {
    await expect(dialect.transaction(database, transaction => dialect.savepoint(transaction, async () => {
      await (transaction as { run: (statement: ReturnType<typeof sql>) => PromiseLike<unknown> }).run(sql`rollback`)
      throw new Error('mine')
    }))).rejects.toBeInstanceOf(TransactionEnded)
    await insert(database, 'b')
    expect(await ids()).toEqual(['b'])
  })

  it('is joined by one that is begun with its handle', async () => {
    await expect(dialect.transaction(database, async (transaction) => {
      await dialect.transaction(transaction, inner => insert(inner, 'a'))
      throw new Error('no')
    })).rejects.toThrow('no')
    expect(await ids()).toEqual([])
  })

  it('shows nothing to readers before it has ended, and keeps writes out of it', async () => {
    let go = () => {}
    const held = new Promise<void>(resolve => go = resolve)
    const inside = Promise.withResolvers<undefined>()
    const failed = dialect.transaction(database, async (transaction) => {
      await insert(transaction, 'a')
      inside.resolve(undefined)
      await held
      throw new Error('no')
    }).catch(error => error.message)
    await inside.promise
    const read = ids()
    const written = insert(database, 'b')
    const second = dialect.transaction(database, async transaction => [await ids(transaction), await insert(transaction, 'c')])
    await new Promise(resolve => setImmediate(resolve))
    go()
    expect(await failed).toBe('no')
    expect(await read).not.toContain('a')
    expect(await written).toEqual([{ id: 'b', name: 'B' }])
    expect(await second).toEqual([['b'], [{ id: 'c', name: 'C' }]])
    expect(await ids()).toEqual(['b', 'c'])
  })
})

/*
 * libsql leaves a statement unfinished that was refused because of a lock. Whatever is then written through the same
 * connection counts as unfinished, too: only other connections see that it was never committed.
 */
it.each(['a write', 'a transaction'])('%s that waited for a lock is there for everybody, and frees the database again', async (kind) => {
  const mine = await asynchronous(url)
  const theirs = createClient({ url })
  const dialect = createSqliteDialect()
  const impatient = createSqliteDialect({ maxWait: 10 })
  const insert = (on: unknown, id: string, by = dialect) => by.insert(on, { into: lists, values: { id, name: id }, returning })
  const run = (id: string, by = dialect) => kind === 'a write' ? insert(mine.database, id, by) : by.transaction(mine.database, transaction => insert(transaction, id, by))

  const lock = await theirs.transaction('write')
  await expect(run('a', impatient)).rejects.toThrow()
  await expect(run('a', impatient)).rejects.toThrow()
  await lock.commit()
  await run('b')
  expect((await theirs.execute('select id from lists')).rows.map(row => row.id)).toEqual(['b'])
  await theirs.execute('insert into lists values (\'c\', \'C\')')
  await run('d')
  expect((await theirs.execute('select id from lists order by id')).rows.map(row => row.id)).toEqual(['b', 'c', 'd'])
  mine.close()
  theirs.close()
})

it('shares transactions among writes that wait at the same time', async () => {
  const { database, close } = await asynchronous(url)
  const other = createClient({ url })
  const dialect = createSqliteDialect()
  let transactions = 0
  const { transaction } = database.$client
  database.$client.transaction = (...args: []) => {
    transactions++
    return transaction.apply(database.$client, args)
  }
  const outcomes = await Promise.allSettled(Array.from({ length: 60 }, (_, i) => dialect.insert(database, { into: lists, values: { id: `${i % 40}`, name: `${i}` }, returning })))
  expect(outcomes.map(outcome => outcome.status)).toEqual(outcomes.map((_, i) => i < 40 ? 'fulfilled' : 'rejected'))
  expect(transactions).toBeLessThan(5)
  expect((await other.execute('select id from lists')).rows).toHaveLength(40)
  close()
  other.close()
})
