import type { Row } from '../shared/model'
import type { EngineCollection } from './collection'
import { relationOf } from '../shared/include'

/**
 * What the cache holds of a relation of a row, for rows that were read without it. Vue notices when that
 * changes. The server is not asked, so there may be more.
 */
export function relatedRows(collection: EngineCollection, row: Row, name: string): unknown {
  const { many, on, to, through } = relationOf(collection.model, name)
  const target = collection.related(to)
  const rows = through
    ? matching(collection.related(through.collection), through.from, row).flatMap(join => matching(target, through.to, join))
    : matching(target, on, row)
  return many ? [...new Set(rows)] : rows[0] ?? null
}

function matching(target: EngineCollection, pairs: readonly [from: string, to: string][], row: Row): Row[] {
  if (pairs.some(([from]) => row[from] == null))
    return []
  const values = pairs.map(([from]) => row[from])
  const spec = target.prepare(pairs.map(([, to]) => to))(values)
  if (spec.keys) {
    spec.keys.forEach(key => target.tracker.track('', key))
    return target.rowsOf(spec.keys)
  }
  target.tracker.track(pairs[0]![1], values[0])
  return [...target.candidates(spec)].filter(spec.predicate!)
}
