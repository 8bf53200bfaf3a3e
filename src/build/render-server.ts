import type { SchemaModel } from '../runtime/shared/model'
import type { ServerOptions } from '../runtime/server/options'
import { isIdentifier } from './options'
import { banner, literal } from './render'

export interface ServerSource {
  schema: SchemaModel
  options: ServerOptions
  /** File that exports each collection. */
  files: Record<string, string>
  drizzleImport: { name: string, from: string }
  /** The export in which answers to mutations are kept. @default Nitro's storage */
  mutations?: { name: string, file: string }
  /** The driver of pub/sub: file and function that make it, the name of the option for its address, and its other options. */
  pubsub?: { file: string, create: string, address: string, options: object }
}

/** Source of `#rstore-drizzle/server`: the models beside the live Drizzle tables. */
export function renderServer({ schema, options, files, drizzleImport, mutations, pubsub }: ServerSource): string {
  if (!isIdentifier(drizzleImport.name))
    throw new Error(`This can't be imported by name: ${JSON.stringify(drizzleImport.name)}`)
  const names = Object.keys(schema.collections)
  const sources = [...new Set([...names.map(name => files[name]!), ...mutations ? [mutations.file] : []])].sort()
  const tables = names.map(name => `  ${literal(name)}: schema${sources.indexOf(files[name]!)}[${literal(name)}],\n`)
  return [
    banner,
    `import { ${drizzleImport.name} as useDatabase } from ${literal(drizzleImport.from)}`,
    ...sources.map((file, i) => `import * as schema${i} from ${literal(file)}`),
    'import { useRuntimeConfig, useStorage } from \'nitropack/runtime\'',
    ...pubsub ? [`import { ${pubsub.create} } from ${literal(pubsub.file)}`] : [],
    '\nexport { useDatabase, useRuntimeConfig, useStorage }\n',
    `export const schema = ${literal(schema)}\n`,
    `export const tables = {\n${tables.join('')}}\n`,
    `export const mutations = ${mutations ? `schema${sources.indexOf(mutations.file)}[${literal(mutations.name)}]` : 'undefined'}\n`,
    `export const createPubSub = ${pubsub ? `(${pubsub.address}, onError) => ${pubsub.create}({ ...${literal(pubsub.options)}, ${pubsub.address}, onError })` : 'undefined'}\n`,
    `export const options = ${literal(options)}\n`,
  ].join('\n')
}
