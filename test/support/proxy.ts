import type { Socket } from 'node:net'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/** A way to a server that can be cut. */
export interface Proxy {
  port: number
  /** Ends all connections that there are. */
  cut: () => void
  /** Ends them, and refuses new ones until `up`. */
  down: () => Promise<void>
  up: () => Promise<void>
  close: () => Promise<void>
}

export async function createProxy(target: URL): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    for (const [socket, other] of [[near, far], [far, near]] as const) {
      sockets.add(socket)
      socket.setNoDelay(true).pipe(other)
      socket.on('error', () => {}).on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  const cut = () => sockets.forEach(socket => socket.destroy())
  const down = async () => {
    if (!server.listening)
      return
    const closed = once(server.close(), 'close')
    cut()
    await closed
  }
  return { port, cut, down, up: async () => void await once(server.listen(port, '127.0.0.1'), 'listening'), close: down }
}
