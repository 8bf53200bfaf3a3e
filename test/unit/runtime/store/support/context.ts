import type { CollectionContext } from '../../../../../src/runtime/store/collection-context'
import type { ServerOptions } from './server'
import { light } from '../../../../../src/runtime/store/checks'
import { EngineCollection } from '../../../../../src/runtime/store/collection'
import { createReferences } from '../../../../../src/runtime/store/references'
import { createRequests } from '../../../../../src/runtime/store/requests'
import { createRowFactory } from '../../../../../src/runtime/store/row'
import { MemoryServer } from './server'

/** The engine of `todos`, with its inside in view. */
export function setupContext(options: ServerOptions = {}) {
  const server = new MemoryServer(options)
  const model = server.schema.collections.todos!
  const collection: EngineCollection = new EngineCollection(model, server.schema.dialect, createRowFactory(model, {
    getKey: row => collection.keyOf(row),
    isOptimistic: row => collection.isOptimistic(collection.keyOf(row)),
    update: async row => row,
    delete: async () => undefined,
    related: () => undefined,
  }, false), () => collection)
  const limits = { maxLimit: 1000, maxKeys: 1000, ...options }
  const requests = createRequests(collection, server.transport, limits, { count: 0, waiting: new Map() }, () => false, () => undefined)
  const context: CollectionContext = {
    collection,
    requests,
    transport: server.transport,
    subscribe: () => () => undefined,
    checks: light,
    references: createReferences(model, () => undefined),
    isServer: false,
    limits,
    normalizeKey: key => collection.normalizeKey(key),
    isFresh: () => false,
    takeStale: () => false,
  }
  return { server, collection, context }
}
