import type { Row } from '../shared/model'
import type { EngineCollection } from './collection'
import type { StoreState } from './state'
import { RstoreError } from '../shared/errors'
import { readState, writeState } from './state'

/** A collection by name, or what `store.$collection` gives. */
export type CollectionRef = string | { name: string }

/** The normalized rows behind all queries. Nothing here asks the server. */
export function createCacheApi(collections: ReadonlyMap<string, EngineCollection>, onReset: () => void) {
  const of = (target: CollectionRef): EngineCollection => {
    const name = typeof target === 'string' ? target : target.name
    const collection = collections.get(name)
    if (!collection)
      throw new RstoreError('RSTORE_UNKNOWN_COLLECTION', `There is no collection "${name}".`, { collection: name })
    return collection
  }
  return {
    /** Everything cached, as plain JSON. */
    getState: (): StoreState => Object.fromEntries([...collections].map(([name, collection]) => [name, readState(collection)])),
    /** Adds what `getState` gave to what is cached. Collections that no longer exist are left out. */
    setState: (state: StoreState): void => {
      for (const [name, collection] of collections) {
        if (Object.hasOwn(state, name))
          writeState(collection, state[name]!)
      }
    },
    /** Forgets every row but those with pending mutations. What is shown is asked for again. */
    clear: (): void => {
      for (const collection of collections.values())
        collection.clear()
      onReset()
    },
    /** What is shown stands still until `resume`, whatever comes meanwhile. */
    pause: (): void => collections.forEach((collection) => {
      collection.isPaused = true
    }),
    resume: (): void => collections.forEach((collection) => {
      collection.isPaused = false
    }),
    readItem: ({ collection, key }: { collection: CollectionRef, key: unknown }): Row | undefined =>
      of(collection).rows.get(of(collection).normalizeKey(key)),
    readItems: ({ collection, keys }: { collection: CollectionRef, keys?: readonly unknown[] }): Row[] => {
      const target = of(collection)
      return keys ? target.rowsOf(keys.map(key => target.normalizeKey(key))) : [...target.rows.values()]
    },
    writeItem: ({ collection, item }: { collection: CollectionRef, key?: unknown, item: Row }): void => of(collection).writeRows([item]),
    writeItems: ({ collection, items }: { collection: CollectionRef, items: readonly { key?: unknown, value: Row }[] }): void =>
      of(collection).writeRows(items.map(item => item.value)),
    deleteItem: ({ collection, key }: { collection: CollectionRef, key: unknown }): void => of(collection).deleteRow(of(collection).normalizeKey(key)),
  }
}
