import type { CollectionModel, ColumnModel } from '../../../../../src/runtime/shared/model'
import type { ServerCollection } from '../../../../../src/runtime/server/registry'

const plain = { nullable: true, hasDefault: false, generated: false, readonly: false }
const columns: Record<string, ColumnModel> = {
  id: { type: 'number', ...plain },
  listId: { type: 'number', ...plain },
  at: { type: 'date', ...plain },
  amount: { type: 'string', order: 'numeric', ...plain },
}

/** As far as the hub looks at one. */
export function collection(name: string): ServerCollection {
  const model: CollectionModel = { name, table: name, primaryKey: ['id'], columns, relations: {}, foreignKeys: [], readonly: false }
  return { name, model, visible: Object.keys(columns) } as ServerCollection
}
