import type { LinkEvents } from './relay'
import { RstoreError } from '../shared/errors'
import { retry } from './retry'

/** What is needed of a connection of `@nats-io/transport-node` or `@nats-io/nats-core`. With a log, `@nats-io/jetstream` needs all of it. */
export interface NatsConnection {
  publish: (subject: string, payload: string) => void
  subscribe: (subject: string, options: { callback: (error: Error | null, message: { string: () => string }) => void }) => { unsubscribe: () => void }
  flush: () => Promise<void>
  status: () => AsyncIterable<{ type: string }>
  drain: () => Promise<void>
  close: () => Promise<void>
  isClosed: () => boolean
}

/** A connection of the app, or what makes one. */
export type NatsSource = NatsConnection | (() => Promise<NatsConnection>)

export interface NatsHandle {
  connection: Promise<NatsConnection>
  close: () => Promise<void>
  /** Aborted when it is closed. */
  signal: AbortSignal
}

interface NatsEvents extends Pick<LinkEvents, 'failed'> {
  /** There is a connection, the first or a new one; NATS subscribes again by itself. */
  up: () => void
  down: () => void
}

/** One connection, which NATS makes again whenever it is lost. One of the app is left open. */
export function connectServers(source: NatsSource, { up, down, failed }: NatsEvents): NatsHandle {
  const closing = new AbortController()
  const connection = typeof source === 'function' ? retry(source, error => failed(error, 'connect'), closing.signal) : Promise.resolve(source)
  connection.then(watch, () => {})
  return {
    connection,
    signal: closing.signal,
    async close() {
      closing.abort()
      const nats = await connection.catch(() => undefined)
      if (nats && typeof source === 'function' && !nats.isClosed())
        await nats.close()
    },
  }

  async function watch(nats: NatsConnection): Promise<void> {
    const states = nats.status()
    nats.flush().then(up, error => failed(error, 'connect'))
    for await (const { type } of states) {
      if (closing.signal.aborted)
        return
      if (type === 'disconnect' || type === 'close')
        down()
      if (type === 'disconnect')
        failed(new RstoreError('RSTORE_PUBSUB', 'The connection to NATS was lost.'), 'connect')
      else if (type === 'close')
        failed(new RstoreError('RSTORE_PUBSUB', 'The connection to NATS has ended and is not tried again.'), 'connect')
      else if (type === 'reconnect')
        up()
    }
  }
}
