import type { CollectionModel, ColumnModel } from '../runtime/shared/model'
import type { BuiltSchema } from './schema'

/** What the build serves and what it does not, for people: a heading and one line a collection. */
export function renderReport({ server, excluded, mutations }: BuiltSchema, apiPath: string): string {
  const models = Object.values(server.collections)
  const width = Math.max(0, ...models.map(({ name }) => name.length))
  return [
    summarize(models.length, server.dialect, apiPath),
    ...models.map(model => `  ${model.name.padEnd(width)}  ${describe(model)}`),
    ...excluded.length > 0 ? [`  left out: ${excluded.join(', ')}`] : [],
    ...describeCollations(models),
    ...describeFractions(models),
    ...models.every(({ readonly }) => readonly) || mutations ? [] : [`  writes that are sent again: recognised as far as Nitro's storage remembers; exactly once with a table of rstoreMutations('${server.dialect}') from nuxt-rstore-drizzle/schema in the schema`],
  ].join('\n')
}

/** The heading of the report alone. */
export function summarize(count: number, dialect: string, apiPath: string): string {
  return count === 0
    ? `No collections: the schema (${dialect}) exports no table.`
    : `${plural(count, 'collection')} (${dialect}) on ${apiPath}`
}

/** Whose text only the database can put in order, as far as clients see it. */
function describeCollations(models: readonly CollectionModel[]): string[] {
  const names = columnsWhere(models, column => column.collation === 'server').map(([collection]) => collection)
  const columns = plural(names.length, 'text column')
  return names.length === 0
    ? []
    : [`  ordered by the server: ${columns} of ${listSome([...new Set(names)])}; where the database compares text by bytes (a C or binary collation), set rstoreDrizzle.textCollation: 'binary'`]
}

function describeFractions(models: readonly CollectionModel[]): string[] {
  const columns = columnsWhere(models, ({ type, precision = 1 }) => type === 'date' && precision < 1)
  return columns.length === 0
    ? []
    : [`  ordered without an index: ${listSome(columns.map(names => names.join('.')))}; they store microseconds and a Date milliseconds, so declare them with a precision of 3`]
}

function columnsWhere(models: readonly CollectionModel[], test: (column: ColumnModel) => boolean): [collection: string, field: string][] {
  return models.flatMap(({ name, columns }) => Object.entries(columns)
    .filter(([, column]) => !column.hidden && test(column))
    .map(([field]): [string, string] => [name, field]))
}

function listSome(names: readonly string[], most = 5): string {
  return names.length > most ? `${names.slice(0, most).join(', ')} and ${names.length - most} more` : names.join(', ')
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function describe({ columns, relations, primaryKey, readonly }: CollectionModel): string {
  const names = (test: (column: CollectionModel['columns'][string]) => boolean) => Object.keys(columns).filter(name => test(columns[name]!))
  const hidden = names(column => !!column.hidden)
  const closed = names(column => column.readonly)
  const related = Object.keys(relations)
  return [
    readonly ? 'view, read only' : '',
    plural(Object.keys(columns).length - hidden.length, 'column'),
    primaryKey.length > 1 ? `key: ${primaryKey.join(' + ')}` : '',
    related.length > 0 ? `relations: ${related.join(', ')}` : '',
    hidden.length > 0 ? `hidden: ${hidden.join(', ')}` : '',
    closed.length > 0 ? `readonly: ${closed.join(', ')}` : '',
  ].filter(Boolean).join(' · ')
}
