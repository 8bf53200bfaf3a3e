import type { CollectionModel, ReferentialAction } from '../../../../../src/runtime/shared/model'
import { expect, it } from 'vitest'
import { dependentsOf } from '../../../../../src/runtime/server/realtime/dependents'

const model = (name: string, references: Record<string, ReferentialAction | undefined> = {}): CollectionModel => ({
  name,
  table: name,
  primaryKey: ['id'],
  columns: {},
  relations: {},
  readonly: false,
  foreignKeys: Object.entries(references).map(([to, onDelete]) => ({ columns: [`${to}Id`], to, toColumns: ['id'], onDelete })),
})

it('finds what the database changes along with a row that is deleted, along chains and round circles', () => {
  const models = [
    model('users'),
    model('lists', { users: 'cascade' }),
    model('todos', { lists: 'cascade', users: 'set null' }),
    model('comments', { todos: 'set null', comments: 'cascade' }),
    model('likes', { comments: 'cascade' }),
    model('logs', { todos: undefined, users: 'restrict' }),
  ]
  const found = dependentsOf({ dialect: 'sqlite', collections: Object.fromEntries(models.map(one => [one.name, one])) })
  expect(Object.fromEntries([...found].map(([name, others]) => [name, [...others].sort()]))).toEqual({
    users: ['comments', 'lists', 'todos'],
    lists: ['comments', 'todos'],
    todos: ['comments'],
    comments: ['comments', 'likes'],
    likes: [],
    logs: [],
  })
})
