import type { SQL } from 'drizzle-orm'
import type { Database } from './sqlite-connection'
import type { FieldSource, SelectStatement } from './types'
import { sql } from 'drizzle-orm'

type From = Parameters<ReturnType<Database['select']>['from']>[0]

/** The query of a statement, not yet run. */
export function selectOf(db: Database, { from, fields, where, orderBy = [], limit, offset }: Omit<SelectStatement, 'fields'> & { fields: Record<string, SQL | SQL.Aliased> }) {
  const query = db.select(fields).from(from as From).where(where).orderBy(...orderBy).$dynamic()
  if (limit !== undefined)
    query.limit(limit)
  if (offset)
    query.offset(offset)
  return query
}

/**
 * A driver that gives integers as numbers throws for the whole list when one of them is beyond 2^53:
 * those come as text.
 */
export function output(source: FieldSource): SQL {
  return sql`case when typeof(${source}) = 'integer' and ${source} not between -9007199254740991 and 9007199254740991 then cast(${source} as text) else ${source} end`
}
