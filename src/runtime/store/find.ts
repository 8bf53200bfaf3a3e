import type { Row } from '../shared/model'
import type { CollectionContext } from './collection-context'
import type { Plan, ReadPlan } from './plan'
import { readPlan } from './plan'
import { inPortions } from './transport'
import { createViewSpec } from './view-spec'

/** A read that is done once its promise settles. Rejects with what went wrong. */
export async function find(context: CollectionContext, plan: Plan): Promise<Row[]> {
  const read = readPlan(plan, context)
  if (!read.enabled)
    return []
  if (read.policy === 'no-cache')
    return fetchDetached(context, read)
  const window = context.acquire(read)
  try {
    if (read.policy === 'cache-first')
      await context.requests.ensure(window)
    else if (read.policy !== 'cache-only')
      await context.requests.load(window)
    return window.data.value
  }
  finally {
    context.release(window, read)
  }
}

/** What the cache holds for a read, at once. */
export function peek(context: CollectionContext, { kind, options }: Plan): Row[] {
  const read = readPlan({ kind, options: { ...options, fetchPolicy: 'cache-only' } }, context)
  if (!read.enabled)
    return []
  const window = context.acquire(read)
  context.release(window, read)
  return window.data.value
}

/** Rows straight from the server, which no cache keeps. */
export async function fetchDetached({ collection, transport, limits }: CollectionContext, { stem, offset, limit }: ReadPlan): Promise<Row[]> {
  const { model, createRow } = collection
  const { keys } = stem
  const rows: Row[] = []
  if (keys?.length === 1 && !stem.where) {
    const row = await transport.fetchFirst(model, keys[0]!, { columns: stem.columns, params: stem.params })
    return row && offset === 0 && limit !== 0 ? [createRow(row)] : []
  }
  if (keys) {
    for (const portion of inPortions(keys, limits.maxKeys))
      rows.push(...(await transport.fetchMany(model, { ...stem, keys: portion })).rows)
    if (keys.length > limits.maxKeys)
      rows.sort(createViewSpec(stem, model, collection.dialect).compare)
    return rows.slice(offset, offset + (limit ?? rows.length)).map(row => createRow(row))
  }
  let cursor: string | undefined
  do {
    const answer = await transport.fetchMany(model, { ...stem, offset: cursor === undefined ? offset : undefined, limit: limit === undefined ? undefined : Math.min(limit - rows.length, limits.maxLimit), cursor })
    rows.push(...answer.rows.map(row => createRow(row)))
    cursor = answer.nextCursor
  } while (cursor !== undefined && (limit === undefined || rows.length < limit))
  return rows
}
