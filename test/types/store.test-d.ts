/* eslint-disable @typescript-eslint/no-empty-object-type -- the shape that the generated types have */
import type { CreateOf, RowOf, UpdateOf } from '../../src/runtime/types/schema'
import type { Item, Store } from '../../src/runtime/store/types'
import type { RstoreError } from '../../src/runtime/shared/errors'
import { integer, sqliteTable, sqliteView, text } from 'drizzle-orm/sqlite-core'
import { computed, ref } from 'vue'
import { describe, expectTypeOf, it } from 'vitest'
import { and, between, eq, gt, inArray, isNull, like, not, or } from '../../src/runtime/shared/condition'

const users = sqliteTable('users', {
  id: integer().primaryKey({ autoIncrement: true }),
  email: text().notNull(),
  nickname: text(),
  role: text({ enum: ['admin', 'guest'] }).notNull().default('guest'),
  settings: text({ mode: 'json' }).$type<{ dark: boolean }>(),
  createdAt: integer({ mode: 'timestamp' }).notNull().$defaultFn(() => new Date()),
  passwordHash: text().notNull(),
})
export const emails = sqliteView('emails').as(qb => qb.select({ id: users.id, email: users.email }).from(users))

interface UsersRow extends RowOf<typeof users, 'passwordHash'> {}
interface UsersCreate extends CreateOf<typeof users, 'passwordHash' | 'createdAt'> {}
interface UsersUpdate extends UpdateOf<typeof users, 'passwordHash' | 'createdAt'> {}
interface EmailsRow extends RowOf<typeof emails> {}

interface Schema {
  users: { row: UsersRow, create: UsersCreate, update: UsersUpdate, key: number, relations: {} }
  emails: { row: EmailsRow, create: never, update: never, key: number, relations: {} }
}

declare const store: Store<Schema>
declare const flag: boolean
type User = Item<Schema, 'users'>

describe('a condition', () => {
  it('names a column, wherever it stands', () => {
    store.users.query(q => q.many({ where: eq('email', 'a') }))
    // @ts-expect-error no such column
    store.users.query(q => q.many({ where: eq('emial', 'a') }))
    // @ts-expect-error hidden
    store.users.query(q => q.many({ where: eq('passwordHash', 'a') }))
    // @ts-expect-error no such column
    store.users.query(q => q.many({ where: and(eq('email', 'a'), or(eq('id', 1), eq('emial', 'a'))) }))
    // @ts-expect-error no such column
    store.users.query(q => q.many({ where: not(eq('emial', 'a')) }))
    // @ts-expect-error no such column
    store.users.query(q => q.many({ where: flag ? eq('emial', 'a') : undefined }))
    // @ts-expect-error no such column
    store.users.query(q => q.many({ where: flag && eq('emial', 'a') }))
    // @ts-expect-error no such column
    store.users.query(q => q.many(() => ({ where: eq('emial', 'a') })))
    // @ts-expect-error no such column
    store.users.query(q => q.first({ where: isNull('emial') }))
    // @ts-expect-error no such column
    store.users.findMany({ where: eq('emial', 'a') })
    // @ts-expect-error no such column
    store.users.findFirst({ where: eq('emial', 'a') })
    // @ts-expect-error no such column
    store.users.peekMany({ where: eq('emial', 'a') })
    // @ts-expect-error no such column
    store.users.peekFirst({ where: eq('emial', 'a') })
    // @ts-expect-error not a column of this collection
    store.emails.query(q => q.many({ where: eq('nickname', 'a') }))
  })

  it('compares with a value of the column\'s type', () => {
    store.users.query(q => q.many({ where: and(eq('id', 1), gt('createdAt', new Date()), inArray('role', ['admin']), between('id', 1, 2), like('nickname', 'a%')) }))
    // @ts-expect-error a number
    store.users.query(q => q.many({ where: eq('id', '1') }))
    // @ts-expect-error a date
    store.users.query(q => q.many({ where: gt('createdAt', '2026-01-01') }))
    // @ts-expect-error not in the enum
    store.users.query(q => q.many({ where: eq('role', 'root') }))
    // @ts-expect-error not in the enum
    store.users.query(q => q.many({ where: or(isNull('nickname'), and(eq('id', 1), not(inArray('role', ['root'])))) }))
    // @ts-expect-error NULL equals nothing
    store.users.query(q => q.many({ where: eq('nickname', null) }))
    // @ts-expect-error a number
    store.users.query(q => q.many({ where: flag ? eq('id', '1') : eq('id', 1) }))
    // @ts-expect-error a pattern for what is no text
    store.users.query(q => q.many({ where: like('id', '1%') }))
    // @ts-expect-error undefined would drop the filter
    store.users.query(q => q.many({ where: eq('email', undefined) }))
  })

  it('may be left out', () => {
    store.users.query(q => q.many({ where: undefined }))
    store.users.query(q => q.many({ where: flag && eq('email', 'a') }))
    store.users.query(q => q.many({ where: flag ? eq('email', 'a') : null }))
    store.users.query(q => q.many({ where: and(flag && eq('email', 'a'), undefined) }))
  })
})

