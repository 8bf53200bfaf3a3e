import type { SQL } from 'drizzle-orm'
import type { OrderTerm } from '../../shared/order'
import type { SqlDialect } from '../dialects/types'
import type { ServerCollection } from '../registry'
import { sql } from 'drizzle-orm'

/** The terms as `ORDER BY` has them. */
export function compileOrder(terms: readonly OrderTerm[], collection: ServerCollection): SQL[] {
  return terms.map(({ field, descending }) => descending ? sql`${collection.fields[field]!.source} desc` : sql`${collection.fields[field]!.source} asc`)
}

/**
 * True for the rows that come after a row in an order. `position` holds what the driver gave for each
 * term of that row. The last terms must be a unique key, else rows that tie with it are lost.
 */
export function compileAfter(terms: readonly OrderTerm[], position: readonly unknown[], collection: ServerCollection, dialect: SqlDialect): SQL {
  let after: SQL | undefined
  for (let i = terms.length - 1; i >= 0; i--) {
    const { field, descending } = terms[i]!
    const { source, column } = collection.fields[field]!
    const value = position[i]
    const parameter = driverParameter(value)
    const nullsFollow = dialect.nullsAreLeast === descending
    const beyond = value === null
      ? (nullsFollow ? sql`1 = 0` : sql`${source} is not null`)
      : column.nullable && nullsFollow
        ? sql`(${source} ${descending ? less : greater} ${parameter} or ${source} is null)`
        : sql`${source} ${descending ? less : greater} ${parameter}`
    if (!after) {
      after = beyond
      continue
    }
    const same = value === null ? sql`${source} is null` : sql`${source} = ${parameter}`
    const either = sql`(${beyond} or (${same} and ${after}))`
    // The first term alone bounds the range, which is what lets an index be entered at the right place.
    after = i === 0 && value !== null && !(column.nullable && nullsFollow)
      ? sql`(${source} ${descending ? lessOrSame : greaterOrSame} ${parameter} and ${either})`
      : either
  }
  return after ?? sql`1 = 1`
}

const less = sql.raw('<')
const greater = sql.raw('>')
const lessOrSame = sql.raw('<=')
const greaterOrSame = sql.raw('>=')

/** Drivers refuse infinities as parameters, but databases store them. */
function driverParameter(value: unknown) {
  return value === Infinity ? sql.raw('9e999') : value === -Infinity ? sql.raw('-9e999') : sql.param(value)
}
