import { relations } from 'drizzle-orm'
import { blob, index, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const users = sqliteTable('users', {
  id: integer().primaryKey(),
  name: text().notNull(),
  email: text().notNull(),
})

export const lists = sqliteTable('lists', {
  id: integer().primaryKey(),
  name: text().notNull(),
})

export const todos = sqliteTable('todos', {
  id: integer().primaryKey(),
  title: text().notNull(),
  done: integer({ mode: 'boolean' }).notNull(),
  priority: integer(),
  listId: integer('list_id').notNull(),
  userId: integer('user_id').notNull(),
  createdAt: integer('created_at', { mode: 'timestamp_ms' }).notNull(),
}, table => [index('todos_of_list').on(table.listId, table.createdAt)])

/** As many rows, of types that SQLite can't put into JSON without losing something. */
export const readings = sqliteTable('readings', {
  id: integer().primaryKey(),
  sensor: integer().notNull(),
  value: real().notNull(),
  weight: real(),
  raw: blob({ mode: 'buffer' }).notNull(),
  details: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  at: integer({ mode: 'timestamp_ms' }).notNull(),
}, table => [index('readings_of_sensor').on(table.sensor, table.at)])

export const listsRelations = relations(lists, ({ many }) => ({ todos: many(todos) }))
export const todosRelations = relations(todos, ({ one }) => ({
  list: one(lists, { fields: [todos.listId], references: [lists.id] }),
  user: one(users, { fields: [todos.userId], references: [users.id] }),
}))
