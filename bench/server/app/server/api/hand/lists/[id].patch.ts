import { and, eq, gte } from 'drizzle-orm'
import { createError, defineEventHandler, getHeader, getRouterParam, readBody } from 'h3'
import { lists } from '../../../database/schema'
import { useDrizzle } from '../../../utils/drizzle'

/** Lets the caller change lists from a number on. */
export default defineEventHandler(async (event) => {
  const id = Number(getRouterParam(event, 'id'))
  const { name } = await readBody<{ name?: string }>(event)
  const [list] = await useDrizzle().update(lists).set({ name }).where(and(eq(lists.id, id), gte(lists.id, Number(getHeader(event, 'x-from') ?? 0)))).returning()
  if (!list)
    throw createError({ statusCode: 404 })
  return list
})
