import { and, desc, eq } from 'drizzle-orm'
import { defineEventHandler, getQuery } from 'h3'
import { todos } from '../../../database/schema'
import { useDrizzle } from '../../../utils/drizzle'

/** All, or the open ones of a list, newest first. */
export default defineEventHandler((event) => {
  const { listId, limit } = getQuery(event)
  const query = useDrizzle().select().from(todos).limit(Number(limit))
  return listId === undefined
    ? query.orderBy(todos.id)
    : query.where(and(eq(todos.listId, Number(listId)), eq(todos.done, false))).orderBy(desc(todos.createdAt), desc(todos.id))
})
