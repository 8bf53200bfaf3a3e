import type { Key } from '../../shared/key'
import type { CollectionModel, Row } from '../../shared/model'
import type { ServerCollection } from '../registry'
import { decodeKey } from '../query/decode-key'

/** A row that an operation of the same transaction is going to create, known by a temporary key. */
export class PendingRow {
  private created: Row | undefined

  constructor(readonly collection: ServerCollection, private readonly temporaryKey: Key) {}

  /** It has been created, with this decoded key. */
  resolve(key: Row): void {
    this.created = key
  }

  /** What its key will be, part by part. */
  key(): Row {
    return Object.fromEntries(this.collection.model.primaryKey.map(field => [field, this.part(field)]))
  }

  part(field: string): PendingKey {
    return new PendingKey(this, field, this.temporaryKey)
  }

  valueOf(field: string): unknown {
    if (!this.created)
      throw new Error(`A row of "${this.collection.name}" is wanted before it is there.`)
    return this.created[field]
  }
}

/** The place of a value that only the database knows, and not before it has created the row. */
export class PendingKey {
  constructor(readonly row: PendingRow, readonly field: string, readonly temporaryKey: Key) {}
}

/** The values as code of the app is shown them, in an object of its own: places are held by what the client has put there. */
export function show(values: Row): Row {
  return Object.fromEntries(Object.entries(values).map(([field, value]) => [field, value instanceof PendingKey ? value.temporaryKey : value]))
}

/** The values with those in place that have become known. */
export function settle(values: Row): Row {
  return Object.fromEntries(Object.entries(values).map(([field, value]) => [field, value instanceof PendingKey ? value.row.valueOf(value.field) : value]))
}

/** The key of a row, decoded: of one that is there, or of one that the transaction is going to create. */
export function keyRow(key: Key, collection: ServerCollection, pending: PendingRows | undefined): Row {
  return pending?.find(collection, key)?.key() ?? decodeKey(collection.model, key)
}

/** Rows that the operations of a transaction create, by the temporary keys that later ones refer to them by. */
export class PendingRows {
  private readonly rows = new Map<string, PendingRow>()

  add(collection: ServerCollection, key: Key): PendingRow {
    const row = new PendingRow(collection, key)
    this.rows.set(nameOf(collection.name, key), row)
    return row
  }

  find(collection: ServerCollection, key: Key): PendingRow | undefined {
    return this.rows.get(nameOf(collection.name, key))
  }

  /** What an item refers to by temporary keys, by foreign key field. */
  references(item: unknown, { foreignKeys }: CollectionModel): Record<string, PendingKey> {
    const found: Record<string, PendingKey> = {}
    if (typeof item !== 'object' || item === null)
      return found
    for (const { columns, to, toColumns } of foreignKeys) {
      for (const [i, field] of columns.entries()) {
        const value = Object.hasOwn(item, field) ? (item as Row)[field] : undefined
        const row = typeof value === 'string' || typeof value === 'number' ? this.rows.get(nameOf(to, value)) : undefined
        const [target, ...others] = row?.collection.model.primaryKey ?? []
        if (row && others.length === 0 && target === toColumns[i])
          found[field] = row.part(target!)
      }
    }
    return found
  }
}

/** A bigint comes as text in an item, and may come as a number in a key. */
function nameOf(collection: string, key: Key): string {
  return `${collection}/${key}`
}
