import type { CollectionModel, ColumnModel, Row } from '../shared/model'
import { reviveValue, roundDate } from '../shared/codec'

/**
 * The row that a create will probably make. Columns that the server fills in get their literal
 * default, the current time, or the least surprising value of their type, so that the row fits its
 * type and is sorted near where it will end up.
 */
export function guessRow(model: CollectionModel, values: Row): Row {
  const row: Row = {}
  for (const [field, column] of Object.entries(model.columns))
    row[field] = values[field] === undefined ? guess(column) : values[field]
  return row
}

function guess(column: ColumnModel): unknown {
  if (column.default)
    return column.default === 'now' ? roundDate(Date.now(), column) : reviveValue(column.default.value, column)
  if (column.nullable && !column.hasDefault)
    return null
  switch (column.type) {
    case 'string': return column.enumValues?.[0] ?? ''
    case 'number': return 0
    case 'boolean': return false
    case 'date': return roundDate(Date.now(), column)
    case 'bigint': return 0n
    case 'array': return []
    case 'bytes': return new Uint8Array()
    case 'json': return null
  }
}
