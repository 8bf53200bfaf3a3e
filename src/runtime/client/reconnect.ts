/** Called when the connection for realtime is there again after it was lost. */
type Listener = () => void

const listeners = new Set<Listener>()

/** Tells whoever listens that changes may have been missed. Live queries ask again by themselves. */
export const realtimeReconnectEventHook = {
  /** Gives what ends it. */
  on(listener: Listener): { off: () => void } {
    listeners.add(listener)
    return { off: () => void listeners.delete(listener) }
  },
  off(listener: Listener): void {
    listeners.delete(listener)
  },
  trigger(): void {
    for (const listener of [...listeners])
      listener()
  },
}
