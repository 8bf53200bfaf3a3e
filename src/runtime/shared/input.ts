import type { CollectionModel, ColumnModel, Row } from './model'
import { columnOf } from './column-of'
import { decodeValue } from './decode'
import { RstoreError } from './errors'

/**
 * Checks the body of a create or an update against the model and decodes it. Fields that are
 * `undefined` count as absent.
 * @throws RstoreError naming the field: unknown, readonly, missing, wrong type, too long, out of range
 */
export function decodeInput(model: CollectionModel, input: unknown, kind: 'create' | 'update'): Row {
  const row = decodeFields(model, input)
  if (kind === 'create')
    requireColumns(model, row)
  return row
}

/** The same without asking for what is missing. */
export function decodeFields(model: CollectionModel, input: unknown): Row {
  const collection = model.name
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new RstoreError('RSTORE_INVALID_BODY', `A "${collection}" must be given as an object.`, { collection })
  const row: Row = {}
  for (const [field, value] of Object.entries(input)) {
    if (value === undefined)
      continue
    const column = settableColumn(model, field)
    if (value === null && !column.nullable)
      throw new RstoreError('RSTORE_REQUIRED', `"${field}" must not be null.`, { field, collection })
    row[field] = decodeValue(value, column, field, collection)
  }
  return row
}

/** @throws RstoreError RSTORE_UNKNOWN_COLUMN or RSTORE_READONLY_COLUMN */
export function settableColumn(model: CollectionModel, field: string): ColumnModel {
  const column = columnOf(model, field)
  if (column.generated || column.readonly)
    throw new RstoreError('RSTORE_READONLY_COLUMN', `"${field}" can't be set.`, { field, collection: model.name })
  return column
}

/** @throws RstoreError RSTORE_REQUIRED where a new row lacks what neither the client leaves to the database nor the database can do without */
export function requireColumns(model: CollectionModel, row: Row): void {
  for (const [field, column] of Object.entries(model.columns)) {
    // A hidden or readonly column can't come from here: a before hook may still fill it in.
    if (row[field] === undefined && !column.nullable && !column.hasDefault && !column.generated && !column.hidden && !column.readonly)
      throw new RstoreError('RSTORE_REQUIRED', `"${field}" must be given.`, { field, collection: model.name })
  }
}
