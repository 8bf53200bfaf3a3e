import type { AdditionalServerMessage, ClientMessage, ServerMessage, SubscriptionMessage } from '../../shared/protocol'
import type { PipelineRequest } from '../pipeline/request'
import type { Verdict } from './decide'
import type { Frame } from './frame'
import type { Hub } from './hub'
import type { Peer } from './peer'
import type { Interest } from './subscription'
import type { Group } from './topic'
import { isRstoreError } from '../../shared/errors'
import { protocolVersion } from '../../shared/protocol'
import { beginRequest } from '../pipeline/request'
import { accessOf } from './access'
import { decideBy } from './decide'
import { createRateLimit } from './limits'
import { upgradeEvent } from './peer'
import { hasOtherSession } from './session-check'
import { parseInterest } from './subscription'

/** Where a subscription is: on its way to a group, or in it. */
interface Entry { group?: Group }

/** One client. Frames of one connection are worked off in their order, but for what hooks take time to decide. */
export class Connection {
  /** As the client has named itself; never told to anybody. */
  clientId: string | undefined
  /** Version of the additions that the client understands; 0 for the base protocol. */
  version = 0
  isOpen = true
  lastHeard: number
  private lastChecked: number
  /** Of the last row it was told of, in the hub's count. */
  lastTold = 0
  private readonly entries = new Map<string, Entry>()
  private readonly mayReceive: () => boolean
  private request: Promise<PipelineRequest> | undefined
  private frame: Frame | undefined
  /** Updates that hooks are deciding on, in their order. */
  private deciding = 0
  private decided: Promise<void> = Promise.resolve()

  constructor(readonly id: string, readonly peer: Peer, private readonly hub: Hub) {
    this.lastHeard = this.lastChecked = hub.now()
    this.mayReceive = createRateLimit(hub.limits.maxFramesPerSecond, hub.now)
  }

  get subscriptions(): number {
    return this.entries.size
  }

  get buffered(): number {
    return this.peer.websocket?.bufferedAmount ?? 0
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

  /** Whether it is time to ask who the client is. */
  needsCheck(): boolean {
    return this.hub.now() - this.lastChecked >= this.hub.limits.maxSessionAge
  }

  /** Asks who the client is once more, and sends it away if that is somebody else. */
  async checkSession(): Promise<void> {
    this.lastChecked = this.hub.now()
    const request = await this.request?.catch(() => undefined)
    if (request && await hasOtherSession(request, this.peer) && this.isOpen)
      this.end(1012, 'session changed')
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

  /** To be sent with all else of this moment. */
  queue(update: string): void {
    this.frame = this.hub.frameWith(this, this.frame, update)
  }

  /** To be sent if it is allowed, and after what was asked before. */
  queueIf(ask: () => Promise<Verdict>, update: string, collection: string): void {
    if (this.deciding >= this.hub.limits.maxDecisions)
      return this.truncate(collection)
    this.deciding++
    const verdict = ask()
    this.decided = this.decided.then(() => verdict).then(({ allow }) => {
      this.deciding--
      if (allow)
        this.queue(update)
      // Other updates may still be decided on, so it is not known how far the client has been told.
      this.flush()
    })
    this.hub.wait(this.decided)
  }

  /** Once all that was queued so far has been sent. */
  afterwards(run: () => void): void {
    if (this.deciding === 0)
      return run()
    this.decided = this.decided.then(run)
    this.hub.wait(this.decided)
  }

  /** `offset` is that of the last change which is told with these, where nothing is left to be decided. */
  flush(offset?: string): void {
    const { frame } = this
    this.frame = undefined
    if (!this.isOpen || !frame)
      return
    if (this.version > 0)
      this.sendText(frame.render(this.deciding === 0 ? offset : undefined))
    else
      frame.updates.forEach(update => this.sendText(`{"update":${update}}`))
  }

  /** Tells how far it has been told, where nothing was to be told. */
  announce(offset: string): void {
    if (this.version > 0 && this.deciding === 0 && this.entries.size > 0)
      this.send({ offset })
  }

  /** Something may have changed that is not told. Clients of the base protocol have no frame for it. */
  truncate(collection?: string): void {
    if (this.version > 0 && this.isOpen && (collection === undefined || [...this.entries.values()].some(({ group }) => group?.interest.collection.name === collection)))
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
      return known.group && this.hub.wait(this.catchUp(known.group, message))
    if (this.entries.size >= this.hub.limits.maxSubscriptions)
      return this.reject(id, `More than ${this.hub.limits.maxSubscriptions} subscriptions.`)
    const entry: Entry = {}
    this.entries.set(id, entry)
    void this.join(entry, interest, message)
  }

  private async join(entry: Entry, interest: Interest, message: SubscriptionMessage): Promise<void> {
    const { id, collection, key, given } = interest
    /** The client may have left, or unsubscribed, and subscribed anew. */
    const isWanted = () => this.isOpen && this.entries.get(id) === entry
    try {
      const request = await this.begin()
      request.rules.assertAllowed(collection)
      const hooks = request.rules.hooksOf(collection, 'realtime.authorize')
      const verdict = await decideBy(hooks, { peer: this.peer, event: request.event, collection: collection.name, key, where: given }, this.hub.limits.maxDecision, this.hub.report)
      if (!verdict.allow) {
        if (isWanted() && this.entries.delete(id))
          this.reject(id, verdict.reason)
        return
      }
      const access = await accessOf(collection, given === undefined ? {} : { where: given }, request, this.id)
      if (isWanted()) {
        entry.group = this.hub.join(this, interest, access)
        this.hub.wait(this.catchUp(entry.group, message))
      }
    }
    catch (error) {
      if (isWanted()) {
        this.unsubscribe(id)
        this.refuse(id, error)
      }
    }
  }

  /** The request that the connection was opened with; what fails is tried anew with the next subscription. */
  private begin(): Promise<PipelineRequest> {
    return this.request ??= beginRequest(upgradeEvent(this.peer), this.hub.dependencies, this.peer).catch((error: unknown) => {
      this.request = undefined
      throw error
    })
  }

  private async catchUp(group: Group, { since, access, ref }: SubscriptionMessage): Promise<void> {
    if (this.version === 0)
      return
    const { offset } = this.hub
    const { interest: { id } } = group
    const hash = await group.access.hash()
    // Whoever saw other rows before can't go on from there.
    const missed = (access !== undefined && access !== hash) || !await this.hub.catchUp(group, this, since)
    this.afterwards(() => {
      if (this.entries.get(id)?.group === group)
        this.send({ subscription: { action: 'subscribed', id, missed, offset, access: hash, ref: typeof ref === 'number' ? ref : undefined } })
    })
  }

  private unsubscribe(id: string): void {
    const entry = this.entries.get(id)
    this.entries.delete(id)
    if (entry?.group)
      this.hub.leave(this, entry.group)
  }

  /** What the client has done wrong, it is told; what the app has, is reported. */
  private refuse(id: string, error: unknown): void {
    if (!isRstoreError(error))
      this.hub.report(error)
    this.reject(id, isRstoreError(error) ? error.message : 'The server failed.')
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
    this.hub.count.frames++
    this.peer.send(text)
    // It reads more slowly than things change: it has to start afresh rather than fill the memory.
    if (this.buffered > this.hub.limits.maxBufferedBytes)
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
