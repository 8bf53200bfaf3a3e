import { relations, sql } from 'drizzle-orm'
import { check, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { rstoreMutations } from 'nuxt-rstore-drizzle/schema'

const createdAt = () => integer({ mode: 'timestamp' }).notNull().$defaultFn(() => new Date())

export const users = sqliteTable('users', {
  id: integer().primaryKey({ autoIncrement: true }),
  name: text({ length: 100 }).notNull(),
  email: text({ length: 200 }).notNull().unique(),
  role: text({ enum: ['Design', 'Engineering', 'Operations', 'Product'] }).notNull(),
}, table => [index('users_name').on(table.name)])

export const lists = sqliteTable('lists', {
  id: integer().primaryKey({ autoIncrement: true }),
  name: text({ length: 60 }).notNull().unique(),
  icon: text({ length: 60 }).notNull().default('i-lucide-list'),
  position: integer().notNull().default(0),
})

export const todos = sqliteTable('todos', {
  id: integer().primaryKey({ autoIncrement: true }),
  listId: integer().notNull().references(() => lists.id, { onDelete: 'cascade' }),
  assigneeId: integer().references(() => users.id, { onDelete: 'set null' }),
  title: text({ length: 200 }).notNull(),
  completed: integer({ mode: 'boolean' }).notNull().default(false),
  /** 0 none, 1 low, 2 medium, 3 high. */
  priority: integer().notNull().default(0),
  dueAt: integer({ mode: 'timestamp' }),
  createdAt: createdAt(),
  updatedAt: integer({ mode: 'timestamp' }).$onUpdate(() => new Date()),
}, table => [
  // A list names each todo once: add one twice to see the server refuse it.
  uniqueIndex('todos_list_title').on(table.listId, table.title),
  index('todos_created').on(table.createdAt),
  index('todos_list_created').on(table.listId, table.createdAt),
  index('todos_title').on(table.title),
  index('todos_priority').on(table.priority),
  index('todos_due').on(table.dueAt),
  index('todos_assignee').on(table.assigneeId),
  check('todos_title_given', sql`trim(${table.title}) <> ''`),
  check('todos_priority_range', sql`${table.priority} between 0 and 3`),
])

export const comments = sqliteTable('comments', {
  id: integer().primaryKey({ autoIncrement: true }),
  // What people have said is kept: a todo with comments can't be deleted.
  todoId: integer().notNull().references(() => todos.id, { onDelete: 'restrict' }),
  authorId: integer().references(() => users.id, { onDelete: 'set null' }),
  body: text({ length: 1000 }).notNull(),
  createdAt: createdAt(),
}, table => [
  index('comments_todo_created').on(table.todoId, table.createdAt),
  check('comments_body_given', sql`trim(${table.body}) <> ''`),
])

/** What the server has answered: a write that is sent again takes effect once. */
export const mutations = rstoreMutations('sqlite')

export const usersRelations = relations(users, ({ many }) => ({
  todos: many(todos),
  comments: many(comments),
}))

export const listsRelations = relations(lists, ({ many }) => ({
  todos: many(todos),
}))

export const todosRelations = relations(todos, ({ one, many }) => ({
  list: one(lists, { fields: [todos.listId], references: [lists.id] }),
  assignee: one(users, { fields: [todos.assigneeId], references: [users.id] }),
  comments: many(comments),
}))

export const commentsRelations = relations(comments, ({ one }) => ({
  todo: one(todos, { fields: [comments.todoId], references: [todos.id] }),
  author: one(users, { fields: [comments.authorId], references: [users.id] }),
}))
