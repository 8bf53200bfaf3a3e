import { eq } from 'drizzle-orm'
import { createError, defineEventHandler, getRouterParam } from 'h3'
import { todos } from '../../../database/schema'
import { useDrizzle } from '../../../utils/drizzle'

export default defineEventHandler(async (event) => {
  const id = Number(getRouterParam(event, 'id'))
  const [todo] = await useDrizzle().select().from(todos).where(eq(todos.id, id)).limit(1)
  if (!todo)
    throw createError({ statusCode: 404 })
  return todo
})
