import './worker'
import type { Row, SchemaModel } from '../../../src/runtime/shared/model'
import { effectScope } from 'vue'
import { createHttpTransport } from '../../../src/runtime/client/http'
import { createRealtime } from '../../../src/runtime/client/realtime'
import { thorough } from '../../../src/runtime/store/checks'
import { createStore } from '../../../src/runtime/store/create-store'

export interface TabOptions {
  models: SchemaModel
  apiPort: number
  endpoint: string
  isForeign?: boolean
  /** Offset of what a page has brought. */
  pageOffset?: string
}

export type Tab = ReturnType<typeof createTab>

/** A browser's tab, as far as realtime goes: a store with real requests and a real WebSocket. */
export function createTab({ models, apiPort, endpoint, isForeign = false, pageOffset }: TabOptions) {
  /** Reads that were asked of the API, and what was heard. */
  const reads: string[] = []
  const heard: string[] = []
  const errors: unknown[] = []
  const transport = createHttpTransport({
    apiPath: `http://127.0.0.1:${apiPort}/api/rstore`,
    clientId: () => realtime.clientId(),
    onUnsure: () => realtime.unsure(),
    modelOf: name => models.collections[name]!,
    onOffset: offset => realtime.heard(offset),
    fetch: (url, init) => {
      if (init?.method === 'GET')
        reads.push(url.slice(url.lastIndexOf('/') + 1))
      return fetch(url, init)
    },
  })
  const scope = effectScope()
  const store = createStore({ schema: models, transport, checks: thorough, subscribe: (topic, listener) => realtime.subscribe(topic, listener) })
  const realtime = createRealtime({
    endpoint,
    isForeign,
    pageOffset,
    heartbeatInterval: 1000,
    autoReconnect: { delay: 20 },
    modelOf: name => models.collections[name],
    write: (collection, item) => {
      heard.push(`${String(item.id)} ${String(item.title)}`)
      store.$cache.writeItem({ collection, item })
    },
    remove: (collection, key) => {
      heard.push(`${key} gone`)
      store.$cache.deleteItem({ collection, key })
    },
    onError: error => void errors.push(error),
  })
  return {
    scope,
    store,
    realtime,
    reads,
    heard,
    errors,
    todos: store.$collection('todos'),
    /** What a live query shows of a field, and what ends it. */
    live(collection: string, field: string, options: object) {
      const { data, stop } = scope.run(() => store.$collection(collection).liveQuery(q => q.many(options)))!
      return Object.assign(() => ((data.value ?? []) as Row[]).map(row => row[field]), { stop })
    },
    close: () => scope.stop(),
  }
}
