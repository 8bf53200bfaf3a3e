import { getCurrentScope, onScopeDispose } from 'vue'

/** Something that happens now and then; those who listen end with the scope they listen in. */
export function createEvent<T>() {
  const listeners = new Set<(value: T) => void>()
  return {
    on: (listener: (value: T) => void): (() => void) => {
      const off = () => void listeners.delete(listener)
      listeners.add(listener)
      if (getCurrentScope())
        onScopeDispose(off)
      return off
    },
    emit: (value: T): void => {
      for (const listener of [...listeners])
        listener(value)
    },
    clear: () => listeners.clear(),
  }
}
