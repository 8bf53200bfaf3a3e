import type { Plugin } from 'nuxt/app'
import type { StoreState } from '../store/state'
import { options, schema } from '#rstore-drizzle/client'
import { createRealtime, features } from '#rstore-drizzle/features'
import { defineNuxtPlugin, useRequestEvent, useRuntimeConfig } from 'nuxt/app'
import { createHttpTransport } from '../client/http'
import { light, thorough } from '../store/checks'
import { createStore } from '../store/create-store'

const plugin: Plugin = defineNuxtPlugin({
  name: 'rstore-drizzle',
  setup(nuxtApp) {
    const event = useRequestEvent()
    const config = useRuntimeConfig() as { app: { baseURL: string }, public: { rstoreDrizzle?: { wsEndpoint?: string } } }
    const base = config.app.baseURL.replace(/\/$/, '')
    let pageOffset: string | undefined
    const store = createStore({
      schema,
      transport: createHttpTransport({
        apiPath: base + options.apiPath,
        // The page that is being rendered waits for nothing but answers.
        batching: import.meta.server ? { ...options.batching, delay: 0 } : options.batching,
        modelOf: name => schema.collections[name]!,
        clientId: () => realtime?.clientId(),
        onUnsure: () => realtime?.unsure(),
        // The first is the oldest: what the page holds was read no earlier.
        onOffset: options.ws && (offset => import.meta.server ? pageOffset ??= offset : realtime?.heard(offset)),
        // On the server a local call, with the cookies and headers of the page request.
        fetch: event ? event.fetch as typeof fetch : (url, init) => globalThis.fetch(url, init),
      }),
      server: import.meta.server,
      dev: import.meta.dev,
      checks: import.meta.dev ? thorough : light,
      features,
      subscribe: (topic, listener) => realtime?.subscribe(topic, listener) ?? (() => undefined),
      maxLimit: options.maxLimit,
      maxKeys: options.maxKeys,
      maxBatchSize: options.maxBatchSize,
    })
    const realtime = import.meta.server || !options.ws
      ? undefined
      : createRealtime?.({
          ...endpointOf(config.public.rstoreDrizzle?.wsEndpoint, base + options.ws!.apiPath),
          heartbeatInterval: options.ws!.heartbeatInterval,
          autoReconnect: options.ws!.autoReconnect,
          pageOffset: nuxtApp.payload.data.rstoreDrizzleOffset as string | undefined,
          modelOf: name => schema.collections[name],
          write: (collection, item) => store.$cache.writeItem({ collection, item }),
          remove: (collection, key) => store.$cache.deleteItem({ collection, key }),
          onError: error => void nuxtApp.callHook('vue:error', error, null, 'nuxt-rstore-drizzle'),
        })
    const { payload } = nuxtApp
    if (import.meta.server) {
      nuxtApp.hook('app:rendered', () => {
        payload.data.rstoreDrizzle = store.$cache.getState()
        if (pageOffset)
          payload.data.rstoreDrizzleOffset = pageOffset
      })
    }
    else {
      if (payload.data.rstoreDrizzle) {
        store.$hydrate(payload.data.rstoreDrizzle as StoreState, { revalidate: payload.prerenderedAt !== undefined })
        delete payload.data.rstoreDrizzle
      }
      nuxtApp.hooks.hookOnce('app:suspense:resolve', () => {
        store.$hydrated()
        realtime?.hydrated()
      })
      store.$onError(error => void nuxtApp.callHook('vue:error', error, null, 'nuxt-rstore-drizzle'))
    }
    return { provide: { rstore: store } }
  },
})

/** Where to connect to: a place of its own, by URL or from the page's protocol or origin, or the server that the page came from. */
function endpointOf(given: string | undefined, own: string): { endpoint: string, isForeign: boolean } {
  const { href } = new URL(given || own, location.href)
  return { endpoint: href.replace(/^http/, 'ws'), isForeign: !!given }
}

export default plugin
