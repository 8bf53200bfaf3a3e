import type { Row } from '../../shared/model'
import type { ServerCollection } from '../registry'
import type { ItemPlan, ListPlan } from './parse-query'
import type { Execution } from './rows'
import { RstoreError } from '../../shared/errors'
import { getKey } from '../../shared/key'
import { encodeCursor } from './cursor'
import { readInclude } from './read-include'
import { give, selectRows } from './rows'
import { withinScope } from './scope'

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
  const { model, fields } = collection
  const raw = await selectRows(collection, {
    ...restrictions(plan),
    fields: plan.columns,
    key: plan.key,
    among: plan.keys && { fields: model.primaryKey, values: plan.keys.map(key => model.primaryKey.map(name => fields[name]!.toDriver(key[name]))) },
    after: plan.after,
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
  const page = await selectRows(collection, { ...withinScope(scope), fields: columns, key, limit: 1 }, execution)
  const [row] = await answer(page, collection, plan, execution)
  if (!row)
    throw notFound(collection)
  return row
}

/** Those of the rows with these keys that there are, by `keyText`. */
export async function readKeys(collection: ServerCollection, plan: ItemPlan, keys: Row[], execution: Execution): Promise<Map<string, Row>> {
  const { rows } = await readMany(collection, { ...plan, key: undefined, keys, order: [], limit: keys.length, offset: 0 }, execution)
  return new Map(rows.map(row => [String(getKey(collection.model, row)), row]))
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

function restrictions({ scope, where }: Pick<ListPlan, 'scope' | 'where'>) {
  const within = withinScope(scope)
  return where ? { ...within, where: [...within.where, where] } : within
}

function cursorAt(raw: Row, collection: ServerCollection, { order }: ListPlan): string {
  return encodeCursor(collection.name, order, order.map(term => raw[term.field]))
}
