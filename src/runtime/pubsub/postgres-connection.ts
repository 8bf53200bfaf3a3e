import type { LinkEvents } from './relay'
import { RstoreError } from '../shared/errors'
import { retry } from './retry'

/** What is needed of a `Client` of the package `pg`. */
export interface PostgresClient {
  connect: () => Promise<unknown>
  query: (text: string, values?: unknown[]) => Promise<{ rows: object[] }>
  end: () => Promise<unknown>
  on: ((event: 'notification', listener: (notification: { payload?: string }) => void) => unknown)
    & ((event: 'error', listener: (error: Error) => void) => unknown)
    & ((event: 'end', listener: () => void) => unknown)
}

export interface PostgresConnection {
  /** In turn, since a client takes one query at a time. Waits for a connection; what is on its way when that is lost fails. */
  query: <Row extends object>(text: string, values?: unknown[]) => Promise<Row[]>
  /** After the queries that there are. */
  close: () => Promise<void>
  /** Aborted when it is closed. */
  signal: AbortSignal
}

interface PostgresSetup {
  create: () => PostgresClient
  /** The channel of PostgreSQL to listen to. */
  channel: string
  /** What a new client is to do first. */
  prepare?: (client: PostgresClient) => Promise<unknown>
  /** Called for each client, with what it makes of the notifications that it gets. */
  createListener: () => (payload: string) => void
}

/** One connection, made again whenever it is lost. */
export function connectPostgres({ create, channel, prepare, createListener }: PostgresSetup, events: LinkEvents): PostgresConnection {
  const closing = new AbortController()
  let connection = connect()
  let last: Promise<unknown> = Promise.resolve()
  return {
    query<Row>(text: string, values: unknown[] = []) {
      const answered = last.then(async () => {
        const client = await connection
        return (await client.query(text, values)).rows as Row[]
      })
      last = answered.catch(() => {})
      return answered
    },
    async close() {
      closing.abort()
      await last
      await connection.then(client => client.end(), () => {})
    },
    signal: closing.signal,
  }

  function connect(): Promise<PostgresClient> {
    const connecting = retry(open, error => events.failed(error, 'connect'), closing.signal)
    connecting.then(events.connected, () => {})
    return connecting
  }

  async function open(): Promise<PostgresClient> {
    const client = create()
    const listener = createListener()
    let lost = false
    let listening = false
    client.on('error', error => events.failed(error, 'connect'))
    client.on('end', () => {
      lost = true
      if (!listening || closing.signal.aborted)
        return
      events.disconnected()
      events.failed(lostError(), 'connect')
      connection = connect()
    })
    client.on('notification', ({ payload = '' }) => listener(payload))
    try {
      await client.connect()
      await prepare?.(client)
      await client.query(`listen "${channel.replaceAll('"', '""')}"`)
      if (lost)
        throw lostError()
    }
    catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    listening = true
    return client
  }
}

function lostError(): RstoreError {
  return new RstoreError('RSTORE_PUBSUB', 'The connection to PostgreSQL was lost.')
}
