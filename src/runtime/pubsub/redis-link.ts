import type { IoredisClient, NodeRedisClient } from './redis-client'
import type { LogEntry } from './log'
import type { Link, LinkEvents } from './relay'
import { RstoreError } from '../shared/errors'
import { encodeChannel, gapChannel, pageSize } from './log'
import { connectClients } from './redis-client'
import { logScripts as scripts } from './redis-scripts'
import { retry } from './retry'

/** Plain pub/sub, which keeps nothing. */
export function connectRedis(client: IoredisClient | NodeRedisClient, prefix: string, events: LinkEvents): Link {
  const { publish, subscribe, unsubscribe, close } = connectClients(client, {
    message: (channel, text) => events.message(channel.slice(prefix.length), text),
    ready: which => which === 'sub' && events.connected(),
    lost: which => which === 'sub' && events.disconnected(),
    failed: events.failed,
  })
  return {
    subscribe: channel => subscribe(prefix + channel),
    unsubscribe: channel => unsubscribe(prefix + channel),
    publish: (channel, text) => publish(prefix + channel, text),
    close,
  }
}

export interface RedisLogSetup {
  prefix: string
  /** How many entries are kept at least. */
  history: number
  instanceId: string
}

/**
 * A stream for all channels, and one channel of Redis that carries what is appended to it. The place of an entry is its id, which counts
 * as one of this log as long as it is in the stream.
 */
export function connectRedisLog(client: IoredisClient | NodeRedisClient, { prefix, history, instanceId }: RedisLogSetup, events: LinkEvents): Link {
  const [log, leases, server] = [`${prefix}log`, `${prefix}leases`, `${prefix}server`]
  const closing = new AbortController()
  const ready = new Set<string>()
  let connecting = new AbortController()
  const connections = connectClients(client, {
    message: (_, text) => receive(text),
    ready(which) {
      if (ready.add(which).size === 2)
        void start(connecting = new AbortController())
    },
    lost(which) {
      ready.delete(which)
      connecting.abort()
      events.disconnected()
    },
    failed: events.failed,
  })
  const append = (channel: string, message: string) => connections.eval(scripts.append, [log], [String(history), log, channel, message])
  const end = () => connections.eval(scripts.end, [log, server], [String(history), log]) as Promise<string>
  return {
    subscribe: () => {},
    unsubscribe: () => {},
    publish: (channel, message) => append(encodeChannel(channel), message),
    log: {
      end,
      async read(since) {
        if (!/^\d{1,15}-\d{1,10}$/.test(since))
          return undefined
        const entries = await connections.eval(scripts.read, [log], [since, String(pageSize + 1)]) as [string, string[]][]
        return entries[0]?.[0] === since ? entries.slice(1).map(toEntry) : undefined
      },
      mark: () => append(gapChannel, ''),
      renew: lease => connections.eval(scripts.renew, [log, leases], [String(history), log, instanceId, String(lease)]),
      release: () => connections.eval(scripts.release, [leases], [instanceId]),
    },
    close() {
      closing.abort()
      connecting.abort()
      return connections.close()
    },
  }

  async function start({ signal }: AbortController): Promise<void> {
    const started = retry(() => connections.subscribe(log).then(end), error => events.failed(error, 'subscribe'), AbortSignal.any([signal, closing.signal]))
    await started.then(() => signal.aborted || events.connected(), () => {})
  }

  function receive(text: string): void {
    const [, offset, previous, channel, message] = /^(\S+) (\S+) (\S+) ([\s\S]*)$/.exec(text) ?? []
    if (message === undefined)
      events.failed(new RstoreError('RSTORE_PUBSUB', `A message on "${log}" was published by something else than this package.`), 'message')
    else
      events.entry({ offset: offset!, channel: channel!, message }, previous!)
  }
}

function toEntry([offset, [, channel, , message]]: [string, string[]]): LogEntry {
  return { offset, channel: channel!, message: message! }
}
