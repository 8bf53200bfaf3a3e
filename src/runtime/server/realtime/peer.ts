import type { H3Event } from 'h3'
import { createEvent } from 'h3'

/** A connection, as far as it is used: a peer of crossws fits. */
export interface Peer {
  request: { url: string, headers: Headers }
  send: (text: string) => unknown
  close: (code?: number, reason?: string) => void
  websocket?: { bufferedAmount?: number }
}

/** The request that opened a connection, for hooks and sessions. What they set on its response goes nowhere. */
export function upgradeEvent({ request }: Pick<Peer, 'request'>): H3Event {
  const { pathname, search } = new URL(request.url, 'http://localhost')
  const req = { method: 'GET', url: pathname + search, headers: Object.fromEntries(request.headers), socket: {} }
  const headers = new Map<string, unknown>()
  const res = {
    getHeader: (name: string) => headers.get(name.toLowerCase()),
    setHeader: (name: string, value: unknown) => void headers.set(name.toLowerCase(), value),
    removeHeader: (name: string) => void headers.delete(name.toLowerCase()),
  }
  return createEvent(req as unknown as Parameters<typeof createEvent>[0], res as unknown as Parameters<typeof createEvent>[1])
}
