import type { CollectionModel, ColumnModel } from '../../../../src/runtime/shared/model'

export function column(type: ColumnModel['type'], rest: Partial<ColumnModel> = {}): ColumnModel {
  return { type, nullable: true, hasDefault: false, generated: false, readonly: false, ...rest }
}

export function collection(columns: Record<string, ColumnModel>, primaryKey = ['id']): CollectionModel {
  return { name: 'things', table: 'things', primaryKey, columns, relations: {}, foreignKeys: [], readonly: false }
}
