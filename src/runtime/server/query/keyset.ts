import type { SQL } from 'drizzle-orm'
import type { OrderTerm } from '../../shared/order'
import type { SqlDialect } from '../dialects/types'
import type { ServerCollection } from '../registry'
import { sql } from 'drizzle-orm'

/** The terms as `ORDER BY` has them. */
export function compileOrder(terms: readonly OrderTerm[], collection: ServerCollection, dialect: SqlDialect): SQL[] {
  return terms.map(({ field, descending, binary }) => {
    const key = dialect.sortKey(collection.fields[field]!.source, binary)
    return descending ? sql`${key} desc` : sql`${key} asc`
  })
}

/**
 * True for the rows that come after a row in an order. `position` holds what the driver gave for each
 * term of that row. The last terms must be a unique key, else rows that tie with it are lost.
 */
export function compileAfter(terms: readonly OrderTerm[], position: readonly unknown[], collection: ServerCollection, dialect: SqlDialect): SQL {
  let after: SQL | undefined
  for (let i = terms.length - 1; i >= 0; i--) {
    const { field, descending, binary } = terms[i]!
    const { source, column } = collection.fields[field]!
    const value = position[i]
    const nullsFollow = dialect.nullsAreLeast === descending
    const further = () => dialect.compare(source, descending ? '<' : '>', value, binary)
    const beyond = value === null
      ? (nullsFollow ? sql`1 = 0` : sql`${source} is not null`)
      : column.nullable && nullsFollow ? sql`(${further()} or ${source} is null)` : further()
    if (!after) {
      after = beyond
      continue
    }
    const same = value === null ? sql`${source} is null` : dialect.compare(source, '=', value, binary)
    const either = sql`(${beyond} or (${same} and ${after}))`
    // The first term alone bounds the range, which is what lets an index be entered at the right place.
    after = i === 0 && value !== null && !(column.nullable && nullsFollow)
      ? sql`(${dialect.compare(source, descending ? '<=' : '>=', value, binary)} and ${either})`
      : either
  }
  return after ?? sql`1 = 1`
}
