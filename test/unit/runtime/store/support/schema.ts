import type { CollectionModel, ColumnModel, Dialect, SchemaModel } from '../../../../../src/runtime/shared/model'

export function column(type: ColumnModel['type'], more: Partial<ColumnModel> = {}): ColumnModel {
  return { type, nullable: false, hasDefault: false, generated: false, readonly: false, ...more }
}

export function model(name: string, columns: Record<string, ColumnModel>, more: Partial<CollectionModel> = {}): CollectionModel {
  return { name, table: name, primaryKey: ['id'], columns, relations: {}, foreignKeys: [], readonly: false, ...more }
}

const serial = column('number', { integer: true, hasDefault: true, range: ['-2147483648', '2147483647'] })
const reference = column('number', { integer: true, nullable: true, range: ['-2147483648', '2147483647'] })

/** One collection for each kind of key. */
export function createSchema(dialect: Dialect = 'sqlite'): SchemaModel {
  const collections = [
    model('lists', { id: serial, name: column('string') }),
    model('todos', {
      id: serial,
      title: column('string'),
      listId: reference,
      done: column('boolean', { hasDefault: true, default: { value: false } }),
      priority: column('number', { integer: true, nullable: true }),
      createdAt: column('date', { hasDefault: true, default: 'now', precision: 1 }),
    }, { foreignKeys: [{ columns: ['listId'], to: 'lists', toColumns: ['id'] }] }),
    model('tags', { id: column('string', { hasDefault: true }), label: column('string') }),
    model('labels', {
      id: column('string', { length: 8 }),
      tagId: column('string', { length: 8, nullable: true }),
    }, { foreignKeys: [{ columns: ['tagId'], to: 'tags', toColumns: ['id'] }] }),
    model('members', {
      teamId: column('number', { integer: true }),
      userId: column('string'),
      role: column('string', { enumValues: ['admin', 'guest'] }),
    }, { primaryKey: ['teamId', 'userId'] }),
    model('events', {
      id: column('bigint', { hasDefault: true }),
      size: column('bigint', { nullable: true }),
      data: column('json', { nullable: true }),
    }),
    model('notes', {
      id: column('string'),
      eventId: column('bigint', { nullable: true }),
    }, { foreignKeys: [{ columns: ['eventId'], to: 'events', toColumns: ['id'] }] }),
    model('days', { id: column('date', { precision: 1, hasDefault: true }), text: column('string') }),
  ]
  return { dialect, collections: Object.fromEntries(collections.map(one => [one.name, one])) }
}
