import type { CollectionModel, Row } from '../shared/model'
import type { CollectionContext } from './collection-context'
import type { IncludePlan } from './include-plan'
import type { Batch } from './transport'
import type { ViewSpec } from './view-spec'
import { toValue } from 'vue'
import { selectedColumns } from '../shared/column-of'
import { RstoreError } from '../shared/errors'
import { compileIncludes, localFields } from './include-plan'

export type FetchPolicy = 'cache-first' | 'cache-and-fetch' | 'fetch-only' | 'cache-only' | 'no-cache'

/** Options of a read as the app gives them; `types.ts` says the same with the types of each collection. */
export interface PlanOptions {
  where?: unknown
  orderBy?: readonly string[]
  limit?: number
  offset?: number
  columns?: Readonly<Record<string, boolean | undefined>> | readonly string[]
  keys?: readonly unknown[]
  key?: unknown
  include?: unknown
  /** Keeps rows out of what is shown; `limit` counts them all the same. */
  filter?: (row: Row) => boolean
  /** `limit` and `offset` in pages; more of them come with `fetchMore`. */
  pageIndex?: number
  pageSize?: number
  /** Who decides which rows belong and in which order. */
  resultMode?: 'auto' | 'server'
  params?: Record<string, unknown>
  fetchPolicy?: FetchPolicy
  enabled?: unknown
  /** Of a row by its key: whether it is asked for along with other things. */
  batch?: Batch
}

/** What the callback of `query` returns. */
export interface Plan {
  kind: 'first' | 'many'
  options: PlanOptions
}

/** A plan, checked against the model. */
export interface ReadPlan {
  /** Equal plans, equal id. */
  id: string
  kind: Plan['kind']
  spec: ViewSpec
  include: IncludePlan | undefined
  filter: PlanOptions['filter']
  offset: number
  limit: number | undefined
  /** Size of the pages that `fetchMore` adds, where it does not raise the limit. */
  pageSize: number | undefined
  /** How much of the limit `fetchMore` has added. */
  extra: number
  policy: FetchPolicy
  enabled: boolean
  batch: Batch | undefined
}

/** The `q` of `query(q => …)`. Options and keys may be refs and getters. */
export const planBuilder = {
  many: (options?: unknown): Plan => ({ kind: 'many', options: (toValue(options) ?? {}) as PlanOptions }),
  first: (...target: [target?: unknown]): Plan => ({ kind: 'first', options: firstOptions(...target) }),
}

/** Without a target the first row there is; with one that has no value yet, none at all. */
export function firstOptions(...target: [target?: unknown]): PlanOptions {
  if (target.length === 0)
    return {}
  const value = toValue(target[0])
  if (value === undefined || value === null)
    return { enabled: false }
  return typeof value === 'object' ? value as PlanOptions : { key: value }
}

const policies: readonly FetchPolicy[] = ['cache-first', 'cache-and-fetch', 'fetch-only', 'cache-only', 'no-cache']

/** @throws RstoreError with the option named */
export function readPlan({ kind, options }: Plan, { collection, checks, references, normalizeKey }: CollectionContext): ReadPlan {
  const { model } = collection
  const { fetchPolicy: policy = 'cache-first', enabled = true, filter } = options
  if (!policies.includes(policy))
    throw invalid(model, `"fetchPolicy" must be one of ${policies.join(', ')}.`)
  if (options.key !== undefined && (options.where || options.keys))
    throw invalid(model, '"key" can\'t be combined with "where" or "keys".')
  if (filter !== undefined && typeof filter !== 'function')
    throw invalid(model, '"filter" must be a function.')
  const isEnabled = Boolean(toValue(enabled))
  // Under `params` stands what goes to the server as it is, of which these have a meaning.
  const { with: related = options.include, columns: wanted = options.columns, keys: listed = options.keys, ...params } = (options.params ?? {}) as PlanOptions & { with?: unknown }
  const includes = checks.include(related, model, name => collection.related(name).model)
  const columns = wanted && selectedColumns(wanted, model)
  const given = listed ?? (options.key === undefined ? undefined : [options.key])
  const spec = collection.specOf({
    where: options.where ? references.condition(checks.condition(options.where, model)) : undefined,
    orderBy: options.orderBy?.length ? [...options.orderBy] : undefined,
    columns: columns && includes ? [...new Set([...columns, ...localFields(includes, collection)])].sort() : columns,
    keys: given && isEnabled ? [...new Set(given.map(normalizeKey))] : undefined,
    params: params as Record<string, unknown>,
    byServer: options.resultMode === 'server' || undefined,
  })
  const pageSize = whole(options.pageSize, 'pageSize', model)
  const pageIndex = whole(options.pageIndex, 'pageIndex', model) ?? 0
  if (pageSize !== undefined && (options.limit !== undefined || options.offset !== undefined))
    throw invalid(model, '"pageSize" can\'t be combined with "limit" or "offset".')
  if (pageSize === 0 || (pageSize === undefined && pageIndex > 0))
    throw invalid(model, pageSize === 0 ? '"pageSize" must be 1 or more.' : '"pageIndex" needs a "pageSize".')
  const offset = pageSize === undefined ? whole(options.offset, 'offset', model) ?? 0 : pageIndex * pageSize
  // The first row that passes a filter may be any.
  const limit = kind === 'first' ? (filter ? undefined : 1) : pageSize ?? whole(options.limit, 'limit', model)
  if (offset > 0 && limit === undefined)
    throw invalid(model, '"offset" needs a "limit".')
  const include = includes && compileIncludes(includes, collection)
  return { id: [kind, policy, isEnabled, offset, limit, spec.id, include?.id].join(' '), kind, spec, include, filter, offset, limit, pageSize: kind === 'first' ? undefined : pageSize, extra: 0, policy, enabled: isEnabled, batch: options.batch }
}

function whole(value: number | undefined, option: string, model: CollectionModel): number | undefined {
  if (value !== undefined && (!Number.isSafeInteger(value) || value < 0))
    throw invalid(model, `"${option}" must be a whole number of 0 or more, not ${value}.`)
  return value
}

function invalid(model: CollectionModel, message: string): RstoreError {
  return new RstoreError('RSTORE_INVALID_QUERY', `A query of "${model.name}": ${message}`, { collection: model.name })
}
