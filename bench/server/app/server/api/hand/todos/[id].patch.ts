import { eq } from 'drizzle-orm'
import { createError, defineEventHandler, getRouterParam, readBody } from 'h3'
import { todos } from '../../../database/schema'
import { useDrizzle } from '../../../utils/drizzle'

export default defineEventHandler(async (event) => {
  const id = Number(getRouterParam(event, 'id'))
  const { title, done } = await readBody<{ title?: string, done?: boolean }>(event)
  const [todo] = await useDrizzle().update(todos).set({ title, done }).where(eq(todos.id, id)).returning()
  if (!todo)
    throw createError({ statusCode: 404 })
  return todo
})
