import type { LinkEvents } from './relay'
import { RstoreError } from '../shared/errors'

/** What is needed of a client of `ioredis` 5. */
export interface IoredisClient {
  readonly status: string
  duplicate: (override?: { lazyConnect?: boolean, autoResendUnfulfilledCommands?: boolean }) => IoredisClient
  publish: (channel: string, message: string) => Promise<unknown>
  eval: (script: string, keyCount: number, ...keysAndArguments: string[]) => Promise<unknown>
  subscribe: (channel: string) => Promise<unknown>
  unsubscribe: (channel: string) => Promise<unknown>
  quit: () => Promise<unknown>
  disconnect: () => void
  on: ((event: 'message', listener: (channel: string, message: string) => void) => unknown)
    & ((event: 'error', listener: (error: Error) => void) => unknown)
    & ((event: 'ready' | 'close' | 'end', listener: () => void) => unknown)
}

/** What is needed of a client of `redis` 5 or 6 (node-redis). */
export interface NodeRedisClient {
  readonly isReady: boolean
  duplicate: () => NodeRedisClient
  connect: () => Promise<unknown>
  publish: (channel: string, message: string) => Promise<unknown>
  eval: (script: string, options: { keys: string[], arguments: string[] }) => Promise<unknown>
  subscribe: (channel: string, listener: (message: string, channel: string) => void) => Promise<unknown>
  unsubscribe: (channel: string) => Promise<unknown>
  close: () => Promise<unknown>
  destroy: () => void
  on: (event: string, listener: (error: Error) => void) => unknown
}

/** Where Redis is. */
export interface RedisAddress {
  /** `redis://` or, with TLS, `rediss://`. */
  url?: string
  /** Instead of `url`. */
  host?: string
  /** 6379 unless given. */
  port?: number
  username?: string
  password?: string
  /** Index of the database. Channels are the same in all of them. */
  db?: number
}

/** A client that is not connected, of whichever package the app has. */
export async function createRedisClient({ url, host, port = 6379, username, password, db }: RedisAddress): Promise<IoredisClient | NodeRedisClient> {
  const address = url ?? `redis://${host!.includes(':') ? `[${host}]` : host}:${port}`
  const ioredis = await import('ioredis').catch(() => undefined)
  if (ioredis)
    return new ioredis.Redis(address, { lazyConnect: true, ...given({ username, password, db }) })
  const redis = await import('redis').catch((cause) => {
    throw new RstoreError('RSTORE_PUBSUB', 'Pub/sub over Redis needs the package "ioredis" or "redis".', { cause })
  })
  return redis.createClient({ url: address, ...given({ username, password, database: db }) })
}

/** Two connections: one that publishes and asks, and one that subscribes. */
export interface RedisConnections {
  subscribe: (channel: string) => Promise<void>
  unsubscribe: (channel: string) => Promise<void>
  publish: (channel: string, text: string) => Promise<unknown>
  eval: (script: string, keys: string[], values: string[]) => Promise<unknown>
  close: () => Promise<void>
}

export interface RedisEvents extends Pick<LinkEvents, 'failed'> {
  message: (channel: string, message: string) => void
  /** Has a connection, the first or a new one; `sub` with its former subscriptions or none of them. */
  ready: (which: 'pub' | 'sub') => void
  lost: (which: 'pub' | 'sub') => void
}

/** Each is a duplicate of the client, which itself stays as it is. */
export function connectClients(client: IoredisClient | NodeRedisClient, events: RedisEvents): RedisConnections {
  return 'status' in client ? connectIoredis(client, events) : connectNodeRedis(client, events)
}

function connectIoredis(client: IoredisClient, { message, ready, lost, failed }: RedisEvents): RedisConnections {
  // What is sent again after a reconnect may have arrived before: messages would go back in time.
  const pub = client.duplicate({ lazyConnect: false, autoResendUnfulfilledCommands: false })
  const sub = client.duplicate({ lazyConnect: false })
  // Without that, ioredis leaves the promises of what was sent as they are when the connection is lost.
  const sending = new Set<(error: Error) => void>()
  const send = (command: () => Promise<unknown>) => new Promise((resolve, reject) => {
    if (pub.status === 'ready')
      sending.add(reject)
    command().then(resolve, reject).finally(() => sending.delete(reject))
  })
  for (const [which, connection] of [['pub', pub], ['sub', sub]] as const) {
    let isReady = false
    connection.on('error', error => failed(error, 'connect'))
    connection.on('ready', () => {
      isReady = true
      ready(which)
    })
    connection.on('close', () => {
      if (isReady)
        failed(lostError(), 'connect')
      isReady = false
      lost(which)
    })
    connection.on('end', () => failed(new RstoreError('RSTORE_PUBSUB', 'The connection to Redis has ended and is not tried again.'), 'connect'))
  }
  pub.on('close', () => {
    sending.forEach(reject => reject(lostError()))
    sending.clear()
  })
  sub.on('message', message)
  return {
    subscribe: async channel => void await sub.subscribe(channel),
    unsubscribe: async channel => void await sub.unsubscribe(channel),
    publish: (channel, text) => send(() => pub.publish(channel, text)),
    eval: (script, keys, values) => send(() => pub.eval(script, keys.length, ...keys, ...values)),
    async close() {
      sub.disconnect()
      // Waits for what is being published.
      await (pub.status === 'ready' ? pub.quit() : pub.disconnect())
    },
  }
}

function connectNodeRedis(client: NodeRedisClient, { message, ready, lost, failed }: RedisEvents): RedisConnections {
  const [pub, sub] = [client.duplicate(), client.duplicate()]
  for (const [which, connection] of [['pub', pub], ['sub', sub]] as const) {
    connection.on('error', error => failed(error, 'connect'))
    connection.on('ready', () => ready(which))
    for (const event of ['reconnecting', 'end'])
      connection.on(event, () => lost(which))
  }
  // They try again by themselves; a rejection means that they have given up. Version 5 fails for good where commands wait for the first connection.
  const [pubOpen, subOpen] = [pub, sub].map(connection => connection.connect()) as [Promise<unknown>, Promise<unknown>]
  for (const open of [pubOpen, subOpen])
    open.catch(error => failed(error, 'connect'))
  // The same one for all channels, since subscribing it again then changes nothing.
  const listener = (text: string, channel: string) => message(channel, text)
  // One command at a time: a channel that is subscribed to while its unsubscription is on its way is lost.
  let last = subOpen.catch(() => {})
  const inTurn = async (command: () => Promise<unknown>) => {
    const done = last.then(command)
    last = done.catch(() => {})
    await done
  }
  return {
    subscribe: channel => inTurn(() => sub.subscribe(channel, listener)),
    unsubscribe: channel => inTurn(() => sub.unsubscribe(channel)),
    publish: (channel, text) => pubOpen.then(() => pub.publish(channel, text)),
    eval: (script, keys, values) => pubOpen.then(() => pub.eval(script, { keys, arguments: values })),
    async close() {
      sub.destroy()
      await (pub.isReady ? pub.close() : pub.destroy())
    },
  }
}

function lostError(): RstoreError {
  return new RstoreError('RSTORE_PUBSUB', 'The connection to Redis was lost.')
}

function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>
}
