import type { SQL } from 'drizzle-orm'
import type { Row } from '../../shared/model'
import type { SqlDialect } from '../dialects/types'
import type { ServerCollection } from '../registry'
import type { ItemPlan, ListPlan } from './parse-query'
import type { Execution } from './rows'
import { RstoreError } from '../../shared/errors'
import { getKey } from '../../shared/key'
import { compileWhere } from './compile-where'
import { encodeCursor } from './cursor'
import { compileAfter } from './keyset'
import { readInclude } from './read-include'
import { give, selectRows } from './rows'
import { scopeConditions } from './scope'

export interface ListAnswer {
  /** In wire form or decoded, as the execution wants them. */
  rows: Row[]
  /** Present where more rows follow. */
  nextCursor?: string
}

/** Rows within the scope of the plan that fulfil all of its conditions. */
export async function readMany(collection: ServerCollection, plan: ListPlan, execution: Execution): Promise<ListAnswer> {
  if (plan.limit === 0 || plan.keys?.length === 0 || plan.scope.denied)
    return { rows: [] }
  const raw = await selectRows(collection, {
    fields: plan.columns,
    conditions: listConditions(collection, plan, execution.dialect),
    extras: plan.scope.extras,
    order: plan.order,
    limit: plan.limit + 1,
    offset: plan.offset,
  }, execution)
  const page = raw.length > plan.limit ? raw.slice(0, plan.limit) : raw
  return {
    rows: await answer(page, collection, plan, execution),
    nextCursor: raw.length > page.length && plan.order.length > 0 ? cursorAt(page.at(-1)!, collection, plan) : undefined,
  }
}

/** @throws RstoreError RSTORE_NOT_FOUND */
export async function readOne(collection: ServerCollection, plan: ItemPlan, execution: Execution): Promise<Row> {
  const { key, columns, scope } = plan
  if (scope.denied)
    throw notFound(collection)
  const conditions = [...keyConditions(collection, key, execution.dialect), ...scopeConditions(scope, collection, execution.dialect)]
  const page = await selectRows(collection, { fields: columns, conditions, extras: scope.extras, limit: 1 }, execution)
  const [row] = await answer(page, collection, plan, execution)
  if (!row)
    throw notFound(collection)
  return row
}

/** Those of the rows with these keys that there are, by `keyText`. */
export async function readKeys(collection: ServerCollection, plan: ItemPlan, keys: Row[], execution: Execution): Promise<Map<string, Row>> {
  const { rows } = await readMany(collection, { ...plan, keys, order: [], limit: keys.length, offset: 0 }, execution)
  return new Map(rows.map(row => [String(getKey(collection.model, row)), row]))
}

export function keyConditions(collection: ServerCollection, key: Row, dialect: SqlDialect): SQL[] {
  return Object.entries(key).map(([name, value]) => {
    const field = collection.fields[name]!
    return dialect.same(field.source, field.toDriver(value))
  })
}

export function notFound(collection: ServerCollection): RstoreError {
  return new RstoreError('RSTORE_NOT_FOUND', `"${collection.name}" has no row with this key.`, { collection: collection.name })
}

/** Rows with the relations that the plan includes nested in them. */
async function answer(page: readonly Row[], collection: ServerCollection, { include, scope }: Pick<ListPlan, 'include' | 'scope'>, execution: Execution): Promise<Row[]> {
  const rows = page.map(raw => ({ raw, given: give(raw, collection, execution, scope.extras), count: 1 }))
  if (rows.length > 0)
    await readInclude(rows, collection, include, execution)
  return rows.map(row => row.given)
}

function listConditions(collection: ServerCollection, plan: ListPlan, dialect: SqlDialect): SQL[] {
  const conditions = [...scopeConditions(plan.scope, collection, dialect)]
  if (plan.where)
    conditions.push(compileWhere(plan.where, collection, dialect))
  if (plan.keys)
    conditions.push(inKeys(collection, plan.keys, dialect))
  if (plan.after)
    conditions.push(compileAfter(plan.order, plan.after, collection, dialect))
  return conditions
}

function inKeys(collection: ServerCollection, keys: readonly Row[], dialect: SqlDialect): SQL {
  const fields = collection.model.primaryKey.map(name => ({ name, ...collection.fields[name]! }))
  const [first] = fields
  return fields.length === 1
    ? dialect.inList(first!.source, keys.map(key => first!.toDriver(key[first!.name])))
    : dialect.inTuples(fields.map(field => field.source), keys.map(key => fields.map(field => field.toDriver(key[field.name]))))
}

function cursorAt(raw: Row, collection: ServerCollection, { order }: ListPlan): string {
  return encodeCursor(collection.name, order, order.map(term => raw[term.field]))
}
