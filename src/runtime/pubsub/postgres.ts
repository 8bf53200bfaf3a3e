import type { PubSub, RstoreDrizzlePubSubChannels } from '../realtime/pubsub'
import type { LeaseOptions } from './log'
import type { OutboxPlace } from './outbox-sql'
import type { PostgresClient } from './postgres-connection'
import type { RelayOptions } from './relay'
import { RstoreError } from '../shared/errors'
import { checkedCount, checkedLease } from './log'
import { schemaOf } from './outbox-sql'
import { connectNotify } from './postgres-notify'
import { connectOutbox } from './postgres-outbox'
import { Relay } from './relay'
import { toPubSub } from './to-pubsub'

export interface PostgresPubSubOptions extends RelayOptions, LeaseOptions {
  /** Makes a client that is not connected, once for each connection: `() => new pg.Client(…)`. Not of a pool, nor through a pooler that shares sessions. */
  client?: () => PostgresClient
  /** Instead of `client`: connects with the package `pg`. */
  url?: string
  /** Name of the channel of PostgreSQL that carries all of ours, of up to 63 bytes; `'rstore_drizzle'` unless given. One with an outbox is called like its schema. */
  channel?: string
  /**
   * Messages are rows of a table, in a schema of its own that is made where it is missing; PostgreSQL 13 or newer. `retention` is in
   * milliseconds, ten minutes unless given. All instances of an app have to agree on that.
   */
  outbox?: boolean | OutboxPlace & { retention?: number }
  /** With an outbox: collections whose tables have the trigger of `outboxTrigger`. Their changes are not published again. */
  triggers?: string[]
}

/**
 * Pub/sub over LISTEN and NOTIFY, on one connection. With `outbox` it keeps the order of transactions, delivers what was missed while the
 * connection was lost or tells by `onGap`, and tells of changes that were written by `outboxSql` or a trigger if and only if their
 * transaction was committed. Without, it keeps the order of each publisher and delivers at most once; a message larger than the 8000 bytes
 * of a notification is sent in parts, in one transaction. Throws `RSTORE_PUBSUB`, with the field, where it is told of no database, and
 * for options that make no sense.
 */
export function createPostgresPubSub<Channels extends object = RstoreDrizzlePubSubChannels>(options: PostgresPubSubOptions): PubSub<Channels> {
  const { client, url, channel = 'rstore_drizzle', outbox = false, triggers = [] } = options
  if (!client && !url)
    throw new RstoreError('RSTORE_PUBSUB', 'Pub/sub over PostgreSQL needs `client` or `url`.', { field: 'url' })
  if (!outbox) {
    if (triggers.length > 0)
      throw new RstoreError('RSTORE_PUBSUB', '`triggers` of pub/sub over PostgreSQL need `outbox`.', { field: 'triggers' })
    return toPubSub(new Relay(options, async events => connectNotify(client ?? await createClient(url!), channel, events)), options)
  }
  const { schema = 'rstore_drizzle', retention = 600_000 } = outbox === true ? {} : outbox
  schemaOf({ schema })
  checkedCount('retention', retention)
  const lease = checkedLease(options)
  const relay = new Relay(options, async (events, instanceId) => connectOutbox({ create: client ?? await createClient(url!), schema, retention, instanceId }, events), lease)
  const told = new Set(triggers)
  return toPubSub(relay, options, (name, payload) => name === 'update' && told.has((payload as { collection: string }).collection))
}

/** Found missing once, not with each attempt. */
async function createClient(url: string): Promise<() => PostgresClient> {
  const { default: pg } = await import('pg').catch((cause) => {
    throw new RstoreError('RSTORE_PUBSUB', 'Pub/sub over PostgreSQL needs the package "pg".', { cause })
  })
  return () => new pg.Client({ connectionString: url, keepAlive: true })
}
