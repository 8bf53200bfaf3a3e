import type { Key } from '../../shared/key'
import type { EngineCollection } from '../collection'
import type { Feature } from '../feature'

export interface GcOptions {
  /** How long a row stays that belongs to no mounted query, in milliseconds. */
  maxAge: number
}

/**
 * Forgets rows that have belonged to no mounted query for `maxAge`, looking twice in that time. Queries that
 * had them ask the server again. Pending rows stay.
 */
export function gc({ maxAge }: GcOptions): Feature {
  return {
    extend(_, { collection, isServer }) {
      if (!isServer) {
        const timer = setInterval(createSweep(collection, maxAge), maxAge / 2)
        // In a test it keeps no process alive.
        ;(timer as { unref?: () => void }).unref?.()
      }
      return {}
    },
  }
}

function createSweep(collection: EngineCollection, maxAge: number): () => void {
  let unseen = new Map<Key, number>()
  return () => {
    const now = Date.now()
    const shown = collection.views.shownKeys()
    const since = new Map<Key, number>()
    const old: Key[] = []
    for (const key of collection.rows.keys()) {
      if (shown.has(key) || collection.isOptimistic(key))
        continue
      const first = unseen.get(key) ?? now
      if (now - first >= maxAge)
        old.push(key)
      else
        since.set(key, first)
    }
    unseen = since
    collection.forget(old)
  }
}
