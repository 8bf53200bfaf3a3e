/**
 * Callbacks by channel. One that throws does not keep the payload from the others; one that is removed is not called again, in the
 * middle of a delivery either.
 */
export class Subscribers<Payload> {
  private readonly channels = new Map<string, Channel<Payload>>()

  /** `open` is called when a channel gets its first callback, and what it gives when the last one has gone. */
  constructor(private readonly onThrow: (error: unknown) => void, private readonly open: (channel: string) => () => void = () => () => {}) {}

  /** Gives what removes the callback. The same callback twice is called twice. */
  add(name: string, callback: (payload: Payload) => void): () => void {
    let channel = this.channels.get(name)
    if (!channel)
      this.channels.set(name, channel = { callbacks: new Set(), close: this.open(name) })
    const { callbacks, close } = channel
    const own = (payload: Payload) => callback(payload)
    callbacks.add(own)
    return () => {
      if (callbacks.delete(own) && callbacks.size === 0) {
        this.channels.delete(name)
        close()
      }
    }
  }

  deliver(name: string, payload: Payload): void {
    const { callbacks } = this.channels.get(name) ?? {}
    for (const callback of [...callbacks ?? []]) {
      if (!callbacks!.has(callback))
        continue
      try {
        callback(payload)
      }
      catch (error) {
        this.onThrow(error)
      }
    }
  }

  /** Those that have a callback. */
  names(): string[] {
    return [...this.channels.keys()]
  }

  clear(): void {
    const channels = [...this.channels.values()]
    this.channels.clear()
    for (const { callbacks, close } of channels) {
      callbacks.clear()
      close()
    }
  }
}

interface Channel<Payload> {
  callbacks: Set<(payload: Payload) => void>
  close: () => void
}
