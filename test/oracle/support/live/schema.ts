import type { SQL, Table } from 'drizzle-orm'
import type { CollectionModel, Dialect, RelationModel, Row, SchemaModel } from '../../../../src/runtime/shared/model'
import { getTableColumns } from 'drizzle-orm'
import { schemaModel } from '../../../support/schema-model'

/**
 * A database with the tables that the store is tried on, made by the dialect's own means:
 *
 *     users     id text key, name text, size bigint?
 *     lists     id numbered key, name text, ownerId text? -> users (set null), rank integer?
 *     todos     id numbered key, title text, listId integer? -> lists (set null), userId text?, parentId integer?, done boolean (false),
 *               priority integer?, size bigint?, at date?, createdAt date (now)
 *     tags      slug text key, rank integer?
 *     todoTags  todoId integer -> todos (cascade), slug text -> tags (cascade), both the key; weight integer?
 *     members   listId integer, userId text, both the key; role text?
 *     events    id bigint key, numbered where the dialect can; todoId integer?, size bigint?, at date?
 *
 * `?` may be NULL. References to users and todos that are not marked are declared, but not kept by the database.
 */
export interface LiveDatabase {
  dialect: Dialect
  name: string
  /** By the names above. */
  tables: Record<string, Table>
  /** A Drizzle database, for the server. */
  database: unknown
  /** The same database for everybody else, through a driver that gives every value exactly. */
  direct: unknown
}

/** In an order in which rows may be put in; the other way round they may be deleted. */
export const names = ['users', 'lists', 'tags', 'todos', 'todoTags', 'members', 'events']

/** Collections whose rows the database changes along when a row is deleted. */
export const dependents: Record<string, string[]> = { users: ['lists'], lists: ['todos'], todos: ['todoTags'], tags: ['todoTags'] }

const on = (to: string, many: boolean, ...pairs: [string, string][]): RelationModel => ({ to, many, on: pairs })
const across = (to: string, collection: string, from: [string, string], target: [string, string], many = true): RelationModel => ({ to, many, on: [], through: { collection, from: [from], to: [target] } })

/** What `liveSchema` adds to the tables, by collection. */
export const relations: Record<string, Record<string, RelationModel>> = {
  users: {
    todos: on('todos', true, ['id', 'userId']),
    someTodo: on('todos', false, ['id', 'userId']),
    memberships: on('members', true, ['id', 'userId']),
    lists: across('lists', 'members', ['id', 'userId'], ['listId', 'id']),
    /** By a field that is no key. */
    listTodos: across('todos', 'members', ['id', 'userId'], ['listId', 'listId']),
  },
  lists: {
    todos: on('todos', true, ['id', 'listId']),
    owner: on('users', false, ['ownerId', 'id']),
    members: on('members', true, ['id', 'listId']),
  },
  todos: {
    list: on('lists', false, ['listId', 'id']),
    user: on('users', false, ['userId', 'id']),
    parent: on('todos', false, ['parentId', 'id']),
    children: on('todos', true, ['id', 'parentId']),
    tags: across('tags', 'todoTags', ['id', 'todoId'], ['slug', 'slug']),
    someTag: across('tags', 'todoTags', ['id', 'todoId'], ['slug', 'slug'], false),
    links: on('todoTags', true, ['id', 'todoId']),
    membership: on('members', false, ['listId', 'listId'], ['userId', 'userId']),
    events: on('events', true, ['id', 'todoId']),
    sameSize: on('events', true, ['size', 'size']),
    sameTime: on('events', true, ['at', 'at']),
    /** The join table is the target itself. */
    siblings: across('todos', 'todos', ['parentId', 'id'], ['id', 'parentId']),
  },
  tags: { todos: across('todos', 'todoTags', ['slug', 'slug'], ['todoId', 'id']) },
  todoTags: { todo: on('todos', false, ['todoId', 'id']), tag: on('tags', false, ['slug', 'slug']) },
  members: {
    list: on('lists', false, ['listId', 'id']),
    user: on('users', false, ['userId', 'id']),
    todos: on('todos', true, ['listId', 'listId'], ['userId', 'userId']),
  },
  events: { todo: on('todos', false, ['todoId', 'id']) },
}

