import type { Key } from '../shared/key'
import type { CollectionModel, Row } from '../shared/model'
import { hasEquals } from '../shared/compare'

/** Below this many rows a scan is faster than an index is to build. */
const worthIndexing = 500

/** Keys of the rows by the value of a field, for fields that queries compare with `eq`. Built when first asked for. */
export class RowIndex {
  private readonly fields = new Map<string, Map<unknown, Set<Key>>>()

  constructor(private readonly model: CollectionModel, private readonly rows: ReadonlyMap<Key, Row>) {}

  /** Keys of the rows that may satisfy all of the equalities; `undefined` where only a scan can tell. */
  candidates(equalities: readonly { field: string, value: unknown }[]): Iterable<Key> | undefined {
    let best: Set<Key> | undefined
    for (const { field, value } of equalities) {
      const bucket = this.fields.get(field)
      if (bucket) {
        const keys = bucket.get(identity(value))
        if (!keys)
          return []
        if (!best || keys.size < best.size)
          best = keys
      }
    }
    if (best || this.rows.size < worthIndexing)
      return best
    const field = selectiveField(this.model, equalities)
    return field && (this.build(field.field).get(identity(field.value)) ?? [])
  }

  replace(key: Key, old: Row | undefined, next: Row | undefined): void {
    for (const [field, buckets] of this.fields) {
      const before = old && identity(old[field])
      const after = next && identity(next[field])
      if (old && next && before === after)
        continue
      if (old) {
        const bucket = buckets.get(before)
        bucket?.delete(key)
        if (bucket?.size === 0)
          buckets.delete(before)
      }
      if (next)
        add(buckets, after, key)
    }
  }

  private build(field: string): Map<unknown, Set<Key>> {
    const buckets = new Map<unknown, Set<Key>>()
    for (const [key, row] of this.rows)
      add(buckets, identity(row[field]), key)
    this.fields.set(field, buckets)
    return buckets
  }
}

/** The equality most likely to leave few rows: a reference to another row before a plain value, never a flag. */
export function selectiveField<E extends { field: string }>(model: CollectionModel, equalities: readonly E[]): E | undefined {
  const usable = equalities.filter(({ field }) => {
    const column = model.columns[field]!
    // "1.0" and "1.00" are equal as numbers and two entries of a Map.
    return column.type !== 'boolean' && !column.enumValues && !hasEquals(column)
  })
  return usable.find(({ field }) => model.foreignKeys.some(key => key.columns.includes(field)) || Object.values(model.relations).some(relation => relation.on.some(([local]) => local === field))) ?? usable[0]
}

/** What makes two values of a field equal, as something a Map can hold. */
export function identity(value: unknown): unknown {
  // A reference may be a bigint where the key it points to is a number, and the other way round.
  return value instanceof Date ? value.getTime() : typeof value === 'bigint' ? toNumber(value) : value
}

function toNumber(value: bigint): unknown {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

function add(buckets: Map<unknown, Set<Key>>, value: unknown, key: Key): void {
  const bucket = buckets.get(value)
  if (bucket)
    bucket.add(key)
  else
    buckets.set(value, new Set([key]))
}
