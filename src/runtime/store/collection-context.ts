import type { Key } from '../shared/key'
import type { Checks } from './checks'
import type { EngineCollection } from './collection'
import type { ReadPlan } from './plan'
import type { createReferences } from './references'
import type { Transport } from './transport'
import type { RequestLimits, createRequests } from './requests'
import type { ViewWindow } from './window'

/** What the queries of one collection work with. */
export interface CollectionContext {
  collection: EngineCollection
  requests: ReturnType<typeof createRequests>
  transport: Transport
  checks: Checks
  references: ReturnType<typeof createReferences>
  isServer: boolean
  limits: RequestLimits
  normalizeKey: (key: unknown) => Key
  /** The window that a plan shows, held until `release`. */
  acquire: (plan: ReadPlan) => ViewWindow
  release: (window: ViewWindow, plan: ReadPlan) => void
  /** The answer came with the page that is being hydrated: nobody asks again. */
  isFresh: (specId: string) => boolean
  /** The answer came with a page made long ago: the first who shows it asks again. True once. */
  takeStale: (specId: string) => boolean
}

export function acquireWindow(collection: EngineCollection, plan: ReadPlan): ViewWindow {
  const window = collection.view(plan.stem).window(plan.offset, plan.limit)
  window.holders++
  if (plan.policy !== 'cache-only')
    window.askers++
  collection.batch(() => collection.invalidate(window))
  return window
}

export function releaseWindow(collection: EngineCollection, window: ViewWindow, plan: ReadPlan): void {
  window.holders--
  if (plan.policy !== 'cache-only')
    window.askers--
  collection.release(window)
}
