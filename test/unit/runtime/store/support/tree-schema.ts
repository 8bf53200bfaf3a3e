import type { Dialect, SchemaModel } from '../../../../../src/runtime/shared/model'
import { column, model } from './schema'

const serial = column('number', { integer: true, hasDefault: true, range: ['-2147483648', '2147483647'] })
const reference = column('number', { integer: true, nullable: true, range: ['-2147483648', '2147483647'] })

/** Relations of every kind: one, many, to itself, by several fields, across a join table. */
export function createTreeSchema(dialect: Dialect = 'sqlite'): SchemaModel {
  const collections = [
    model('users', { id: column('string'), name: column('string') }, {
      relations: {
        todos: { to: 'todos', many: true, on: [['id', 'userId']] },
        memberships: { to: 'members', many: true, on: [['id', 'userId']] },
      },
    }),
    model('lists', { id: serial, name: column('string'), ownerId: column('string', { nullable: true }) }, {
      relations: {
        todos: { to: 'todos', many: true, on: [['id', 'listId']] },
        owner: { to: 'users', many: false, on: [['ownerId', 'id']] },
      },
      foreignKeys: [{ columns: ['ownerId'], to: 'users', toColumns: ['id'] }],
    }),
    model('todos', {
      id: serial,
      title: column('string'),
      listId: reference,
      userId: column('string', { nullable: true }),
      parentId: reference,
      done: column('boolean', { hasDefault: true, default: { value: false } }),
    }, {
      relations: {
        list: { to: 'lists', many: false, on: [['listId', 'id']] },
        user: { to: 'users', many: false, on: [['userId', 'id']] },
        parent: { to: 'todos', many: false, on: [['parentId', 'id']] },
        children: { to: 'todos', many: true, on: [['id', 'parentId']] },
        tags: { to: 'tags', many: true, on: [], through: { collection: 'todoTags', from: [['id', 'todoId']], to: [['tagId', 'id']] } },
        membership: { to: 'members', many: false, on: [['listId', 'listId'], ['userId', 'userId']] },
      },
      foreignKeys: [
        { columns: ['listId'], to: 'lists', toColumns: ['id'] },
        { columns: ['userId'], to: 'users', toColumns: ['id'] },
        { columns: ['parentId'], to: 'todos', toColumns: ['id'] },
      ],
    }),
    model('tags', { id: serial, label: column('string') }, {
      relations: { todos: { to: 'todos', many: true, on: [], through: { collection: 'todoTags', from: [['id', 'tagId']], to: [['todoId', 'id']] } } },
    }),
    model('todoTags', { todoId: column('number', { integer: true }), tagId: column('number', { integer: true }) }, {
      primaryKey: ['todoId', 'tagId'],
      foreignKeys: [{ columns: ['todoId'], to: 'todos', toColumns: ['id'] }, { columns: ['tagId'], to: 'tags', toColumns: ['id'] }],
    }),
    model('members', { listId: column('number', { integer: true }), userId: column('string'), role: column('string') }, { primaryKey: ['listId', 'userId'] }),
  ]
  return { dialect, collections: Object.fromEntries(collections.map(one => [one.name, one])) }
}
