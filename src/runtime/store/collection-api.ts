import type { Row } from '../shared/model'
import type { CollectionContext } from './collection-context'
import type { MutationOptions, createMutations } from './mutations'
import type { Plan } from './plan'
import { RstoreError } from '../shared/errors'
import { getKey } from '../shared/key'
import { find, peek } from './find'
import { planBuilder } from './plan'
import { createQuery } from './query'
import { createSubscription } from './subscription'
import { defaultGroup } from './transport'

export interface KeyedMutationOptions extends MutationOptions {
  /** Key of the row, where the patch does not name it. */
  key?: unknown
}

/** The methods of `store.<collection>`; `types.ts` gives them the types of each. */
export function createCollectionApi(context: CollectionContext, mutations: ReturnType<typeof createMutations>) {
  const { collection } = context
  const { model } = collection

  const update = async (item: Row, { key, ...options }: KeyedMutationOptions = {}) =>
    mutations.update(key ?? ownKey(item), { ...item }, options)
  const remove = (target: unknown, options?: MutationOptions) => mutations.delete(target, options)

  return {
    name: model.name,
    meta: { table: model.table, primaryKeys: model.primaryKey },
    getKey: (item: Row) => getKey(model, item),

    query: (callback?: (q: typeof planBuilder) => Plan) => createQuery(context, callback),
    /** A query that also hears of changes by others. */
    liveQuery: (callback?: (q: typeof planBuilder) => Plan) => {
      const query = createQuery(context, callback, () => stop())
      const stop = createSubscription(context, callback, async () => {
        await query.refresh()
        if (query.error.value)
          throw query.error.value
      })
      return query
    },
    /** Hears of changes, for as long as the scope lives or until the function it gives is called. */
    subscribe: (callback?: (q: typeof planBuilder) => Plan) => createSubscription(context, callback),
    findMany: (options?: unknown) => find(context, planBuilder.many(options)),
    findFirst: async (...target: [target?: unknown]) => (await find(context, planBuilder.first(...target)))[0],
    peekMany: (options?: unknown) => peek(context, planBuilder.many(options)),
    peekFirst: (...target: [target?: unknown]) => peek(context, planBuilder.first(...target))[0],

    create: (item: Row, options?: MutationOptions) => mutations.create(item, options),
    createMany: (items: readonly Row[], options?: MutationOptions) => all(items, item => mutations.create(item, inBatch(options))),
    update,
    updateMany: (items: readonly Row[], options?: MutationOptions) => all(items, item => update(item, inBatch(options))),
    delete: remove,
    deleteMany: async (targets: readonly unknown[], options?: MutationOptions) => void await all(targets, target => remove(target, inBatch(options))),

    /** Puts a row that came by other ways into the cache. */
    writeItem: (item: Row) => {
      collection.writeRows([item])
      return collection.rows.get(collection.keyOf(item))
    },
    /** Takes a row out of the cache; the server keeps it. */
    clearItem: (given: unknown) => {
      const key = context.normalizeKey(given)
      const row = collection.rows.get(key)
      collection.deleteRow(key)
      if (row)
        collection.answers.forget([key], [row])
    },
  }

  function ownKey(item: Row): unknown {
    const key = getKey(model, item)
    if (key === undefined)
      throw new RstoreError('RSTORE_INVALID_KEY', `An update of "${model.name}" needs its key: in the patch (${model.primaryKey.join(', ')}) or as the option "key".`, { collection: model.name })
    return key
  }

  /** All of them are tried, shown in one go; then the first failure is told. */
  async function all<I, R>(items: readonly I[], mutate: (item: I) => Promise<R>): Promise<R[]> {
    const results = await Promise.allSettled(collection.batch(() => mutations.asOne(() => items.map(mutate))))
    return results.map((result) => {
      if (result.status === 'rejected')
        throw result.reason
      return result.value
    })
  }
}

/** Several mutations of one call go together, also where single ones don't. */
function inBatch(options?: MutationOptions): MutationOptions {
  return { ...options, batch: options?.batch ?? { group: defaultGroup } }
}
