import type { EffectScope, Ref } from 'vue'
import type { BatchingOptions } from '../../../../src/runtime/client/batching'
import type { Row, SchemaModel } from '../../../../src/runtime/shared/model'
import type { QueryLimits } from '../../../../src/runtime/shared/query'
import type { QueryState } from '../../../../src/runtime/store/query'
import type { Asked } from './queries'
import type { LiveServer } from './server'
import type { Call } from './network'
import { vi } from 'vitest'
import { effectScope, shallowRef } from 'vue'
import { createHttpTransport } from '../../../../src/runtime/client/http'
import { getKey } from '../../../../src/runtime/shared/key'
import { thorough } from '../../../../src/runtime/store/checks'
import { createStore } from '../../../../src/runtime/store/create-store'
import { compareAll, isTemporary } from './compare'
import { apiPath } from './network'
import { pick } from './pick'
import { planOf, resolveAsked } from './queries'
import { names } from './schema'

export interface Mounted { collection: string, asked: Ref<Asked>, state: QueryState, scope: EffectScope }

/** How long a batch waits for another operation where it waits, in milliseconds. */
export const maxDelay = 20

/** What has happened in the database, in its order, and has yet to arrive: changes by others, and answers to own mutations. */
type News = { call: Call } | { collection: string, key: string | number, row: Row | undefined }

/** What becomes of a mutation that the server works off; `echo`: the feed tells of it too, `lost`: only the feed does. */
export type Fate = 'answer' | 'echo' | 'lost' | 'refused'

export interface Mutation {
  kind: 'create' | 'update' | 'delete'
  collection: string
  i: number
  values: Row
  /** Above 0: which row of the cache its references point to. */
  link: number
  optimistic: boolean
}

/**
 * A store with mounted queries, over a real server and database; other people, who write to the database
 * directly; and a network that loses order. Changes and answers to mutations arrive in the database's order,
 * as a change feed has them.
 */
export class LiveWorld {
  readonly mounted: Mounted[] = []
  readonly store: ReturnType<typeof createStore>
  /** Real keys by those that rows were created under. */
  readonly realKeys = new Map<string, unknown>()
  /** Answers may lack related rows. */
  readonly isTight: boolean
  private news: News[] = []
  private failed = false

  constructor(readonly server: LiveServer, { maxLimit, maxKeys, maxIncludeRows }: QueryLimits, batching: BatchingOptions) {
    this.isTight = Math.min(maxLimit, maxIncludeRows) < 1000
    const transport = createHttpTransport({ apiPath, fetch: server.network.fetch, batching, modelOf: name => this.schema.collections[name]! })
    this.store = createStore({ schema: this.schema, transport, dev: true, checks: thorough, maxLimit, maxKeys })
    this.store.$onError(() => {
      this.failed = true
    })
  }

  get schema(): SchemaModel {
    return this.server.schema
  }

  mount(collection: string, given: Asked): void {
    const asked = shallowRef(resolveAsked(given, collection, this))
    const scope = effectScope()
    const state = scope.run(() => this.of(collection).query(q => planOf(q, asked.value)))!
    this.mounted.push({ collection, asked, state, scope })
  }

  unmount(i: number): void {
    pick(this.mounted, i)?.scope.stop()
    this.mounted.splice(i % Math.max(this.mounted.length, 1), 1)
  }

  /** A query asks for something else from now on. */
  change(i: number, collection: string, given: Asked): void {
    const mounted = pick(this.mounted.filter(one => one.collection === collection), i)
    if (mounted)
      mounted.asked.value = resolveAsked(given, collection, this)
  }

  refresh(i: number): void {
    void pick(this.mounted, i)?.state.refresh()
  }

  fetchMore(i: number): void {
    const mounted = pick(this.mounted.filter(({ asked: { value } }) => value.limit || value.pageSize), i)
    void mounted?.state.fetchMore()
  }

  clear(): void {
    this.store.$cache.clear()
  }

