import type { Key } from '../shared/key'
import type { CollectionModel, Row } from '../shared/model'

/** What a row can do, besides holding its columns. Kept on the prototype of its collection. */
export interface RowActions {
  getKey: (row: Row) => Key
  isOptimistic: (row: Row) => boolean
  update: (row: Row, patch: Row, options?: object) => Promise<Row>
  delete: (row: Row, options?: object) => Promise<void>
  /** What the cache holds of a relation. */
  related: (row: Row, relation: string) => unknown
}

/** What a node shows under a relation. */
export type Related = Record<string, () => unknown>

/** Makes a row from values, and from a patch over them. The row is a snapshot: it never changes. */
export type CreateRow = (values: Row, patch?: Row) => Row

export interface RowFactory extends CreateRow {
  /** Makes rows that show the relations a query includes, which are read when they are looked at. */
  nodes: (relations: readonly string[]) => (row: Row, related: Related) => Row
}

/**
 * A factory of rows for one collection. Columns are own properties; methods sit on a prototype that
 * Vue is told not to wrap, so a row is the same object in development, in production and behind a ref.
 * `freeze` makes writing to a row an error instead of a change that nothing notices.
 */
export function createRowFactory(model: CollectionModel, actions: RowActions, freeze: boolean): RowFactory {
  class CollectionRow {
    [field: string]: unknown
    constructor(values: Row, patch?: Row) {
      for (const field in values)
        this[field] = values[field]
      if (patch) {
        for (const field in patch) {
          if (patch[field] !== undefined)
            this[field] = patch[field]
        }
      }
    }
  }
  Object.defineProperties(CollectionRow.prototype, {
    __v_skip: { value: true },
    $collection: { value: model.name },
    $getKey: { value(this: Row) { return actions.getKey(this) } },
    $raw: { value(this: Row) { return { ...this } } },
    $update: { value(this: Row, patch: Row, options?: object) { return actions.update(this, patch, options) } },
    $delete: { value(this: Row, options?: object) { return actions.delete(this, options) } },
    $isOptimistic: { get(this: Row) { return actions.isOptimistic(this) } },
  })
  for (const name of Object.keys(model.relations))
    Object.defineProperty(CollectionRow.prototype, name, relationProperty(row => actions.related(row, name)))

  const finish = (row: CollectionRow): Row => freeze ? Object.freeze(row) : row
  const createRow = (values: Row, patch?: Row) => finish(new CollectionRow(values, patch))
  return Object.assign(createRow, {
    nodes(relations: readonly string[]) {
      class Node extends CollectionRow {
        #related: Related
        constructor(row: Row, related: Related) {
          super(row)
          this.#related = related
        }

        static read(node: Node, name: string): unknown {
          return node.#related[name]!()
        }
      }
      for (const name of relations)
        Object.defineProperty(Node.prototype, name, relationProperty(node => Node.read(node as Node, name)))
      Object.defineProperty(Node.prototype, 'toJSON', {
        value(this: Row) { return { ...this, ...Object.fromEntries(relations.map(name => [name, this[name]])) } },
      })
      return (row: Row, related: Related) => finish(new Node(row, related))
    },
  })
}

/** Values may come with related rows nested in them: those have their own place. */
function relationProperty(read: (row: Row) => unknown): PropertyDescriptor {
  return {
    get(this: Row) { return read(this) },
    set: () => undefined,
  }
}

/** Whether writing `next` over `row` changes nothing. */
export function sameValues(row: Row, next: Row): boolean {
  for (const field in next) {
    const value = next[field]
    if (value !== undefined && value !== row[field] && !sameValue(value, row[field]))
      return false
  }
  return true
}

/**
 * Whether a row has all columns loaded. Most rows have the fields of the last one that had, in the same
 * order: then no column is looked up.
 */
export function createCompletenessTest(columns: readonly string[]): (row: Row) => boolean {
  let shape: string[] = []
  return (row) => {
    let i = 0
    for (const field in row) {
      if (field !== shape[i++] || row[field] === undefined)
        return testAll(row)
    }
    return i === shape.length || testAll(row)
  }

  function testAll(row: Row): boolean {
    const complete = columns.every(field => row[field] !== undefined)
    if (complete)
      shape = Object.keys(row)
    return complete
  }
}

function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return false
  if (a instanceof Date)
    return b instanceof Date && a.getTime() === b.getTime()
  // JSON, arrays and bytes: equal text is enough to keep the identity, unequal text at worst costs a render.
  return textOf(a) === textOf(b)
}

function textOf(value: object): string {
  return JSON.stringify(value, (_, part: unknown) => typeof part === 'bigint' ? String(part) : part)
}