describe('options', () => {
  it('are those there are', () => {
    store.users.query(q => q.many({ orderBy: ['createdAt.desc', 'id', 'email.asc'], limit: 10, offset: 20, fetchPolicy: 'cache-and-fetch', enabled: ref(true), params: { a: 1 } }))
    store.users.query(q => q.many({ enabled: () => flag, keys: [1, '2', 3n] }))
    // @ts-expect-error no such option
    store.users.query(q => q.many({ were: eq('email', 'a') }))
    // @ts-expect-error no such option
    store.users.query(q => q.many({ where: eq('email', 'a'), limt: 1 }))
    // @ts-expect-error no such option of one row
    store.users.query(q => q.first({ where: eq('email', 'a'), limit: 1 }))
    // @ts-expect-error no such option
    store.users.findMany({ order: ['id'] })
    // @ts-expect-error no such policy
    store.users.query(q => q.many({ fetchPolicy: 'cache' }))
    // @ts-expect-error a number
    store.users.query(q => q.many({ limit: '10' }))
  })

  it('order by columns', () => {
    // @ts-expect-error no such column
    store.users.query(q => q.many({ orderBy: ['emial.asc'] }))
    // @ts-expect-error no such direction
    store.users.query(q => q.many({ orderBy: ['email.down'] }))
    // @ts-expect-error hidden
    store.users.findMany({ orderBy: ['passwordHash'] })
  })

  it('select columns, and the rows have no others', async () => {
    const { data } = await store.users.query(q => q.many({ columns: { id: true, email: true } }))
    expectTypeOf(data.value[0]!.email).toEqualTypeOf<string>()
    // @ts-expect-error not selected
    void data.value[0]!.nickname
    const [row] = await store.users.findMany({ columns: { role: true } })
    expectTypeOf(row!.role).toEqualTypeOf<'admin' | 'guest'>()
    // @ts-expect-error not selected
    void row!.email
    const first = await store.users.findFirst({ columns: { role: true }, where: eq('id', 1) })
    // @ts-expect-error not selected
    void first!.email
    // @ts-expect-error no such column
    store.users.query(q => q.many({ columns: { id: true, emial: true } }))
    // @ts-expect-error hidden
    store.users.query(q => q.first({ columns: { passwordHash: true } }))
    // @ts-expect-error no such column
    store.users.findMany({ columns: { emial: true } })
  })
})

