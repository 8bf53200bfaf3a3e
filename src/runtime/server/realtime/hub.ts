import type { ConditionNode } from '../../shared/condition'
import type { SubscriptionUpdateMessage } from '../../shared/protocol'
import type { RealtimeLimits } from '../../shared/realtime-limits'
import type { RstoreDrizzlePubSub, RstoreDrizzleRealtimePayload } from '../../realtime/pubsub'
import type { Change } from '../pipeline/prepared'
import type { PipelineDependencies, PipelineRequest } from '../pipeline/request'
import type { ServerCollection } from '../registry'
import type { PendingChange, Told } from './audience'
import type { Peer } from './peer'
import { getKey } from '../../shared/key'
import { randomId } from '../../shared/random-id'
import { defaultRealtimeLimits } from '../../shared/realtime-limits'
import { ask } from '../pipeline/scope'
import { Audience } from './audience'
import { Connection, updateText } from './connection'
import { decideBy } from './decide'
import { dependentsOf } from './dependents'

export interface HubOptions extends PipelineDependencies {
  realtimeLimits?: Partial<RealtimeLimits>
  /** Carries changes to other processes. Asked for when first needed, so that the app can set another. */
  pubsub: () => RstoreDrizzlePubSub
  onError: (error: unknown) => void
  now?: () => number
}

/**
 * Tells connections of changes. A change is no more than a hint: what is told is read from the database when it is told,
 * so that it is true whoever has changed what in which order.
 */
export class Hub {
  readonly limits: RealtimeLimits
  readonly now: () => number
  readonly connections = new Set<Connection>()
  private readonly topics = new Map<string, Map<string, Audience>>()
  private readonly dependents: ReadonlyMap<string, ReadonlySet<string>>
  /** Of this process and this start of it: changes told under another can't be counted. */
  private readonly origin = randomId()
  private position = 0
  private connected = 0
  /** By collection: position of the last change. */
  private readonly lastChanges = new Map<string, number>()
  private pending = new Map<ServerCollection, Map<string, PendingChange>>()
  private flushing: Promise<void> | undefined
  private listening: (() => void) | undefined

  constructor(readonly dependencies: HubOptions) {
    this.limits = { ...defaultRealtimeLimits, ...dependencies.realtimeLimits }
    this.now = dependencies.now ?? Date.now
    this.dependents = dependentsOf(this.registry.schema)
  }

  get registry() {
    return this.dependencies.registry
  }

  get dialect() {
    return this.dependencies.dialect
  }

  get queryLimits() {
    return this.dependencies.limits
  }

  readonly report = (error: unknown): void => this.dependencies.onError(error)

  /** How far the feed has come. What is read afterwards holds all that was published before. */
  get offset(): string {
    return `${this.origin}:${this.position}`
  }

  /** Whether a row of the collection may have changed since an offset; so it is where that can't be told. */
  hasChangedSince(collection: string, since: unknown): boolean {
    const [epoch, position] = typeof since === 'string' ? since.split(':') : []
    return epoch !== this.origin || !/^\d{1,15}$/.test(position ?? '') || (this.lastChanges.get(collection) ?? 0) > Number(position)
  }

  connect(peer: Peer): Connection {
    this.listen()
    const connection = new Connection(this.connected++, peer, this)
    this.connections.add(connection)
    return connection
  }

  forget(connection: Connection): void {
    this.connections.delete(connection)
  }

  /** An operation of a client has changed a row. */
  changed({ collection: { name, model }, type, row }: Change, originClientId: string | undefined): void {
    const record = row()
    this.publish({ collection: name, type, record, key: String(getKey(model, record)), originClientId })
  }

  /** A row has changed, or somebody says so. Nobody waits for what comes of it. */
  publish(update: SubscriptionUpdateMessage & { key: string }): void {
    this.enqueue(this.registry.collection(update.collection), update)
    try {
      const payload: RstoreDrizzleRealtimePayload & { origin: string } = { ...update, origin: this.origin }
      Promise.resolve(this.dependencies.pubsub().publish('update', payload)).catch(this.report)
    }
    catch (error) {
      this.report(error)
    }
  }

  /** Those who see the same rows as the connection does. */
  async audienceOf(collection: ServerCollection, connection: Connection, request: PipelineRequest): Promise<Audience> {
    const id = request.rules.hasHooks(collection, 'index.get')
      // What hooks do is nobody's business: it may differ from one connection to the next.
      ? `connection ${connection.id}`
      : decisionText(await ask(collection, 'read', request))
    let audiences = this.topics.get(collection.name)
    if (!audiences)
      this.topics.set(collection.name, audiences = new Map())
    let audience = audiences.get(id)
    if (!audience)
      audiences.set(id, audience = new Audience(id, collection, request))
    return audience
  }

