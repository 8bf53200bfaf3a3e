import type { Plugin } from 'nuxt/app'
import type { StoreState } from '../store/state'
import { options, schema } from '#rstore-drizzle/client'
import { features } from '#rstore-drizzle/features'
import { defineNuxtPlugin, useRequestEvent, useRuntimeConfig } from 'nuxt/app'
import { createHttpTransport } from '../client/http'
import { light, thorough } from '../store/checks'
import { createStore } from '../store/create-store'

const plugin: Plugin = defineNuxtPlugin({
  name: 'rstore-drizzle',
  setup(nuxtApp) {
    const event = useRequestEvent()
    const base = (useRuntimeConfig().app as { baseURL: string }).baseURL.replace(/\/$/, '')
    const store = createStore({
      schema,
      transport: createHttpTransport({
        apiPath: base + options.apiPath,
        // The page that is being rendered waits for nothing but answers.
        batching: import.meta.server ? { ...options.batching, delay: 0 } : options.batching,
        modelOf: name => schema.collections[name]!,
        // On the server a local call, with the cookies and headers of the page request.
        fetch: event ? event.fetch as typeof fetch : (url, init) => globalThis.fetch(url, init),
      }),
      server: import.meta.server,
      dev: import.meta.dev,
      checks: import.meta.dev ? thorough : light,
      features,
      maxLimit: options.maxLimit,
      maxKeys: options.maxKeys,
      maxBatchSize: options.maxBatchSize,
    })
    const { payload } = nuxtApp
    if (import.meta.server) {
      nuxtApp.hook('app:rendered', () => {
        payload.data.rstoreDrizzle = store.$cache.getState()
      })
    }
    else {
      if (payload.data.rstoreDrizzle) {
        store.$hydrate(payload.data.rstoreDrizzle as StoreState, { revalidate: payload.prerenderedAt !== undefined })
        delete payload.data.rstoreDrizzle
      }
      nuxtApp.hooks.hookOnce('app:suspense:resolve', () => store.$hydrated())
      store.$onError(error => void nuxtApp.callHook('vue:error', error, null, 'nuxt-rstore-drizzle'))
    }
    return { provide: { rstore: store } }
  },
})

export default plugin
