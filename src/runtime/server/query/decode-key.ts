import type { CollectionModel, ColumnModel, Row } from '../../shared/model'
import { encodeRow } from '../../shared/codec'
import { decodeValue } from '../../shared/decode'
import { isRstoreError, RstoreError } from '../../shared/errors'
import { getKey, parseKey } from '../../shared/key'

/**
 * The primary key fields of a key, decoded. A number must be written the one way it prints, so that no
 * row has two addresses.
 * @throws RstoreError RSTORE_INVALID_KEY
 */
export function decodeKey(model: CollectionModel, key: unknown): Row {
  if (typeof key !== 'string' && typeof key !== 'number')
    throw invalid(model, 'A key must be text or a number.')
  if (model.primaryKey.length === 0)
    throw invalid(model, `"${model.name}" has no key.`)
  const row: Row = {}
  for (const [field, text] of Object.entries(parseKey(model, key)))
    row[field] = decodePart(text, model.columns[field]!, field, model)
  return row
}

/** The one way to write a decoded key. */
export function keyText(model: CollectionModel, key: Row): string {
  return String(getKey(model, encodeRow(key, model)))
}

function decodePart(text: string, column: ColumnModel, field: string, model: CollectionModel): unknown {
  try {
    return decodeValue(fromText(text, column), column, field, model.name)
  }
  catch (error) {
    if (!isRstoreError(error))
      throw error
    throw invalid(model, `${JSON.stringify(text.slice(0, 40))} is no key of "${model.name}": ${error.message}`, field)
  }
}

/** The wire form of what a key says; text that is not the one way to write it stays text, which the codec refuses. */
function fromText(text: string, column: ColumnModel): unknown {
  switch (column.type) {
    case 'number': return String(Number(text)) === text ? Number(text) : text
    case 'bigint': return /^(?:0|-?[1-9]\d*)$/.test(text) ? text : undefined
    case 'boolean': return text === 'true' ? true : text === 'false' ? false : text
    default: return text
  }
}

function invalid(model: CollectionModel, message: string, field?: string): RstoreError {
  return new RstoreError('RSTORE_INVALID_KEY', message, { field, collection: model.name })
}
