/* eslint-disable @typescript-eslint/no-empty-object-type -- the shape that the generated types have */
import type { CreateOf, RowOf, UpdateOf } from '../../src/runtime/types/schema'
import type { FormIssue, Item, StandardSchema, Store } from '../../src/runtime/store/types'
import { integer, sqliteTable, sqliteView, text } from 'drizzle-orm/sqlite-core'
import { describe, expectTypeOf, it } from 'vitest'
import { eq } from '../../src/runtime/shared/condition'

const users = sqliteTable('users', {
  id: integer().primaryKey({ autoIncrement: true }),
  name: text().notNull(),
  nickname: text(),
  role: text({ enum: ['admin', 'guest'] }).notNull().default('guest'),
  settings: text({ mode: 'json' }).$type<{ dark: boolean }>(),
  createdAt: integer({ mode: 'timestamp' }).notNull().$defaultFn(() => new Date()),
})
export const names = sqliteView('names').as(qb => qb.select({ id: users.id, name: users.name }).from(users))

interface UsersRow extends RowOf<typeof users> {}
interface UsersCreate extends CreateOf<typeof users, 'createdAt'> {}
interface UsersUpdate extends UpdateOf<typeof users, 'createdAt'> {}
interface NamesRow extends RowOf<typeof names> {}

interface Schema {
  users: { row: UsersRow, create: UsersCreate, update: UsersUpdate, key: number, relations: {} }
  names: { row: NamesRow, create: never, update: never, key: number, relations: {} }
}

declare const store: Store<Schema>
declare const schema: StandardSchema<{ name: string }>
type User = Item<Schema, 'users'>
type Flat<T> = { [K in keyof T]: T[K] }

describe('a form for a new row', () => {
  const form = store.users.createForm()

  it('has the fields that can be set, which may be empty', () => {
    expectTypeOf(form.name).toEqualTypeOf<string | undefined>()
    expectTypeOf(form.nickname).toEqualTypeOf<string | null | undefined>()
    expectTypeOf(form.role).toEqualTypeOf<'admin' | 'guest' | undefined>()
    expectTypeOf(form.settings).toEqualTypeOf<{ dark: boolean } | null | undefined>()
    form.name = 'a'
    form.name = undefined
    // @ts-expect-error not a string
    form.name = 1
    // @ts-expect-error not in the enum
    form.role = 'other'
    // @ts-expect-error readonly
    expect(form.createdAt)
    // @ts-expect-error no such column
    expect(form.nmae)
  })

  it('gives the row, when called and by $submit', () => {
    expectTypeOf(form()).toEqualTypeOf<Promise<User>>()
    expectTypeOf(form.$submit()).toEqualTypeOf<Promise<User>>()
    expectTypeOf(form.$onSuccess).parameter(0).parameter(0).toEqualTypeOf<User>()
    expectTypeOf(form.$onError).parameter(0).parameter(0).toEqualTypeOf<Error>()
    expectTypeOf(form.$onSuccess(() => undefined)).toEqualTypeOf<() => void>()
    // @ts-expect-error it takes no data: that is in its fields
    form({ name: 'a' })
  })

  it('has its state beside the fields', () => {
    expectTypeOf(form.$loading).toEqualTypeOf<boolean>()
    expectTypeOf(form.$error).toEqualTypeOf<Error | null>()
    expectTypeOf(form.$hasChanges()).toEqualTypeOf<boolean>()
    expectTypeOf(form.$changedProps.name).toEqualTypeOf<readonly [value: string | undefined, former: string | undefined] | undefined>()
    // @ts-expect-error only the form says so
    form.$loading = true
    // @ts-expect-error no such column
    expect(form.$changedProps.nmae)
  })

  it('takes options of its columns', () => {
    store.users.createForm({
      defaultValues: { name: 'a' },
      resetOnSuccess: false,
      validateOnSubmit: false,
      transformData: (data) => {
        expectTypeOf(data).toEqualTypeOf<UsersCreate>()
        return { ...data, nickname: null }
      },
    })
    store.users.createForm({ defaultValues: () => ({ role: 'admin' }) })
    store.users.createForm({ transformData: async data => data })
    // @ts-expect-error no such column
    store.users.createForm({ defaultValues: { nmae: 'a' } })
    // @ts-expect-error readonly
    store.users.createForm({ defaultValues: { createdAt: new Date() } })
    // @ts-expect-error not in the enum
    store.users.createForm({ defaultValues: () => ({ role: 'other' }) })
    // @ts-expect-error a row needs a name
    store.users.createForm({ transformData: () => ({}) })
    // @ts-expect-error no such option
    store.users.createForm({ defaults: {} })
  })
})

