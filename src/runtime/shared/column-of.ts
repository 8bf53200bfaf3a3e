import type { CollectionModel, ColumnModel } from './model'
import { RstoreError } from './errors'

/** @throws RstoreError RSTORE_UNKNOWN_COLUMN, for a hidden column too */
export function columnOf(model: CollectionModel, field: string): ColumnModel {
  const column = Object.hasOwn(model.columns, field) ? model.columns[field] : undefined
  if (!column || column.hidden)
    throw new RstoreError('RSTORE_UNKNOWN_COLUMN', `"${model.name}" has no column "${field}".`, { field, collection: model.name })
  return column
}
