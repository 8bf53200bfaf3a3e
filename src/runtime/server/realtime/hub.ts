import type { PublishedUpdate } from '../../shared/protocol'
import type { RealtimeLimits } from '../../shared/realtime-limits'
import type { RstoreDrizzlePubSub } from '../../realtime/pubsub'
import type { Change as Write } from '../pipeline/prepared'
import type { PipelineDependencies } from '../pipeline/request'
import type { ServerCollection } from '../registry'
import type { Access } from './access'
import type { Change, Hint } from './change'
import type { SharedUpdate } from './exchange'
import type { Frame } from './frame'
import type { RealtimeHealth } from './health'
import type { Peer } from './peer'
import type { Interest } from './subscription'
import type { Group } from './topic'
import { getKey } from '../../shared/key'
import { defaultRealtimeLimits } from '../../shared/realtime-limits'
import { fold, rowOf, toWire } from './change'
import { Connection } from './connection'
import { dependentsOf } from './dependents'
import { Exchange } from './exchange'
import { Feed, foldAll } from './feed'
import { measure } from './health'
import { Outbound } from './outbound'
import { Revocations } from './revocations'
import { Topic } from './topic'

export interface HubOptions extends PipelineDependencies {
  realtimeLimits?: Partial<RealtimeLimits>
  /** Carries changes to other processes. Asked for when first needed, so that the app can set another. */
  pubsub: () => RstoreDrizzlePubSub
  /** Whether other processes hear of what is published. @default true */
  isShared?: () => boolean
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
  /** What has been told since the start. */
  readonly count = { updates: 0, frames: 0 }
  private readonly topics = new Map<string, Topic>()
  private readonly dependents: ReadonlyMap<string, ReadonlySet<string>>
  private readonly feed = new Feed()
  private readonly revocations = new Revocations()
  private readonly exchange: Exchange
  private readonly outbound: Outbound
  private connected = 0

