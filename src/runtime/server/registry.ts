import type { Table, View } from 'drizzle-orm'
import type { ColumnModel, CollectionModel, RelationModel, SchemaModel } from '../shared/model'
import type { FieldSource } from './dialects/types'
import type { Mapper } from './dialects/mapping'
import { getTableColumns, getTableUniqueName, getViewName, getViewSelectedFields, is, SQL, Column as DrizzleColumn, Table as DrizzleTable, View as DrizzleView } from 'drizzle-orm'
import { RstoreError } from '../shared/errors'
import { mappingOf } from './dialects/mapping'
import { toClientModel } from '../shared/model'

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
  /** Relations that may be read: no field they go by is hidden. */
  relations: Record<string, ServerRelation>
  /** All models as clients know them: without hidden columns and what goes by them. One object for the whole registry. */
  clientModels: Record<string, CollectionModel>
}

/** A relation with the collections it leads to. */
export interface ServerRelation {
  name: string
  many: boolean
  target: ServerCollection
  /** Fields of the collection that has the relation, in pairs with `remote`. */
  local: string[]
  /** What these are equal to: fields of the target or, where there is one, of the join table. */
  remote: string[]
  through?: {
    collection: ServerCollection
    /** Pairs of a field of the join table and one of the target. */
    to: [throughField: string, targetField: string][]
  }
}

export interface Registry {
  schema: SchemaModel
  /** @throws RstoreError RSTORE_UNKNOWN_COLLECTION */
  collection: (name: string) => ServerCollection
  /** @throws Error where the table is none of the schema's, or is left out by the module's options */
  collectionOf: (table: unknown) => ServerCollection
}

/**
 * Joins the generated model to the Drizzle objects it was made from.
 * @throws Error where the two don't fit, at server start
 */
export function createRegistry({ schema, tables }: { schema: SchemaModel, tables: Record<string, unknown> }): Registry {
  const clientModels: Record<string, CollectionModel> = {}
  const collections = new Map(Object.values(schema.collections).map(model => [model.name, createCollection(model, tables[model.name], clientModels)]))
  for (const collection of collections.values())
    relate(collection, collections)
  return {
    schema,
    collectionOf(table) {
      const all = [...collections.values()]
      // A schema that was bundled twice gives two objects for one table.
      const found = all.find(collection => collection.table === table) ?? all.find(collection => nameOf(collection.table) === nameOf(table))
      if (!found)
        throw new Error(`${nameOf(table) ?? 'What was given'} is no table that the API serves. It serves ${[...collections.keys()].join(', ')}.`)
      return found
    },
    collection(name) {
      const collection = collections.get(name)
      if (!collection)
        throw new RstoreError('RSTORE_UNKNOWN_COLLECTION', `There is no collection ${JSON.stringify(name.slice(0, 100))}.`, { collection: name.slice(0, 100) })
      return collection
    },
  }
}

function nameOf(table: unknown): string | undefined {
  return is(table, DrizzleTable) ? getTableUniqueName(table) : is(table, DrizzleView) ? `view ${getViewName(table)}` : undefined
}

function createCollection(model: CollectionModel, table: unknown, clientModels: Record<string, CollectionModel>): ServerCollection {
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
  return { name: model.name, model, table, fields, visible, required: visible.filter(name => wanted.has(name)), relations: {}, clientModels }
}

/** Fills in what takes all collections to know. */
function relate(collection: ServerCollection, collections: ReadonlyMap<string, ServerCollection>): void {
  const { name: own, model, relations, clientModels } = collection
  for (const [name, given] of Object.entries(model.relations)) {
    const relation = resolveRelation(name, given, collections)
    if (isVisible(collection, relation))
      relations[name] = relation
  }
  clientModels[own] = { ...toClientModel(model), relations: Object.fromEntries(Object.keys(relations).map(name => [name, model.relations[name]!])) }
}

function resolveRelation(name: string, { to, many, on, through }: RelationModel, collections: ReadonlyMap<string, ServerCollection>): ServerRelation {
  const find = (other: string): ServerCollection => {
    const found = collections.get(other)
    if (!found)
      throw new Error(`The relation "${name}" leads to "${other}", which is no collection. Build the app again: its generated registry is out of date.`)
    return found
  }
  const pairs = through ? through.from : on
  return {
    name,
    many,
    target: find(to),
    local: pairs.map(([local]) => local),
    remote: pairs.map(([, remote]) => remote),
    ...through && { through: { collection: find(through.collection), to: through.to } },
  }
}

/** Whether a client may know of every field that a relation goes by. */
function isVisible(collection: ServerCollection, { target, local, remote, through }: ServerRelation): boolean {
  const sees = ({ visible }: ServerCollection, fields: string[]) => fields.every(field => visible.includes(field))
  return sees(collection, local) && (through
    ? sees(through.collection, [...remote, ...through.to.map(([field]) => field)]) && sees(target, through.to.map(([, field]) => field))
    : sees(target, remote))
}

function createField(name: string, column: ColumnModel, source: unknown): ServerField | undefined {
  if (is(source, DrizzleColumn))
    return { column, source, columnName: source.name || name, ...mappingOf(source) }
  // `mapWith` may have given an expression of a view the mapping of a column.
  if (is(source, SQL.Aliased))
    return { column, source, columnName: source.fieldAlias, ...mappingOf((source.sql as unknown as { decoder: Mapper }).decoder) }
  return undefined
}
