import type { RstoreSchema } from '#rstore-drizzle/types'
import type { Store } from '../store/types'
import { useNuxtApp } from 'nuxt/app'

/** The store of this app: a property per collection, and `$cache`, `$collection`, … beside them. */
export function useStore(): Store<RstoreSchema> {
  return useNuxtApp().$rstore as Store<RstoreSchema>
}
