import type { ConsumerMessages, JetStreamManager, JsMsg, OrderedConsumerOptions, StreamInfo } from '@nats-io/jetstream'
import type { NatsConnection, NatsSource } from './nats-connection'
import type { Link, LinkEvents } from './relay'
import { RstoreError } from '../shared/errors'
import { encodeChannel, gapChannel, pageSize } from './log'
import { connectServers } from './nats-connection'
import { retry } from './retry'

/** The package, which an app without a log does without. */
export type JetStream = Pick<typeof import('@nats-io/jetstream'), 'jetstream' | 'jetstreamManager' | 'JetStreamApiError'>

export interface JetStreamSetup {
  prefix: string
  /** How many messages the stream keeps. */
  history: number
  instanceId: string
}

/**
 * A stream for all channels, and one with the last sign of life of each instance. Both are made where they are missing, and used as they are
 * otherwise. A place is the moment at which the stream was made, and a sequence number in it.
 */
export function connectJetStream(source: NatsSource, library: JetStream, { prefix, history, instanceId }: JetStreamSetup, events: LinkEvents): Link {
  const root = `${prefix}log.`
  const own = `${prefix}lease.${instanceId}`
  const log = { name: streamName(`${prefix}log`), subjects: [`${root}>`], max_msgs: history, max_age: day }
  const leases = { name: streamName(`${prefix}lease`), subjects: [`${prefix}lease.*`], max_msgs_per_subject: 1 }
  let following: { messages?: ConsumerMessages, ended: AbortController } | undefined
  let ready = createGate()
  const { connection, signal, close } = connectServers(source, { up: () => void follow(), down, failed: events.failed })
  const js = connection.then(nats => library.jetstream(asWhole(nats)))
  const manager = connection.then(nats => library.jetstreamManager(asWhole(nats), { checkAPI: false }))
  for (const made of [js, manager])
    made.catch(() => {})
  return {
    subscribe: () => {},
    unsubscribe: () => {},
    publish: (channel, message) => publish(encodeChannel(channel), message),
    log: {
      async end() {
        const { created, state } = await find(await manager, log)
        return placeOf(created, state.last_seq)
      },
      async read(since) {
        const [, epoch, digits] = /^(\d{1,30}):(0|[1-9]\d{0,14})$/.exec(since) ?? []
        const last = Number(digits)
        const { created, state } = await find(await manager, log)
        if (epoch !== epochOf(created) || last > state.last_seq || last < state.first_seq - 1)
          return undefined
        const found = await collect(log.name, { deliver_policy: 'by_start_sequence', opt_start_seq: last + 1 }, Math.min(pageSize, state.last_seq - last))
        // Some may just have been removed.
        return found.some(({ seq }, i) => seq !== last + 1 + i) ? undefined : found.map(message => toEntry(epoch!, message))
      },
      mark: () => publish(gapChannel, ''),
      renew,
      release: async () => (await manager).streams.purge(leases.name, { filter: own }),
    },
    async close() {
      ready.close()
      following?.ended.abort()
      await following?.messages?.close()
      await close()
    },
  }

  function down(): void {
    following?.ended.abort()
    if (ready.isOpen())
      ready = createGate()
    events.disconnected()
  }

  /** Anew with each connection, and where the stream or its consumer was deleted. */
  async function follow(): Promise<void> {
    following?.ended.abort()
    following?.messages?.stop()
    const ended = new AbortController()
    const current: typeof following = following = { ended }
    const tried = retry(async () => {
      const { created, state } = await find(await manager, log)
      await find(await manager, leases)
      const consumer = await (await js).consumers.get(log.name, { deliver_policy: 'by_start_sequence', opt_start_seq: state.last_seq + 1 })
      const epoch = epochOf(created)
      current.messages = await consumer.consume({ abort_on_missing_resource: true, callback: (message) => {
        if (!ended.signal.aborted)
          events.entry(toEntry(epoch, message), placeOf(created, message.seq - 1))
      } })
    }, error => events.failed(error, 'subscribe'), AbortSignal.any([signal, ended.signal]))
    const started = await tried.then(() => true, () => false)
    if (!started || ended.signal.aborted || signal.aborted)
      return current.messages?.stop()
    void watch(current.messages!, ended.signal)
    ready.open()
    events.connected()
  }

  async function watch(messages: ConsumerMessages, ended: AbortSignal): Promise<void> {
    for await (const { type } of messages.status()) {
      if (['consumer_deleted', 'consumer_not_found', 'stream_not_found'].includes(type))
        break
    }
    if (ended.aborted || signal.aborted)
      return
    events.failed(new RstoreError('RSTORE_PUBSUB', `The stream "${log.name}" of NATS, or what reads it, was deleted.`), 'subscribe')
    down()
    await follow()
  }

  async function publish(channel: string, message: string, msgID?: string): Promise<void> {
    // What is sent without a connection is lost.
    await ready.opened
    await (await js).publish(root + channel, message, msgID === undefined ? {} : { msgID })
  }

  /** By the clock of NATS: the age of a lease is what separates it from our own. */
  async function renew(lease: number): Promise<void> {
    await ready.opened
    await (await js).publish(own, String(lease))
    const { state } = await find(await manager, leases)
    const found = await collect(leases.name, { deliver_policy: 'last_per_subject' }, state.messages)
    const now = found.find(({ subject }) => subject === own)?.time.getTime() ?? 0
    for (const message of found.filter(message => message.subject !== own && message.time.getTime() + Number(message.string()) < now)) {
      // Others may have found it too.
      await publish(gapChannel, '', `${message.subject} ${message.seq}`)
      await (await manager).streams.purge(leases.name, { filter: message.subject, seq: message.seq + 1 })
    }
  }

  async function collect(stream: string, options: Partial<OrderedConsumerOptions>, count: number): Promise<JsMsg[]> {
    const found: JsMsg[] = []
    if (count <= 0)
      return found
    const consumer = await (await js).consumers.get(stream, options)
    for await (const message of await consumer.fetch({ max_messages: count, expires: 5000 })) {
      found.push(message)
      if (found.length === count || message.info.pending === 0)
        break
    }
    await consumer.delete()
    return found
  }

  async function find(manager: JetStreamManager, { name, ...config }: { name: string, subjects: string[] }): Promise<StreamInfo> {
    try {
      return await manager.streams.info(name)
    }
    catch (error) {
      if (!(error instanceof library.JetStreamApiError) || error.code !== streamNotFound)
        throw error
    }
    return manager.streams.add({ name, ...config })
  }

  function toEntry(epoch: string, message: JsMsg) {
    // A stream that the app has made may hold other subjects; they are no channels of ours.
    const channel = message.subject.startsWith(root) ? message.subject.slice(root.length) : ':other'
    return { offset: `${epoch}:${message.seq}`, channel, message: message.string() }
  }
}

