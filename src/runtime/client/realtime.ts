import type { CollectionModel, Row, WireRow } from '../shared/model'
import type { SubscriptionMessage, SubscriptionUpdateMessage } from '../shared/protocol'
import type { Subscribe, Topic, TopicListener } from '../store/subscription'
import { useWebSocket } from '@vueuse/core'
import { effectScope } from 'vue'
import { createReviver } from '../shared/codec'
import { encodeCondition } from '../shared/condition-codec'
import { RstoreError } from '../shared/errors'
import { randomId } from '../shared/random-id'
import { getSubscriptionId, protocolVersion } from '../shared/protocol'
import { realtimeReconnectEventHook } from './reconnect'

export interface RealtimeOptions {
  /** A URL, or a path on the page's own origin. */
  endpoint: string
  /** Whether the server may know the base protocol only. */
  isForeign: boolean
  /** In milliseconds. */
  heartbeatInterval: number
  autoReconnect: boolean | { retries?: number, delay?: number }
  modelOf: (name: string) => CollectionModel | undefined
  /** Offset of what the page has brought. It counts for what is subscribed before the page is hydrated. */
  pageOffset?: string
  write: (collection: string, row: Row) => void
  remove: (collection: string, key: string) => void
  onError: (error: unknown) => void
}

interface Subscription {
  message: Omit<SubscriptionMessage, 'action'>
  listeners: Set<TopicListener>
  /** Whether the server has acknowledged it on this connection. */
  isLive: boolean
  /** Reads of what was missed that have not succeeded. Without any, the listeners miss nothing that came before the subscription was live. */
  reads: Set<object>
  /** Up to which offset the listeners know everything; absent where that is not known. */
  since?: string
  /** As whom. */
  access?: string
  /** Tells the acknowledgement of the last time it was asked for from those of others before. */
  ref: number
}

export interface Realtime {
  subscribe: Subscribe
  /** Of this tab, for its requests to name: the server does not tell it of rows that it has created itself, nor of other changes of its own in the base protocol. */
  clientId: () => string
  /** It is not known what has become of a change that this tab has asked for. From now on it is somebody else, who is told of it. */
  unsure: () => void
  /** An answer has told how far the feed had come before it was read: whatever is asked for from now on holds at least that. */
  heard: (offset: string) => void
  /** The page is hydrated: what is shown from now on may be older than it. */
  hydrated: () => void
}

interface Incoming {
  init?: object
  update?: SubscriptionUpdateMessage
  updates?: SubscriptionUpdateMessage[]
  offset?: string
  subscription?: { action?: string, id?: string, reason?: string, missed?: boolean, offset?: string, access?: string, ref?: number }
  truncated?: true
  collection?: string
}

