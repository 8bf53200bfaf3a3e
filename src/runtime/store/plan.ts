import type { CollectionModel } from '../shared/model'
import type { CollectionContext } from './collection-context'
import type { Stem } from './view-spec'
import { toValue } from 'vue'
import { RstoreError } from '../shared/errors'
import { toSearchParams } from '../shared/query-params'

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
  params?: Record<string, unknown>
  fetchPolicy?: FetchPolicy
  enabled?: unknown
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
  stem: Stem
  offset: number
  limit: number | undefined
  /** How much of the limit `fetchMore` has added. */
  extra: number
  policy: FetchPolicy
  enabled: boolean
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
export function readPlan({ kind, options }: Plan, { collection: { model }, checks, references, normalizeKey }: CollectionContext): ReadPlan {
  const { fetchPolicy: policy = 'cache-first', enabled = true } = options
  if (!policies.includes(policy))
    throw invalid(model, `"fetchPolicy" must be one of ${policies.join(', ')}.`)
  const isEnabled = Boolean(toValue(enabled))
  const given = options.keys ?? (options.key === undefined ? undefined : [options.key])
  const stem: Stem = {
    where: options.where ? references.condition(checks.condition(options.where, model)) : undefined,
    orderBy: options.orderBy?.length ? [...options.orderBy] : undefined,
    columns: columnsOf(options.columns),
    keys: given && isEnabled ? [...new Set(given.map(normalizeKey))] : undefined,
    params: options.params,
  }
  const offset = whole(options.offset, 'offset', model) ?? 0
  const limit = kind === 'first' ? 1 : whole(options.limit, 'limit', model)
  if (stem.keys && options.key !== undefined && (options.where || options.keys))
    throw invalid(model, '"key" can\'t be combined with "where" or "keys".')
  if (offset > 0 && limit === undefined)
    throw invalid(model, '"offset" needs a "limit".')
  return { id: [kind, policy, isEnabled, offset, limit, toSearchParams(stem, model)].join(' '), kind, stem, offset, limit, extra: 0, policy, enabled: isEnabled }
}

function columnsOf(columns: PlanOptions['columns']): string[] | undefined {
  if (!columns || Array.isArray(columns))
    return columns && [...columns as readonly string[]].sort()
  return Object.entries(columns).filter(([, wanted]) => wanted).map(([field]) => field).sort()
}

function whole(value: number | undefined, option: string, model: CollectionModel): number | undefined {
  if (value !== undefined && (!Number.isSafeInteger(value) || value < 0))
    throw invalid(model, `"${option}" must be a whole number of 0 or more, not ${value}.`)
  return value
}

function invalid(model: CollectionModel, message: string): RstoreError {
  return new RstoreError('RSTORE_INVALID_QUERY', `A query of "${model.name}": ${message}`, { collection: model.name })
}
