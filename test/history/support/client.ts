import { end, isOpen, isWanted, listen } from './sockets'
import type { EffectScope, Ref } from 'vue'
import type { Row, SchemaModel } from '../../../src/runtime/shared/model'
import type { HttpOptions } from '../../../src/runtime/client/http'
import type { Realtime } from '../../../src/runtime/client/realtime'
import type { Transport } from '../../../src/runtime/store/transport'
import type { QueryState } from '../../../src/runtime/store/query'
import type { Asked } from '../../oracle/support/live/queries'
import type { Random } from '../../oracle/support/random'
import type { Backend } from './backend'
import type { Line } from './line'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { effectScope, nextTick, shallowRef } from 'vue'
import { createHttpTransport } from '../../../src/runtime/client/http'
import { createRealtime } from '../../../src/runtime/client/realtime'
import { getKey } from '../../../src/runtime/shared/key'
import { thorough } from '../../../src/runtime/store/checks'
import { createStore } from '../../../src/runtime/store/create-store'
import { compare, isTemporary } from '../../oracle/support/live/compare'
import { pick } from '../../oracle/support/live/pick'
import { planOf, resolveAsked } from '../../oracle/support/live/queries'
import { ExpectedFor } from './expected'
import { createLine } from './line'

interface Mounted { collection: string, asked: Ref<Asked>, state: QueryState, scope: EffectScope }

/** What becomes of the next request. */
export type Fate = { kind: 'lostRequest' | 'lostAnswer' } | { kind: 'late', wait: number }

/** Times are in milliseconds. */
export interface ClientOptions { user: string, heartbeat: number, delay: number }

/** A tab: the store, its transport and its socket as an app has them, over a network that fails. */
export class Client {
  mounted: Mounted[] = []
  realKeys = new Map<string, unknown>()
  readonly isTight = false
  readonly fates: Fate[] = []
  /** Requests that have no answer yet. */
  open = 0
  /** Counts what happens to it. Changes with all that arrives. */
  happened = 0
  /** What it has sent and received. */
  readonly trace: string[] = []
  private store!: ReturnType<typeof createStore>
  private realtime!: Realtime
  private endpoint = ''
  private isAway = false
  private failed = false
  private readonly begun = Date.now()

  static async start(backend: Backend, options: ClientOptions, random: Random): Promise<Client> {
    const servers = Array.from({ length: backend.size }, (_, i) => i)
    // Each connection and each request may reach another server.
    const port = () => pick(servers.map(backend.port).filter(one => one !== undefined), random.below(1000))
    return new Client(backend, options, await createLine(port), port)
  }

  private constructor(private readonly backend: Backend, readonly options: ClientOptions, readonly line: Line, private readonly port: () => number | undefined) {
    this.begin()
    this.realtime.hydrated()
  }

  private begin(pageOffset?: string): void {
    this.endpoint = `ws://127.0.0.1:${this.line.port}${this.backend.wsPath}?user=${this.options.user}&client=${crypto.randomUUID()}`
    listen(this.endpoint, (text) => {
      this.note(text)
      // Heartbeats go on for ever.
      if (!/^[<>] p[io]ng$/.test(text))
        this.happened++
    })
    const store: ReturnType<typeof createStore> = this.store = createStore({
      schema: this.schema,
      transport: this.transport({ clientId: () => realtime.clientId(), onUnsure: () => realtime.unsure(), onOffset: offset => realtime.heard(offset), batching: { fetch: true, mutations: true, delay: 0, maxWait: 0, maxSize: 100 } }),
      dev: true,
      checks: thorough,
      subscribe: (topic, listener) => realtime.subscribe(topic, listener),
    })
    store.$onError(() => {
      this.failed = true
    })
    const realtime: Realtime = this.realtime = createRealtime({
      endpoint: this.endpoint,
      isForeign: false,
      pageOffset,
      heartbeatInterval: this.options.heartbeat,
      autoReconnect: { delay: this.options.delay },
      modelOf: name => this.schema.collections[name],
      write: (collection, item) => store.$cache.writeItem({ collection, item }),
      remove: (collection, key) => store.$cache.deleteItem({ collection, key }),
      onError: () => undefined,
    })
  }

  /** Leaves for a page that the server renders, and that takes its time to become an app. */
  async reload(queries: readonly { collection: string, asked: Asked }[], wait: number): Promise<void> {
    if (this.isAway)
      return
    const resolved = queries.map(({ collection, asked }) => ({ collection, asked: resolveAsked(asked, collection, this) }))
    this.isAway = true
    this.leave()
    this.fates.length = 0
    try {
      let offset: string | undefined
      const server = createStore({ schema: this.schema, server: true, dev: true, checks: thorough, transport: this.transport({ onOffset: one => offset ??= one }) })
      await Promise.all(resolved.map(({ collection, asked }) => server.$collection(collection).query(q => planOf(q, asked))))
      const state = structuredClone(server.$cache.getState())
      await sleep(wait)
      this.begin(offset)
      this.store.$hydrate(state)
    }
    catch (error) {
      // The page did not come: an empty one is opened in its place.
      this.note(`no page: ${inspect(error)}`)
      this.begin()
    }
    this.isAway = false
    resolved.forEach(({ collection, asked }) => this.show(collection, asked))
    await nextTick()
    this.store.$hydrated()
    this.realtime.hydrated()
  }

