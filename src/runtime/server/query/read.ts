import type { SQL } from 'drizzle-orm'
import type { Row, WireRow } from '../../shared/model'
import type { SqlDialect } from '../dialects/types'
import type { ServerCollection } from '../registry'
import type { ReportBadValue } from './decode-rows'
import type { ItemPlan, ListPlan } from './parse-query'
import { and, sql } from 'drizzle-orm'
import { encodeRow } from '../../shared/codec'
import { RstoreError } from '../../shared/errors'
import { compileWhere } from './compile-where'
import { encodeCursor } from './cursor'
import { decodeRow } from './decode-rows'
import { compileAfter, compileOrder } from './keyset'

/** What a read or a write works with. */
export interface Execution {
  database: unknown
  dialect: SqlDialect
  report: ReportBadValue
}

export interface ListAnswer {
  rows: WireRow[]
  /** Present where more rows follow. */
  nextCursor?: string
}

/** Second half of the read pipeline: SQL, then the wire form. Conditions are ANDed. */
export async function readMany(collection: ServerCollection, plan: ListPlan, execution: Execution): Promise<ListAnswer> {
  if (plan.limit === 0 || plan.keys?.length === 0)
    return { rows: [] }
  const { dialect, database } = execution
  const raw = await dialect.select(database, {
    from: collection.table,
    fields: outputs(collection, plan.columns, dialect),
    where: and(...listConditions(collection, plan, dialect)),
    orderBy: compileOrder(plan.order, collection),
    limit: plan.limit + 1,
    offset: plan.offset,
  })
  const page = raw.length > plan.limit ? raw.slice(0, plan.limit) : raw
  return {
    rows: page.map(row => encode(row, collection, execution)),
    nextCursor: raw.length > page.length && plan.order.length > 0 ? cursorAt(page.at(-1)!, collection, plan) : undefined,
  }
}

/** @throws RstoreError RSTORE_NOT_FOUND */
export async function readOne(collection: ServerCollection, plan: ItemPlan, execution: Execution): Promise<WireRow> {
  const { dialect, database } = execution
  const [raw] = await dialect.select(database, {
    from: collection.table,
    fields: outputs(collection, plan.columns, dialect),
    where: and(...keyConditions(collection, plan.key)),
    limit: 1,
  })
  if (!raw)
    throw notFound(collection)
  return encode(raw, collection, execution)
}

export function outputs(collection: ServerCollection, fields: readonly string[], dialect: SqlDialect): Record<string, SQL> {
  return Object.fromEntries(fields.map(field => [field, dialect.output(collection.fields[field]!.source)]))
}

export function keyConditions(collection: ServerCollection, key: Row): SQL[] {
  return Object.entries(key).map(([name, value]) => {
    const field = collection.fields[name]!
    return sql`${field.source} = ${sql.param(field.toDriver(value))}`
  })
}

export function encode(raw: Row, collection: ServerCollection, { report }: Execution): WireRow {
  return encodeRow(decodeRow(raw, collection, report), collection.model)
}

export function notFound(collection: ServerCollection): RstoreError {
  return new RstoreError('RSTORE_NOT_FOUND', `"${collection.name}" has no row with this key.`, { collection: collection.name })
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
