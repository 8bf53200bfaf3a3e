import type { Row, WireRow } from '../../shared/model'
import type { RelationPlan } from '../query/plan-include'
import type { ServerCollection } from '../registry'
import type { HookedRead } from './read'
import type { HookedOperation } from './run-hooks'
import type { PipelineRequest } from './request'
import { encodeRow } from '../../shared/codec'
import { getKey } from '../../shared/key'
import { plain } from '../query/rows'
import { runAfter } from './run-hooks'

/** Runs the after hooks of a read on its decoded rows, nested rows first, and gives what they leave in wire form. */
export async function finishRows(rows: Row[], { include }: { include: readonly RelationPlan[] }, hooked: HookedRead, request: PipelineRequest, after: (rows: Row[]) => Promise<Row[]>): Promise<WireRow[]> {
  await finishRelations(rows, include, hooked, request)
  return encodeRows(await after(rows), hooked.operation.collection)
}

/** Rows that hooks have put together, in wire form. Hidden columns stay behind, in rows of relations too; what is no column passes. */
export function encodeRows(rows: readonly Row[], collection: ServerCollection): WireRow[] {
  // Rows may be shared by several others.
  const done = new Map<Row, WireRow>()
  return rows.map(row => encodeTree(row, collection, done))
}

async function finishRelations(rows: readonly Row[], plans: readonly RelationPlan[], hooked: HookedRead, request: PipelineRequest): Promise<void> {
  for (const plan of plans) {
    const { relation: { name, many }, include } = plan
    const { target, through } = hooked.relations.get(plan)!
    const nested = [...new Set(rows.flatMap((row): Row[] => [row[name] ?? []].flat() as Row[]))]
    if (nested.length === 0)
      continue
    await finishRelations(nested, include, hooked, request)
    let left = await leftOf(nested, target, request)
    if (through && plan.withThrough) {
      const links = await leftOf(nested.map(row => row.$through as Row), through, request)
      left = new Map(nested.flatMap((row) => {
        const [own, link] = [left.get(row), links.get(row.$through as Row)]
        return own && link ? [[row, { ...own, $through: plan.query.through ? link : undefined }]] : []
      }))
    }
    for (const row of rows) {
      if (row[name] != null)
        row[name] = many ? (row[name] as Row[]).flatMap(other => left.get(other) ?? []) : left.get(row[name] as Row) ?? null
    }
  }
}

/** What the hooks leave of each row; absent where they have removed it. */
async function leftOf(rows: Row[], operation: HookedOperation, request: PipelineRequest): Promise<Map<Row, Row>> {
  const { model } = operation.collection
  const result = await runAfter(operation, request, [...rows])
  const same = new Set(result)
  const byKey = new Map(result.map(row => [getKey(model, row), row]))
  return new Map(rows.flatMap((row) => {
    const left = same.has(row) ? row : byKey.get(getKey(model, row))
    return left ? [[row, left]] : []
  }))
}

function encodeTree(row: Row, collection: ServerCollection, done: Map<Row, WireRow>, through?: ServerCollection): WireRow {
  const known = done.get(row)
  if (known)
    return known
  const { model, visible, relations } = collection
  const wire = encodeRow(Object.fromEntries(visible.map(name => [name, row[name]])), model)
  done.set(row, wire)
  for (const [name, value] of Object.entries(row)) {
    const relation = Object.hasOwn(relations, name) ? relations[name] : undefined
    if (Object.hasOwn(model.columns, name))
      continue
    if (relation) {
      const nested = (other: unknown) => encodeTree(other as Row, relation.target, done, relation.through?.collection)
      wire[name] = Array.isArray(value) ? value.map(nested) : value && nested(value)
    }
    else if (name === '$through') {
      if (through && value)
        wire.$through = encodeTree(value as Row, through, done)
    }
    else if (!Object.hasOwn(model.relations, name)) {
      wire[name] = plain(value)
    }
  }
  return wire
}
