import type { Includes, IncludeQuery } from './include'
import type { CollectionModel, WireRow } from './model'
import { createReviver } from './codec'
import { encodeCondition } from './condition-codec'
import { relationOf } from './include'

type ModelOf = (name: string) => CollectionModel

/** The wire form of what to include, with its names in a fixed order: equal includes, equal text. */
export function encodeIncludes(includes: Includes, model: CollectionModel, modelOf: ModelOf): Record<string, unknown> {
  return Object.fromEntries(Object.entries(includes).map(([name, query]) => [name, encodeOne(query, modelOf(relationOf(model, name).to), modelOf, !!relationOf(model, name).through)]))
}

/** Decodes the related rows that are nested in rows of a collection, in place. */
export function reviveIncludes(rows: readonly WireRow[], includes: Includes, model: CollectionModel, modelOf: ModelOf): void {
  for (const [name, { include }] of Object.entries(includes)) {
    const { to, through } = relationOf(model, name)
    const target = modelOf(to)
    const revive = createReviver(target)
    const reviveJoin = through && createReviver(modelOf(through.collection))
    const nested: WireRow[] = []
    for (const row of rows) {
      const given = row[name]
      for (const child of (Array.isArray(given) ? given : given ? [given] : []) as WireRow[]) {
        nested.push(revive(child))
        if (reviveJoin && child.$through)
          reviveJoin(child.$through as WireRow)
      }
    }
    if (include)
      reviveIncludes(nested, include, target, modelOf)
  }
}

function encodeOne({ where, orderBy, limit, columns, include }: IncludeQuery, target: CollectionModel, modelOf: ModelOf, through: boolean): unknown {
  const options = {
    ...(where && { where: encodeCondition(where, target) }),
    ...(orderBy?.length && { orderBy }),
    ...(limit !== undefined && { limit }),
    ...(columns && { columns }),
    ...(include && { include: encodeIncludes(include, target, modelOf) }),
    ...(through && { through: true }),
  }
  return Object.keys(options).length > 0 ? options : true
}
