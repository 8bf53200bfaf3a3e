import type { ConditionNode } from './condition'
import type { CollectionModel, RelationModel } from './model'
import { columnOf, selectedColumns } from './column-of'
import { RstoreError } from './errors'

/** How one relation is read with the rows it belongs to; normalized, values decoded. */
export interface IncludeQuery {
  where?: ConditionNode
  /** As in `ListQuery`; the primary key is added as the last term by both sides. */
  orderBy?: string[]
  /** Most rows for each row they belong to. */
  limit?: number
  columns?: string[]
  include?: Includes
  /** Across a join table: give its rows too, as `$through` of each row. */
  through?: true
}

/** Relations to read, by name. */
export type Includes = Record<string, IncludeQuery>

export interface IncludeContext {
  /** The model of a collection. Throws where the caller may not know of it. */
  collection: (name: string) => CollectionModel
  /** What is done to a condition before it is used; `undefined` where what was given is none. */
  condition: (condition: unknown, model: CollectionModel) => ConditionNode | undefined
  /** Deepest nesting. @default Infinity */
  maxDepth?: number
}

/** What may stand under a relation besides names of the relations of its target. */
export const includeOptions: readonly string[] = ['where', 'orderBy', 'limit', 'columns', 'include', 'with', 'through']

/**
 * Brings what an app or a request says under `include` or `with` into one form: `true`, options, or the
 * older nested map (`{ posts: { comments: true } }`), which is told from options by its names.
 * @throws RstoreError RSTORE_INVALID_QUERY or RSTORE_LIMIT_EXCEEDED
 */
export function parseInclude(input: unknown, model: CollectionModel, context: IncludeContext, depth = 1): Includes | undefined {
  if (input === undefined || input === null || input === false)
    return undefined
  if (typeof input !== 'object' || Array.isArray(input))
    throw invalid(model, '"include" must be an object with relations as its names.')
  if (depth > (context.maxDepth ?? Infinity))
    throw new RstoreError('RSTORE_LIMIT_EXCEEDED', `"include" is nested more than ${context.maxDepth} levels deep.`, { collection: model.name })
  const includes: Includes = {}
  for (const name of Object.keys(input).sort()) {
    const given = (input as Record<string, unknown>)[name]
    if (given)
      includes[name] = parseOne(given, name, model, context, depth)
  }
  return Object.keys(includes).length > 0 ? includes : undefined
}

/** @throws RstoreError RSTORE_INVALID_QUERY where the collection has no such relation */
export function relationOf(model: CollectionModel, name: string): RelationModel {
  const relation = Object.hasOwn(model.relations, name) ? model.relations[name] : undefined
  if (!relation)
    throw new RstoreError('RSTORE_INVALID_QUERY', `"${model.name}" has no relation "${name}" to include.`, { field: name, collection: model.name })
  return relation
}

function parseOne(given: unknown, name: string, model: CollectionModel, context: IncludeContext, depth: number): IncludeQuery {
  const target = context.collection(relationOf(model, name).to)
  if (given === true)
    return {}
  const what = `"include.${name}"`
  if (typeof given !== 'object' || Array.isArray(given))
    throw invalid(model, `${what} must be true or an object.`, name)
  const names = Object.keys(given as object)
  if (!names.every(option => includeOptions.includes(option))) {
    const mixed = names.find(option => includeOptions.includes(option) && !Object.hasOwn(target.relations, option))
    const unknown = names.find(option => !includeOptions.includes(option) && !Object.hasOwn(target.relations, option))
    if (unknown !== undefined || mixed !== undefined)
      throw invalid(model, `${what} has no option "${unknown ?? mixed}", and "${target.name}" no such relation.`, name)
    return { include: parseInclude(given, target, context, depth + 1) }
  }
  const options = given as Record<string, unknown>
  const { where, orderBy, limit, columns, through } = options
  const query: IncludeQuery = {}
  const condition = where === undefined ? undefined : context.condition(where, target)
  if (condition)
    query.where = condition
  if (orderBy !== undefined)
    query.orderBy = textList(typeof orderBy === 'string' ? [orderBy] : orderBy, `${what}: "orderBy"`, model)
  if (limit !== undefined) {
    if (!Number.isSafeInteger(limit) || (limit as number) < 0)
      throw invalid(model, `${what}: "limit" must be a whole number, 0 or more.`, name)
    query.limit = limit as number
  }
  if (columns !== undefined)
    query.columns = columnNames(columns, `${what}: "columns"`, target)
  if (through)
    query.through = true
  const nested = parseInclude(options.with ?? options.include, target, context, depth + 1)
  if (nested)
    query.include = nested
  return query
}

function columnNames(columns: unknown, what: string, model: CollectionModel): string[] {
  if (Array.isArray(columns) || typeof columns !== 'object' || columns === null)
    return textList(columns, what, model).sort()
  for (const field of Object.keys(columns))
    columnOf(model, field)
  return selectedColumns(columns as Record<string, unknown>, model)
}

function textList(value: unknown, what: string, model: CollectionModel): string[] {
  if (!Array.isArray(value) || !value.every(item => typeof item === 'string'))
    throw invalid(model, `${what} must be a list of names.`)
  return [...value] as string[]
}

function invalid(model: CollectionModel, message: string, field?: string): RstoreError {
  return new RstoreError('RSTORE_INVALID_QUERY', message, { field, collection: model.name })
}