describe('results', () => {
  it('of many are rows, of first one or none', async () => {
    expectTypeOf((await store.users.query()).data.value).toEqualTypeOf<User[]>()
    expectTypeOf((await store.users.query(q => q.many())).data.value).toEqualTypeOf<User[]>()
    expectTypeOf((await store.users.query(q => q.first(1))).data.value).toEqualTypeOf<User | undefined>()
    expectTypeOf((await store.users.query(q => q.first('1'))).data.value).toEqualTypeOf<User | undefined>()
    expectTypeOf((await store.users.query(q => q.first({ where: eq('email', 'a') }))).data.value).toEqualTypeOf<User | undefined>()
    expectTypeOf(await store.users.findMany()).toEqualTypeOf<User[]>()
    expectTypeOf(await store.users.findFirst(1)).toEqualTypeOf<User | undefined>()
    expectTypeOf(store.users.peekMany()).toEqualTypeOf<User[]>()
    expectTypeOf(store.users.peekFirst(1)).toEqualTypeOf<User | undefined>()
  })

  it('are there before they are awaited', () => {
    const { data, loading, error, hasMore } = store.users.query(q => q.first(() => 1))
    expectTypeOf(data.value).toEqualTypeOf<User | undefined>()
    expectTypeOf(loading.value).toEqualTypeOf<boolean>()
    expectTypeOf(error.value).toEqualTypeOf<Error | undefined>()
    expectTypeOf(hasMore.value).toEqualTypeOf<boolean>()
    // @ts-expect-error what is shown is not set by hand
    data.value = undefined
  })

  it('follow a key that may not be there yet', () => {
    store.users.query(q => q.first(ref<number>()))
    store.users.query(q => q.first(computed(() => flag ? '1' : null)))
    // @ts-expect-error no key
    store.users.query(q => q.first(() => true))
  })

  it('have columns of their types', () => {
    const user = store.users.peekFirst(1)!
    expectTypeOf(user.id).toEqualTypeOf<number>()
    expectTypeOf(user.nickname).toEqualTypeOf<string | null>()
    expectTypeOf(user.settings).toEqualTypeOf<{ dark: boolean } | null>()
    expectTypeOf(user.createdAt).toEqualTypeOf<Date>()
    expectTypeOf(user.$collection).toEqualTypeOf<'users'>()
    expectTypeOf(user.$isOptimistic).toEqualTypeOf<boolean>()
    expectTypeOf(user.$raw()).toEqualTypeOf<UsersRow>()
    // @ts-expect-error hidden
    void user.passwordHash
  })

  it('are not changed in place', () => {
    const user = store.users.peekFirst(1)!
    // @ts-expect-error readonly
    user.email = 'a'
    user.$raw().email = 'a'
  })
})

