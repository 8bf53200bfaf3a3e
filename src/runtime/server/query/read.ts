import type { SQL } from 'drizzle-orm'
import type { Row, WireRow } from '../../shared/model'
import type { SqlDialect } from '../dialects/types'
import type { ServerCollection } from '../registry'
import type { ItemPlan, ListPlan } from './parse-query'
import type { Execution } from './rows'
import { RstoreError } from '../../shared/errors'
import { compileWhere } from './compile-where'
import { encodeCursor } from './cursor'
import { compileAfter } from './keyset'
import { readInclude } from './read-include'
import { encode, selectRows } from './rows'

export interface ListAnswer {
  rows: WireRow[]
  /** Present where more rows follow. */
  nextCursor?: string
}

/** Second half of the read pipeline: SQL, then the wire form. Conditions are ANDed. */
export async function readMany(collection: ServerCollection, plan: ListPlan, execution: Execution): Promise<ListAnswer> {
  if (plan.limit === 0 || plan.keys?.length === 0)
    return { rows: [] }
  const raw = await selectRows(collection, {
    fields: plan.columns,
    conditions: listConditions(collection, plan, execution.dialect),
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
export async function readOne(collection: ServerCollection, plan: ItemPlan, execution: Execution): Promise<WireRow> {
  const page = await selectRows(collection, { fields: plan.columns, conditions: keyConditions(collection, plan.key, execution.dialect), limit: 1 }, execution)
  const [row] = await answer(page, collection, plan, execution)
  if (!row)
    throw notFound(collection)
  return row
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

/** The wire form of rows, with the relations that the plan includes nested in them. */
async function answer(page: readonly Row[], collection: ServerCollection, { include }: Pick<ListPlan, 'include'>, execution: Execution): Promise<WireRow[]> {
  const rows = page.map(raw => ({ raw, wire: encode(raw, collection, execution), count: 1 }))
  if (include && rows.length > 0)
    await readInclude(rows, collection, include, execution)
  return rows.map(row => row.wire)
}

function listConditions(collection: ServerCollection, plan: ListPlan, dialect: SqlDialect): SQL[] {
  const conditions: SQL[] = []
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
