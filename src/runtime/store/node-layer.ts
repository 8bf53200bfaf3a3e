import type { ShallowRef } from 'vue'
import type { Key } from '../shared/key'
import type { Row } from '../shared/model'
import type { EngineCollection } from './collection'
import type { IncludePlan, RelationPlan } from './include-plan'
import type { Related } from './row'
import type { ViewSpec } from './view-spec'
import type { ViewWindow } from './window'
import { shallowRef } from 'vue'

/** Rows of a window, or the nodes made of them: what a query shows, and each node under a relation. */
export class Shown {
  private constructor(readonly collection: EngineCollection, readonly window: ViewWindow, readonly layer: NodeLayer | undefined, private readonly asks: boolean) {}

  /** Held until `release`. */
  static acquire(collection: EngineCollection, spec: ViewSpec, [offset, limit]: [offset: number, limit: number | undefined], plan: IncludePlan | undefined, asks: boolean, itself = false): Shown {
    const window = collection.views.hold(spec, offset, limit, asks, itself)
    if (!plan)
      return new Shown(collection, window, undefined, asks)
    const id = `${asks} ${plan.id}`
    let layer = window.layers.get(id)
    if (!layer)
      window.layers.set(id, layer = new NodeLayer(collection, window, id, plan, asks))
    layer.holders++
    return new Shown(collection, window, layer, asks)
  }

  get rows(): Row[] {
    return (this.layer ?? this.window).data.value
  }

  /** Whether the cache or the server has answered for all of it. */
  isKnown(): boolean {
    return this.window.isKnown() && (this.layer?.isKnown() ?? true)
  }

  retry(): void {
    this.window.retry()
    this.layer?.retry()
  }

  release(): void {
    if (this.layer && --this.layer.holders === 0)
      this.layer.dispose()
    this.collection.views.letGo(this.window, this.asks)
  }
}

/** What a row has under a relation. */
interface Child {
  readonly rows: Row[]
  isKnown: () => boolean
  retry: () => void
  release: () => void
}

interface Entry {
  row: Row
  node: Row
  related: Related
  children: (Child | undefined)[]
  /** The values that the children were found by, and whether they may ask the server. */
  ids: unknown[]
  turn: number
}

/**
 * The rows of a window as nodes that hold the rows related to each, all kept up to date. A node is made
 * anew only when its own row changes; a change of a related row shows through the relation.
 */
export class NodeLayer {
  readonly data: ShallowRef<Row[]> = shallowRef([])
  holders = 0
  private entries = new Map<Key, Entry>()
  private turn = 0
  private readonly createNode: (row: Row, related: Related) => Row

  constructor(private readonly collection: EngineCollection, readonly window: ViewWindow, readonly id: string, readonly plan: IncludePlan, private readonly asks: boolean) {
    this.createNode = collection.createRow.nodes(plan.relations.map(({ name }) => name))
    this.sync()
  }

  /** The rows of the window have changed. */
  sync(): void {
    const { collection, entries } = this
    const rows = this.window.data.value
    const turn = ++this.turn
    this.data.value = rows.map((row) => {
      const key = collection.keyOf(row)
      let entry = entries.get(key)
      if (!entry)
        entries.set(key, entry = this.createEntry(row, key))
      else if (entry.row !== row)
        this.updateEntry(entry, row, key)
      entry.turn = turn
      return entry.node
    })
    if (entries.size > rows.length) {
      for (const [key, entry] of entries) {
        if (entry.turn !== turn) {
          entries.delete(key)
          entry.children.forEach(child => child?.release())
        }
      }
    }
  }

  isKnown(): boolean {
    for (const { children } of this.entries.values()) {
      if (!children.every(child => !child || child.isKnown()))
        return false
    }
    return true
  }

  /** What could not be read under a relation is asked for again. */
  retry(): void {
    for (const { children } of this.entries.values())
      children.forEach(child => child?.retry())
  }

  dispose(): void {
    this.window.layers.delete(this.id)
    for (const { children } of this.entries.values())
      children.forEach(child => child?.release())
    this.entries = new Map()
  }

  private createEntry(row: Row, key: Key): Entry {
    const { relations } = this.plan
    const children = relations.map(relation => this.createChild(relation, row, key))
    const related: Related = {}
    relations.forEach(({ name, many }, i) => {
      related[name] = many ? () => children[i]?.rows ?? nothing : () => children[i]?.rows[0] ?? null
    })
    return { row, node: this.createNode(row, related), related, children, ids: relations.map(relation => this.idOf(relation, row, key)), turn: 0 }
  }

  private updateEntry(entry: Entry, row: Row, key: Key): void {
    this.plan.relations.forEach((relation, i) => {
      const id = this.idOf(relation, row, key)
      if (id === entry.ids[i])
        return
      const former = entry.children[i]
      entry.children[i] = this.createChild(relation, row, key)
      entry.ids[i] = id
      former?.release()
    })
    entry.row = row
    entry.node = this.createNode(row, entry.related)
  }

  /** Equal as long as the row has the same rows under the relation. */
  private idOf({ valuesOf }: RelationPlan, row: Row, key: Key): unknown {
    const values = valuesOf(row)
    return values && `${this.mayAsk(key)} ${values.map(value => value instanceof Date ? value.getTime() : value).join('\n')}`
  }

  /** The server knows nothing of a row that it has yet to store. */
  private mayAsk(key: Key): boolean {
    return this.asks && !this.collection.isUnsaved(key)
  }

  private createChild(relation: RelationPlan, row: Row, key: Key): Child | undefined {
    const values = relation.valuesOf(row)
    if (!values)
      return undefined
    const asks = this.mayAsk(key)
    if (relation.through)
      return new ThroughRows(relation, relation.spec(values), asks)
    return Shown.acquire(relation.target, relation.spec(values), [0, relation.limit], relation.nested, asks, true)
  }
}

/** Rows on the far side of a join table: those that the join rows of one row lead to. */
class ThroughRows {
  private readonly joinRows: ViewWindow
  private readonly shown: ShallowRef<Shown>

  constructor(private readonly relation: RelationPlan, spec: ViewSpec, private readonly asks: boolean) {
    this.joinRows = relation.through!.collection.views.hold(spec, 0, undefined, asks, true)
    this.joinRows.observers.add(this)
    this.shown = shallowRef(this.acquire())
  }

  get rows(): Row[] {
    return this.shown.value.rows
  }

  isKnown(): boolean {
    return this.joinRows.isKnown() && this.shown.value.isKnown()
  }

  retry(): void {
    this.joinRows.retry()
    this.shown.value.retry()
  }

  /** Join rows have come or gone. */
  sync(): void {
    const former = this.shown.value
    this.shown.value = this.acquire()
    former.release()
  }

  release(): void {
    this.joinRows.observers.delete(this)
    this.relation.through!.collection.views.letGo(this.joinRows, this.asks)
    this.shown.value.release()
  }

  private acquire(): Shown {
    const { target, through, limit, nested } = this.relation
    return Shown.acquire(target, through!.members(this.joinRows.data.value), [0, limit], nested, this.asks, true)
  }
}

const nothing: Row[] = []
