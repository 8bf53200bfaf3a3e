import { getPubSub } from '../realtime/pubsub'
import { hub } from './server-context'

interface NitroApp { hooks: { hook: (name: 'close', run: () => void) => void } }

/** Clears away silent connections, and all of them when the server closes. */
export default function realtimePlugin({ hooks }: NitroApp): void {
  const timer = setInterval(() => hub?.reap(), 15_000)
  timer.unref?.()
  hooks.hook('close', () => {
    clearInterval(timer)
    hub?.dispose()
    void Promise.resolve(getPubSub().dispose?.()).catch(hub?.report)
  })
}
