import type { ConditionNode } from '../../shared/condition'
import type { Row } from '../../shared/model'
import type { SqlDialect } from '../dialects/types'
import type { ServerCollection, ServerField } from '../registry'
import type { RowsRequest } from './rows'
import { Placeholder } from 'drizzle-orm'

/** A request whose values are placeholders, and the values: see `StatementShape`. */
export interface BoundRequest {
  key: string
  values: unknown[]
  request: RowsRequest
}

/** @returns `undefined` where the statement depends on more than the shape of the request */
export function bindRequest(collection: ServerCollection, request: RowsRequest, dialect: SqlDialect): BoundRequest | undefined {
  const { fields, where, key, among, after, conditions, extras, order, limit, offset } = request
  if (conditions?.length || (extras && Object.keys(extras).length > 0))
    return undefined
  const binder = new Binder(dialect, collection.fields)
  const bound: RowsRequest = {
    fields,
    order,
    where: where?.map(node => binder.node(node)),
    key: key && binder.row(key),
    among: among && { fields: among.fields, values: binder.tuples(among.values as unknown[][]) },
    after: after?.map(value => binder.value(value)),
    limit: limit === undefined ? undefined : binder.value(limit) as Placeholder,
    offset: offset ? binder.value(offset) as Placeholder : undefined,
  }
  return binder.values && { key: idOf(collection) + JSON.stringify(bound), values: binder.values, request: bound }
}

/** Puts placeholders in the place of values, and keeps these as the driver takes them. */
class Binder {
  /** None as soon as one was met that the text of a statement depends on. */
  values: unknown[] | undefined = []

  constructor(readonly dialect: SqlDialect, readonly fields: Record<string, ServerField>) {}

  node(node: ConditionNode): ConditionNode {
    switch (node.operator) {
      case 'and':
      case 'or': return { operator: node.operator, conditions: node.conditions.map(one => this.node(one)) }
      case 'not': return { operator: 'not', condition: this.node(node.condition) }
      case 'isNull':
      case 'isNotNull': return node
      case 'between':
      case 'notBetween': return { ...node, value1: this.decoded(node.field, node.value1), value2: this.decoded(node.field, node.value2) }
      case 'inArray':
      case 'notInArray': return { ...node, value: this.list(node.field, node.value as unknown[]) }
      case 'like':
      case 'ilike':
      case 'notLike':
      case 'notIlike': return { ...node, value: this.value(node.value) }
      case 'arrayContains':
      case 'arrayContained':
      case 'arrayOverlaps': return this.#give(node)
      default: return { ...node, value: this.decoded(node.field, node.value) }
    }
  }

  row(row: Row): Row {
    return Object.fromEntries(Object.entries(row).map(([field, value]) => [field, this.decoded(field, value)]))
  }

  tuples(tuples: readonly (readonly unknown[])[]): Placeholder {
    return this.#list(tuples)
  }

  value(value: unknown): unknown {
    switch (typeof value) {
      case 'number': return Number.isFinite(value) ? this.#push(value) : this.#give(value)
      case 'string':
      case 'bigint':
      case 'boolean': return this.#push(value)
      // NULL is never a parameter: what is compared with it is another condition.
      default: return value === null ? null : value instanceof Uint8Array || value instanceof Date ? this.#push(value) : this.#give(value)
    }
  }

  decoded(field: string, value: unknown): unknown {
    return this.value(this.fields[field]!.toDriver(value))
  }

  list(field: string, values: unknown[]): unknown {
    return values.length === 0 ? values : this.#list(values.map(value => [this.fields[field]!.toDriver(value)]))
  }

  #list(tuples: readonly (readonly unknown[])[]): Placeholder {
    const list = this.dialect.listParameter?.of(tuples)
    if (list === undefined)
      this.values = undefined
    return this.#push(list)
  }

  #push(value: unknown): Placeholder {
    return new Placeholder(String((this.values?.push(value) ?? 0) - 1))
  }

  #give<T>(value: T): T {
    this.values = undefined
    return value
  }
}

const ids = new WeakMap<ServerCollection, string>()
let count = 0

/** Names alone don't tell: a process may have more than one registry. */
function idOf(collection: ServerCollection): string {
  let id = ids.get(collection)
  if (id === undefined)
    ids.set(collection, id = String(count++))
  return id
}
