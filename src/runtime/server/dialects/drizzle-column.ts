import type { FieldSource } from './types'
import { Column, is, SQL } from 'drizzle-orm'

/** The column that a field reads, or whose mapping an expression of a view was given. */
export function columnBehind(source: FieldSource): Column | undefined {
  if (is(source, Column))
    return source
  const decoder = is(source, SQL.Aliased) ? (source.sql as unknown as { decoder: unknown }).decoder : undefined
  return is(decoder, Column) ? decoder : undefined
}

/** Whether a date column stores less than a millisecond; `usual` are its digits after the second where none are declared. */
export function storesFractions(column: Column, usual: number): boolean {
  return Number(/\((\d)\)/.exec(column.getSQLType())?.[1] ?? usual) > 3
}
