import type { ServerCollection } from '../registry'
import type { Change } from './change'
import type { Connection } from './connection'
import type { Hub } from './hub'
import type { Told } from './tell'
import type { Group } from './topic'
import type { PipelineRequest } from '../pipeline/request'
import { beginRequest } from '../pipeline/request'
import { decideBy } from './decide'
import { Frame } from './frame'
import { upgradeEvent } from './peer'
import { tell } from './tell'

/** A connection that was away, and what it has missed of what its group is told. */
interface Return { group: Group, connection: Connection, changes: ReadonlyMap<string, Change>, done: (isTold: boolean) => void }

/** What a turn of the event loop may take of telling, in milliseconds: requests wait no longer. */
const maxTurn = 4

/** Tells what is pending, in rounds that follow one another, so that what is told of a row keeps its order. */
export class Outbound {
  private pending = new Map<ServerCollection, Map<string, Change>>()
  private returns: Return[] = []
  private announces = false
  private running: Promise<void> | undefined
  private readonly waiting = new Set<Promise<void>>()
  private touched = new Set<Connection>()
  private blank = new Frame()
  private count = 0
  private since = 0
  private readonly event = upgradeEvent({ request: { url: '/', headers: new Headers() } })

  constructor(private readonly hub: Hub) {}

  /** The changes of a collection that are to be told in the next round. */
  changesOf(collection: ServerCollection): Map<string, Change> {
    let changes = this.pending.get(collection)
    if (!changes)
      this.pending.set(collection, changes = new Map())
    this.start()
    return changes
  }

  /** Resolves once the connection has been sent what has changed, with whether that was possible. */
  catchUp(group: Group, connection: Connection, changes: ReadonlyMap<string, Change>): Promise<boolean> {
    return new Promise((done) => {
      this.returns.push({ group, connection, changes, done })
      this.start()
    })
  }

  /** Has all connections told how far they have been told. */
  announce(): void {
    this.announces = true
    this.start()
  }

  frameWith(connection: Connection, frame: Frame = this.blank, update: string): Frame {
    this.touched.add(connection)
    return frame.with(update)
  }

  wait(promise: Promise<void>): void {
    const settled = promise.catch(this.hub.report).then(() => void this.waiting.delete(settled))
    this.waiting.add(settled)
  }

  async settled(): Promise<void> {
    while (this.running || this.waiting.size > 0)
      await Promise.all([this.running, ...this.waiting])
  }

  private start(): void {
    this.running ??= this.run()
  }

  private async run(): Promise<void> {
    // Lets the writer answer, and what comes at the same time join in.
    await new Promise(resolve => setTimeout(resolve))
    while (this.pending.size > 0 || this.returns.length > 0 || this.announces) {
      const { pending, returns, announces } = this
      const { offset } = this.hub
      this.pending = new Map()
      this.returns = []
      this.announces = false
      this.since = performance.now()
      const all = Promise.all([...pending].map(([collection, changes]) => this.tellAll(collection, changes)))
      const told = await Promise.all(returns.map(one => this.tellOne(one)))
      await all
      await this.send(offset, announces)
      returns.forEach(({ done }, i) => done(told[i]!))
    }
    this.running = undefined
  }

  private async send(offset: string, announces: boolean): Promise<void> {
    const { touched } = this
    this.touched = new Set()
    this.blank = new Frame()
    for (const connection of touched) {
      connection.flush(offset)
      if (this.isLate)
        await this.pause()
    }
    if (announces) {
      for (const connection of this.hub.connections) {
        connection.announce(offset)
        if (this.isLate)
          await this.pause()
      }
    }
  }

  private async tellAll(collection: ServerCollection, changes: ReadonlyMap<string, Change>): Promise<void> {
    const topic = this.hub.topicOf(collection)
    if (!topic)
      return
    try {
      for await (const told of tell(collection, (key, change) => topic.find(key, change), changes, await this.begin()))
        await this.deliver(collection, told)
    }
    catch (error) {
      // What they can't be told, they have to ask for.
      this.hub.report(error)
      this.hub.skip(collection.name)
    }
  }

  private async tellOne({ group, connection, changes }: Return): Promise<boolean> {
    try {
      const { collection, key } = group.interest
      const groups = (own: string) => key === undefined || key === own ? [group] : []
      for await (const told of tell(collection, groups, changes, await this.begin()))
        await this.deliver(collection, told.map(one => ({ ...one, to: [connection], origins: nobody })))
      return true
    }
    catch (error) {
      this.hub.report(error)
      return false
    }
  }

  private async deliver(collection: ServerCollection, told: readonly Told[]): Promise<void> {
    const { hub } = this
    const hooks = hub.dependencies.rules.hooksOf(collection, 'realtime.filter')
    const row = ++this.count
    for (const { update, text, to, origins } of told) {
      for (const connection of to) {
        if (connection.lastTold === row || isEcho(connection, origins, update.type))
          continue
        connection.lastTold = row
        hub.count.updates++
        if (hooks.length === 0)
          connection.queue(text)
        else
          connection.queueIf(() => decideBy(hooks, { peer: connection.peer, ...update, record: structuredClone(update.record) }, hub.limits.maxDecision, hub.report), text, collection.name)
        if (this.isLate)
          await this.pause()
      }
    }
  }

  /** Reads for all, so it has no session. */
  private begin(): Promise<PipelineRequest> {
    return beginRequest(this.event, this.hub.dependencies)
  }

  /** Asked for each connection, and to wait for nothing would take longer than to ask. */
  private get isLate(): boolean {
    return performance.now() - this.since >= maxTurn
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        this.since = performance.now()
        resolve()
      }
      if (typeof setImmediate === 'function')
        setImmediate(go)
      else
        setTimeout(go)
    })
  }
}

const nobody: ReadonlySet<string | undefined> = new Set([undefined])

/**
 * A client has been told what it has changed itself, unless others have changed it as well. One of the additions hears of it all the same, but
 * for new rows: an older frame may be on its way, and the last one is to be right. What it knows changes nothing there.
 */
function isEcho({ clientId, version }: Connection, origins: ReadonlySet<string | undefined>, type: Change['type']): boolean {
  return clientId !== undefined && origins.size === 1 && origins.has(clientId) && (version === 0 || type === 'created')
}
