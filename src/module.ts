import type { StoreConfig } from './build/batching'
import type { ModuleOptions } from './build/options'
import { createResolver, defineNuxtModule } from '@nuxt/kit'
import { setup } from './build/setup'

export type { CollectionOptions, ModuleOptions } from './build/options'

declare module '@nuxt/schema' {
  interface NuxtConfig {
    /** Options that other modules read, too. */
    rstore?: { store?: StoreConfig }
  }
  interface NuxtOptions {
    rstore?: { store?: StoreConfig }
  }
}

export default defineNuxtModule<ModuleOptions>({
  meta: {
    name: 'nuxt-rstore-drizzle',
    configKey: 'rstoreDrizzle',
    compatibility: { nuxt: '>=4.0.0' },
  },
  setup(options, nuxt) {
    const { resolve } = createResolver(import.meta.url)
    return setup(options, nuxt, path => resolve('./runtime', path))
  },
})
