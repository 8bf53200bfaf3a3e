import type { CollectionModel, ColumnModel } from './model'
import { RstoreError } from './errors'

/** @throws RstoreError RSTORE_UNKNOWN_COLUMN, for a hidden column too */
export function columnOf(model: CollectionModel, field: string): ColumnModel {
  const column = Object.hasOwn(model.columns, field) ? model.columns[field] : undefined
  if (!column || column.hidden)
    throw new RstoreError('RSTORE_UNKNOWN_COLUMN', `"${model.name}" has no column "${field}".`, { field, collection: model.name })
  return column
}

/** Names of columns, sorted: a list of them, or an object, Drizzle's way: those that are `true`, or all but those that are `false`. */
export function selectedColumns(columns: Readonly<Record<string, unknown>> | readonly string[], model: CollectionModel): string[] {
  if (Array.isArray(columns))
    return [...columns as string[]].sort()
  const given = Object.entries(columns).filter(([, is]) => is !== undefined)
  const wanted = given.filter(([, is]) => is).map(([field]) => field)
  const names = wanted.length > 0 || given.length === 0 ? wanted : Object.keys(model.columns).filter(field => !given.some(([other]) => other === field))
  return names.sort()
}
