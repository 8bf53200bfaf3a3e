import type { World } from './suite'
import { sql } from 'drizzle-orm'
import { expect, it } from 'vitest'

/** Many changes: batches, transactions, and all of it at the same time. */
export function changes(world: World): void {
  const create = (collection: string, item: object, key?: number) => ({ type: 'create', collection, item, key })

  it('of a batch succeed and fail each by itself, in their order', async () => {
    const { server } = world
    await server.call('POST', 'todos', { title: 'old' })
    const [{ id }] = (await server.list('todos')).body as [{ id: number }]
    const { body } = await server.batch([
      create('lists', { id: 'a', name: 'A' }),
      create('lists', { id: 'a', name: 'B' }),
      create('todos', { title: 'x', listId: 'a' }),
      create('todos', { title: 'x', listId: 'nobody' }),
      { type: 'update', collection: 'todos', key: id, item: { title: 'new', listId: 'a' } },
      { type: 'update', collection: 'todos', key: id + 1000, item: { title: 'x' } },
      { type: 'delete', collection: 'todos', key: id },
      { type: 'delete', collection: 'todos', key: id },
      create('todos', { title: 'y', listId: 'a' }),
    ])
    expect(body.results.map(result => result.error?.data.code ?? 'ok')).toEqual(['ok', 'RSTORE_DUPLICATE', 'ok', 'RSTORE_CONSTRAINT', 'ok', 'RSTORE_NOT_FOUND', 'ok', 'RSTORE_NOT_FOUND', 'ok'])
    expect(body.results[6]!.result).toMatchObject({ id, title: 'new', listId: 'a' })
    const { body: read } = await server.batch([
      { type: 'fetchMany', collection: 'todos', query: { orderBy: ['title.desc'], columns: ['title'], include: { list: true } } },
      { type: 'fetchFirst', collection: 'lists', key: 'a' },
      { type: 'fetchFirst', collection: 'lists', key: 'b' },
    ])
    expect(read.results).toMatchObject([{ result: [{ title: 'y', list: { name: 'A' } }, { title: 'x' }] }, { result: { name: 'A' } }, { error: { statusCode: 404 } }])
    expect(server.errors).toEqual([])
  })

  it('of an atomic batch are made as a whole or not at all', async () => {
    const { server } = world
    const operations = [create('lists', { id: 'a', name: 'A' }), create('todos', { title: 'x', listId: 'a' }, -1), { type: 'update', collection: 'todos', key: -1, item: { done: true } }]
    const refused = await server.batch([...operations, create('todos', { title: 'y', listId: 'nobody' })], true)
    expect(refused.body.results.map(result => result.error?.data.code)).toEqual(['RSTORE_ROLLED_BACK', 'RSTORE_ROLLED_BACK', 'RSTORE_ROLLED_BACK', 'RSTORE_CONSTRAINT'])
    expect((await server.list('lists')).body).toEqual([])
    const taken = await server.batch(operations, true)
    expect(taken.body.results.map(result => result.ok)).toEqual([true, true, true])
    expect((await server.list('todos', { include: { list: true } })).body).toMatchObject([{ title: 'x', done: true, list: { name: 'A' } }])
  })

  it('of a savepoint are taken back where it fails, and no others of its transaction', async () => {
    const { server, connection } = world
    const insert = async (on: unknown, id: string) => {
      const { run, execute = run } = on as Record<'run' | 'execute', ((query: ReturnType<typeof sql>) => PromiseLike<unknown>) | undefined>
      await execute!.call(on, sql`insert into lists (id, name) values (${id}, ${id})`)
    }
    await server.dialect.transaction(connection.drizzle({ casing: 'snake_case' }), async (transaction) => {
      await insert(transaction, 'a')
      await expect(server.dialect.savepoint(transaction, async (inner) => {
        await insert(inner, 'b')
        await insert(inner, 'a')
      })).rejects.toThrow()
      await server.dialect.savepoint(transaction, inner => insert(inner, 'c'))
    })
    expect((await server.list('lists')).body.map(row => row.id)).toEqual(['a', 'c'])
  })

  it('at the same time are kept apart, transactions and everybody else', async () => {
    const { server } = world
    await server.call('POST', 'lists', { id: 'a', name: 'A' })
    const todo = (i: number) => create('todos', { title: `t${i}`, listId: 'a' })
    const failing = create('todos', { title: 'no', listId: 'nobody' })
    const answers = await Promise.all(Array.from({ length: 40 }, async (_, i) => {
      switch (i % 4) {
        case 0: return (await server.batch([todo(i), todo(i), failing], true)).body.results[0]!.ok === false
        case 1: return (await server.batch([todo(i), todo(i)], true)).body.results.every(result => result.ok)
        case 2: return (await server.call('POST', 'todos', { title: `t${i}`, listId: 'a' })).status === 200
        default: return (await server.list('todos')).status === 200
      }
    }))
    expect(answers.filter(Boolean)).toHaveLength(40)
    expect((await server.list('todos')).body).toHaveLength(30)
    expect(server.errors).toEqual([])
  })

  it('of one row, or to one key, at the same time leave one outcome', async () => {
    const { server } = world
    const created = await Promise.all(Array.from({ length: 10 }, (_, i) => server.call('POST', 'lists', { id: 'a', name: `n${i}` })))
    expect(created.map(answer => answer.status).toSorted()).toEqual([200, ...Array.from({ length: 9 }, () => 409)])
    const updated = await Promise.all(Array.from({ length: 10 }, (_, i) => server.call('PATCH', 'lists/a', { name: `m${i}` })))
    expect(updated.map(({ status, body }) => [status, body.name])).toEqual(updated.map((_, i) => [200, `m${i}`]))
    expect((await server.list('lists')).body).toEqual([{ id: 'a', name: expect.stringMatching(/^m\d$/) }])
    const deleted = await Promise.all(Array.from({ length: 10 }, () => server.call('DELETE', 'lists/a')))
    expect(deleted.map(answer => answer.status).toSorted()).toEqual([200, ...Array.from({ length: 9 }, () => 404)])
    expect(server.errors).toEqual([])
  })

  it.runIf(world.pooled)('are made again where the database gave them up for others', async () => {
    const { server, connection } = world
    const database = connection.drizzle({ casing: 'snake_case' })
    await server.call('POST', 'lists', { id: 'a', name: 'A' })
    await server.call('POST', 'lists', { id: 'b', name: 'B' })
    let runs = 0
    const locked: (() => void)[] = []
    const both = [0, 1].map(() => new Promise<void>(resolve => locked.push(resolve)))
    const transfer = (i: number) => server.dialect.transaction(database, async (transaction) => {
      runs++
      const set = (id: string) => (transaction as { execute: (query: ReturnType<typeof sql>) => PromiseLike<unknown> }).execute(sql`update lists set name = ${`${id}${i}`} where id = ${id}`)
      await set('ab'[i]!)
      locked[i]!()
      await Promise.all(both)
      await set('ba'[i]!)
    })
    await Promise.all([transfer(0), transfer(1)])
    expect(runs).toBe(3)
    const names = (await server.list('lists')).body.map(list => (list.name as string).slice(1))
    expect(names[0]).toBe(names[1])
  })
}