describe('a form for a row', () => {
  it('has its fields, with the values of a row', async () => {
    const form = await store.users.updateForm(1)
    expectTypeOf(form.name).toEqualTypeOf<string>()
    expectTypeOf(form.nickname).toEqualTypeOf<string | null>()
    expectTypeOf(form.id).toEqualTypeOf<number>()
    expectTypeOf(form()).toEqualTypeOf<Promise<User>>()
    expectTypeOf(form.$changedProps.name).toEqualTypeOf<readonly [value: string, former: string] | undefined>()
    form.nickname = null
    // @ts-expect-error takes no NULL
    form.name = null
    // @ts-expect-error readonly
    expect(form.createdAt)
  })

  it('is found by key or condition', async () => {
    void store.users.updateForm('1')
    void store.users.updateForm(1n)
    void store.users.updateForm({ key: 1 })
    void store.users.updateForm({ where: eq('name', 'a'), orderBy: ['id.desc'] })
    // @ts-expect-error a form is of one row
    void store.users.updateForm()
    // @ts-expect-error no such column
    void store.users.updateForm({ where: eq('nmae', 'a') })
    // @ts-expect-error no such option
    void store.users.updateForm({ limit: 1 })
  })

  it('has the columns that were read', async () => {
    const form = await store.users.updateForm({ key: 1, columns: { name: true, createdAt: true } })
    expectTypeOf(form.name).toEqualTypeOf<string>()
    // @ts-expect-error not read
    expect(form.nickname)
    // @ts-expect-error read, and readonly
    expect(form.createdAt)
    // @ts-expect-error no such column
    void store.users.updateForm({ key: 1, columns: { nmae: true } })
  })

  it('has the fields that are picked', async () => {
    const form = await store.users.updateForm(1, {
      pickDefaults: (item) => {
        expectTypeOf(item).toEqualTypeOf<User>()
        return { name: item.name, nickname: item.nickname ?? '' }
      },
    })
    expectTypeOf(form.name).toEqualTypeOf<string>()
    expectTypeOf(form.nickname).toEqualTypeOf<string | null>()
    // @ts-expect-error not picked
    expect(form.role)
    // @ts-expect-error not the type of the column
    void store.users.updateForm(1, { pickDefaults: () => ({ name: 1 }) })
    // @ts-expect-error no such column
    void store.users.updateForm(1, { pickDefaults: () => ({ nmae: 'a' }) })
  })

  it('sends a patch', () => {
    void store.users.updateForm(1, {
      transformData: (patch) => {
        expectTypeOf(patch).toEqualTypeOf<UsersUpdate>()
        return patch
      },
    })
    // @ts-expect-error no such column
    void store.users.updateForm(1, { transformData: () => ({ nmae: 'a' }) })
    // @ts-expect-error of new rows only
    void store.users.updateForm(1, { defaultValues: {} })
  })
})

describe('a schema', () => {
  it('is any Standard Schema, and keeps its type', async () => {
    expectTypeOf(store.users.createForm({ schema }).$schema).toEqualTypeOf<typeof schema>()
    expectTypeOf((await store.users.updateForm(1, { schema })).$schema).toEqualTypeOf<typeof schema>()
    // @ts-expect-error not a Standard Schema
    store.users.createForm({ schema: { parse: () => ({}) } })
  })

  it('is of the columns by default', () => {
    const form = store.users.createForm()
    type Input = NonNullable<(typeof form.$schema)['~standard']['types']>['input']
    expect(form)
    expectTypeOf<Flat<Input>>().toEqualTypeOf<{
      id?: number
      name?: string
      nickname?: string | null
      role?: 'admin' | 'guest'
      settings?: { dark: boolean } | null
    }>()
    expectTypeOf<FormIssue['message']>().toEqualTypeOf<string>()
  })
})

it('a view has no forms', () => {
  // @ts-expect-error it can only be read
  store.names.createForm()
  // @ts-expect-error it can only be read
  void store.names.updateForm(1)
})

declare function expect(value: unknown): void
