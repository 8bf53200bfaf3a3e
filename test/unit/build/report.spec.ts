import type { CollectionModel } from '../../../src/runtime/shared/model'
import { expect, it } from 'vitest'
import { renderReport, summarize } from '../../../src/build/report'

const column = { type: 'string', nullable: false, hasDefault: false, generated: false, readonly: false } as const
const model = (name: string, rest: Partial<CollectionModel>): CollectionModel =>
  ({ name, table: name, primaryKey: ['id'], columns: { id: column }, relations: {}, foreignKeys: [], readonly: false, ...rest })

it('says what is served and what is not', () => {
  const collections = {
    members: model('members', { primaryKey: ['listId', 'userId'], columns: { listId: column, userId: column } }),
    stats: model('stats', { readonly: true }),
    todos: model('todos', {
      columns: { id: column, token: { ...column, hidden: true }, at: { ...column, readonly: true } },
      relations: { list: { to: 'lists', many: false, on: [] } },
    }),
  }
  const server = { dialect: 'sqlite', collections } as const
  expect(renderReport({ server, client: server, files: {}, excluded: ['sessions'] }, '/api/rstore')).toMatchInlineSnapshot(`
    "3 collections (sqlite) on /api/rstore
      members  2 columns · key: listId + userId
      stats    view, read only · 1 column
      todos    2 columns · relations: list · hidden: token · readonly: at
      left out: sessions
      writes that are sent again: recognised as far as Nitro's storage remembers; exactly once with a table of rstoreMutations('sqlite') from nuxt-rstore-drizzle/schema in the schema"
  `)
})

it('says it where nothing is', () => {
  expect(summarize(0, 'mysql', '/api/rstore')).toBe('No collections: the schema (mysql) exports no table.')
})

it('says what only the database can order, and what it orders without an index', () => {
  const text = { ...column, collation: 'server' } as const
  const collections = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map(name => [name, model(name, {
    columns: { id: text, title: text, secret: { ...text, hidden: true }, period: { ...column, collation: 'opaque' }, ...name === 'b' && { at: { ...column, type: 'date', precision: 0.001 } } },
  })]))
  const server = { dialect: 'postgresql', collections } as const
  expect(renderReport({ server, client: server, files: {}, excluded: [] }, '/api/rstore').split('\n').slice(-2)).toMatchInlineSnapshot(`
    [
      "  ordered without an index: b.at; they store microseconds and a Date milliseconds, so declare them with a precision of 3",
      "  writes that are sent again: recognised as far as Nitro's storage remembers; exactly once with a table of rstoreMutations('postgresql') from nuxt-rstore-drizzle/schema in the schema",
    ]
  `)
})