  mutate({ kind, collection, i, values, link, optimistic }: Mutation): void {
    const api = this.of(collection)
    if (kind === 'create') {
      const item = this.newRow(collection, i, this.linked(collection, values, link))
      const shown = new Set(this.cached(collection))
      const created = api.create(item, { optimistic })
      const made = this.cached(collection).find(row => !shown.has(row))
      created.then(row => made && this.learn(made.id, row.id), () => undefined)
      return
    }
    const row = pick(this.cached(collection), i)
    if (!row)
      return
    if (kind === 'delete')
      api.delete(row, { optimistic }).catch(() => undefined)
    else
      api.update(this.linked(collection, values, link), { key: this.keyOf(collection, row), optimistic }).catch(() => undefined)
  }

  /** Several rows of one collection at once. */
  createMany(collection: string, i: number, values: Row[]): void {
    const shown = new Set(this.cached(collection))
    const created = this.of(collection).createMany(values.map((one, j) => this.newRow(collection, i + j, one)))
    const made = this.cached(collection).filter(row => !shown.has(row))
    created.then(rows => rows.forEach((row, j) => this.learn(made[j]?.id, row.id)), () => {
      // It says nothing of those that were created all the same.
      for (const { id } of made)
        this.learn(id, id === undefined ? id : this.of(collection).peekFirst(id)?.id)
    })
  }

  /** Mutations, and queries of single rows that nobody has asked for by their keys so far. */
  inOneTick(mutations: readonly Mutation[], rows: readonly [collection: string, i: number][]): void {
    for (const [collection, i] of rows)
      this.mount(collection, { kind: 'first', rows: [i], fetchPolicy: 'cache-and-fetch' })
    for (const mutation of mutations)
      this.mutate(mutation)
  }

  /** Several mutations as one; one that fails has a callback that throws in the end. */
  transaction(mutations: readonly Mutation[], fails: boolean): void {
    this.store.$transaction(() => {
      for (const mutation of mutations)
        this.mutate(mutation)
      if (fails)
        throw new Error('The callback throws.')
    }).catch(() => undefined)
  }

  /** Somebody else creates or changes a row. */
  async write(collection: string, i: number, values: Row): Promise<void> {
    this.tell(await this.server.write(collection, i, values))
  }

  async remove(collection: string, i: number): Promise<void> {
    this.tell(await this.server.remove(collection, i))
  }

  /** The server works off a request. */
  async process(i: number, fate: Fate): Promise<void> {
    await this.work(pick(this.server.network.open.filter(call => call.state === 'sent'), i), fate)
  }

  /** An answer arrives; that of a mutation after the news from before it. */
  async deliver(i: number): Promise<void> {
    const call = pick(this.server.network.open.filter(call => call.state === 'processed'), i)
    while (call?.state === 'processed' && this.news.some(item => 'call' in item && item.call === call))
      await this.hear()
    call?.deliver()
  }

  /** Batches that wait for company go. */
  async wait(): Promise<void> {
    await settled()
    vi.advanceTimersByTime(maxDelay)
    await settled()
  }

  fail(i: number): void {
    pick(this.server.network.open.filter(call => call.state === 'sent'), i)?.break()
  }

  /** The next change by somebody else, or answer to a mutation, arrives. */
  async hear(): Promise<void> {
    const item = this.news.shift()
    if (!item)
      return
    if ('call' in item) {
      item.call.deliver()
      await settled()
    }
    else if (item.row) {
      this.store.$cache.writeItem({ collection: item.collection, item: structuredClone(item.row) })
    }
    else {
      this.store.$cache.deleteItem({ collection: item.collection, key: item.key })
    }
  }

  /** Everything on its way arrives and nothing new happens. */
  async rest(): Promise<void> {
    await this.arrive()
    const failed = this.failed
    this.failed = false
    for (const { state, asked } of this.mounted) {
      // A request that failed is not repeated by itself, and nobody tells a query without a cache.
      if (state.error.value || asked.value.fetchPolicy === 'no-cache' || (failed && asked.value.include))
        void state.refresh()
    }
    await this.arrive()
  }