describe('writes', () => {
  it('create from what is required and what may be given', async () => {
    expectTypeOf(await store.users.create({ email: 'a' })).toEqualTypeOf<User>()
    store.users.create({ email: 'a', nickname: null, role: 'admin', id: 3 }, { optimistic: { createdAt: new Date() } })
    store.users.create({ email: 'a' }, { optimistic: false })
    // @ts-expect-error required
    store.users.create({})
    // @ts-expect-error required in each
    store.users.createMany([{ email: 'a' }, { nickname: 'b' }])
    // @ts-expect-error takes no NULL
    store.users.create({ email: null })
    // @ts-expect-error no such column
    store.users.create({ email: 'a', nick: 'b' })
    // @ts-expect-error readonly
    store.users.create({ email: 'a', createdAt: new Date() })
    // @ts-expect-error hidden
    store.users.create({ email: 'a', passwordHash: 'b' })
    // @ts-expect-error no such column
    store.users.create({ email: 'a' }, { optimistic: { emial: 'b' } })
  })

  it('may be sent alone or with a group of others', () => {
    store.users.create({ email: 'a' }, { batch: false })
    store.users.createMany([{ email: 'a' }], { batch: { group: 'a' } })
    store.users.update({ id: 1, email: 'a' }, { batch: { group: 'a' } })
    store.users.updateMany([{ id: 1, email: 'a' }], { batch: false })
    store.users.delete(1, { batch: { group: 'a' } })
    store.users.deleteMany([1], { batch: false })
    void store.users.peekFirst(1)!.$update({ role: 'admin' }, { batch: false })
    void store.users.peekFirst(1)!.$delete({ batch: { group: 'a' } })
    // @ts-expect-error a group, or false
    store.users.create({ email: 'a' }, { batch: true })
    // @ts-expect-error a group has a name
    store.users.delete(1, { batch: { group: 1 } })
    // @ts-expect-error no such option
    store.users.delete(1, { batch: { name: 'a' } })
  })

  it('update from part of it', async () => {
    expectTypeOf(await store.users.update({ id: 1, email: 'a' })).toEqualTypeOf<User>()
    store.users.update({ email: 'a' }, { key: 1 })
    store.users.updateMany([{ id: 1, nickname: null }])
    const user = store.users.peekFirst(1)!
    expectTypeOf(user.$update({ role: 'admin' })).toEqualTypeOf<Promise<User>>()
    expectTypeOf(user.$delete()).toEqualTypeOf<Promise<void>>()
    // @ts-expect-error no such column
    user.$update({ emial: 'a' })
    // @ts-expect-error not in the enum
    user.$update({ role: 'root' })
    // @ts-expect-error readonly
    user.$update({ createdAt: new Date() })
    // @ts-expect-error readonly
    store.users.update({ id: 1, createdAt: new Date() })
    // @ts-expect-error hidden
    store.users.updateMany([{ id: 1, passwordHash: 'a' }])
  })

  it('delete by key or row', () => {
    store.users.delete(1)
    store.users.delete('1')
    store.users.delete({ id: 1 })
    store.users.delete(store.users.peekFirst(1)!)
    store.users.deleteMany([1, { id: 2 }])
    // @ts-expect-error no such column
    store.users.delete({ key: 1 })
  })

  it('are not for views', () => {
    store.emails.query(q => q.many({ where: eq('email', 'a') }))
    // @ts-expect-error read only
    void store.emails.create
    // @ts-expect-error read only
    void store.emails.update
    // @ts-expect-error read only
    void store.emails.delete
    // @ts-expect-error read only
    void store.emails.peekFirst(1)!.$update({ email: 'a' })
  })
})

describe('the store', () => {
  it('has the collections there are', () => {
    // @ts-expect-error no such collection
    void store.user
    expectTypeOf(store.users.name).toEqualTypeOf<'users'>()
    expectTypeOf(store.users.getKey({ id: 1 })).toEqualTypeOf<string | number | undefined>()
  })

  it('gives them by name, ref or getter', async () => {
    expectTypeOf(await store.$collection('users').findFirst(1)).toEqualTypeOf<User | undefined>()
    expectTypeOf(await store.$collection(() => 'users').findFirst(1)).toEqualTypeOf<User | undefined>()
    expectTypeOf(await store.$collection(ref('users' as const)).findFirst(1)).toEqualTypeOf<User | undefined>()
    // @ts-expect-error no such collection
    store.$collection('user')
    // @ts-expect-error no such collection
    store.$collection(() => 'user')
  })

  it('reports errors that have a code', () => {
    expectTypeOf<RstoreError['code']>().toExtend<string>()
    expectTypeOf(store.$onError(() => undefined)).toEqualTypeOf<() => void>()
    expectTypeOf(store.$transaction(() => 5)).toEqualTypeOf<Promise<number>>()
    expectTypeOf(store.$transaction(async () => 'text')).toEqualTypeOf<Promise<string>>()
    expectTypeOf(store.$history.enable(5)).toEqualTypeOf<Promise<void>>()
    expectTypeOf(store.$history.undo()).toEqualTypeOf<Promise<void>>()
    expectTypeOf(store.$history.canUndo.value).toEqualTypeOf<boolean>()
  })
})
