import { asc, desc } from 'drizzle-orm'
import { defineEventHandler, getQuery } from 'h3'
import { lists, todos } from '../../../database/schema'
import { useDrizzle } from '../../../utils/drizzle'

/** Lists with their newest todos, each with its user. */
export default defineEventHandler((event) => {
  const { limit, offset } = getQuery(event)
  return useDrizzle().query.lists.findMany({
    orderBy: asc(lists.id),
    limit: Number(limit),
    offset: Number(offset),
    with: { todos: { orderBy: [desc(todos.createdAt), desc(todos.id)], limit: 10, with: { user: true } } },
  })
})
