import type { SQL, Table } from 'drizzle-orm'
import type { ConditionNode } from '../../shared/condition'
import type { Row } from '../../shared/model'
import type { UpdatedRow } from '../dialects/types'
import type { Execution } from '../query/rows'
import type { ServerCollection } from '../registry'
import { and } from 'drizzle-orm'
import { RstoreError } from '../../shared/errors'
import { notFound } from '../query/read'
import { outputs, restrictions, selectRows } from '../query/rows'
import { updateByKey } from './update-by-key'

/*
 * The SQL of writes. Rows are given as the driver has them.
 */

/** Which row a write is about. */
export interface WriteTarget {
  key: Row
  /** What the row has to fulfil as well. */
  where: ConditionNode[]
  conditions: SQL[]
  /** Expressions to give beside the fields of the row. */
  extras: Record<string, SQL>
}

export async function insertRow(collection: ServerCollection, values: Row, execution: Execution): Promise<Row> {
  const { dialect, database } = execution
  const [row] = await dialect.insert(database, { ...into(collection, execution), values })
  // A trigger may leave a row out without an error.
  if (!row)
    throw new RstoreError('RSTORE_CONSTRAINT', `The database did not store the row of "${collection.name}".`, { collection: collection.name })
  return row
}

/**
 * Gives the row as it is after the change and, where `previous` asks for it, as it was; with nothing to change, as it is.
 * @throws RstoreError RSTORE_NOT_FOUND
 */
export async function updateRow(collection: ServerCollection, target: WriteTarget, values: Row, previous: boolean, execution: Execution): Promise<UpdatedRow> {
  const [updated] = Object.keys(values).length === 0
    ? (await selectRows(collection, { ...target, fields: collection.visible, limit: 1 }, execution)).map(row => ({ row }))
    : await updateByKey(collection, { ...target, fields: collection.visible, previous }, values, execution)
  if (!updated)
    throw notFound(collection)
  return updated
}

/**
 * Gives the row as it was.
 * @throws RstoreError RSTORE_NOT_FOUND
 */
export async function deleteRow(collection: ServerCollection, target: WriteTarget, execution: Execution): Promise<Row> {
  const { dialect, database } = execution
  const [row] = await dialect.delete(database, { ...into(collection, execution, target.extras), where: and(...restrictions(collection, target, dialect)) })
  if (!row)
    throw notFound(collection)
  return row
}

function into(collection: ServerCollection, { dialect }: Execution, extras?: Record<string, SQL>) {
  return { into: collection.table as Table, returning: { ...outputs(collection, collection.visible, dialect), ...extras }, key: collection.model.primaryKey }
}
