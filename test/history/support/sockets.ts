/*
 * To be imported before the client. What opens WebSockets there asks whether it runs in a browser: a worker is one, and
 * unlike a page it needs nothing else that Node lacks. What it opens can be watched from here, and ended for good.
 */

const current = new Map<string, WebSocket>()
const listeners = new Map<string, (text: string) => void>()
const ended = new Set<string>()
const Native = globalThis.WebSocket

class Watched extends Native {
  constructor(url: string, protocols?: string | string[]) {
    // One that never opens: nobody is there any more.
    if (ended.has(url))
      return {} as Watched
    super(url, protocols)
    current.set(url, this)
    const tell = (text: string) => listeners.get(url)?.(text)
    this.addEventListener('open', () => tell('open'))
    this.addEventListener('close', ({ code }) => tell(`closed ${code}`))
    this.addEventListener('message', ({ data }) => tell(`< ${data}`))
  }

  override send(data: string): void {
    listeners.get(this.url)?.(`> ${data}`)
    super.send(data)
  }
}

Object.assign(globalThis, { WebSocket: Watched, WorkerGlobalScope: Object })

/** Calls back with everything that happens at this URL. */
export function listen(url: string, listener: (text: string) => void): void {
  listeners.set(url, listener)
}

/** Whether the last one that was opened at this URL is open. */
export function isOpen(url: string): boolean {
  return current.get(url)?.readyState === Native.OPEN
}

/** Whether one was ever asked for. */
export function isWanted(url: string): boolean {
  return current.has(url)
}

export function end(url: string): void {
  ended.add(url)
  current.get(url)?.close()
  current.delete(url)
  listeners.delete(url)
}
