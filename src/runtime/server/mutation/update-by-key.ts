import type { Column, Table } from 'drizzle-orm'
import type { Row } from '../../shared/model'
import type { UpdatedRow } from '../dialects/types'
import type { Execution, RowsRequest } from '../query/rows'
import type { ServerCollection } from '../registry'
import { and, getTableColumns, is, Placeholder, SQL } from 'drizzle-orm'
import { outputs, restrictions, selectRows, sourcesOf } from '../query/rows'
import { bindRequest } from '../query/shape'

/** Which row to change, and what to give of it. */
export type UpdateRequest = Pick<RowsRequest, 'fields' | 'where' | 'conditions' | 'extras'> & {
  key: Row
  /** Whether to give the fields as they were before, too. @default false */
  previous?: boolean
}

/** Changes one row, and gives it as the driver has it then. */
export function updateByKey(collection: ServerCollection, request: UpdateRequest, values: Row, execution: Execution): Promise<UpdatedRow[]> {
  const { dialect, database } = execution
  const { model, table } = collection
  const into = table as Table
  const all = dialect.updateShape && withUpdateDefaults(into, values)
  const shape = all && bindRequest(collection, request, dialect)
  if (!shape) {
    const own = outputs(collection, request.fields, dialect)
    return dialect.update(database, { into, values, where: and(...restrictions(collection, request, dialect)), returning: { ...own, ...request.extras }, previous: request.previous ? own : undefined, key: model.primaryKey })
  }
  const names = Object.keys(all)
  const first = shape.values.length
  return dialect.updateShape!(database, {
    key: `${shape.key}${JSON.stringify(names)}`,
    values: [...shape.values, ...Object.values(all)],
    previous: request.previous ?? false,
    statement: () => ({
      into,
      values: Object.fromEntries(names.map((name, i) => [name, new Placeholder(String(first + i))])),
      where: and(...restrictions(collection, shape.request, dialect)),
      returning: sourcesOf(collection, request.fields),
    }),
    reread: transaction => selectRows(collection, { fields: request.fields, key: request.key }, { ...execution, database: transaction }),
  })
}

/**
 * Values with those that Drizzle would add by itself, which it does once for each statement it makes.
 * @returns `undefined` where one may be SQL
 */
function withUpdateDefaults(table: Table, values: Row): Row | undefined {
  const all: Row = {}
  for (const [name, column] of Object.entries<Column>(getTableColumns(table))) {
    const value = values[name] === undefined ? column.onUpdateFn?.() : values[name]
    if (value === undefined)
      continue
    if (is(value, SQL) || column.columnType.endsWith('CustomColumn'))
      return undefined
    all[name] = value
  }
  return all
}
