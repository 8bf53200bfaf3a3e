import type { SchemaModel } from '../shared/model'
import type { CollectionContext } from './collection-context'
import type { Checks } from './checks'
import type { Feature } from './feature'
import type { HistoryCollection } from './lazy-history'
import type { MutationEvent } from './mutation-event'
import type { StoreState } from './state'
import type { TreeReads } from './requests'
import type { Subscribe } from './subscription'
import type { Transport } from './transport'
import { getCurrentScope, onScopeDispose, toValue } from 'vue'
import { reviveValue } from '../shared/codec'
import { RstoreError } from '../shared/errors'
import { defaultQueryLimits } from '../shared/query'
import { createCacheApi } from './cache-api'
import { light } from './checks'
import { EngineCollection } from './collection'
import { createCollectionApi } from './collection-api'
import { createLazyHistory } from './lazy-history'
import { createMutations } from './mutations'
import { createRequests } from './requests'
import { createReferences } from './references'
import { relatedRows } from './related-rows'
import { createRowFactory } from './row'
import { writeState } from './state'
import { TemporaryKeys } from './temporary-keys'
import { createTransactions } from './transaction'

export interface StoreOptions {
  schema: SchemaModel
  transport: Transport
  /** Renders once and is thrown away: nothing is watched. @default false */
  server?: boolean
  /** Rows are frozen, so that a write to one is an error. @default false */
  dev?: boolean
  /** How conditions and inputs are checked: `thorough` before they are sent, or `light`. @default light */
  checks?: Checks
  /** Parts that an app may leave out: forms, gc. @default none */
  features?: readonly Feature[]
  /** How changes by others are heard of. @default not at all */
  subscribe?: Subscribe
  /** Most rows in one answer of the server. @default 1000 */
  maxLimit?: number
  /** Most keys in one request. @default 1000 */
  maxKeys?: number
  /** Most mutations of one transaction. @default 100 */
  maxBatchSize?: number
}

/** The untyped store; `Store` of `types.ts` is the same with the types of a schema. */
export function createStore({ schema, transport, server = false, dev = false, checks = light, features = [], subscribe = () => () => undefined, maxLimit = defaultQueryLimits.maxLimit, maxKeys = defaultQueryLimits.maxKeys, maxBatchSize = defaultQueryLimits.maxBatchSize }: StoreOptions) {
  // Keys are asked for without a limit, so all of them must fit into one answer.
  const limits = { maxLimit, maxKeys: Math.min(maxKeys, maxLimit) }
  const collections = new Map<string, EngineCollection>()
  const temporaryKeys = new Map<string, TemporaryKeys>()
  const apis = new Map<string, ReturnType<typeof createCollectionApi>>()
  /** Answers that came with the page: per collection, until somebody else may have changed the rows. */
  const hydrated = { fresh: new Set<string>(), stale: new Set<string>() }

  const transactions = createTransactions({ transport, maxBatchSize })
  const observers = new Set<(event: MutationEvent) => void>()
  const history = new Map<string, HistoryCollection>()
  const trees: TreeReads = { count: 0, waiting: new Map() }
  const related = (name: string) => {
    const collection = collections.get(name)
    if (!collection)
      throw unknownCollection(name)
    return collection
  }

  for (const model of Object.values(schema.collections)) {
    const keys = new TemporaryKeys(model)
    const references = createReferences(model, name => temporaryKeys.get(name))
    const createRow = createRowFactory(model, {
      getKey: row => collection.keyOf(row),
      isOptimistic: row => collection.isOptimistic(collection.keyOf(row)),
      update: (row, patch, options) => mutations.update(row, patch, options),
      delete: (row, options) => mutations.delete(row, options),
      related: (row, relation) => relatedRows(collection, row, relation),
    }, dev)
    const collection = new EngineCollection(model, schema.dialect, createRow, related)
    collection.isTemporary = key => keys.isTemporary(key)
    const requests = createRequests(collection, transport, limits, trees, ({ spec }) => references.isTemporary(spec.equalities) || (!!spec.keys?.size && [...spec.keys].every(collection.isTemporary)), report)
    const mutations = createMutations({
      collection,
      temporaryKeys: keys,
      transport,
      checks,
      references,
      transactions,
      replaceReferences: (key, real) => {
        for (const other of collections.values()) {
          for (const { columns: [field], to } of other.model.foreignKeys.filter(({ columns }) => columns.length === 1)) {
            if (to === model.name)
              other.pendingRows.replaceValue(field!, key, reviveValue(real, other.model.columns[field!]!))
          }
        }
      },
      recheck: changed => void requests.recheck(changed).catch(error => report(error)),
      observe: event => observers.forEach(observer => observer(event)),
    })
    history.set(model.name, { collection, mutations, temporaryKeys: keys, recheck: requests.recheck })
    const context: CollectionContext = {
      collection,
      requests,
      transport,
      subscribe,
      checks,
      references,
      isServer: server,
      limits,
      normalizeKey: key => keys.resolve(collection.normalizeKey(key)),
      isFresh: id => hydrated.fresh.has(`${model.name}?${id}`),
      takeStale: id => hydrated.stale.delete(`${model.name}?${id}`),
    }
    collections.set(model.name, collection)
    temporaryKeys.set(model.name, keys)
    const api = createCollectionApi(context, mutations)
    apis.set(model.name, Object.assign(api, ...features.map(feature => feature.extend(api, context))) as typeof api)
  }

  function report(error: unknown): void {
    for (const listener of listeners)
      listener(error as Error)
  }
  const listeners = new Set<(error: Error) => void>()
  const resets = new Set<() => void>()

  return Object.assign(Object.fromEntries(apis), {
    $collections: [...apis.values()],
    $collection: (target: unknown) => {
      const name = toValue(target) as string
      const api = apis.get(name)
      if (!api)
        throw unknownCollection(name)
      return api
    },
    $transaction: transactions.run,
    $history: createLazyHistory({ collectionOf: name => history.get(name)!, transactions, observers }),
    $cache: createCacheApi(collections, () => resets.forEach(listener => listener())),
    /** Told after `$cache.clear()`. Gives a function that ends it; so does the end of the scope. */
    $onCacheReset: (listener: () => void) => {
      resets.add(listener)
      const end = () => void resets.delete(listener)
      if (getCurrentScope())
        onScopeDispose(end)
      return end
    },
    /** Failures of requests that nobody waits for. Gives a function that ends it. */
    $onError: (listener: (error: Error) => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    /**
     * Takes over what the server has rendered with: no query asks for it again until `$hydrated`.
     * With `revalidate`, for a page that was made long ago, each is shown and asked for once more.
     */
    $hydrate: (state: StoreState, { revalidate = false } = {}) => {
      for (const [name, collection] of collections) {
        if (Object.hasOwn(state, name)) {
          for (const id of writeState(collection, state[name]!))
            hydrated[revalidate ? 'stale' : 'fresh'].add(`${name}?${id}`)
        }
      }
    },
    $hydrated: () => hydrated.fresh.clear(),
  })
}

function unknownCollection(name: string): RstoreError {
  return new RstoreError('RSTORE_UNKNOWN_COLLECTION', `There is no collection "${name}".`, { collection: name })
}