  /** The last member may have left. */
  leave(audience: Audience): void {
    const audiences = this.topics.get(audience.collection.name)
    if (audience.members.size > 0 || audiences?.get(audience.id) !== audience)
      return
    audiences.delete(audience.id)
    if (audiences.size === 0)
      this.topics.delete(audience.collection.name)
  }

  /** Sends away those whose session has changed: they come back with what it is now, and read anew. */
  async invalidate(match: (session: unknown) => boolean): Promise<void> {
    await Promise.all([...this.connections].map(async (connection) => {
      try {
        if (await connection.hasSession(match))
          connection.end(1012, 'session changed')
      }
      catch (error) {
        this.report(error)
        connection.end(1012, 'session changed')
      }
    }))
  }

  /** Sends away whoever has not been heard of for too long. */
  reap(): void {
    for (const connection of this.connections) {
      if (this.now() - connection.lastHeard > this.limits.maxSilence)
        connection.end(1001, 'silent')
    }
  }

  /** Resolves once all that was published has been told. */
  async settled(): Promise<void> {
    while (this.flushing)
      await this.flushing
  }

  dispose(): void {
    this.listening?.()
    this.listening = undefined
    for (const connection of [...this.connections])
      connection.end(1012, 'restarting')
  }

  /** Changes of others may not have arrived. */
  private lost(): void {
    this.position++
    for (const name of Object.keys(this.registry.schema.collections))
      this.lastChanges.set(name, this.position)
    this.connections.forEach(connection => connection.truncate())
  }

  private listen(): void {
    if (this.listening)
      return
    const pubsub = this.dependencies.pubsub()
    const unwatch = pubsub.onGap?.(() => this.lost())
    const unsubscribe = pubsub.subscribe('update', (update) => {
      try {
        if ((update as { origin?: string }).origin !== this.origin)
          this.receive(update)
      }
      catch (error) {
        this.report(error)
      }
    })
    this.listening = () => {
      unwatch?.()
      unsubscribe()
    }
  }

  /** Another process has changed a row, or somebody has published past the hub. */
  private receive({ collection: name, key, ...update }: SubscriptionUpdateMessage): void {
    const collection = this.registry.collection(name)
    this.enqueue(collection, { ...update, collection: name, key: String(key ?? getKey(collection.model, update.record)) })
  }

  private enqueue(collection: ServerCollection, { type, key, originClientId }: SubscriptionUpdateMessage & { key: string }): void {
    this.lastChanges.set(collection.name, ++this.position)
    if (type === 'deleted')
      this.truncateDependents(collection.name)
    if (!this.topics.has(collection.name))
      return
    let changes = this.pending.get(collection)
    if (!changes)
      this.pending.set(collection, changes = new Map())
    const change = changes.get(key)
    if (change)
      changes.set(key, { type: change.type === 'created' && type === 'updated' ? 'created' : type, origins: change.origins.add(originClientId) })
    else
      changes.set(key, { type, origins: new Set([originClientId]) })
    this.flushing ??= this.flushAll()
  }

  /** One after the other, so that what is told of a row keeps its order. */
  private async flushAll(): Promise<void> {
    // Lets the writer answer, and what comes at the same time join in.
    await new Promise(resolve => setTimeout(resolve))
    while (this.pending.size > 0) {
      const { pending, offset } = this
      this.pending = new Map()
      await Promise.all([...pending].map(([collection, changes]) => this.tell(collection, changes)))
      this.connections.forEach(connection => connection.flush(offset))
    }
    this.flushing = undefined
  }

  private async tell(collection: ServerCollection, changes: ReadonlyMap<string, PendingChange>): Promise<void> {
    await Promise.all([...this.topics.get(collection.name)?.values() ?? []].map(async (audience) => {
      try {
        for (const told of await audience.tell(changes))
          await this.deliver(collection, told)
      }
      catch (error) {
        // What they can't be told, they have to ask for.
        this.report(error)
        for (const { connection } of audience.members)
          connection.truncate(collection.name)
      }
    }))
  }

  private async deliver(collection: ServerCollection, { key, type, record, to }: Told): Promise<void> {
    const text = updateText({ collection: collection.name, type, record, key })
    const hooks = this.dependencies.rules.hooksOf(collection, 'realtime.filter')
    await Promise.all(to.map(async (connection) => {
      const verdict = hooks.length === 0 || await decideBy(hooks, { peer: connection.peer, collection: collection.name, type, key, record: structuredClone(record) }, this.limits.maxDecision, this.report)
      if (verdict === true || verdict.allow)
        connection.queue(text)
    }))
  }

  /** What the database deletes or changes along with a row is not told row by row. */
  private truncateDependents(name: string): void {
    for (const dependent of this.dependents.get(name) ?? []) {
      this.lastChanges.set(dependent, this.position)
      for (const connection of this.connections)
        connection.truncate(dependent)
    }
  }
}

function decisionText(decision: boolean | ConditionNode): string {
  return JSON.stringify(decision, (_, value: unknown) => typeof value === 'bigint' ? `${value}n` : value)
}
