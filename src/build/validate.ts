import type { CollectionModel } from '../runtime/shared/model'
import type { TableIndex } from './introspect'
import type { ResolvedOptions } from './options'
import type { Problem } from './problem'
import { isIdentifier } from './options'
import { suggest } from './problem'

/** Checks names, keys and options of the collections against each other. */
export function validate(collections: Record<string, CollectionModel>, index: TableIndex, options: ResolvedOptions, problems: Problem[], complete = true): void {
  for (const model of Object.values(collections)) {
    const file = index.collections.get(model.name)?.file
    const error = (subject: string, message: string, fix: string) => problems.push({ severity: 'error', file, subject, message, fix })
    checkName(model.name, error)
    checkFields(model, error)
    checkKey(model, options, error)
  }
  if (complete)
    checkOptions(collections, index, options, problems)
  checkHiddenRelations(collections, index, problems)
}

type Report = (subject: string, message: string, fix: string) => void

function checkName(name: string, error: Report): void {
  if (name === 'default')
    error(name, 'a table is the default export, which gives its collection no name.', 'Export it by name.')
  else if (!isIdentifier(name) || reservedWords.has(name))
    error(name, 'the export name is no valid identifier.', 'Collections are named after exports: rename the export.')
  else if (name.startsWith('$') || name.startsWith('_batch') || reservedCollections.has(name))
    error(name, 'the export name is taken: the store or the API uses it.', 'Collections are named after exports: rename the export.')
}

function checkFields(model: CollectionModel, error: Report): void {
  for (const field of [...Object.keys(model.columns), ...Object.keys(model.relations)]) {
    if (reservedFields.has(field))
      error(`${model.name}.${field}`, 'is the name of a property that every item has.', 'Rename the field in the schema; its name in the database can stay.')
  }
  for (const relation of Object.keys(model.relations)) {
    if (Object.hasOwn(model.columns, relation))
      error(`${model.name}.${relation}`, 'is a relation and a column at once.', 'Rename the relation.')
  }
}

function checkKey(model: CollectionModel, { collections }: ResolvedOptions, error: Report): void {
  const { name, primaryKey, columns } = model
  const way = `\`rstoreDrizzle.collections: { ${name}: { primaryKey: ['…'] } }\``
  if (primaryKey.length === 0) {
    error(name, model.readonly ? 'is a view without a column `id` to tell its rows apart.' : 'has no primary key.', `${model.readonly ? `Name its key with ${way}` : `Add one, or name columns that are unique together with ${way}`}, or leave it out with \`${name}: false\`.`)
  }
  const settings = collections[name]
  if (settings && settings.primaryKey && primaryKey !== settings.primaryKey)
    error(`rstoreDrizzle.collections.${name}.primaryKey`, 'the table declares a primary key of its own.', 'Remove the option.')
  for (const field of primaryKey) {
    if (columns[field]?.hidden)
      error(`rstoreDrizzle.collections.${name}.hidden`, `"${field}" is part of the primary key: clients could not tell rows apart without it.`, `Remove "${field}" from \`hidden\`.`)
    const type = columns[field]?.type
    if (type === 'json' || type === 'bytes' || type === 'array')
      error(`${name}.${field}`, `holds ${type}, which can't be part of a key.`, 'Use a key of text, numbers, bigints or dates.')
  }
}

function checkOptions(collections: Record<string, CollectionModel>, index: TableIndex, options: ResolvedOptions, problems: Problem[]): void {
  const names = [...Object.keys(collections), ...index.excluded]
  for (const [name, settings] of Object.entries(options.collections)) {
    const subject = `rstoreDrizzle.collections.${name}`
    if (!names.includes(name)) {
      problems.push({ severity: 'error', subject, message: 'the schema exports no table of this name.', fix: `Use the name of the export, not that of the table.${suggest(name, names)}` })
      continue
    }
    for (const [option, fields] of Object.entries(settings || {}) as [string, string[] | undefined][]) {
      for (const field of fields ?? []) {
        if (!Object.hasOwn(collections[name]!.columns, field))
          problems.push({ severity: 'error', subject: `${subject}.${option}`, message: `"${name}" has no column "${field}".`, fix: `Use the name of the field in the schema.${suggest(field, Object.keys(collections[name]!.columns))}` })
      }
    }
  }
}

function checkHiddenRelations(collections: Record<string, CollectionModel>, index: TableIndex, problems: Problem[]): void {
  for (const model of Object.values(collections)) {
    for (const relation of hiddenRelations(model, collections))
      problems.push({ severity: 'warning', file: index.collections.get(model.name)?.file, subject: `${model.name}.${relation}`, message: 'runs through a hidden column, so clients do not have this relation.', fix: 'Show the column if they need it.' })
  }
}

/** Relations that a client can't follow, because a column they go by is hidden on either side. */
export function hiddenRelations(model: CollectionModel, collections: Record<string, CollectionModel>): string[] {
  const hidden = (collection: string, field: string) => !!collections[collection]?.columns[field]?.hidden
  return Object.entries(model.relations).filter(([, { to, on, through }]) => through
    ? through.from.some(([local, join]) => hidden(model.name, local) || hidden(through.collection, join))
    || through.to.some(([join, target]) => hidden(through.collection, join) || hidden(to, target))
    : on.some(([local, target]) => hidden(model.name, local) || hidden(to, target))).map(([name]) => name)
}

const reservedWords = new Set('await break case catch class const continue debugger delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield'.split(' '))

/** Names that every object has, or that would make the store look like a promise. */
const reservedCollections = new Set(['then', 'toJSON', '__proto__', ...Object.getOwnPropertyNames(Object.prototype)])

const reservedFields = new Set(['__proto__', 'constructor', 'then', 'toJSON', '$update', '$delete', '$isOptimistic', '$getKey', '$raw'])
