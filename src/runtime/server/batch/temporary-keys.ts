import type { CollectionModel, WireRow } from '../../shared/model'
import type { Operation } from './operation'
import { getKey } from '../../shared/key'

/** Puts the keys of rows that the batch has created in place of those that its later operations know them by. */
export class TemporaryKeys {
  private readonly rows = new Map<string, { model: CollectionModel, row: WireRow }>()

  /** The operation has created a row. */
  learn({ type, key, collection: { model } }: Operation, row: unknown): void {
    if (type === 'create' && key !== undefined)
      this.rows.set(nameOf(model.name, key), { model, row: row as WireRow })
  }

  replace(operation: Operation): Operation {
    const { type, key, collection: { model }, item } = operation
    const created = type === 'create' || key === undefined ? undefined : this.rows.get(nameOf(model.name, key))
    return {
      ...operation,
      key: created ? getKey(created.model, created.row) : key,
      item: typeof item === 'object' && item !== null && !Array.isArray(item) ? this.replaceReferences(item as WireRow, model) : item,
    }
  }

  private replaceReferences(item: WireRow, model: CollectionModel): WireRow {
    const real = { ...item }
    for (const { columns, to, toColumns } of model.foreignKeys) {
      for (const [i, field] of columns.entries()) {
        const value = real[field]
        const created = typeof value === 'string' || typeof value === 'number' ? this.rows.get(nameOf(to, value)) : undefined
        if (created && created.model.primaryKey.length === 1 && created.model.primaryKey[0] === toColumns[i])
          real[field] = created.row[toColumns[i]!]
      }
    }
    return real
  }
}

/** A bigint comes as text in an item, and may come as a number in a key. */
function nameOf(collection: string, key: string | number): string {
  return `${collection}/${key}`
}
