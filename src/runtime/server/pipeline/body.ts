import type { Row } from '../../shared/model'
import type { ServerCollection } from '../registry'
import type { PipelineRequest } from './request'
import { isSQLWrapper } from 'drizzle-orm'
import { encodeValue } from '../../shared/codec'
import { decodeValue } from '../../shared/decode'
import { decodeFields, settableColumn } from '../../shared/input'

/** The fields that a client gives, with places for the keys of rows that the same transaction has yet to create. */
export function decodeBody(item: unknown, { model }: ServerCollection, { pending }: PipelineRequest): Row {
  const references = pending?.references(item, model) ?? {}
  const fields = Object.keys(references)
  if (fields.length === 0)
    return decodeFields(model, item)
  fields.forEach(field => settableColumn(model, field))
  const rest = Object.entries(item as Row).filter(([field]) => !fields.includes(field))
  return { ...decodeFields(model, Object.fromEntries(rest)), ...references }
}

/**
 * The body as before hooks, which were shown it as `shown`, have left it. They may set what clients can't, and SQL in place of a value.
 * @throws TypeError where a hook has set what the table can't take: a mistake of the app, not of the client
 */
export function settleBody(body: Row, shown: Row, given: Row, collection: ServerCollection): Row {
  const settled: Row = {}
  for (const [field, value] of Object.entries(body)) {
    if (value !== undefined && value === shown[field])
      settled[field] = given[field]
    else if (value !== undefined)
      settled[field] = isSQLWrapper(value) ? value : check(field, value, collection)
  }
  return settled
}

function check(field: string, value: unknown, { name, model }: ServerCollection): unknown {
  const column = Object.hasOwn(model.columns, field) ? model.columns[field] : undefined
  if (value === null && column?.nullable === false)
    throw new TypeError(`A hook has set "${field}" in a body for "${name}" to null, which the column can't hold.`)
  if (!column || column.generated)
    throw new TypeError(`A hook has set "${field}" in a body for "${name}", which ${column ? 'the database computes' : 'has no such column'}.`)
  try {
    return decodeValue(encodeValue(value, column), column, field, name)
  }
  catch (cause) {
    throw new TypeError(`A hook has set "${field}" in a body for "${name}" to what the column can't hold.`, { cause })
  }
}
