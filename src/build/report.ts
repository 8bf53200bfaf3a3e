import type { CollectionModel } from '../runtime/shared/model'
import type { BuiltSchema } from './schema'

/** What the build serves and what it does not, for people: a heading and one line a collection. */
export function renderReport({ server, excluded }: BuiltSchema, apiPath: string): string {
  const models = Object.values(server.collections)
  const width = Math.max(0, ...models.map(({ name }) => name.length))
  return [
    summarize(models.length, server.dialect, apiPath),
    ...models.map(model => `  ${model.name.padEnd(width)}  ${describe(model)}`),
    ...excluded.length > 0 ? [`  left out: ${excluded.join(', ')}`] : [],
  ].join('\n')
}

/** The heading of the report alone. */
export function summarize(count: number, dialect: string, apiPath: string): string {
  return count === 0
    ? `No collections: the schema (${dialect}) exports no table.`
    : `${plural(count, 'collection')} (${dialect}) on ${apiPath}`
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