/** Hears of changes over one WebSocket, which is opened with the first subscription. What several ask for is asked once. */
export function createRealtime({ endpoint, isForeign, pageOffset, heartbeatInterval, autoReconnect, modelOf, write, remove, onError }: RealtimeOptions): Realtime {
  const subscriptions = new Map<string, Subscription>()
  const revivers = new Map<string, (row: WireRow) => Row>()
  let wasConnected = false
  /** Whether the server went down on purpose: all of its clients come back at once. */
  let isRestarting = false
  let latest: string | undefined
  let count = 0
  let clientId = randomId()
  /** Whether all has to be read once the server knows the new id. */
  let isUnsure = false
  let socket: ReturnType<typeof useWebSocket<string>> | undefined

  function connect(): ReturnType<typeof useWebSocket<string>> {
    // It lives as long as the page, whatever component was the first to ask.
    return effectScope(true).run(() => useWebSocket<string>(endpoint, {
      autoConnect: false,
      heartbeat: { message: 'ping', responseMessage: 'pong', interval: heartbeatInterval, pongTimeout: heartbeatInterval },
      autoReconnect: autoReconnect && {
        delay: (retries: number) => jittered((isRestarting ? 4000 : 1000) * 2 ** Math.min(retries, 5)),
        onFailed: () => onError(new RstoreError('RSTORE_NETWORK', 'The connection for realtime is lost and is not tried again.')),
        ...autoReconnect === true ? {} : autoReconnect,
      },
      onConnected: opened,
      onDisconnected: (_, { code, reason }) => isRestarting = code === 1012 && reason === 'restarting',
      onMessage: (_, { data }) => receive(data),
    }))!
  }

  function opened(ws: WebSocket): void {
    // What was missed is told to whoever comes back, own changes included.
    isUnsure = false
    ws.send(initText())
    for (const subscription of subscriptions.values()) {
      subscription.isLive = false
      ws.send(subscribeText(subscription))
      // A server that acknowledges says itself from when on nothing is missed.
      if (isForeign)
        readAnew(subscription)
    }
    if (wasConnected)
      realtimeReconnectEventHook.trigger()
    wasConnected = true
  }

  function receive(data: unknown): void {
    try {
      const { init, update, updates = update ? [update] : [], offset, subscription, truncated, collection } = JSON.parse(data as string) as Incoming
      if (init && isUnsure) {
        isUnsure = false
        subscriptions.forEach(one => readAnew(one))
      }
      updates.forEach(apply)
      if (offset)
        reached(offset)
      if (subscription?.action === 'subscribed')
        acknowledged(subscription)
      if (subscription?.action === 'rejected')
        onError(new RstoreError('RSTORE_REJECTED', `A subscription was refused: ${subscription.reason}`))
      if (truncated)
        subscriptions.forEach(one => (collection === undefined || one.message.collection === collection) && readAnew(one))
    }
    catch (error) {
      onError(error)
    }
  }

  function reached(offset: string): void {
    latest = offset
    for (const subscription of subscriptions.values()) {
      if (subscription.isLive && subscription.reads.size === 0)
        subscription.since = offset
    }
  }

  function acknowledged({ id, missed, offset, access, ref }: NonNullable<Incoming['subscription']>): void {
    const subscription = subscriptions.get(id!)
    // It may have been ended and begun anew since.
    if (!subscription || subscription.ref !== ref)
      return
    subscription.isLive = true
    subscription.access = access
    if (missed)
      readAnew(subscription, subscription.listeners, offset)
    else
      subscription.since = offset
  }

  function apply({ collection, type, record, key }: SubscriptionUpdateMessage): void {
    const model = modelOf(collection)
    if (!model)
      return
    if (type === 'deleted')
      return remove(collection, key!)
    let revive = revivers.get(collection)
    if (!revive)
      revivers.set(collection, revive = createReviver(model))
    write(collection, revive(record))
  }

  /** Has listeners read what they may have missed. Once they have, they know everything up to `offset`. */
  function readAnew(subscription: Subscription, listeners: Iterable<TopicListener> = subscription.listeners, offset?: string): void {
    const { reads } = subscription
    if (listeners === subscription.listeners) {
      // The same collection for all of them. One that only comes to listen to what others do has missed nothing that they know of.
      [...subscription.listeners].find(({ missed }) => missed)?.missed!()
      // What all of them read stands for what each was reading.
      reads.clear()
    }
    const own = {}
    reads.add(own)
    subscription.since = undefined
    Promise.all(Array.from(listeners, ({ read }) => read())).then(() => {
      if (reads.delete(own) && reads.size === 0)
        subscription.since ??= offset
    }, () => {
      // Whoever shows it shows what went wrong, too, and reads again with the next connection.
    })
  }

  function join(message: Omit<SubscriptionMessage, 'action'>, listener: TopicListener): () => void {
    const id = getSubscriptionId(message)
    let subscription = subscriptions.get(id)
    if (!subscription) {
      const since = pageOffset ?? (listener.isFresh ? latest : undefined)
      subscriptions.set(id, subscription = { message, listeners: new Set(), since, isLive: false, reads: new Set(), ref: 0 })
      socket ??= connect()
      socket.send(subscribeText(subscription), false)
    }
    // What it shows was read before anybody listened.
    else if (!listener.isFresh && !Array.from(subscription.listeners).some(({ id }) => id === listener.id)) {
      readAnew(subscription, [listener])
    }
    const { listeners } = subscription
    listeners.add(listener)
    return () => {
      if (listeners.delete(listener) && listeners.size === 0) {
        subscriptions.delete(id)
        // Where there is no connection, nothing is subscribed.
        socket?.send(textOf('unsubscribe', message), false)
      }
    }
  }

  function initText(): string {
    return JSON.stringify({ init: { clientId, v: protocolVersion } })
  }

  /** Where there is no connection, `opened` asks anew. */
  function subscribeText(subscription: Subscription): string {
    const { message, since, access } = subscription
    return textOf('subscribe', { ...message, since, access, ref: subscription.ref = ++count })
  }

  return {
    subscribe(topic, listener = deaf) {
      // One of its own: the same listener may hear of two topics.
      const ends = messagesOf(topic).map(message => join(message, { ...listener }))
      return () => ends.forEach(end => end())
    },
    clientId: () => clientId,
    unsure() {
      clientId = randomId()
      isUnsure = true
      socket?.send(initText(), false)
      if (isForeign)
        subscriptions.forEach(one => readAnew(one))
    },
    heard(offset) {
      latest = offset
    },
    hydrated() {
      pageOffset = undefined
    },
  }
}

/** Of whoever shows nothing. */
const deaf: TopicListener = { id: '', isFresh: true, read: async () => {} }

function textOf(action: SubscriptionMessage['action'], message: Omit<SubscriptionMessage, 'action'>): string {
  return JSON.stringify({ subscription: { action, ...message } })
}

function messagesOf({ collection, keys, where }: Topic): Omit<SubscriptionMessage, 'action'>[] {
  return keys
    ? keys.map(key => ({ collection: collection.name, key: String(key) }))
    : [{ collection: collection.name, where: where && encodeCondition(where, collection) }]
}

/** Spread out, so that a server that comes back is not met by all at once. */
function jittered(delay: number): number {
  return delay * (0.5 + Math.random())
}
