import type { Connection } from './connection'
import type { Hub } from './hub'
import type { Peer } from './peer'
import { isOwnOrigin } from '../rest/origin'

export interface RealtimeHandlerOptions {
  hub: Hub
  /** Origins whose pages may connect, besides that of the app; `*` for all. @default [] */
  allowedOrigins?: readonly string[]
}

/** Hooks of crossws, as far as they are used. */
export interface RealtimeHooks {
  /** @throws Response where the connection is refused */
  upgrade: (request: { headers: Headers }) => void
  open: (peer: object) => void
  message: (peer: object, message: { text: () => string }) => void
  close: (peer: object) => void
  error: (peer: object) => void
}

/** The hub as hooks of a WebSocket server. */
export function createRealtimeHandler({ hub, allowedOrigins = [] }: RealtimeHandlerOptions): RealtimeHooks {
  const connections = new WeakMap<object, Connection>()
  return {
    upgrade(request) {
      if (!isAllowed(request.headers, allowedOrigins))
        throw new Response('Connections from other sites are refused.', { status: 403 })
    },
    open(peer) {
      connections.set(peer, hub.connect(peer as Peer))
    },
    message(peer, message) {
      connections.get(peer)?.receive(message.text())
    },
    close(peer) {
      connections.get(peer)?.close()
    },
    error(peer) {
      // The connection broke: it is closed next, or was already.
      connections.get(peer)?.close()
    },
  }
}

/** Browsers say where a page comes from; other clients don't, and can't be made to send somebody's cookies. */
function isAllowed(headers: Headers, allowedOrigins: readonly string[]): boolean {
  const origin = headers.get('origin')
  return origin === null || allowedOrigins.includes('*') || allowedOrigins.includes(origin) || isOwnOrigin(origin, [headers.get('host'), headers.get('x-forwarded-host')])
}
