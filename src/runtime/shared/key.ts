import type { CollectionModel, ColumnModel, Row } from './model'
import { RstoreError } from './errors'

/** Key of a row: the value of a single primary key, or the text of a composite one. */
export type Key = string | number

/**
 * Key of a row. A single number stays a number, any other single value is its text; composite keys are
 * joined with `::` in `primaryKey` order, with `:` and `%` escaped inside their segments.
 * `undefined` where a part is missing.
 */
export function getKey(model: CollectionModel, row: Row): Key | undefined {
  if (model.primaryKey.length === 1) {
    const value = row[model.primaryKey[0]!]
    return typeof value === 'number' || typeof value === 'string' ? value : value == null ? undefined : keyText(value)
  }
  const segments: string[] = []
  for (const field of model.primaryKey) {
    const value = row[field]
    if (value == null)
      return undefined
    segments.push(keyText(value).replace(/[%:]/g, escape))
  }
  return segments.join('::')
}

/** The key as the cache knows it: what a route parameter or a caller gave, brought to the type of the column. */
export function normalizeKey(model: CollectionModel, key: unknown): Key {
  if (model.primaryKey.length === 1 && typeof key === 'string' && isNumeric(model) && key.trim() !== '' && String(Number(key)) === key)
    return Number(key)
  if (typeof key === 'number' && !isNumeric(model))
    return String(key)
  if (typeof key === 'bigint')
    return String(key)
  if ((typeof key !== 'string' && typeof key !== 'number') || key === '')
    throw new RstoreError('RSTORE_INVALID_KEY', `The key of "${model.name}" must be a string or a number, not ${key === '' ? 'an empty string' : typeof key}.`, { collection: model.name })
  return key
}

/** The parts of a key, as text by primary key field. Parts of a composite key may be empty. */
export function parseKey(model: CollectionModel, key: Key): Record<string, string> {
  const text = String(key)
  const segments = model.primaryKey.length === 1 ? [text] : text.split('::').map(unescapeSegment)
  if (segments.length !== model.primaryKey.length || text === '') {
    throw new RstoreError('RSTORE_INVALID_KEY', model.primaryKey.length === 1
      ? `The key of "${model.name}" is empty.`
      : `The key of "${model.name}" has ${model.primaryKey.length} parts (${model.primaryKey.join(', ')}) joined with "::".`, { collection: model.name })
  }
  return Object.fromEntries(model.primaryKey.map((field, i) => [field, segments[i]!]))
}

/** Several keys in one search parameter: joined with commas, with `,` and `%` escaped inside each. */
export function joinKeys(keys: readonly Key[]): string {
  return keys.map(key => String(key).replace(/[%,]/g, escape)).join(',')
}

/** The opposite of `joinKeys`. An empty text is no key at all. */
export function splitKeys(text: string): string[] {
  return text === '' ? [] : text.split(',').map(unescapeSegment)
}

function isNumeric(model: CollectionModel): boolean {
  const column: ColumnModel | undefined = model.primaryKey.length === 1 ? model.columns[model.primaryKey[0]!] : undefined
  return column?.type === 'number'
}

function keyText(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value)
}

const escapes: Record<string, string> = { '%': '%25', ':': '%3A', ',': '%2C' }
function escape(character: string): string {
  return escapes[character]!
}

function unescapeSegment(segment: string): string {
  return segment.replace(/%(25|3A|2C)/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}