  private transport(options: Partial<HttpOptions>): Transport {
    return createHttpTransport({ apiPath: this.backend.apiPath, fetch: this.fetch, modelOf: name => this.schema.collections[name]!, ...options })
  }

  private leave(): void {
    this.mounted.forEach(({ scope }) => scope.stop())
    this.mounted = []
    this.realKeys = new Map()
    end(this.endpoint)
  }

  get schema(): SchemaModel {
    return this.backend.setup.schema
  }

  mount(collection: string, given: Asked): void {
    if (!this.isAway)
      this.show(collection, resolveAsked(given, collection, this))
  }

  private show(collection: string, given: Asked): void {
    const asked = shallowRef(given)
    const scope = effectScope()
    const state = scope.run(() => this.store.$collection(collection).liveQuery(q => planOf(q, asked.value)))!
    this.mounted.push({ collection, asked, state, scope })
  }

  unmount(i: number): void {
    pick(this.mounted, i)?.scope.stop()
    this.mounted.splice(i % Math.max(this.mounted.length, 1), 1)
  }

  change(i: number, collection: string, given: Asked): void {
    const mounted = pick(this.mounted.filter(one => one.collection === collection), i)
    if (mounted)
      mounted.asked.value = resolveAsked(given, collection, this)
  }

  fetchMore(i: number): void {
    const mounted = pick(this.mounted.filter(({ asked: { value } }) => value.limit || value.pageSize), i)
    void mounted?.state.fetchMore().catch(() => undefined)
  }

  async create(collection: string, item: Row, optimistic: boolean): Promise<void> {
    if (this.isAway)
      return
    const shown = new Set(this.cached(collection))
    const created = this.store.$collection(collection).create(item, { optimistic })
    const made = this.cached(collection).find(row => !shown.has(row))
    const { realKeys } = this
    const row = await created
    if (made && made.id !== row.id)
      realKeys.set(String(made.id), row.id)
  }

  async update(collection: string, i: number, values: Row, optimistic: boolean): Promise<void> {
    const row = pick(this.cached(collection), i)
    if (row && !this.isAway)
      await this.store.$collection(collection).update(values, { key: this.keyOf(collection, row), optimistic })
  }

  async remove(collection: string, i: number, optimistic: boolean): Promise<void> {
    const row = pick(this.cached(collection), i)
    if (row && !this.isAway)
      await this.store.$collection(collection).delete(row, { optimistic })
  }

  /** Whether it hears of what it wants to hear of, and nothing is on its way. */
  get isQuiet(): boolean {
    return this.open === 0 && !this.isAway && !this.line.isHolding && (!isWanted(this.endpoint) || isOpen(this.endpoint))
  }

  heal(): void {
    this.fates.length = 0
    this.line.heal()
  }

  /** What failed is not asked for again by itself: somebody presses the button. */
  refreshFailed(): void {
    for (const { state, asked } of this.mounted) {
      if (state.error.value || (this.failed && asked.value.include))
        state.refresh().catch(() => undefined)
    }
    this.failed = false
  }

  /** Where what is shown is not what the database has for this user. */
  async differences(isAdmin: boolean): Promise<string[]> {
    const expected = new ExpectedFor(this.backend.setup, this.options.user, isAdmin)
    const found = (await Promise.all(this.mounted.map(mounted => compare(mounted, this, expected)))).flat()
    for (const name of Object.keys(this.schema.collections)) {
      const pending = this.cached(name).filter(row => row.$isOptimistic || String(this.keyOf(name, row)).split('::').some(isTemporary))
      if (pending.length > 0)
        found.push(`${name}: still pending: ${JSON.stringify(pending.map(row => this.keyOf(name, row)))}`)
    }
    return found.map(text => `${this.options.user}: ${text}`)
  }

  note(text: string): void {
    this.trace.push(`${Date.now() - this.begun} ms ${text}`)
  }

  close(): void {
    this.leave()
    this.line.close()
  }

  cached(collection: string): Row[] {
    return this.store.$cache.readItems({ collection })
  }

  keyOf(collection: string, row: Row): string | number {
    return getKey(this.schema.collections[collection]!, row)!
  }

  private readonly fetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
    this.open++
    const fate = this.fates.shift()
    this.note(`${init.method} ${decodeURIComponent(url)} ${init.body ?? ''} ${fate ? inspect(fate) : ''}`)
    try {
      if (fate?.kind === 'lostRequest')
        throw new Error('The line is dead.')
      const response = await fetch(`http://127.0.0.1:${this.port() ?? 1}${url}`, { ...init, headers: { ...init.headers as Record<string, string>, 'x-user': this.options.user } })
      const text = await response.text()
      this.note(`${response.status} ${init.method} ${decodeURIComponent(url)} ${init.body ?? ''} -> ${text}`)
      if (fate?.kind === 'lostAnswer')
        throw new Error('The line is dead.')
      if (fate?.kind === 'late')
        await sleep(fate.wait)
      return new Response(text || null, { status: response.status, headers: response.headers })
    }
    catch (error) {
      this.note(`failed ${init.method} ${url} ${inspect(error).split('\n')[0]}`)
      throw error
    }
    finally {
      this.open--
      this.happened++
    }
  }
}
