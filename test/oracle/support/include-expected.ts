import type { IncludeQuery, Includes } from '../../../src/runtime/shared/include'
import type { CollectionModel, RelationModel, Row, SchemaModel, WireRow } from '../../../src/runtime/shared/model'
import type { Data } from './include-world'
import { encodeRow, encodeValue } from '../../../src/runtime/shared/codec'
import { roundCondition } from '../../../src/runtime/shared/condition-codec'
import { conditionFields, compilePredicate } from '../../../src/runtime/shared/match'
import { compileComparator, parseOrderBy } from '../../../src/runtime/shared/order'

/** A row as it should be answered: every relation asked of it over all rows there are. */
export function expectedRow(row: Row, fields: readonly string[], model: CollectionModel, includes: Includes | undefined, schema: SchemaModel, data: Data): WireRow {
  const wire = encodeRow(Object.fromEntries(fields.map(field => [field, row[field]])), model)
  for (const [name, query] of Object.entries(includes ?? {}))
    wire[name] = expectedShare(row, model.relations[name]!, query, model, schema, data)
  return wire
}

export function fieldsOf(model: CollectionModel, columns: string[] | undefined, needed: readonly string[]): string[] {
  const wanted = [...columns ?? Object.keys(model.columns), ...model.primaryKey, ...Object.values(model.relations).flatMap(localFields), ...needed]
  return Object.keys(model.columns).filter(field => wanted.includes(field))
}

function expectedShare(row: Row, relation: RelationModel, { where, orderBy, limit = Infinity, columns, through, include }: IncludeQuery, owner: CollectionModel, schema: SchemaModel, data: Data): WireRow[] | WireRow | null {
  const model = schema.collections[relation.to]!
  const order = parseOrderBy(model, orderBy)
  const condition = where && roundCondition(where, model)
  const matches = condition ? compilePredicate(condition, model, schema.dialect) : () => true
  const fields = fieldsOf(model, columns, [...where ? conditionFields(where) : [], ...order.map(({ field }) => field), ...relation.through ? relation.through.to.map(([, field]) => field) : relation.on.map(([, field]) => field)])
  const links = new Map(data[relation.to]!.map(target => [target, linksBetween(row, target, relation, owner, schema, data)]))
  const found = data[relation.to]!
    .filter(target => links.get(target)!.length > 0 && matches(target))
    .sort(compileComparator(order, model, schema.dialect))
    .slice(0, relation.many ? limit : Math.min(limit, 1))
    .map((target) => {
      const wire = expectedRow(target, fields, model, include, schema, data)
      return through ? { ...wire, $through: encodeRow(links.get(target)![0]!, schema.collections[relation.through!.collection]!) } : wire
    })
  return relation.many ? found : found[0] ?? null
}

/** Rows of the join table between two rows, by key; without a join table a row that says that they meet. */
export function linksBetween(row: Row, target: Row, relation: RelationModel, owner: CollectionModel, schema: SchemaModel, data: Data): Row[] {
  const { to, on, through } = relation
  const model = schema.collections[to]!
  if (!through)
    return meet(row, owner, target, model, on) ? [row] : []
  return linksOf(row, relation, owner, schema, data).filter(link => meet(link, schema.collections[through.collection]!, target, model, through.to))
}

const known = new WeakMap<Row, Map<RelationModel, Row[]>>()

function linksOf(row: Row, relation: RelationModel, owner: CollectionModel, { collections, dialect }: SchemaModel, data: Data): Row[] {
  const ofRow = known.get(row) ?? new Map<RelationModel, Row[]>()
  known.set(row, ofRow)
  let links = ofRow.get(relation)
  if (!links) {
    const { collection, from } = relation.through!
    const model = collections[collection]!
    links = data[collection]!.filter(link => meet(row, owner, link, model, from)).sort(compileComparator(parseOrderBy(model), model, dialect))
    ofRow.set(relation, links)
  }
  return links
}

function meet(a: Row, aModel: CollectionModel, b: Row, bModel: CollectionModel, pairs: [string, string][]): boolean {
  return pairs.every(([x, y]) => a[x] !== null && b[y] !== null && encodeValue(a[x], aModel.columns[x]!) === encodeValue(b[y], bModel.columns[y]!))
}

function localFields({ on, through }: RelationModel): string[] {
  return (through ? through.from : on).map(([local]) => local)
}
