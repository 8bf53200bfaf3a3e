import type { TestServer } from './create-server'
import { afterEach, beforeEach } from 'vitest'
import { WebSocket } from 'ws'
import { createServer } from './create-server'

export interface Update { collection: string, type: string, record: Record<string, unknown>, key: string }
export type Frame = { update: Update } | { updates: Update[] } | Record<string, unknown>

// Live bindings, for the test that runs.
/* eslint-disable import/no-mutable-exports */
/** The one that was started last. */
export let server: TestServer
export let clients: Client[]
/* eslint-enable import/no-mutable-exports */

/** A client of the protocol, and what it has received. */
export class Client {
  readonly frames: Frame[] = []
  readonly raw: string[] = []
  readonly opened: Promise<void>
  readonly closed: Promise<{ code: number, reason: string }>
  private readonly socket: WebSocket
  private readonly pongs: (() => void)[] = []

  constructor(port: number, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers })
    this.socket.on('message', (data) => {
      const text = String(data)
      this.raw.push(text)
      if (text === 'pong')
        this.pongs.shift()?.()
      if (text.startsWith('{'))
        this.frames.push(JSON.parse(text) as Frame)
    })
    this.opened = new Promise((resolve, reject) => this.socket.once('open', resolve).once('error', reject))
    this.closed = new Promise(resolve => this.socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })))
    clients.push(this)
  }

  async send(...frames: (object | string)[]): Promise<void> {
    await this.opened
    for (const frame of frames)
      this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
    await this.answered()
    // Who knows the additions is told when a subscription is in effect, unless it is being decided on.
    if (this.raw[0]?.startsWith('{"init"')) {
      await server.hub.settled()
      await this.answered()
    }
  }

  /** All that was sent before has been received, and what takes no time has been done. */
  async answered(): Promise<void> {
    if (this.socket.readyState > 1)
      return
    this.socket.send('ping')
    await Promise.race([new Promise<void>(resolve => this.pongs.push(resolve)), this.closed])
  }

  get updates(): Update[] {
    return this.frames.flatMap(frame => 'update' in frame ? [frame.update as Update] : 'updates' in frame ? frame.updates as Update[] : [])
  }

  /** `type key` of each update. */
  get told(): string[] {
    return this.updates.map(({ type, key }) => `${type} ${key}`)
  }

  close(): void {
    this.socket.close()
  }
}

export async function start(realtime: NonNullable<Parameters<typeof createServer>[0]>['realtime'] = {}, more: Parameters<typeof createServer>[0] = {}): Promise<void> {
  server = await createServer({ realtime, collections: { todos: { hidden: ['secretToken'] } }, ...more })
}

export async function connect(headers?: Record<string, string>, v?: number): Promise<Client> {
  const client = new Client(server.port, headers)
  await client.send(...v ? [{ init: { clientId: `client-${clients.length}`, v } }] : [])
  return client
}

export const subscribe = (collection: string, more: object = {}) => ({ subscription: { action: 'subscribe', collection, ...more } })
export const unsubscribe = (collection: string, more: object = {}) => ({ subscription: { action: 'unsubscribe', collection, ...more } })
export const create = (title: string, more: object = {}, headers: Record<string, string> = {}) => server.call('POST', 'todos', { title, ...more }, headers)
/** Everything published so far has been told, and has arrived. */
export async function settle(): Promise<void> {
  await server.hub.settled()
  await Promise.all(clients.map(client => client.answered()))
}

beforeEach(() => {
  clients = []
})
afterEach(async () => {
  clients.forEach(client => client.close())
  server.hub.dispose()
  await server.close()
})
