import type { CollectionContext } from '../../../../../src/runtime/store/collection-context'
import type { ServerOptions } from './server'
import { light } from '../../../../../src/runtime/store/checks'
import { EngineCollection } from '../../../../../src/runtime/store/collection'
import { acquireWindow, releaseWindow } from '../../../../../src/runtime/store/collection-context'
import { createReferences } from '../../../../../src/runtime/store/references'
import { createRequests } from '../../../../../src/runtime/store/requests'
import { MemoryServer } from './server'

/** The engine of `todos`, with its inside in view. */
export function setupContext(options: ServerOptions = {}) {
  const server = new MemoryServer(options)
  const model = server.schema.collections.todos!
  const collection = new EngineCollection(model, server.schema.dialect, (values, patch) => ({ ...values, ...patch }))
  const limits = { maxLimit: 1000, maxKeys: 1000, ...options }
  const requests = createRequests(collection, server.transport, limits)
  const context: CollectionContext = {
    collection,
    requests,
    transport: server.transport,
    checks: light,
    references: createReferences(model, () => undefined),
    isServer: false,
    limits,
    normalizeKey: key => collection.normalizeKey(key),
    acquire: plan => acquireWindow(collection, plan),
    release: (window, plan) => releaseWindow(collection, window, plan),
    isFresh: () => false,
    takeStale: () => false,
  }
  return { server, collection, context }
}
