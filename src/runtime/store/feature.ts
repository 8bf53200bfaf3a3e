import type { createCollectionApi } from './collection-api'
import type { CollectionContext } from './collection-context'

export type CollectionApi = ReturnType<typeof createCollectionApi>

/** A part of the store that an app may leave out: it adds methods to each collection. */
export interface Feature {
  extend: (api: CollectionApi, context: CollectionContext) => object
}
