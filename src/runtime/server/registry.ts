import type { Table, View } from 'drizzle-orm'
import type { ColumnModel, CollectionModel, SchemaModel } from '../shared/model'
import type { FieldSource } from './dialects/types'
import { getTableColumns, getViewSelectedFields, is, SQL, Column as DrizzleColumn, Table as DrizzleTable, View as DrizzleView } from 'drizzle-orm'
import { RstoreError } from '../shared/errors'

/** A field of a collection with its place in the database. */
export interface ServerField {
  column: ColumnModel
  source: FieldSource
  /** A decoded value as the driver takes it. NULL stays NULL. */
  toDriver: (value: unknown) => unknown
  /** A value from the driver as Drizzle decodes it; may throw. */
  fromDriver: (value: unknown) => unknown
  /** Name in the database; with `casing` in the Drizzle instance, the name it is derived from. */
  columnName: string
}

export interface ServerCollection {
  name: string
  model: CollectionModel
  table: Table | View
  fields: Record<string, ServerField>
  /** Names of the fields that may leave the server. */
  visible: string[]
  /** Names of the fields that every answer holds: key and local sides of relations. */
  required: string[]
}

export interface Registry {
  schema: SchemaModel
  /** @throws RstoreError RSTORE_UNKNOWN_COLLECTION */
  collection: (name: string) => ServerCollection
}

/**
 * Joins the generated model to the Drizzle objects it was made from.
 * @throws Error where the two don't fit, at server start
 */
export function createRegistry({ schema, tables }: { schema: SchemaModel, tables: Record<string, unknown> }): Registry {
  const collections = new Map(Object.values(schema.collections).map(model => [model.name, createCollection(model, tables[model.name])]))
  return {
    schema,
    collection(name) {
      const collection = collections.get(name)
      if (!collection)
        throw new RstoreError('RSTORE_UNKNOWN_COLLECTION', `There is no collection ${JSON.stringify(name.slice(0, 100))}.`, { collection: name.slice(0, 100) })
      return collection
    },
  }
}

function createCollection(model: CollectionModel, table: unknown): ServerCollection {
  if (!is(table, DrizzleTable) && !is(table, DrizzleView))
    throw new Error(`The schema exports no table "${model.name}". Build the app again: its generated registry is out of date.`)
  const sources: Record<string, unknown> = is(table, DrizzleView) ? getViewSelectedFields(table) : getTableColumns(table)
  const fields: Record<string, ServerField> = {}
  for (const [name, column] of Object.entries(model.columns)) {
    const field = createField(name, column, sources[name])
    if (!field)
      throw new Error(`The table "${model.name}" has no column "${name}". Build the app again: its generated registry is out of date.`)
    fields[name] = field
  }
  const visible = Object.keys(model.columns).filter(name => !model.columns[name]!.hidden)
  const wanted = new Set([...model.primaryKey, ...Object.values(model.relations).flatMap(relation => (relation.through ? relation.through.from : relation.on).map(([local]) => local))])
  return { name: model.name, model, table, fields, visible, required: visible.filter(name => wanted.has(name)) }
}

function createField(name: string, column: ColumnModel, source: unknown): ServerField | undefined {
  if (is(source, DrizzleColumn))
    return { column, source, columnName: source.name || name, ...mappingOf(source) }
  // `mapWith` may have given an expression of a view the mapping of a column.
  if (is(source, SQL.Aliased))
    return { column, source, columnName: source.fieldAlias, ...mappingOf((source.sql as unknown as { decoder: Mapper }).decoder) }
  return undefined
}

interface Mapper { mapFromDriverValue: (value: unknown) => unknown, mapToDriverValue?: (value: unknown) => unknown }

function mappingOf(mapper: Mapper): Pick<ServerField, 'toDriver' | 'fromDriver'> {
  return {
    toDriver: value => value === null || !mapper.mapToDriverValue ? value : mapper.mapToDriverValue(value),
    fromDriver: value => mapper.mapFromDriverValue(value),
  }
}
