import type { CollectionModel, SchemaModel } from '../runtime/shared/model'
import { relative } from 'pathe'
import { hiddenRelations } from './validate'
import { banner, literal } from './render'

export interface TypesSource {
  /** The server's model: hidden columns are needed to leave them out. */
  schema: SchemaModel
  /** File that exports each collection, absolute. */
  files: Record<string, string>
  /** Absolute path of `runtime/types/schema`, without an extension. */
  helpers: string
  /** Folder that the types are written to, absolute. */
  folder: string
}

/**
 * Declaration of `#rstore-drizzle/types`. A script, so that it declares the module instead of augmenting
 * it, with import types: import declarations of a path are not resolved inside the block.
 */
export function renderTypes({ schema, files, helpers, folder }: TypesSource): string {
  const models = Object.values(schema.collections)
  const imported = (file: string) => `import(${literal(importPath(folder, file))})`
  const titles = titlesOf(models.map(({ name }) => name))
  const lines = [
    ...models.length > 0 ? ['RowOf', 'CreateOf', 'UpdateOf'].map(name => `type ${name}<Table, Left extends string = never> = ${imported(helpers)}.${name}<Table, Left>`) : [],
    ...models.flatMap(model => ['', ...renderInterfaces(model, titles[model.name]!, `typeof ${imported(files[model.name]!)}.${model.name}`)]),
    '',
    'export interface RstoreSchema {',
    ...models.flatMap(model => renderEntry(model, titles[model.name]!, schema.collections)).map(line => `  ${line}`),
    '}',
    '',
    `type Include<N extends keyof RstoreSchema> = ${imported(helpers)}.Include<RstoreSchema, N>`,
    `type CheckInclude<N extends keyof RstoreSchema, I> = ${imported(helpers)}.CheckInclude<RstoreSchema, N, I>`,
    `/** An item of a collection with the relations of \`I\`, written as the \`include\` of a query: \`StoreItem<'lists', { todos: true }>\`. */`,
    `export type StoreItem<N extends keyof RstoreSchema, I extends Include<N> & CheckInclude<N, I> = Record<never, never>> = ${imported(helpers)}.SchemaItem<RstoreSchema, N, I>`,
    '',
    '/** What `setRstoreDrizzleSession` gives; declare its fields in this interface. */',
    'export interface RstoreDrizzleSession {}',
    '',
    // Without an export of its own, everything in the block would be exported.
    'export {}',
  ]
  return `${banner}\ndeclare module '#rstore-drizzle/types' {\n${lines.map(line => line && `  ${line}`).join('\n')}\n}\n`
}

/** Relative, without an extension that TypeScript does not allow in imports. */
function importPath(folder: string, file: string): string {
  const path = relative(folder, file).replace(/\.([cm]?)tsx?$/, (_, kind: string) => kind && `.${kind}js`)
  return path.startsWith('.') ? path : `./${path}`
}

function renderInterfaces(model: CollectionModel, title: string, table: string): string[] {
  const columns = Object.entries(model.columns)
  const hidden = columns.filter(([, column]) => column.hidden).map(([name]) => name)
  const closed = columns.filter(([, column]) => column.hidden || column.readonly).map(([name]) => name)
  const row = `export interface ${title}Row extends RowOf<${[table, ...union(hidden)].join(', ')}> {}`
  if (model.readonly)
    return [row]
  const input = [table, ...union(closed)].join(', ')
  return [
    row,
    `export interface ${title}Create extends CreateOf<${input}> {}`,
    `export interface ${title}Update extends UpdateOf<${input}> {}`,
  ]
}

function renderEntry(model: CollectionModel, title: string, collections: Record<string, CollectionModel>): string[] {
  const unreachable = hiddenRelations(model, collections)
  const relations = Object.entries(model.relations).filter(([name]) => !unreachable.includes(name))
  return [
    `${literal(model.name)}: {`,
    `  row: ${title}Row`,
    `  create: ${model.readonly ? 'never' : `${title}Create`}`,
    `  update: ${model.readonly ? 'never' : `${title}Update`}`,
    `  key: ${model.primaryKey.length === 1 && model.columns[model.primaryKey[0]!]?.type === 'number' ? 'number' : 'string'}`,
    ...relations.length > 0
      ? ['  relations: {', ...relations.map(([name, { to, many }]) => `    ${literal(name)}: { to: ${literal(to)}, many: ${many} }`), '  }']
      : ['  relations: {}'],
    '}',
  ]
}

function union(names: string[]): string[] {
  return names.length > 0 ? [names.map(name => literal(name)).join(' | ')] : []
}

/** `todo_items` as `TodoItems`; names that come out the same are told apart by a number. */
function titlesOf(names: string[]): Record<string, string> {
  const taken = new Set<string>()
  return Object.fromEntries(names.map((name) => {
    const words = name.split(/[_$]+/).filter(Boolean).map(word => word[0]!.toUpperCase() + word.slice(1)).join('')
    const base = /^[A-Z]/i.test(words) ? words : `_${words}`
    let title = base
    for (let i = 2; taken.has(title); i++)
      title = `${base}_${i}`
    taken.add(title)
    return [name, title]
  }))
}
