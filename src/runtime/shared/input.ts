import type { CollectionModel, Row } from './model'
import { columnOf } from './column-of'
import { decodeValue } from './decode'
import { RstoreError } from './errors'

/**
 * Checks the body of a create or an update against the model and decodes it. Fields that are
 * `undefined` count as absent.
 * @throws RstoreError naming the field: unknown, readonly, missing, wrong type, too long, out of range
 */
export function decodeInput(model: CollectionModel, input: unknown, kind: 'create' | 'update'): Row {
  const collection = model.name
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new RstoreError('RSTORE_INVALID_BODY', `A "${collection}" must be given as an object.`, { collection })
  const row: Row = {}
  for (const [field, value] of Object.entries(input)) {
    if (value === undefined)
      continue
    const column = columnOf(model, field)
    if (column.generated || column.readonly)
      throw new RstoreError('RSTORE_READONLY_COLUMN', `"${field}" can't be set.`, { field, collection })
    if (value === null && !column.nullable)
      throw new RstoreError('RSTORE_REQUIRED', `"${field}" must not be null.`, { field, collection })
    row[field] = decodeValue(value, column, field, collection)
  }
  if (kind === 'create')
    requireColumns(model, row)
  return row
}

function requireColumns(model: CollectionModel, row: Row): void {
  for (const [field, column] of Object.entries(model.columns)) {
    // A hidden or readonly column can't come from here: a before hook may still fill it in.
    if (row[field] === undefined && !column.nullable && !column.hasDefault && !column.generated && !column.hidden && !column.readonly)
      throw new RstoreError('RSTORE_REQUIRED', `"${field}" must be given.`, { field, collection: model.name })
  }
}
