import { createPubSub, useRuntimeConfig } from '#rstore-drizzle/server'
import { offerPubSub, usedPubSub } from '../realtime/pubsub'
import { hub, logger } from './server-context'

interface NitroApp {
  hooks: {
    hook: (name: 'close', run: () => void) => void
    callHook: (name: 'rstoreDrizzle:realtime', health: object) => Promise<void>
  }
}

/** How often connections are looked after, in milliseconds. */
const interval = 15_000

/** Has changes reach other processes as the configuration says, looks after the connections, and sends them away when the server closes. */
export default function realtimePlugin({ hooks }: NitroApp): void {
  const url = useRuntimeConfig().rstoreDrizzle?.pubsubUrl
  if (createPubSub && !url)
    throw new Error('rstoreDrizzle.ws.pubsub has no address: set NUXT_RSTORE_DRIZZLE_PUBSUB_URL, or `url`.')
  if (url && !createPubSub)
    throw new Error('NUXT_RSTORE_DRIZZLE_PUBSUB_URL is set, but the app was built without rstoreDrizzle.ws.pubsub.driver.')
  if (url && createPubSub)
    offerPubSub(() => createPubSub!(url, (error, { stage }) => logger.error(`Pub/sub, ${stage}:`, error)))
  // Once all plugins have run: one may set another.
  setTimeout(() => hub!.listen())
  const health = hub!.createHealth()
  const timer = setInterval(() => {
    hub!.tend().catch(hub!.report)
    hooks.callHook('rstoreDrizzle:realtime', health()).catch(hub!.report)
  }, interval)
  timer.unref?.()
  hooks.hook('close', () => {
    clearInterval(timer)
    hub!.dispose()
    void Promise.resolve(usedPubSub()?.dispose?.()).catch(hub!.report)
  })
}
