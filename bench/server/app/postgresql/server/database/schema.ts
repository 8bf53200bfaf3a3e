import { relations } from 'drizzle-orm'
import { boolean, doublePrecision, index, integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

export const users = pgTable('users', {
  id: integer().primaryKey(),
  name: text().notNull(),
  email: text().notNull(),
})

export const lists = pgTable('lists', {
  id: integer().primaryKey(),
  name: text().notNull(),
})

export const todos = pgTable('todos', {
  id: integer().primaryKey(),
  title: text().notNull(),
  done: boolean().notNull(),
  priority: integer(),
  listId: integer('list_id').notNull(),
  userId: integer('user_id').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull(),
}, table => [index('todos_of_list').on(table.listId, table.createdAt)])

export const readings = pgTable('readings', {
  id: integer().primaryKey(),
  sensor: integer().notNull(),
  value: doublePrecision().notNull(),
  weight: doublePrecision(),
  details: jsonb().$type<Record<string, unknown>>().notNull(),
  at: timestamp({ withTimezone: true, precision: 3 }).notNull(),
}, table => [index('readings_of_sensor').on(table.sensor, table.at)])

export const listsRelations = relations(lists, ({ many }) => ({ todos: many(todos) }))
export const todosRelations = relations(todos, ({ one }) => ({
  list: one(lists, { fields: [todos.listId], references: [lists.id] }),
  user: one(users, { fields: [todos.userId], references: [users.id] }),
}))
