import type { CollectionModel, Row, WireRow } from '../shared/model'
import type { AdditionalServerMessage, ServerMessage, SubscriptionMessage, SubscriptionUpdateMessage } from '../shared/protocol'
import type { Subscribe, Topic } from '../store/subscription'
import { useWebSocket } from '@vueuse/core'
import { effectScope } from 'vue'
import { createReviver } from '../shared/codec'
import { encodeCondition } from '../shared/condition-codec'
import { getSubscriptionId, protocolVersion } from '../shared/protocol'
import { realtimeReconnectEventHook } from './reconnect'

export interface RealtimeOptions {
  /** A URL, or a path on the page's own origin. */
  endpoint: string
  /** Of this tab, as its requests name it. */
  clientId: string
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
  /** Who hears of it, each with what to do where something may have been missed. */
  listeners: Set<() => Promise<void>>
  /** Up to which offset nothing was missed; absent where that is not known. */
  since?: string
}

export interface Realtime {
  subscribe: Subscribe
  /** The page is hydrated: what is shown from now on may be older than it. */
  hydrated: () => void
}

type Incoming = Partial<ServerMessage> & Partial<Extract<AdditionalServerMessage, { updates: unknown }>> & { subscription?: { action?: string, id?: string, reason?: string, missed?: boolean }, truncated?: true, collection?: string }

/** Hears of changes over one WebSocket, which is opened with the first subscription. What several ask for is asked once. */
export function createRealtime({ endpoint, clientId, isForeign, pageOffset, heartbeatInterval, autoReconnect, modelOf, write, remove, onError }: RealtimeOptions): Realtime {
  const subscriptions = new Map<string, Subscription>()
  const revivers = new Map<string, (row: WireRow) => Row>()
  let wasConnected = false
  let socket: ReturnType<typeof useWebSocket<string>> | undefined

  function connect(): ReturnType<typeof useWebSocket<string>> {
    // It lives as long as the page, whatever component was the first to ask.
    return effectScope(true).run(() => useWebSocket<string>(endpoint, {
      autoConnect: false,
      heartbeat: { message: 'ping', responseMessage: 'pong', interval: heartbeatInterval, pongTimeout: heartbeatInterval },
      autoReconnect: autoReconnect && { delay: (retries: number) => jittered(1000 * 2 ** Math.min(retries, 5)), ...autoReconnect === true ? {} : autoReconnect },
      onConnected: opened,
      onMessage: (_, { data }) => receive(data),
    }))!
  }

  function opened(ws: WebSocket): void {
    ws.send(JSON.stringify({ init: { clientId, v: protocolVersion } }))
    for (const { message, since } of subscriptions.values())
      ws.send(textOf('subscribe', { ...message, since }))
    // A server that acknowledges says itself from when on nothing is missed.
    if (isForeign)
      subscriptions.forEach(missed)
    if (wasConnected)
      realtimeReconnectEventHook.trigger()
    wasConnected = true
  }

  function receive(data: unknown): void {
    try {
      const message = JSON.parse(data as string) as Incoming
      const { update, updates = update ? [update] : [], offset, subscription, truncated, collection } = message
      updates.forEach(apply)
      if (offset)
        subscriptions.forEach(one => one.since &&= offset)
      if (subscription?.action === 'subscribed' && subscription.missed)
        missed(subscriptions.get(subscription.id!))
      if (subscription?.action === 'rejected')
        onError(new Error(`A subscription was refused: ${subscription.reason}`))
      if (truncated)
        subscriptions.forEach(one => (collection === undefined || one.message.collection === collection) && missed(one))
    }
    catch (error) {
      onError(error)
    }
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

  /** Tells that changes of what the subscription is about may not have been heard of. What is read now is not known to be complete, so the next connection reads once more. */
  function missed(subscription: Subscription | undefined): void {
    if (!subscription)
      return
    subscription.since = undefined
    // Whoever shows it shows what went wrong, too.
    subscription.listeners.forEach(listener => listener().catch(() => undefined))
  }

  function join(message: Omit<SubscriptionMessage, 'action'>, listener: () => Promise<void>): () => void {
    const id = getSubscriptionId(message)
    let subscription = subscriptions.get(id)
    if (!subscription) {
      subscriptions.set(id, subscription = { message, listeners: new Set(), since: pageOffset })
      socket ??= connect()
      send('subscribe', { ...message, since: pageOffset })
    }
    const { listeners } = subscription
    listeners.add(listener)
    return () => {
      if (listeners.delete(listener) && listeners.size === 0) {
        subscriptions.delete(id)
        send('unsubscribe', message)
      }
    }
  }

  /** Where there is no connection, `opened` sends what is wanted by then. */
  function send(action: SubscriptionMessage['action'], message: Omit<SubscriptionMessage, 'action'>): void {
    socket?.send(textOf(action, message), false)
  }

  return {
    subscribe(topic, onMissed = async () => {}) {
      // One of its own: the same listener may hear of two topics.
      const ends = messagesOf(topic).map(message => join(message, () => onMissed()))
      return () => ends.forEach(end => end())
    },
    hydrated() {
      pageOffset = undefined
    },
  }
}

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
