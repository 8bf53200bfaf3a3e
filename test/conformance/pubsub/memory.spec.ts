import type { PubSub } from '../../../src/runtime/realtime/pubsub'
import { createMemoryPubSub } from '../../../src/runtime/realtime/pubsub'
import { pubsubConformance } from './suite'

let shared: PubSub | undefined

pubsubConformance('memory', {
  available: true,
  create: ({ onError }) => {
    if (shared)
      return shared
    const { dispose, ...pubsub } = createMemoryPubSub<Record<string, unknown>>({ onError })
    return shared = {
      ...pubsub,
      dispose() {
        shared = undefined
        return dispose!()
      },
    }
  },
})
