import { expect } from 'vitest'
import { WebSocket } from 'ws'

/** A client of the protocol, and what it has received. */
export class SocketClient {
  readonly raw: string[] = []
  readonly opened: Promise<void>
  readonly closed: Promise<{ code: number, reason: string }>
  readonly socket: WebSocket

  constructor(url: string) {
    this.socket = new WebSocket(url)
    this.socket.on('message', data => void this.raw.push(String(data)))
    this.opened = new Promise((resolve, reject) => this.socket.once('open', resolve).on('error', reject))
    this.closed = new Promise(resolve => this.socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })))
  }

  /** Without `pong`, as they came. */
  get frames(): unknown[] {
    return this.raw.filter(text => text !== 'pong').map(text => JSON.parse(text) as unknown)
  }

  /** Objects are sent as JSON. Resolves once the server has worked off what it works off at once. */
  async send(...frames: unknown[]): Promise<void> {
    await this.opened
    for (const frame of frames)
      this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
    await this.answered()
  }

  /** What the server has sent before has been received. */
  async answered(): Promise<void> {
    const pongs = () => this.raw.filter(text => text === 'pong').length
    const before = pongs()
    this.socket.send('ping')
    await expect.poll(() => pongs() > before || this.socket.readyState > WebSocket.OPEN, { timeout: 15_000 }).toBe(true)
  }

  close(): void {
    this.socket.close()
  }
}
