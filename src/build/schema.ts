import type { CollectionModel, SchemaModel } from '../runtime/shared/model'
import type { ResolvedOptions } from './options'
import type { Problem } from './problem'
import { toClientModel } from '../runtime/shared/model'
import { indexTables, introspect } from './introspect'
import { findDrizzleConfig, loadSchema } from './load-schema'
import { resolveRelations } from './relations'
import { hiddenRelations, validate } from './validate'

/** Everything the build knows of the app's schema. */
export interface BuiltSchema {
  /** Hidden columns included. */
  server: SchemaModel
  client: SchemaModel
  /** File that exports each collection, absolute. */
  files: Record<string, string>
  /** Collections that the app left out. */
  excluded: string[]
  /** The export in which the server keeps its answers to mutations. */
  mutations?: { name: string, file: string }
}

export interface SchemaBuild {
  /** Absent where there is no config, or no schema can be made of it. */
  schema?: BuiltSchema
  problems: Problem[]
  /** Files and folders whose change may change the schema. */
  watch: { files: string[], folders: string[] }
}

export interface BuildContext {
  rootDir: string
  alias: Record<string, string>
  options: ResolvedOptions
}

/** Reads config and schema and makes the models of both sides. Problems are returned, not thrown. */
export async function buildSchema({ rootDir, alias, options }: BuildContext): Promise<SchemaBuild> {
  const configPath = findDrizzleConfig(rootDir, options.drizzleConfigPath)
  if (!configPath) {
    const problem: Problem = {
      severity: 'warning',
      subject: options.drizzleConfigPath ?? 'drizzle.config.ts',
      message: 'was not found, so no collections are generated.',
      fix: 'Add a Drizzle Kit config to the project root, or set `rstoreDrizzle.drizzleConfigPath`.',
    }
    return { problems: [problem], watch: { files: [], folders: [] } }
  }
  const { schema: loaded, problems, evaluated, folders } = await loadSchema({ rootDir, configPath, alias })
  const build: SchemaBuild = { problems, watch: { files: evaluated, folders } }
  if (!loaded)
    return build
  const { dialect, exports, complete } = loaded
  const index = indexTables(exports, dialect, options, problems)
  const collections = introspect(index, dialect, options, problems)
  for (const [name, relations] of Object.entries(resolveRelations(exports, index, problems, complete)))
    collections[name]!.relations = relations
  validate(collections, index, options, problems, complete)
  const server: SchemaModel = { dialect, collections }
  build.schema = {
    server,
    client: toClientSchema(server),
    files: Object.fromEntries([...index.collections.values()].map(({ name, file }) => [name, file])),
    excluded: index.excluded,
    ...index.mutations && { mutations: index.mutations },
  }
  return build
}

/** The schema as a browser may know it. */
export function toClientSchema({ dialect, collections }: SchemaModel): SchemaModel {
  return { dialect, collections: Object.fromEntries(Object.values(collections).map(model => [model.name, toClientCollection(model, collections)])) }
}

function toClientCollection(model: CollectionModel, collections: Record<string, CollectionModel>): CollectionModel {
  const unreachable = hiddenRelations(model, collections)
  return toClientModel({
    ...model,
    relations: Object.fromEntries(Object.entries(model.relations).filter(([name]) => !unreachable.includes(name))),
    foreignKeys: model.foreignKeys.filter(({ to, toColumns }) => !toColumns.some(column => collections[to]?.columns[column]?.hidden)),
  })
}