  constructor(readonly dependencies: HubOptions) {
    this.limits = { ...defaultRealtimeLimits, ...dependencies.realtimeLimits }
    this.now = dependencies.now ?? Date.now
    this.dependents = dependentsOf(this.registry.schema)
    this.exchange = new Exchange(this.feed.origin, dependencies.pubsub, { received: update => this.receive(update), lost: () => this.lost(), failed: this.report })
    this.outbound = new Outbound(this)
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

  /** How far the feed has come, and the log of the driver of pub/sub. What is read afterwards holds all that was published before. */
  get offset(): string {
    // From the first one on, it counts what others publish.
    this.listen()
    const { position } = this.exchange
    return position === undefined ? this.feed.offset : `${this.feed.offset}:${position}`
  }

  /** Hears of what others publish from now on, if it does not yet. */
  listen(): void {
    this.exchange.open()
  }

  connect(peer: Peer): Connection {
    this.listen()
    const connection = new Connection(`${this.feed.origin} ${this.connected++}`, peer, this)
    this.connections.add(connection)
    return connection
  }

  forget(connection: Connection): void {
    this.connections.delete(connection)
  }

  /** Whether writers are to find out what a row was before: somebody might have to be told that it has left a filter. */
  readonly wantsPrevious = (): boolean => this.connected > 0 || (this.dependencies.isShared?.() ?? true)

  /** An operation of a client has changed a row. */
  changed({ collection, type, row, previous, dependents }: Write, originClientId: string | undefined): void {
    const record = row()
    this.tellAll(collection, { collection: collection.name, type, record, key: keyOf(record, collection), originClientId, previousRecord: type === 'deleted' ? record : previous?.(), dependents: Array.isArray(dependents) ? 'told' : dependents })
    if (Array.isArray(dependents)) {
      for (const { collection, type, row } of dependents) {
        const record = row()
        // What it is by now, nobody knows.
        const known = type === 'deleted' ? record : Object.fromEntries(collection.model.primaryKey.map(name => [name, record[name]]))
        this.tellAll(collection, { collection: collection.name, type, record: known, key: keyOf(record, collection), previousRecord: record, dependents: 'told' })
      }
    }
  }

  /** A row has changed, or somebody says so. Nobody waits for what comes of it. */
  publish(update: PublishedUpdate & { key: string }): void {
    const collection = this.registry.collection(update.collection)
    const { record, previousRecord } = update
    this.tellAll(collection, { ...update, record: toWire(record, collection), previousRecord: previousRecord && toWire(previousRecord, collection) })
  }

  topicOf({ name }: ServerCollection): Topic | undefined {
    return this.topics.get(name)
  }

  join(connection: Connection, interest: Interest, access: Access): Group {
    const { collection } = interest
    let topic = this.topics.get(collection.name)
    if (!topic)
      this.topics.set(collection.name, topic = new Topic(collection))
    return topic.join(connection, interest, access)
  }

  leave(connection: Connection, group: Group): void {
    const { collection: { name } } = group.interest
    const topic = this.topics.get(name)
    topic?.leave(connection, group)
    if (topic?.isEmpty)
      this.topics.delete(name)
  }

  /** Tells a connection what has changed since an offset. Gives whether it could. */
  async catchUp(group: Group, connection: Connection, since: unknown): Promise<boolean> {
    const changes = await this.changesSince(group, since)
    if (!changes)
      return false
    return changes.size === 0 || this.outbound.catchUp(group, connection, changes)
  }

  frameWith(connection: Connection, frame: Frame | undefined, update: string): Frame {
    return this.outbound.frameWith(connection, frame, update)
  }

  wait(promise: Promise<void>): void {
    this.outbound.wait(promise)
  }

  /** Resolves once all that was published has been told. */
  settled(): Promise<void> {
    return this.outbound.settled()
  }

  /** Something has happened to a collection that can't be told. */
  skip(name: string): void {
    this.feed.skip(name)
    for (const connection of this.connections)
      connection.truncate(name)
  }

  /** Sends away those whose session has changed: they come back with what it is now, and read anew. */
  async invalidate(match: (session: unknown) => boolean): Promise<void> {
    this.revocations.add({ position: this.feed.mark(), match })
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

  /** To be called now and then: sends away whoever has not been heard of for too long or is somebody else by now, and tells the others how far they have been told. */
  async tend(): Promise<void> {
    for (const connection of this.connections) {
      if (this.now() - connection.lastHeard > this.limits.maxSilence)
        connection.end(1001, 'silent')
    }
    if (this.connections.size > 0)
      this.outbound.announce()
    for (const connection of this.connections) {
      if (connection.needsCheck())
        await connection.checkSession()
    }
  }

  /** Gives a function that tells how the hub is doing; rates are those since its last call. */
  createHealth(): () => RealtimeHealth {
    let former = { ...this.count, at: this.now() }
    return () => {
      const health = measure(this.connections, this.count, former, this.now(), this.exchange.state)
      former = { ...this.count, at: this.now() }
      return health
    }
  }

  dispose(): void {
    this.exchange.close()
    for (const connection of [...this.connections])
      connection.end(1012, 'restarting')
  }

  private async changesSince({ interest: { collection }, access: { request } }: Group, since: unknown): Promise<ReadonlyMap<string, Change> | undefined> {
    if (typeof since !== 'string' || since.length > 500 || await this.revocations.concern(request.session, this.feed.positionOf(since)))
      return undefined
    const { maxMissed } = this.limits
    const own = this.feed.since(collection, since, maxMissed)
    const [, , position] = /^([^:]*:[^:]*):(.+)$/.exec(since) ?? []
    if (own || position === undefined)
      return own
    const updates = await this.exchange.since(position)
    // What the database has changed along with a row is in no log, unless it was told row by row.
    if (!updates || updates.some(update => changesOthers(update) && this.dependents.get(update.collection)?.has(collection.name)))
      return undefined
    return foldAll(updates.filter(update => update.collection === collection.name).map(update => hintOf(update, collection)), collection, maxMissed)
  }

  /** Changes of others may not have arrived. */
  private lost(): void {
    for (const name of Object.keys(this.registry.schema.collections))
      this.feed.skip(name)
    this.connections.forEach(connection => connection.truncate())
  }

  private tellAll(collection: ServerCollection, update: SharedUpdate): void {
    this.enqueue(collection, update)
    this.exchange.send(update)
  }

  /** Another process has changed a row, or somebody has published past the hub. */
  private receive(update: SharedUpdate): void {
    this.enqueue(this.registry.collection(update.collection), update)
  }

  private enqueue(collection: ServerCollection, update: SharedUpdate): void {
    const hint = hintOf(update, collection)
    this.feed.add(collection, hint)
    if (changesOthers(update))
      this.dependents.get(collection.name)?.forEach(name => this.skip(name))
    if (!this.topics.has(collection.name))
      return
    const changes = this.outbound.changesOf(collection)
    changes.set(hint.key, fold(changes.get(hint.key), hint, collection))
  }
}

function hintOf({ type, record, key, previousRecord, originClientId }: SharedUpdate, collection: ServerCollection): Hint {
  return {
    type,
    key: key === undefined ? keyOf(record, collection) : String(key),
    previous: type === 'created' ? null : rowOf(type === 'deleted' ? previousRecord ?? record : previousRecord, collection),
    next: type === 'deleted' ? null : rowOf(record, collection),
    originClientId,
  }
}

/** Whether the database may have changed rows along with this one that are not told. */
function changesOthers({ type, dependents }: SharedUpdate): boolean {
  return dependents === 'many' || (type === 'deleted' && dependents === undefined)
}

function keyOf(record: Record<string, unknown>, { model }: ServerCollection): string {
  return String(getKey(model, record))
}
