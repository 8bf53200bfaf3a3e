import type { Key } from '../shared/key'
import type { Checks } from './checks'
import type { EngineCollection } from './collection'
import type { createReferences } from './references'
import type { Subscribe } from './subscription'
import type { Transport } from './transport'
import type { RequestLimits } from './reads'
import type { createRequests } from './requests'

/** What the queries of one collection work with. */
export interface CollectionContext {
  collection: EngineCollection
  requests: ReturnType<typeof createRequests>
  transport: Transport
  subscribe: Subscribe
  checks: Checks
  references: ReturnType<typeof createReferences>
  isServer: boolean
  limits: RequestLimits
  normalizeKey: (key: unknown) => Key
  /** The answer came with the page that is being hydrated: nobody asks again. */
  isFresh: (specId: string) => boolean
  /** The answer came with a page made long ago: the first who shows it asks again. True once. */
  takeStale: (specId: string) => boolean
}
