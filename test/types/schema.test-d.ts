/* eslint-disable @typescript-eslint/no-empty-object-type -- the shape that the generated types have */
import type { CollectionTypes, CreateOf, RowOf, UpdateOf } from '../../src/runtime/types/schema'
import { sql } from 'drizzle-orm'
import * as p from 'drizzle-orm/pg-core'
import { blob, integer, sqliteTable, sqliteView, text } from 'drizzle-orm/sqlite-core'
import { describe, expectTypeOf, it } from 'vitest'

const todos = sqliteTable('todos', {
  id: integer().primaryKey({ autoIncrement: true }),
  title: text().notNull(),
  state: text({ enum: ['open', 'done'] }).notNull().default('open'),
  meta: text({ mode: 'json' }).$type<{ tags: string[] }>(),
  file: blob({ mode: 'buffer' }),
  upper: text().generatedAlwaysAs(sql`upper(title)`),
  secret: text().notNull(),
  createdAt: integer({ mode: 'timestamp' }).notNull().$defaultFn(() => new Date()),
})

export const events = p.pgTable('events', {
  id: p.bigint({ mode: 'bigint' }).generatedAlwaysAsIdentity().primaryKey(),
  tags: p.text().array().notNull(),
  price: p.numeric(),
})

export const titles = sqliteView('titles').as(qb => qb.select({ id: todos.id, title: todos.title }).from(todos))

// As the generated types have them: interfaces over what Drizzle infers.
interface TodosRow extends RowOf<typeof todos, 'secret'> {}
interface TodosCreate extends CreateOf<typeof todos, 'secret' | 'createdAt'> {}
interface TodosUpdate extends UpdateOf<typeof todos, 'secret' | 'createdAt'> {}
interface TitlesRow extends RowOf<typeof titles> {}

interface Schema {
  todos: { row: TodosRow, create: TodosCreate, update: TodosUpdate, key: number, relations: { related: { to: 'todos', many: true } } }
  titles: { row: TitlesRow, create: never, update: never, key: number, relations: {} }
}

describe('rows', () => {
  it('are what Drizzle selects, without hidden columns, with bytes that a browser has', () => {
    expectTypeOf<{ [K in keyof TodosRow]: TodosRow[K] }>().toEqualTypeOf<{
      id: number
      title: string
      state: 'open' | 'done'
      meta: { tags: string[] } | null
      file: Uint8Array | null
      upper: string | null
      createdAt: Date
    }>()
    expectTypeOf<RowOf<typeof events>>().toEqualTypeOf<{ id: bigint, tags: string[], price: string | null }>()
  })

  it('of a view have its columns', () => {
    expectTypeOf<{ [K in keyof TitlesRow]: TitlesRow[K] }>().toEqualTypeOf<{ id: number, title: string }>()
  })
})

describe('inputs', () => {
  it('of a create leave out what is filled in, generated, hidden or readonly', () => {
    expectTypeOf<{ [K in keyof TodosCreate]: TodosCreate[K] }>().toEqualTypeOf<{
      id?: number
      title: string
      state?: 'open' | 'done'
      meta?: { tags: string[] } | null
      file?: Uint8Array | null
    }>()
    expectTypeOf<CreateOf<typeof events>>().toEqualTypeOf<{ tags: string[], price?: string | null }>()
  })

  it('of an update are the same, all optional', () => {
    expectTypeOf<{ [K in keyof TodosUpdate]: TodosUpdate[K] }>().toEqualTypeOf<{
      id?: number
      title?: string
      state?: 'open' | 'done'
      meta?: { tags: string[] } | null
      file?: Uint8Array | null
    }>()
  })

  it('refuse what they do not have', () => {
    // @ts-expect-error a title is required
    const missing: TodosCreate = {}
    // @ts-expect-error hidden
    const hidden: TodosCreate = { title: 'a', secret: 'b' }
    // @ts-expect-error readonly
    const closed: TodosUpdate = { createdAt: new Date() }
    // @ts-expect-error not in the enum
    const wrong: TodosUpdate = { state: 'other' }
    return { missing, hidden, closed, wrong }
  })
})

it('all of it is of the shape that the store expects', () => {
  expectTypeOf<Schema[keyof Schema]>().toExtend<CollectionTypes>()
})
