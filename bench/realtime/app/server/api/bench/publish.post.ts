import { inArray } from 'drizzle-orm'
import { defineEventHandler, readBody } from 'h3'
import { publishRstoreDrizzleRealtimeUpdate } from '#imports'
import { todos } from '../../database/schema'
import { useDrizzle } from '../../utils/drizzle'

const known = new Map<string, Record<string, unknown>[]>()

/** Tells of rows one by one, `gap` milliseconds apart. Answers with the time of the first. */
export default defineEventHandler(async (event) => {
  const { rows, gap } = await readBody<{ rows: number[], gap: number }>(event)
  const id = rows.join()
  if (!known.has(id))
    known.set(id, await useDrizzle().select().from(todos).where(inArray(todos.id, rows)))
  const at = Number(process.hrtime.bigint()) / 1e6
  for (const record of known.get(id)!) {
    publishRstoreDrizzleRealtimeUpdate({ collection: todos, type: 'updated', record, previousRecord: record })
    if (gap > 0)
      await new Promise(resolve => setTimeout(resolve, gap))
  }
  return { at }
})
