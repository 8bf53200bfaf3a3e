import type { Table } from 'drizzle-orm'
import type { CollectionModel, Row, WireRow } from '../../shared/model'
import type { Execution } from '../query/rows'
import type { ServerCollection } from '../registry'
import { and } from 'drizzle-orm'
import { encodeValue } from '../../shared/codec'
import { RstoreError } from '../../shared/errors'
import { keyConditions, notFound, readOne } from '../query/read'
import { encode, outputs } from '../query/rows'

/** Second half of the write pipeline, after `decodeInput`: the write itself, then the wire form of the row. */
export async function createRow(collection: ServerCollection, values: Row, execution: Execution): Promise<WireRow> {
  const { dialect, database } = execution
  const [row] = await dialect.insert(database, { ...target(collection, execution), values })
  // A trigger may leave a row out without an error.
  if (!row)
    throw new RstoreError('RSTORE_CONSTRAINT', `The database did not store the row of "${collection.name}".`, { collection: collection.name })
  return encode(row, collection, execution)
}

/**
 * Gives the row as it is after the change; with nothing to change, as it is.
 * @throws RstoreError RSTORE_NOT_FOUND, or RSTORE_READONLY_COLUMN where the key would change
 */
export async function updateRow(collection: ServerCollection, key: Row, values: Row, execution: Execution): Promise<WireRow> {
  const { dialect, database } = execution
  const changes = withoutKey(collection.model, key, values)
  if (Object.keys(changes).length === 0)
    return readOne(collection, { key, columns: collection.visible, params: {} }, execution)
  const [row] = await dialect.update(database, { ...target(collection, execution), values: changes, where: and(...keyConditions(collection, key, dialect)) })
  if (!row)
    throw notFound(collection)
  return encode(row, collection, execution)
}

/**
 * Gives the row as it was.
 * @throws RstoreError RSTORE_NOT_FOUND
 */
export async function deleteRow(collection: ServerCollection, key: Row, execution: Execution): Promise<WireRow> {
  const { dialect, database } = execution
  const [row] = await dialect.delete(database, { ...target(collection, execution), where: and(...keyConditions(collection, key, dialect)) })
  if (!row)
    throw notFound(collection)
  return encode(row, collection, execution)
}

function target(collection: ServerCollection, { dialect }: Execution) {
  return { into: collection.table as Table, returning: outputs(collection, collection.visible, dialect), key: collection.model.primaryKey }
}

function withoutKey(model: CollectionModel, key: Row, values: Row): Row {
  for (const field of model.primaryKey) {
    const column = model.columns[field]!
    if (values[field] !== undefined && encodeValue(values[field], column) !== encodeValue(key[field], column))
      throw new RstoreError('RSTORE_READONLY_COLUMN', `"${field}" is part of the key of "${model.name}" and can't be changed.`, { field, collection: model.name })
  }
  return Object.fromEntries(Object.entries(values).filter(([field]) => !model.primaryKey.includes(field)))
}
