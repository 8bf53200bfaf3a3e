import type { TextCollation } from '../../src/build/columns'
import type { Problem } from '../../src/build/problem'
import type { CollectionOptions } from '../../src/build/options'
import type { Dialect, SchemaModel } from '../../src/runtime/shared/model'
import { indexTables, introspect } from '../../src/build/introspect'
import { resolveRelations } from '../../src/build/relations'

export interface SchemaModelOptions {
  textCollation?: TextCollation
  collections?: Record<string, false | CollectionOptions>
}

/** The model that a build makes of a schema of any dialect. */
export function schemaModel(exports: Record<string, unknown>, dialect: Dialect, { textCollation, collections = {} }: SchemaModelOptions = {}): SchemaModel {
  const list = Object.entries(exports).map(([name, value]) => ({ name, value, file: 'schema.ts' }))
  const problems: Problem[] = []
  const index = indexTables(list, dialect, { collections }, problems)
  const models = introspect(index, dialect, { collections, textCollation }, problems)
  for (const [name, relations] of Object.entries(resolveRelations(list, index, problems)))
    models[name]!.relations = relations
  if (problems.length > 0)
    throw new Error(JSON.stringify(problems))
  return { dialect, collections: models }
}
