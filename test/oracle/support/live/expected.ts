import type { SQL } from 'drizzle-orm'
import type { ConditionNode } from '../../../../src/runtime/shared/condition'
import type { IncludeQuery, Includes } from '../../../../src/runtime/shared/include'
import type { RelationModel, Row, SchemaModel } from '../../../../src/runtime/shared/model'
import type { AnyDatabase, LiveDatabase } from './schema'
import { and, asc, desc, eq, gt, gte, inArray, isNotNull, isNull, like, lt, lte, ne, not, notInArray, notLike, or, sql } from 'drizzle-orm'
import { columnsOf } from './schema'

/* What a query should show, asked of the database in plain Drizzle: without a line of the server's or the store's. */

export interface FlatQuery {
  where?: ConditionNode
  orderBy?: readonly string[]
  keys?: readonly Row[]
  limit?: number
  offset?: number
}

type Columns = Record<string, SQL>

/** Reads of one moment: equal ones are asked once. */
export class Expected {
  private readonly answers = new Map<string, PromiseLike<Row[]>>()
  nested = 0

  constructor(private readonly live: LiveDatabase, private readonly schema: SchemaModel) {}

  /** Rows that the database filters, sorts and cuts. */
  flat(collection: string, query: FlatQuery): PromiseLike<Row[]> {
    const id = textOf([collection, query])
    let answer = this.answers.get(id)
    if (!answer)
      this.answers.set(id, answer = Promise.resolve(select(this.live, this.schema, collection, query)))
    return answer
  }

  /** A row with everything that its relations should hold, told apart in JavaScript. */
  async nest(collection: string, row: Row, columns: readonly string[] | undefined, includes: Includes = {}): Promise<Row> {
    const model = this.schema.collections[collection]!
    const shown: Row = Object.fromEntries((columns ?? Object.keys(model.columns)).map(field => [field, row[field]]))
    for (const [name, query] of Object.entries(includes))
      shown[name] = await this.share(row, model.relations[name]!, query)
    return shown
  }

  private async share(row: Row, { to, many, on, through }: RelationModel, { where, orderBy, limit = Infinity, columns, include }: IncludeQuery): Promise<Row[] | Row | null> {
    const [all, joins] = await Promise.all([this.flat(to, { where, orderBy }), through ? this.flat(through.collection, {}) : []])
    const own = joins.filter(join => meet(row, join, through!.from))
    const found = all.filter(target => through ? own.some(join => meet(join, target, through.to)) : meet(row, target, on)).slice(0, many ? limit : 1)
    this.nested += found.length
    const rows = await Promise.all(found.map(target => this.nest(to, target, columns, include)))
    return many ? rows : rows[0] ?? null
  }
}

function meet(a: Row, b: Row, pairs: [string, string][]): boolean {
  return pairs.every(([x, y]) => a[x] !== null && b[y] !== null && textOf(a[x]) === textOf(b[y]))
}

function select({ direct, tables }: LiveDatabase, { collections }: SchemaModel, collection: string, { where, orderBy = [], keys, limit, offset }: FlatQuery): PromiseLike<Row[]> {
  const columns = columnsOf(tables[collection]!)
  const { primaryKey } = collections[collection]!
  const terms = orderBy.map((term) => {
    const [field, direction = 'asc'] = term.split('.')
    return { field: field!, direction }
  })
  terms.push(...primaryKey.map(field => ({ field, direction: terms.at(-1)?.direction ?? 'asc' })))
  const inKeys = keys && (keys.length > 0 ? or(...keys.map(key => keyOf(columns, key))) : sql`1 = 0`)
  const rows = (direct as AnyDatabase).select().from(tables[collection]!)
    .where(and(where && compile(where, columns), inKeys))
    .orderBy(...terms.map(({ field, direction }) => (direction === 'desc' ? desc : asc)(columns[field]!)))
  const cut = limit === undefined ? rows : rows.limit(limit)
  return offset ? cut.offset(offset) : cut
}

/** The row whose key fields are these. */
export function keyOf(columns: Columns, key: Row): SQL {
  return and(...Object.entries(key).map(([field, value]) => eq(columns[field]!, value)))!
}

function compile(node: ConditionNode, columns: Columns): SQL {
  if ('conditions' in node)
    return (node.operator === 'and' ? and : or)(...node.conditions.map(child => compile(child, columns)))!
  if ('condition' in node)
    return not(compile(node.condition, columns))
  const column = columns[node.field]!
  switch (node.operator) {
    case 'isNull': return isNull(column)
    case 'isNotNull': return isNotNull(column)
    // No BETWEEN: MariaDB takes one of 'A' and 'a' for an equality, whatever the collation of the column.
    case 'between': return and(gte(column, node.value1), lte(column, node.value2))!
    case 'notBetween': return or(lt(column, node.value1), gt(column, node.value2))!
    case 'inArray': return inArray(column, node.value as unknown[])
    case 'notInArray': return notInArray(column, node.value as unknown[])
    case 'like': return like(column, node.value as string)
    case 'notLike': return notLike(column, node.value as string)
    case 'eq': return eq(column, node.value)
    case 'ne': return ne(column, node.value)
    case 'gt': return gt(column, node.value)
    case 'gte': return gte(column, node.value)
    case 'lt': return lt(column, node.value)
    case 'lte': return lte(column, node.value)
    default: throw new Error(`The oracle does not know "${node.operator}".`)
  }
}

/** Equal text for equal values, whatever the order of their fields. What is missing is not NULL. */
export function textOf(value: unknown): string {
  return value instanceof Date
    ? `@${value.getTime()}`
    : typeof value === 'bigint'
      ? `${value}n`
      : Array.isArray(value)
        ? `[${value.map(textOf).join(', ')}]`
        : typeof value === 'object' && value !== null
          ? `{${Object.entries(value).filter(([, part]) => part !== undefined).sort(([a], [b]) => a < b ? -1 : 1).map(([name, part]) => `${name}: ${textOf(part)}`).join(', ')}}`
          : JSON.stringify(value) ?? 'undefined'
}
