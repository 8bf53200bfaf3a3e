import type { SQL } from 'drizzle-orm'
import type { Row } from '../../shared/model'
import type { SelectStatement, SqlDialect } from '../dialects/types'
import type { ServerCollection, ServerRelation } from '../registry'
import type { RelationPlan } from './plan-include'
import type { Execution } from './rows'
import { and, sql } from 'drizzle-orm'
import { compileWhere } from './compile-where'
import { selectGrouped } from './grouped-rows'
import { compileOrder } from './keyset'
import { outputs, selectRows } from './rows'
import { scopeConditions, withinScope } from './scope'

/** Name of a field of the join table in what `selectRelated` gives; no field can have one like it. */
export function throughName(field: string): string {
  return `$through:${field}`
}

/**
 * Rows of a relation for many join values in one statement, at most `limit` in all: those of one join value
 * after the other, each in the order of the plan. Across a join table they come with its fields, and a row that
 * the join table leads to twice comes twice, one right after the other.
 */
export async function selectRelated(plan: RelationPlan, values: readonly unknown[][], limit: number, execution: Execution): Promise<Row[]> {
  const { relation: { target, remote, through }, columns, order } = plan
  const { dialect, database } = execution
  if (!through && isUnique(target, remote)) {
    const within = withinScope(plan.scope)
    return selectRows(target, { ...within, where: plan.where ? [...within.where, plan.where] : within.where, fields: columns, among: { fields: remote, values }, order, limit }, execution)
  }
  const grouped = await selectGrouped(plan, values, limit, execution)
  if (grouped)
    return grouped
  const conditions = [...scopeConditions(plan.scope, target, dialect)]
  if (plan.where)
    conditions.push(compileWhere(plan.where, target, dialect))
  if (through)
    return dialect.select(database, ranked(acrossJoinTable(plan, through, values, conditions, dialect), limit, dialect))
  conditions.unshift(inValues(target, remote, values, dialect))
  return dialect.select(database, ranked({
    from: sql`${target.table}`,
    fields: { ...outputs(target, columns, dialect), ...plan.scope.extras },
    where: and(...conditions),
    by: remote.map(field => ({ key: groupKey(target, field, dialect), name: field, binary: isBinary(target, field) })),
    orderBy: compileOrder(order, target, dialect),
    most: plan.limit,
  }, limit, dialect))
}

/** Whether each row of the target has its join value alone. */
export function isUnique({ model: { primaryKey } }: ServerCollection, fields: readonly string[]): boolean {
  return primaryKey.length > 0 && primaryKey.every(field => fields.includes(field))
}

interface RankedRows {
  from: SQL
  fields: Record<string, SQL>
  where: SQL | undefined
  /** What makes a group, with the name of the same in `fields`. */
  by: { key: SQL, name: string, binary: boolean }[]
  orderBy: SQL[]
  /** Most rows of one group. */
  most: number
  /** The same row may be in a group more than once and counts once; these fields then put its copies in order. */
  copies?: string[]
}

const inner = sql.identifier('ranked')
const position = sql.identifier('position')

/** The first rows of each group, by a window function: the same on every database that is served. */
function ranked({ from, fields, where, by, orderBy, most, copies }: RankedRows, limit: number, dialect: SqlDialect): SelectStatement {
  const names = Object.keys(fields)
  // By number, since databases that ignore case would take two fields for one.
  const alias = (name: string) => sql.identifier(`c${names.indexOf(name)}`)
  const order = orderBy.length > 0 ? sql` order by ${sql.join(orderBy, comma)}` : sql``
  const rank = sql`${copies ? sql`dense_rank` : sql`row_number`}() over (partition by ${sql.join(by.map(({ key }) => key), comma)}${order})`
  const selected = [...names.map(name => sql`${fields[name]!} as ${alias(name)}`), sql`${rank} as ${position}`]
  const outer = (name: string) => sql`${inner}.${alias(name)}`
  return {
    from: sql`(select ${sql.join(selected, comma)} from ${from}${where ? sql` where ${where}` : sql``}) as ${inner}`,
    fields: Object.fromEntries(names.map(name => [name, outer(name)])),
    where: sql`${inner}.${position} <= ${most}`,
    orderBy: [...by.map(({ name, binary }) => binary ? dialect.sortKey(outer(name), true) : outer(name)), sql`${inner}.${position}`, ...(copies ?? []).map(outer)],
    limit,
  }
}

function acrossJoinTable(plan: RelationPlan, through: NonNullable<ServerRelation['through']>, values: readonly unknown[][], conditions: SQL[], dialect: SqlDialect): RankedRows {
  const { relation: { target, remote }, columns, order, limit, withThrough } = plan
  const join = through.collection
  const { primaryKey } = join.model
  // Only what has a key can be told to be the same row.
  const copies = target.model.primaryKey.length > 0 && !isUnique(join, [...remote, ...through.to.map(([field]) => field)])
  const given = [...new Set([...withThrough ? join.visible : remote, ...copies ? primaryKey : []])]
  const links = [inValues(join, remote, values, dialect), ...scopeConditions(plan.throughScope, join, dialect)]
  const alias = sql.identifier('through')
  const column = (kind: string, i: number) => sql.identifier(`${kind}${i}`)
  const selected = [
    ...remote.map((field, i) => sql`${groupKey(join, field, dialect)} as ${column('from', i)}`),
    ...through.to.map(([field], i) => sql`${join.fields[field]!.source} as ${column('to', i)}`),
    ...given.map((field, i) => sql`${dialect.output(join.fields[field]!.source)} as ${column('field', i)}`),
  ]
  const on = through.to.map(([, field], i) => sql`${target.fields[field]!.source} = ${alias}.${column('to', i)}`)
  return {
    from: sql`${target.table} inner join (select ${sql.join(selected, comma)} from ${join.table} where ${and(...links)}) as ${alias} on ${and(...on)}`,
    fields: { ...outputs(target, columns, dialect), ...plan.scope.extras, ...Object.fromEntries(given.map((field, i) => [throughName(field), sql`${alias}.${column('field', i)}`])) },
    where: and(...conditions),
    by: remote.map((field, i) => ({ key: sql`${alias}.${column('from', i)}`, name: throughName(field), binary: isBinary(join, field) })),
    orderBy: compileOrder(order, target, dialect),
    most: limit,
    copies: copies ? primaryKey.map(throughName) : undefined,
  }
}

function inValues({ fields }: ServerCollection, names: readonly string[], values: readonly unknown[][], dialect: SqlDialect): SQL {
  const sources = names.map(name => fields[name]!.source)
  return sources.length === 1 ? dialect.inList(sources[0]!, values.map(([value]) => value)) : dialect.inTuples(sources, values as unknown[][])
}

/** In the order of the database, but where a collation may take texts for the same that are different join values. */
function groupKey(collection: ServerCollection, field: string, dialect: SqlDialect): SQL {
  return dialect.sortKey(collection.fields[field]!.source, isBinary(collection, field))
}

function isBinary({ model }: ServerCollection, field: string): boolean {
  return !!model.columns[field]!.collation
}

const comma = sql`, `
