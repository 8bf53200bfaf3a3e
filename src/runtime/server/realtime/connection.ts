import type { AdditionalServerMessage, ClientMessage, ServerMessage, SubscriptionMessage, SubscriptionUpdateMessage } from '../../shared/protocol'
import type { PipelineRequest } from '../pipeline/request'
import type { Audience, Member } from './audience'
import type { Hub } from './hub'
import type { Peer } from './peer'
import { isRstoreError } from '../../shared/errors'
import { protocolVersion } from '../../shared/protocol'
import { beginRequest } from '../pipeline/request'
import { decideBy } from './decide'
import { createRateLimit } from './limits'
import { upgradeEvent } from './peer'
import { parseInterest } from './subscription'

/** Where a subscription is: on its way to an audience, or in it. */
interface Entry { audience?: Audience, member?: Member }

/** One client. Frames of one connection are worked off in their order, but for what hooks take time to decide. */
export class Connection {
  /** As the client has named itself; never told to anybody. */
  clientId: string | undefined
  /** Version of the additions that the client understands; 0 for the base protocol. */
  version = 0
  isOpen = true
  lastHeard: number
  private readonly entries = new Map<string, Entry>()
  private readonly mayReceive: () => boolean
  private request: Promise<PipelineRequest> | undefined
  private waiting: string[] = []

  constructor(readonly id: number, readonly peer: Peer, private readonly hub: Hub) {
    this.lastHeard = hub.now()
    this.mayReceive = createRateLimit(hub.limits.maxFramesPerSecond, hub.now)
  }

  receive(text: string): void {
    this.lastHeard = this.hub.now()
    if (text === 'ping')
      return void this.peer.send('pong')
    // The length in characters bounds that in bytes from below: nothing is encoded to find out.
    if (text.length > this.hub.limits.maxFrameBytes)
      return this.end(1009, 'frame too large')
    if (!this.mayReceive())
      return this.end(1008, 'too many frames')
    const message = parse(text)
    if (message?.init)
      this.init(message.init)
    if (message?.subscription)
      this.subscription(message.subscription)
  }

  /** Whether it has been let in with a session that matches. */
  async hasSession(match: (session: unknown) => boolean): Promise<boolean> {
    const request = await this.request
    return request !== undefined && match(await request.session())
  }

  /** The client has gone, or has been sent away. */
  close(): void {
    this.isOpen = false
    for (const id of [...this.entries.keys()])
      this.unsubscribe(id)
    this.hub.forget(this)
  }

  /** Sends the client away; it may come back. */
  end(code: number, reason: string): void {
    this.close()
    this.peer.close(code, reason)
  }

  /** To be sent with all else of this moment. `text` is an update as JSON. */
  queue(text: string): void {
    this.waiting.push(text)
  }

  /** `offset` is that of the last change which is told with these. */
  flush(offset: string): void {
    const updates = this.waiting
    this.waiting = []
    if (!this.isOpen || updates.length === 0)
      return
    if (this.version > 0)
      this.sendText(`{"updates":[${updates.join(',')}],"offset":${JSON.stringify(offset)}}`)
    else
      updates.forEach(update => this.sendText(`{"update":${update}}`))
  }

  /** Something may have changed that is not told. Clients of the base protocol have no frame for it. */
  truncate(collection?: string): void {
    if (this.version > 0 && this.isOpen && (collection === undefined || [...this.entries.values()].some(({ member }) => member?.interest.collection.name === collection)))
      this.send({ truncated: true, collection })
  }

  private init({ clientId, v }: { clientId?: unknown, v?: unknown }): void {
    if (typeof clientId === 'string' && clientId.length <= 100)
      this.clientId = clientId
    if (typeof v === 'number' && v >= 1) {
      this.version = Math.min(Math.floor(v), protocolVersion)
      this.send({ init: { ok: true, v: this.version } })
    }
  }

  private subscription(message: SubscriptionMessage): void {
    const { action } = message
    if (action !== 'subscribe' && action !== 'unsubscribe')
      return
    let interest
    try {
      interest = parseInterest(message, this.hub.registry, this.hub.dialect.name, this.hub.queryLimits)
    }
    catch (error) {
      return this.refuse(JSON.stringify(message).slice(0, 200), error)
    }
    const { id } = interest
    if (action === 'unsubscribe')
      return this.unsubscribe(id)
    const known = this.entries.get(id)
    if (known)
      return known.member && this.acknowledge(known.member, message.since)
    if (this.entries.size >= this.hub.limits.maxSubscriptions)
      return this.reject(id, `More than ${this.hub.limits.maxSubscriptions} subscriptions.`)
    const entry: Entry = {}
    this.entries.set(id, entry)
    void this.join(entry, { connection: this, interest }, message.since)
  }

  private async join(entry: Entry, member: Member, since: unknown): Promise<void> {
    const { interest: { id, collection, key, given } } = member
    /** The client may have left, or unsubscribed, and subscribed anew. */
    const isWanted = () => this.isOpen && this.entries.get(id) === entry
    try {
      const request = await (this.request ??= beginRequest(upgradeEvent(this.peer), this.hub.dependencies))
      request.rules.assertAllowed(collection)
      const hooks = request.rules.hooksOf(collection, 'realtime.authorize')
      const verdict = await decideBy(hooks, { peer: this.peer, event: request.event, collection: collection.name, key, where: given }, this.hub.limits.maxDecision, this.hub.report)
      if (!verdict.allow) {
        if (isWanted() && this.entries.delete(id))
          this.reject(id, verdict.reason)
        return
      }
      const audience = await this.hub.audienceOf(collection, this, request)
      if (!isWanted())
        return this.hub.leave(audience)
      entry.audience = audience
      entry.member = member
      audience.members.add(member)
      this.acknowledge(member, since)
    }
    catch (error) {
      if (isWanted() && this.entries.delete(id))
        this.refuse(id, error)
    }
  }

  private unsubscribe(id: string): void {
    const entry = this.entries.get(id)
    this.entries.delete(id)
    if (entry?.audience && entry.member) {
      entry.audience.members.delete(entry.member)
      this.hub.leave(entry.audience)
    }
  }

  /** What the client has done wrong, it is told; what the app has, is reported. */
  private refuse(id: string, error: unknown): void {
    if (!isRstoreError(error))
      this.hub.report(error)
    this.reject(id, isRstoreError(error) ? error.message : 'The server failed.')
  }

  private acknowledge({ interest: { id, collection } }: Member, since: unknown): void {
    if (this.version > 0)
      this.send({ subscription: { action: 'subscribed', id, missed: this.hub.hasChangedSince(collection.name, since) } })
  }

  private reject(id: string, reason: string): void {
    if (this.version > 0)
      this.send({ subscription: { action: 'rejected', id, reason } })
  }

  private send(message: ServerMessage | AdditionalServerMessage): void {
    this.sendText(JSON.stringify(message))
  }

  private sendText(text: string): void {
    if (!this.isOpen)
      return
    this.peer.send(text)
    // It reads more slowly than things change: it has to start afresh rather than fill the memory.
    if ((this.peer.websocket?.bufferedAmount ?? 0) > this.hub.limits.maxBufferedBytes)
      this.end(1013, 'too slow')
  }
}

function parse(text: string): ClientMessage | undefined {
  try {
    const message: unknown = JSON.parse(text)
    return typeof message === 'object' && message !== null ? message : undefined
  }
  catch {
    return undefined
  }
}

/** An update as it is sent: the id of the client that has caused it stays here. */
export function updateText({ collection, type, record, key }: SubscriptionUpdateMessage): string {
  return JSON.stringify({ collection, type, record, key })
}
