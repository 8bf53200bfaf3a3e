import type { ConditionNode } from '../shared/condition'
import type { Key } from '../shared/key'
import type { CollectionModel } from '../shared/model'
import type { CollectionContext } from './collection-context'
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

/**
 * Asks to hear of changes, however that is done; gives a function that ends it. `onMissed` is called whenever changes may
 * have been missed: what is shown has to be asked for again, and is up to date once its promise resolves.
 */
export type Subscribe = (topic: Topic, onMissed?: () => Promise<void>) => () => void

/** Hears of changes of what a query selects, and of the collections it includes, until its scope ends. */
export function createSubscription(context: CollectionContext, callback: (q: typeof planBuilder) => Plan = q => q.many(), onMissed?: () => Promise<void>): () => void {
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
    const { spec, include } = plan.value ?? {}
    const { model } = context.collection
    unsubscribe = spec
      ? [{ collection: model, keys: spec.stem.keys, where: spec.stem.where }, ...relatedTopics(include)].map(topic => context.subscribe(topic, onMissed))
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

function relatedTopics(include: IncludePlan | undefined): Topic[] {
  return include?.relations.flatMap(({ target, through, nested }) => [
    { collection: target.model },
    ...through ? [{ collection: through.collection.model }] : [],
    ...relatedTopics(nested),
  ]) ?? []
}