  /** Where a query shows something else than the database has. Only at rest. */
  async differences(): Promise<{ found: string[], cases: number, nested: number }> {
    const { found, nested } = await compareAll(this)
    for (const name of names) {
      const pending = this.cached(name).filter(row => row.$isOptimistic || String(this.keyOf(name, row)).split('::').some(isTemporary))
      if (pending.length > 0)
        found.push(`${name}: still pending: ${JSON.stringify(pending.map(row => this.keyOf(name, row)))}`)
    }
    found.push(...this.server.errors.splice(0).map(error => `The server failed: ${String((error as Error).stack ?? error)}`))
    return { found, cases: this.mounted.length, nested }
  }

  /** The rows of a store that nobody looks at any more are nobody's business. */
  close(): void {
    for (const { scope } of this.mounted)
      scope.stop()
  }

  cached(collection: string): Row[] {
    return this.store.$cache.readItems({ collection })
  }

  keyOf(collection: string, row: Row): string | number {
    return getKey(this.schema.collections[collection]!, row)!
  }

  private of(collection: string): ReturnType<typeof this.store.$collection> {
    return this.store.$collection(collection)
  }

  private async arrive(): Promise<void> {
    await this.wait()
    for (let turn = 0; this.server.network.open.length > 0 || this.news.length > 0; turn++) {
      if (turn > 300)
        throw new Error(`It never comes to rest: ${this.server.network.open.map(call => `${call.init.method} ${decodeURIComponent(call.url)} ${call.init.body ?? ''}`).slice(0, 5).join('\n')}`)
      const { open } = this.server.network
      for (const call of open.filter(call => !call.isRead))
        await this.work(call, 'answer')
      await Promise.all(open.map(call => this.server.network.process(call)))
      while (this.news.length > 0)
        await this.hear()
      for (const call of open)
        call.deliver()
      await this.wait()
    }
  }

  private async work(call: Call | undefined, fate: Fate): Promise<void> {
    if (!call || call.isRead)
      return call && this.server.network.process(call)
    if (call.state !== 'sent')
      return
    const changes = await this.server.work(call, fate === 'refused')
    if (call.effects.length === 0)
      return
    for (const { key, row } of call.effects)
      this.learn(key, row.id)
    if (fate === 'lost')
      call.break()
    else
      this.news.push({ call })
    // What one operation of a batch has made, the next may have had the database delete.
    if (fate === 'lost' || fate === 'echo' || call.operations.length > 1)
      this.tell(await this.server.echo(call))
    this.tell(changes)
  }

  private tell(changes: readonly News[]): void {
    this.news.push(...changes)
  }

  private newRow(collection: string, i: number, values: Row): Row {
    const row = { ...this.server.make(collection, i), ...values }
    // Those that the database numbers; one in six events gets a key all the same.
    if (this.server.isNumbered(collection) && (collection !== 'events' || i % 6 > 0))
      delete row.id
    if (i % 2 === 0)
      delete row.createdAt
    return row
  }

  /** Values whose references lead to rows of the cache, perhaps to some that have no key yet. */
  private linked(collection: string, values: Row, link: number): Row {
    if (link === 0)
      return values
    const linked = { ...values }
    for (const { columns: [field], to } of this.schema.collections[collection]!.foreignKeys) {
      // The youngest first: those are the ones that may have no key.
      const target = pick(this.cached(to).reverse(), link >> 1)
      if (target && (link % 2 === 0 || field! in linked))
        linked[field!] = target[this.schema.collections[to]!.primaryKey[0]!]
    }
    return linked
  }

  /** In a transaction, the store answers with the temporary key: the server's answer to all of it tells more. */
  private learn(key: unknown, real: unknown): void {
    if (key !== undefined && real !== undefined && key !== real)
      this.realKeys.set(String(key), real)
  }
}

/** Everything that follows from what has happened, short of what the network holds back, is done. */
export function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
