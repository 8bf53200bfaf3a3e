import type { PostgresClient } from './postgres-connection'
import type { Link, LinkEvents } from './relay'
import { encodeChannel, gapChannel, pageSize } from './log'
import { outboxSetup, schemaOf } from './outbox-sql'
import { connectPostgres } from './postgres-connection'
import { pause } from './retry'

export interface OutboxOptions {
  create: () => PostgresClient
  schema: string
  /** Milliseconds. */
  retention: number
  instanceId: string
}

/**
 * Entries are rows of a table, whose notifications only say that there is something to read. Their order is that of transaction ids, and
 * within those that of a sequence. A transaction may commit after one with a higher id: so nothing is read of those
 * from which on one is still open.
 */
export function connectOutbox({ create, schema, retention, instanceId }: OutboxOptions, events: LinkEvents): Link {
  const at = schemaOf({ schema })
  const { query, close, signal } = connectPostgres({ create, channel: schema, prepare, createListener: () => events.woken }, events)
  /** Since when the oldest entry that is not read yet is there, in milliseconds of `Date.now`. */
  let heldSince: number | undefined
  let polling = false
  let patience = 10
  const waiting: Waiting[] = []
  let flushing: Promise<void> | undefined
  void trim()
  return {
    subscribe: () => {},
    unsubscribe: () => {},
    publish: (channel, message) => publish(encodeChannel(channel), message),
    lag: () => heldSince === undefined ? 0 : Math.max(0, Date.now() - heldSince),
    log: {
      async end() {
        const [row] = await query<{ place: string }>(`select concat_ws(':', log.epoch, coalesce(last.xid, trimmed_xid), coalesce(last.id, trimmed_id)) as place
          from ${at}.log left join lateral (select xid, id from ${at}.outbox where xid < ${oldestOpen} order by xid desc, id desc limit 1) last on true`)
        return row!.place
      },
      async read(since) {
        const [, epoch, xid, id] = /^([\da-f-]{36}):(\d{1,18}):(\d{1,18})$/.exec(since) ?? []
        if (!epoch)
          return undefined
        const rows = await query<ReadRow>(`select log.epoch, entries.*,
            (trimmed_xid, trimmed_id) = ($1::xid8, $2::bigint) or (trimmed_xid, trimmed_id) < ($1::xid8, $2::bigint) and exists (select from ${at}.outbox where (xid, id) = ($1::xid8, $2::bigint)) as known,
            (select extract(epoch from clock_timestamp() - min(at)) * 1000 from ${at}.outbox where xid >= ${oldestOpen}) as held
          from ${at}.log left join lateral (select xid, id, channel, message from ${at}.outbox
            where (xid, id) > ($1::xid8, $2::bigint) and xid < ${oldestOpen} order by xid, id limit ${pageSize}) entries on true
          order by xid, id`, [xid, id])
        const { held, known, epoch: current } = rows[0]!
        if (rows[0]!.xid !== null)
          patience = 10
        watch(held)
        if (epoch !== current || !known)
          return undefined
        return rows.flatMap(({ xid, id, channel, message }) => xid === null ? [] : { offset: `${epoch}:${xid}:${id}`, channel, message })
      },
      mark: () => publish(gapChannel, ''),
      renew: lease => query(`with dead as (delete from ${at}.leases where until < clock_timestamp() and instance <> $1 returning 1),
          own as (insert into ${at}.leases values ($1, clock_timestamp() + $2 * interval '1 ms') on conflict (instance) do update set until = excluded.until)
        select ${at}.publish('${gapChannel}', '') where exists (select from dead)`, [instanceId, lease]),
      release: () => query(`delete from ${at}.leases where instance = $1`, [instanceId]),
    },
    close,
  }

  async function prepare(client: PostgresClient): Promise<void> {
    const { rows } = await client.query('select to_regclass($1) is null as missing', [`${at}.log`])
    if ((rows[0] as { missing: boolean }).missing)
      await client.query(outboxSetup({ schema }))
    const cluster = await client.query('select system_identifier::text as id from pg_control_system()').catch(() => undefined)
    // What was restored elsewhere has transaction ids that mean nothing there.
    if (cluster) {
      await client.query(`with moved as (update ${at}.log set system = $1, epoch = gen_random_uuid(), trimmed_xid = '0', trimmed_id = 0 where system is distinct from $1 returning 1)
        delete from ${at}.outbox where exists (select from moved)`, [(cluster.rows[0] as { id: string }).id])
    }
  }

  /** What is published while the connection is busy shares a statement, and so a commit. */
  function publish(channel: string, message: string): Promise<void> {
    return new Promise((resolve, reject) => {
      waiting.push({ channel, message, resolve, reject })
      flushing ??= flush()
    })
  }

  async function flush(): Promise<void> {
    // A moment for those that are published at once.
    await Promise.resolve()
    while (waiting.length > 0) {
      const batch = waiting.splice(0, pageSize)
      await query(`select ${at}.publish(channel, message) from unnest($1::text[], $2::text[]) with ordinality as entries (channel, message, place) order by place`, [batch.map(({ channel }) => channel), batch.map(({ message }) => message)])
        .then(() => batch.forEach(({ resolve }) => resolve()), error => batch.forEach(({ reject }) => reject(error)))
    }
    flushing = undefined
  }

  /** Nobody is told when the transaction ends that holds entries back. */
  function watch(held: string | null): void {
    heldSince = held === null ? undefined : Date.now() - Number(held)
    if (held === null || polling)
      return
    polling = true
    void pause(patience, signal).then(() => {
      polling = false
      patience = Math.min(patience * 2, 1000)
      if (!signal.aborted)
        events.woken()
    })
  }

  /** What is gone is remembered by the last place that is. */
  async function trim(): Promise<void> {
    while (!signal.aborted) {
      await pause(Math.min(60_000, retention / 2), signal)
      if (signal.aborted)
        return
      await query(`with gone as (delete from ${at}.outbox where at < clock_timestamp() - $1 * interval '1 ms' and xid < ${oldestOpen} returning xid, id),
          last as (select xid, id from gone order by xid desc, id desc limit 1)
        update ${at}.log set trimmed_xid = xid, trimmed_id = id from last where (trimmed_xid, trimmed_id) < (xid, id)`, [retention])
        .catch(error => events.failed(error, 'connect'))
    }
  }
}

interface Waiting {
  channel: string
  message: string
  resolve: () => void
  reject: (error: unknown) => void
}

interface ReadRow {
  epoch: string
  known: boolean
  held: string | null
  /** `null` where there is no entry. */
  xid: string | null
  id: string
  channel: string
  message: string
}

/** All transactions before that one have ended, as the statement sees it. */
const oldestOpen = 'pg_snapshot_xmin(pg_current_snapshot())'
