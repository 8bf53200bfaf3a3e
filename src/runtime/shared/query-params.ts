import type { Key } from './key'
import type { CollectionModel } from './model'
import type { ListQuery } from './query'
import { joinKeys } from './key'
import { encodeCondition } from './condition-codec'
import { encodeIncludes } from './include-codec'
import { reservedParams } from './query'

/** A query as JSON, as it travels in a batch. Models of other collections are needed for what it includes. */
export function encodeQuery(query: ListQuery, model: CollectionModel, modelOf: (name: string) => CollectionModel = () => model): Record<string, unknown> {
  const { where, orderBy, limit, offset, cursor, columns, keys, include, params = {} } = query
  const encoded: Record<string, unknown> = {
    where: where && encodeCondition(where, model),
    orderBy: orderBy?.length ? orderBy : undefined,
    limit,
    offset: offset || undefined,
    cursor,
    columns,
    keys,
    include: include && encodeIncludes(include, model, modelOf),
  }
  for (const name of Object.keys(params).sort()) {
    if (!reservedParams.includes(name))
      encoded[name] = params[name]
  }
  return encoded
}

/** A query as search params, in a fixed order: equal queries, equal text. */
export function toSearchParams(...query: Parameters<typeof encodeQuery>): URLSearchParams {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(encodeQuery(...query))) {
    if (value !== undefined)
      search.set(name, name === 'keys' ? joinKeys(value as Key[]) : name === 'orderBy' || name === 'columns' ? (value as string[]).join() : typeof value === 'string' ? value : JSON.stringify(value))
  }
  return search
}
