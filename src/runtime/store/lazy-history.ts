import type { Key } from '../shared/key'
import type { EngineCollection } from './collection'
import type { LoadedHistory } from './history'
import type { MutationEvent } from './mutation-event'
import type { createMutations } from './mutations'
import type { TemporaryKeys } from './temporary-keys'
import type { Transactions } from './transaction'
import { computed, shallowRef } from 'vue'

/** What the history needs of a collection. */
export interface HistoryCollection {
  collection: EngineCollection
  mutations: ReturnType<typeof createMutations>
  temporaryKeys: TemporaryKeys
  /** Reads rows anew. */
  recheck: (keys: readonly Key[]) => Promise<void>
}

export interface HistoryContext {
  collectionOf: (name: string) => HistoryCollection
  transactions: Transactions
  observers: Set<(event: MutationEvent) => void>
}

/** `store.$history`. What undoes and redoes is only loaded where it is enabled. */
export function createLazyHistory(context: HistoryContext) {
  const { observers } = context
  const loaded = shallowRef<LoadedHistory>()
  /** Made before the rest was there. */
  let early: MutationEvent[] = []

  function observe(event: MutationEvent): void {
    if (loaded.value)
      loaded.value.record(event)
    else
      early.push(event)
  }

  function disable(): void {
    observers.delete(observe)
    clear()
  }

  function clear(): void {
    early = []
    loaded.value?.clear()
  }

  return {
    /** Keeps the mutations made from now on, the last `max` steps of them. */
    async enable(max = 100): Promise<void> {
      observers.add(observe)
      try {
        const { createHistory } = await import('./history')
        loaded.value ??= createHistory(context)
      }
      catch (error) {
        disable()
        throw error
      }
      loaded.value.limit(max)
      for (const event of early.splice(0))
        loaded.value.record(event)
    },
    /** Forgets all steps and keeps no more. */
    disable,
    /** Forgets all steps. */
    clear,
    /**
     * Takes the last step back. Nothing happens where there is none.
     * @throws RstoreError RSTORE_HISTORY_CONFLICT where its rows have been changed since: the step is dropped
     */
    undo: async (): Promise<void> => loaded.value?.undo(),
    /** Makes the step again that was undone last, as `undo` does. A new mutation ends this. */
    redo: async (): Promise<void> => loaded.value?.redo(),
    canUndo: computed(() => !!loaded.value?.undoable.length),
    canRedo: computed(() => !!loaded.value?.redoable.length),
  }
}

export type History = ReturnType<typeof createLazyHistory>
