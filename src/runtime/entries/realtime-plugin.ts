import { getPubSub } from '../realtime/pubsub'
import { hub } from './server-context'

interface NitroApp { hooks: { hook: (name: 'close', run: () => void) => void } }

/** Looks after the connections, and sends them away when the server closes. */
export default function realtimePlugin({ hooks }: NitroApp): void {
  const timer = setInterval(() => void hub?.tend().catch(hub.report), 15_000)
  timer.unref?.()
  hooks.hook('close', () => {
    clearInterval(timer)
    hub?.dispose()
    void Promise.resolve(getPubSub().dispose?.()).catch(hub?.report)
  })
}
