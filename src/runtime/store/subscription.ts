import type { ConditionNode } from '../shared/condition'
import type { Key } from '../shared/key'
import type { CollectionModel } from '../shared/model'
import type { CollectionContext } from './collection-context'
import type { EngineCollection } from './collection'
import type { IncludePlan } from './include-plan'
import type { Plan } from './plan'
import { computed, getCurrentScope, onScopeDispose, watch } from 'vue'
import { planBuilder, readPlan } from './plan'

/** Rows to hear of when they change. */
export interface Topic {
  collection: CollectionModel
  keys?: readonly Key[]
  where?: ConditionNode
}

/** Who shows the rows of a topic. */
export interface TopicListener {
  /** Equal for those who show the same. */
  id: string
  /** Whether all that is shown has been asked for in this very moment. */
  isFresh: boolean
  /** Called where changes may have been missed: asks for all that is shown, which is up to date once the promise resolves. */
  read: () => Promise<void>
  /** Called before that where nobody has heard of the changes: what else is known of the collection may be outdated, too. */
  missed?: () => void
}

/** Asks to hear of changes, however that is done; gives a function that ends it. */
export type Subscribe = (topic: Topic, listener?: TopicListener) => () => void

/** Hears of changes of what a query selects, and of the collections it includes, until its scope ends. */
export function createSubscription(context: CollectionContext, callback: (q: typeof planBuilder) => Plan = q => q.many(), read?: () => Promise<void>): () => void {
  if (context.isServer)
    return () => undefined
  let unsubscribe: (() => void)[] = []
  const end = () => {
    unsubscribe.forEach(one => one())
    unsubscribe = []
  }
  // Mistakes in a plan are told by the query that shows it.
  const plan = computed(() => {
    try {
      const read = readPlan(callback(planBuilder), context)
      return read.enabled ? read : undefined
    }
    catch {
      return undefined
    }
  })
  const unwatch = watch(() => plan.value?.id, () => {
    const former = unsubscribe
    const { spec, include, id } = plan.value ?? {}
    const { collection, requests } = context
    unsubscribe = spec
      ? [{ of: collection, keys: spec.stem.keys, where: spec.stem.where }, ...related(include)].map(({ of, keys, where }) =>
          context.subscribe({ collection: of.model, keys, where }, read && { id: id!, isFresh: requests.isFresh(spec.id), read, missed: () => outdate(of) }))
      : []
    // After the new ones, so that what both name goes on.
    former.forEach(one => one())
  }, { immediate: true, flush: 'sync' })
  const stop = () => {
    unwatch()
    end()
  }
  if (getCurrentScope())
    onScopeDispose(stop)
  return stop
}

/** What nobody shows, and so asks for, is not known any more. */
function outdate(collection: EngineCollection): void {
  collection.outdated = new Set(collection.rows.keys())
  collection.answers.outdate(collection.views)
}

function related(include: IncludePlan | undefined): { of: EngineCollection, keys?: undefined, where?: undefined }[] {
  return include?.relations.flatMap(({ target, through, nested }) => [
    { of: target },
    ...through ? [{ of: through.collection }] : [],
    ...related(nested),
  ]) ?? []
}
