import type { SQL, Table } from 'drizzle-orm'
import type { Row } from '../../shared/model'
import type { Execution } from '../query/rows'
import type { ServerCollection } from '../registry'
import { and } from 'drizzle-orm'
import { RstoreError } from '../../shared/errors'
import { keyConditions, notFound } from '../query/read'
import { outputs, selectRows } from '../query/rows'

/*
 * The SQL of writes. Rows are given as the driver has them.
 */

/** Which row a write is about. */
export interface WriteTarget {
  key: Row
  /** What the row has to fulfil as well. */
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
 * Gives the row as it is after the change; with nothing to change, as it is.
 * @throws RstoreError RSTORE_NOT_FOUND
 */
export async function updateRow(collection: ServerCollection, target: WriteTarget, values: Row, execution: Execution): Promise<Row> {
  const { dialect, database } = execution
  const conditions = conditionsOf(collection, target, execution)
  const [row] = Object.keys(values).length === 0
    ? await selectRows(collection, { fields: collection.visible, conditions, extras: target.extras, limit: 1 }, execution)
    : await dialect.update(database, { ...into(collection, execution, target.extras), values, where: and(...conditions) })
  if (!row)
    throw notFound(collection)
  return row
}

/**
 * Gives the row as it was.
 * @throws RstoreError RSTORE_NOT_FOUND
 */
export async function deleteRow(collection: ServerCollection, target: WriteTarget, execution: Execution): Promise<Row> {
  const { dialect, database } = execution
  const [row] = await dialect.delete(database, { ...into(collection, execution, target.extras), where: and(...conditionsOf(collection, target, execution)) })
  if (!row)
    throw notFound(collection)
  return row
}

function into(collection: ServerCollection, { dialect }: Execution, extras?: Record<string, SQL>) {
  return { into: collection.table as Table, returning: { ...outputs(collection, collection.visible, dialect), ...extras }, key: collection.model.primaryKey }
}

function conditionsOf(collection: ServerCollection, { key, conditions }: WriteTarget, { dialect }: Execution): SQL[] {
  return [...keyConditions(collection, key, dialect), ...conditions]
}