function epochOf(created: string): string {
  return created.replace(/\D/g, '')
}

function placeOf(created: string, sequence: number): string {
  return `${epochOf(created)}:${sequence}`
}

/** Names of streams have none of `.`, `*`, `>`, spaces and slashes. */
function streamName(prefix: string): string {
  return prefix.replace(/[^a-z\d-]/gi, char => `_${char.codePointAt(0)!.toString(16)}_`)
}

/** Structural types reach the app, the package's own don't. */
function asWhole(nats: NatsConnection): Parameters<JetStream['jetstream']>[0] {
  return nats as unknown as Parameters<JetStream['jetstream']>[0]
}

/** What waits for `opened` goes on in its order once it is, or fails when it is closed instead. */
function createGate() {
  let [open, close] = [() => {}, () => {}]
  let isOpen = false
  const opened = new Promise<void>((resolve, reject) => {
    open = () => {
      isOpen = true
      resolve()
    }
    close = () => reject(new RstoreError('RSTORE_PUBSUB', 'The connection to NATS was closed.'))
  })
  opened.catch(() => {})
  return { opened, open, close, isOpen: () => isOpen }
}

/** Error code of the API of JetStream. */
const streamNotFound = 10059

/** In nanoseconds. */
const day = 24 * 60 * 60 * 1e9
