import { eq } from 'drizzle-orm'
import { defineEventHandler, readBody } from 'h3'
import { todos } from '../../database/schema'
import { useDrizzle } from '../../utils/drizzle'

interface Wanted { ids: number[], title?: string }

/** Many todos by their keys, read or changed, all at the same time. */
export default defineEventHandler(async (event) => {
  const { ids, title } = await readBody<Wanted>(event)
  const db = useDrizzle()
  const found = await Promise.all(ids.map(id => title === undefined
    ? db.select().from(todos).where(eq(todos.id, id)).limit(1)
    : db.update(todos).set({ title }).where(eq(todos.id, id)).returning()))
  return found.map(([todo]) => todo)
})