/** The model that a build makes of the tables. */
export function liveSchema({ tables, dialect }: LiveDatabase): SchemaModel {
  const schema = schemaModel(tables, dialect, { textCollation: 'binary' })
  for (const [name, model] of Object.entries(schema.collections))
    model.relations = relations[name]!
  return schema
}

/** Rows as somebody makes them, by a small number. */
export const makers: Record<string, (i: number) => Row> = {
  users: i => ({ id: ['u0', 'u1', 'U1', 'ü'][i % 4], name: 'a', size: null }),
  lists: i => ({ id: i % 4 + 1, name: 'a', ownerId: null, rank: null }),
  todos: i => ({ id: i % 14 + 1, title: 'a', listId: i % 3 + 1, userId: i % 2 ? 'u0' : null, parentId: i % 4 || null, done: false, priority: null, size: null, at: null, createdAt: new Date(1767323045000 + i % 3) }),
  tags: i => ({ slug: ['a', 'A', 'b:', '\u{1F600}'][i % 4], rank: null }),
  todoTags: i => ({ todoId: i % 5 + 1, slug: ['a', 'A', 'b:', '\u{1F600}'][(i >> 1) % 4], weight: null }),
  members: i => ({ listId: i % 4 + 1, userId: ['u0', 'u1', 'U1', 'ü'][(i >> 1) % 4], role: null }),
  events: i => ({ id: [1n, 2n, 10n, 9007199254740993n, 9007199254740992n, -3n][i % 6], todoId: i % 5 + 1, size: null, at: null }),
}

const texts = ['a', 'A', 'b', 'ab', '', 'é', '\uFFFF', '\u{1F600}']
const sizes = [0n, 2n, 10n, -1n, 9007199254740993n, 9007199254740992n]
const times = [0, 1, 1767323045000, 1767323045001].map(time => new Date(time))

/** Values that a field may be given. */
export function valuesOf(collection: string, field: string, { columns }: CollectionModel): readonly unknown[] {
  const { type, nullable } = columns[field]!
  // Rows have to meet.
  if (field === 'listId' || field === 'parentId' || field === 'todoId')
    return [null, 1, 1, 2, 2, 3]
  const values = field === 'userId' || field === 'ownerId'
    ? ['u0', 'u0', 'u1', 'U1']
    : field === 'slug'
      ? ['a', 'A', 'b:', '\u{1F600}']
      : type === 'string' ? texts : type === 'bigint' ? sizes : type === 'boolean' ? [true, false] : type === 'date' ? times : [1, 2, 3, 4]
  return nullable ? [null, ...values] : values
}

/** Fields that a create or an update may give: all but the key. */
export function inputFields({ columns, primaryKey }: CollectionModel): string[] {
  return Object.keys(columns).filter(field => !primaryKey.includes(field))
}

interface Select extends PromiseLike<Row[]> {
  where: (condition: SQL | undefined) => Select
  orderBy: (...terms: SQL[]) => Select
  limit: (count: number) => Select
  offset: (count: number) => Select
}

/** What Drizzle's databases have in common, without their types. */
export interface AnyDatabase {
  select: () => { from: (table: Table) => Select }
  insert: (table: Table) => { values: (rows: Row | Row[]) => PromiseLike<unknown> }
  update: (table: Table) => { set: (values: Row) => { where: (condition: SQL | undefined) => PromiseLike<unknown> } }
  delete: (table: Table) => { where: (condition: SQL | undefined) => PromiseLike<unknown> } & PromiseLike<unknown>
}

export function columnsOf(table: Table): Record<string, SQL> {
  return getTableColumns(table) as unknown as Record<string, SQL>
}
