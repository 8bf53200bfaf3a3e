import type { Collection, Item, StoreState } from '../../src/runtime/store/types'
import type { Schema, User, UsersRow } from './support/schema'
import { computed, ref } from 'vue'
import { describe, expectTypeOf, it } from 'vitest'
import { eq } from '../../src/runtime/shared/condition'
import { flag, store } from './support/schema'

const row: UsersRow = { id: 1, name: 'a', nickname: null, bossId: null }

describe('$cache', () => {
  it('reads items of the collection that is named', () => {
    expectTypeOf(store.$cache.readItem({ collection: 'users', key: 1 })).toEqualTypeOf<User | undefined>()
    expectTypeOf(store.$cache.readItem({ collection: store.$collection('users'), key: '1' })).toEqualTypeOf<User | undefined>()
    expectTypeOf(store.$cache.readItems({ collection: 'users' })).toEqualTypeOf<User[]>()
    expectTypeOf(store.$cache.readItems({ collection: store.users, keys: [1, '2'] })).toEqualTypeOf<User[]>()
    // @ts-expect-error no such collection
    store.$cache.readItem({ collection: 'user', key: 1 })
    // @ts-expect-error no key
    store.$cache.readItem({ collection: 'users' })
    // @ts-expect-error no key
    store.$cache.readItem({ collection: 'users', key: true })
    // @ts-expect-error a list
    store.$cache.readItems({ collection: 'users', keys: 1 })
  })

  it('writes rows of the collection that is named', () => {
    store.$cache.writeItem({ collection: 'users', item: row })
    store.$cache.writeItem({ collection: store.users, key: 1, item: row })
    store.$cache.writeItems({ collection: 'users', items: [{ key: 1, value: row }, { value: row }] })
    // @ts-expect-error a column is missing
    store.$cache.writeItem({ collection: 'users', item: { id: 1 } })
    // @ts-expect-error a row of another collection
    store.$cache.writeItem({ collection: 'tags', item: row })
    // @ts-expect-error a row of another collection
    store.$cache.writeItem({ collection: store.tags, item: row })
    // @ts-expect-error no such column
    store.$cache.writeItem({ collection: 'users', item: { ...row, emial: 'a' } })
    // @ts-expect-error rows stand under value
    store.$cache.writeItems({ collection: 'users', items: [row] })
    // @ts-expect-error no such collection
    store.$cache.writeItems({ collection: 'user', items: [] })
  })

  it('drops, resets and holds back', () => {
    expectTypeOf(store.$cache.deleteItem({ collection: 'users', key: 1 })).toBeVoid()
    expectTypeOf(store.$cache.getState()).toEqualTypeOf<StoreState>()
    store.$cache.setState(store.$cache.getState())
    store.$cache.clear()
    store.$cache.pause()
    store.$cache.resume()
    // @ts-expect-error no such collection
    store.$cache.deleteItem({ collection: 'user', key: 1 })
    // @ts-expect-error what getState gave
    store.$cache.setState(1)
  })

  it('tells of a reset', () => {
    expectTypeOf(store.$onCacheReset(() => undefined)).toEqualTypeOf<() => void>()
    // @ts-expect-error a function
    store.$onCacheReset()
  })
})

describe('$collection', () => {
  it('takes a name, a ref or a getter', () => {
    expectTypeOf(store.$collection('users')).toEqualTypeOf<Collection<Schema, 'users'>>()
    expectTypeOf(store.$collection(ref('users' as const)).peekFirst(1)).toEqualTypeOf<User | undefined>()
    expectTypeOf(store.$collection(computed(() => 'users' as const)).peekFirst(1)).toEqualTypeOf<User | undefined>()
    expectTypeOf(store.$collection(() => 'users').peekFirst(1)).toEqualTypeOf<User | undefined>()
    // @ts-expect-error no such collection
    store.$collection(ref('user' as const))
    // @ts-expect-error a name
    store.$collection(1)
  })

  it('of one name of several has what they share', () => {
    const some = store.$collection(flag ? 'users' : 'tags')
    expectTypeOf(some.name).toEqualTypeOf<'users' | 'tags'>()
    expectTypeOf(some.peekFirst(1)?.id).toEqualTypeOf<number | undefined>()
  })

  it('lists by name', () => {
    for (const collection of store.$collections) {
      expectTypeOf(collection.name).toEqualTypeOf<keyof Schema>()
      store.$cache.readItems({ collection })
    }
  })
})

describe('a view', () => {
  it('is read as a table is', () => {
    expectTypeOf(store.totals.liveQuery(q => q.many({ where: eq('posts', 1), include: { user: true } })).data.value[0]!.user).toEqualTypeOf<User | null>()
    expectTypeOf(store.totals.peekMany()).toEqualTypeOf<Item<Schema, 'totals'>[]>()
    store.totals.subscribe()
  })

  it.each(['create', 'createMany', 'update', 'updateMany', 'delete', 'deleteMany'] as const)('has no %s', (method) => {
    // @ts-expect-error read only
    void store.totals[method]
    void store.users[method]
  })
})
