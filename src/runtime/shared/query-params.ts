import type { CollectionModel } from './model'
import type { ListQuery } from './query'
import { joinKeys } from './key'
import { encodeCondition } from './condition-codec'
import { reservedParams } from './query'

/** A query as search params, in a fixed order: equal queries, equal text. */
export function toSearchParams(query: ListQuery, model: CollectionModel): URLSearchParams {
  const search = new URLSearchParams()
  if (query.where)
    search.set('where', JSON.stringify(encodeCondition(query.where, model)))
  if (query.orderBy?.length)
    search.set('orderBy', query.orderBy.join(','))
  if (query.limit !== undefined)
    search.set('limit', String(query.limit))
  if (query.offset)
    search.set('offset', String(query.offset))
  if (query.cursor !== undefined)
    search.set('cursor', query.cursor)
  if (query.columns)
    search.set('columns', query.columns.join(','))
  if (query.keys)
    search.set('keys', joinKeys(query.keys))
  for (const name of Object.keys(query.params ?? {}).sort()) {
    const value = query.params![name]
    if (value !== undefined && !reservedParams.includes(name))
      search.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  return search
}
