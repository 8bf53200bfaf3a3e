import type { PubSub, RstoreDrizzlePubSubChannels } from '../realtime/pubsub'
import type { Link, LinkEvents, RelayOptions } from './relay'
import { RstoreError } from '../shared/errors'
import { Relay } from './relay'
import { retry } from './retry'
import { toPubSub } from './to-pubsub'

/** What is needed of a `Client` of the package `pg`. */
export interface PostgresClient {
  connect: () => Promise<unknown>
  query: (text: string, values?: unknown[]) => Promise<unknown>
  end: () => Promise<unknown>
  on: ((event: 'notification', listener: (notification: { payload?: string }) => void) => unknown)
    & ((event: 'error', listener: (error: Error) => void) => unknown)
    & ((event: 'end', listener: () => void) => unknown)
}

export interface PostgresPubSubOptions extends RelayOptions {
  /** Makes a client that is not connected, once for each connection: `() => new pg.Client(…)`. Not of a pool, nor through a pooler that shares sessions. */
  client?: () => PostgresClient
  /** Instead of `client`: connects with the package `pg`. */
  url?: string
  /** Name of the channel of PostgreSQL that carries all of ours, of up to 63 bytes; `'rstore_drizzle'` unless given. */
  channel?: string
}

/**
 * Pub/sub over LISTEN and NOTIFY, on one connection. Keeps the order of each publisher; delivers at most once. A message larger than the
 * 8000 bytes of a notification is sent in parts, in one transaction. There is no `history`. Throws `RSTORE_PUBSUB` where it is told
 * of no database.
 */
export function createPostgresPubSub<Channels extends object = RstoreDrizzlePubSubChannels>(options: PostgresPubSubOptions): PubSub<Channels> {
  const { client, url, channel = 'rstore_drizzle' } = options
  if (!client && !url)
    throw new RstoreError('RSTORE_PUBSUB', 'Pub/sub over PostgreSQL needs `client` or `url`.', { field: 'url' })
  return toPubSub(new Relay(options, async events => connectPostgres(client ?? createClient, channel, events)), options)

  async function createClient(): Promise<PostgresClient> {
    const { default: pg } = await import('pg').catch((cause) => {
      throw new RstoreError('RSTORE_PUBSUB', 'Pub/sub over PostgreSQL needs the package "pg".', { cause })
    })
    return new pg.Client({ connectionString: url, keepAlive: true })
  }
}

function connectPostgres(create: () => PostgresClient | Promise<PostgresClient>, name: string, events: LinkEvents): Link {
  const closing = new AbortController()
  let connection = connect()
  let last: Promise<unknown> = Promise.resolve()
  return {
    // All channels are on one of PostgreSQL's, which each connection listens to.
    subscribe: () => {},
    unsubscribe: () => {},
    publish(channel, message) {
      // A client takes one query at a time.
      const sent = last.then(async () => {
        const client = await connection
        await client.query('select pg_notify($1, part) from unnest($2::text[]) with ordinality as parts (part, place) order by place', [name, split(`${encodeURIComponent(channel)} ${toAscii(message)}`)])
      })
      last = sent.catch(() => {})
      return sent
    },
    async close() {
      closing.abort()
      await last
      await connection.then(client => client.end(), () => {})
    },
  }

  function connect(): Promise<PostgresClient> {
    const connecting = retry(open, error => events.failed(error, 'connect'), closing.signal)
    connecting.then(events.connected, () => {})
    return connecting
  }

  async function open(): Promise<PostgresClient> {
    const client = await create()
    const join = createJoin()
    let lost = false
    let listening = false
    client.on('error', error => events.failed(error, 'connect'))
    client.on('end', () => {
      lost = true
      if (!listening || closing.signal.aborted)
        return
      events.disconnected()
      events.failed(new RstoreError('RSTORE_PUBSUB', 'The connection to PostgreSQL was lost.'), 'connect')
      connection = connect()
    })
    client.on('notification', ({ payload = '' }) => {
      try {
        const text = join(payload)
        const space = text?.indexOf(' ') ?? -1
        if (space >= 0)
          events.message(decodeURIComponent(text!.slice(0, space)), text!.slice(space + 1))
      }
      catch (error) {
        events.failed(error, 'message')
      }
    })
    try {
      await client.connect()
      await client.query(`listen "${name.replaceAll('"', '""')}"`)
      if (lost)
        throw new RstoreError('RSTORE_PUBSUB', 'The connection to PostgreSQL was lost.')
    }
    catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    listening = true
    return client
  }
}

/** A notification has less than 8000 bytes. The number at the front also keeps equal parts apart, of which PostgreSQL would drop all but one. */
function split(text: string): string[] {
  const parts = text.match(/[\s\S]{1,7900}/g)!
  return parts.map((part, i) => `${i}${i === parts.length - 1 ? '.' : '+'}${part}`)
}

/** Takes parts as they come, and gives the text with the last one. Parts of two messages never mix: each is one transaction. */
function createJoin(): (part: string) => string | undefined {
  let parts: string[] = []
  return (part) => {
    const [, index, more] = /^(\d+)([.+])/.exec(part) ?? []
    if (index === '0')
      parts = []
    // Not of this package, or of a message whose start was missed.
    if (Number(index) !== parts.length || parts.length >= maxParts) {
      parts = []
      return undefined
    }
    parts.push(part.slice(index!.length + 1))
    return more === '.' ? parts.splice(0).join('') : undefined
  }
}

/** More than fit into what may wait to be published, escaped. */
const maxParts = 2 ** 14

/** The same JSON with as many bytes as characters. */
function toAscii(json: string): string {
  return json.replace(/[\u0080-\uFFFF]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
