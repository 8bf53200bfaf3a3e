import type { ConditionNode } from '../../shared/condition'
import type { Row } from '../../shared/model'
import type { Execution } from '../query/rows'
import type { ServerCollection, ServerField } from '../registry'
import type { Decision } from '../rules/policy'
import type { PipelineRequest } from './request'
import { Column, is, isSQLWrapper } from 'drizzle-orm'
import { isServerSide } from '../../shared/collation'
import { compilePredicate, conditionFields } from '../../shared/match'
import { decodeRow } from '../query/decode-rows'
import { selectRows } from '../query/rows'
import { PendingKey } from './pending-key'

/*
 * Whether a row will be what a rule asks for. As far as that shows from the values that are about to be written, nothing
 * is written in vain; else the database is asked once the row is there, and the write is undone.
 */

/** The rule's result for a new row, or the condition that only the stored row can answer. */
export function foresee(decision: Decision, values: Row, collection: ServerCollection, request: PipelineRequest): Decision {
  const { columns } = collection.model
  return foreseeWith(decision, field => values[field] !== undefined ? values[field] : columns[field]!.hasDefault || columns[field]!.generated ? undefined : null, collection, request)
}

/** The same for a row that fulfils the rules before it is changed: what is left to be fulfilled afterwards, if anything. */
export function verify(decisions: readonly Decision[], changes: Row, collection: ServerCollection, request: PipelineRequest): ConditionNode | false | undefined {
  const left: ConditionNode[] = []
  for (const decision of decisions) {
    if (typeof decision !== 'object' || conditionFields(decision).every(field => changes[field] === undefined && !changesItself(collection.fields[field]!)))
      continue
    const foreseen = foreseeWith(decision, field => changes[field], collection, request)
    if (foreseen === false)
      return false
    if (typeof foreseen === 'object')
      left.push(foreseen)
  }
  return left.length > 1 ? { operator: 'and', conditions: left } : left[0]
}

/** Asks the database whether a row that it has just written fulfils a condition. */
export async function fits(row: Row, condition: ConditionNode, collection: ServerCollection, execution: Execution): Promise<boolean> {
  const { primaryKey } = collection.model
  const key = decodeRow(Object.fromEntries(primaryKey.map(field => [field, row[field]])), collection, execution.report)
  return (await selectRows(collection, { fields: primaryKey, key, where: [condition], limit: 1 }, execution)).length > 0
}

/** `valueOf` gives what a field will hold, `undefined` where that is not known. */
function foreseeWith(decision: Decision, valueOf: (field: string) => unknown, { model, fields }: ServerCollection, { execution: { dialect } }: PipelineRequest): Decision {
  if (typeof decision === 'boolean')
    return decision
  const row = Object.fromEntries(conditionFields(decision).map(field => [field, valueOf(field)]))
  const isKnown = Object.entries(row).every(([field, value]) =>
    value === null || (value !== undefined && !isSQLWrapper(value) && !(value instanceof PendingKey) && !(rounds(fields[field]!) && dialect.name !== 'sqlite')))
  return isKnown && !isServerSide(decision, [], model, dialect.name) ? compilePredicate(decision, model, dialect.name)(row) : decision
}

/** Whether a column may change with others: the database computes it, or Drizzle or the database sets it at each update. */
function changesItself({ column, source }: ServerField): boolean {
  const { onUpdateFn, hasOnUpdateNow } = source as { onUpdateFn?: unknown, hasOnUpdateNow?: boolean }
  return column.generated || onUpdateFn !== undefined || !!hasOnUpdateNow
}

/** Whether a database that keeps to the declared number of digits stores another number than it was given. */
function rounds({ source }: ServerField): boolean {
  return is(source, Column) && /^(?:numeric|decimal|(?:float|double|real).*\()/.test(source.getSQLType())
}
