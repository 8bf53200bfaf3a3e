import type { EffectScope, Ref } from 'vue'
import type { ConditionNode } from '../../../../../src/runtime/shared/condition'
import type { Dialect, Row } from '../../../../../src/runtime/shared/model'
import type { QueryState } from '../../../../../src/runtime/store/query'
import type { PlanOptions } from '../../../../../src/runtime/store/plan'
import type { Call } from './server'
import type { TestCollection } from './store'
import { effectScope, shallowRef } from 'vue'
import { RstoreError } from '../../../../../src/runtime/shared/errors'
import { holds, sorter } from './brute-force'
import { createSchema } from './schema'
import { settled } from './server'
import { setup, todo } from './store'

/** What a mounted query asks for. */
export interface Asked extends PlanOptions {
  kind: 'first' | 'many'
}

interface Mounted {
  asked: Ref<Asked>
  state: QueryState
  scope: EffectScope
}

/** What has happened on the server, in its order, and has yet to arrive: changes by others, and answers to own mutations. */
type News = { call: Call } | { key: number, row: Row | undefined }

const rowKeys = Array.from({ length: 24 }, (_, i) => i + 1)

/**
 * Mounted queries, a server, other people who write to it, and a network that loses order: reads
 * answer whenever they like. Changes and answers to mutations arrive in the server's order, as a
 * change feed has them.
 */
export class World {
  private readonly test: ReturnType<typeof setup>
  private readonly mounted: Mounted[] = []
  private readonly news: News[] = []
  private refusals = new Set<Call>()

  constructor(rows: Row[], private readonly dialect: Dialect) {
    this.test = setup({ schema: createSchema(dialect), maxLimit: 7, maxKeys: 5, dev: true })
    this.server.put('todos', ...rows)
    this.server.held = true
    this.server.refuse = call => this.refusals.has(call) ? new RstoreError('RSTORE_REJECTED', 'No.') : undefined
    this.server.onCommit = call => this.news.push({ call })
  }

  private get server() { return this.test.server }
  private get todos(): TestCollection { return this.test.todos }

  mount(options: Asked): void {
    const asked = shallowRef(options)
    const scope = effectScope()
    const state = scope.run(() => this.todos.query((q) => {
      const { kind, ...rest } = asked.value
      return kind === 'first' ? q.first(rest) : q.many(rest)
    }))!
    this.mounted.push({ asked, state, scope })
  }

  unmount(i: number): void {
    this.pick(this.mounted, i)?.scope.stop()
    this.mounted.splice(i % Math.max(this.mounted.length, 1), 1)
  }

  change(i: number, options: Asked): void {
    const mounted = this.pick(this.mounted, i)
    if (mounted)
      mounted.asked.value = options
  }

  refresh(i: number): void {
    void this.pick(this.mounted, i)?.state.refresh()
  }

  fetchMore(i: number): void {
    const mounted = this.pick(this.mounted, i)
    if (mounted && mounted.asked.value.limit)
      void mounted.state.fetchMore()
  }

  /** Somebody else creates or changes a row. */
  write(i: number, values: Row): void {
    const key = rowKeys[i % rowKeys.length]!
    const row = { ...(this.server.get('todos', key) ?? todo(key)), ...values }
    this.server.put('todos', row)
    this.news.push({ key, row: structuredClone(row) })
  }

  /** Somebody else deletes a row. */
  remove(i: number): void {
    const key = rowKeys[i % rowKeys.length]!
    if (this.server.get('todos', key)) {
      this.server.remove('todos', key)
      this.news.push({ key, row: undefined })
    }
  }

  create(values: Row, optimistic: boolean): void {
    this.todos.create({ title: 'new', ...values }, { optimistic }).catch(() => undefined)
  }

  update(i: number, values: Row, optimistic: boolean): void {
    const key = this.someKey(i)
    if (key !== undefined)
      this.todos.update(values, { key, optimistic }).catch(() => undefined)
  }

  delete(i: number, optimistic: boolean): void {
    const key = this.someKey(i)
    if (key !== undefined)
      this.todos.delete(key, { optimistic }).catch(() => undefined)
  }

  /** Several mutations as one; one that fails has a callback that throws in the end. */
  transaction(mutations: readonly [kind: 'create' | 'update' | 'delete', i: number, values: Row, optimistic: boolean][], fails: boolean): void {
    this.test.store.$transaction(() => {
      for (const [kind, i, values, optimistic] of mutations) {
        if (kind === 'create')
          this.create(values, optimistic)
        else if (kind === 'update')
          this.update(i, values, optimistic)
        else
          this.delete(i, optimistic)
      }
      if (fails)
        throw new Error('The callback throws.')
    }).catch(() => undefined)
  }

  /** The server works off a request, perhaps to refuse it. */
  process(i: number, refuse: boolean): void {
    const call = this.pick(this.server.open.filter(call => call.state === 'sent'), i)
    if (!call)
      return
    if (refuse && !call.isRead)
      this.refusals.add(call)
    call.process()
  }

  /** An answer arrives; that of a mutation after the news from before it. */
  async deliver(i: number): Promise<void> {
    const call = this.pick(this.server.open.filter(call => call.state === 'processed'), i)
    while (call?.state === 'processed' && this.news.some(item => 'call' in item && item.call === call))
      await this.hear()
    call?.deliver()
  }

  fail(i: number): void {
    this.pick(this.server.open.filter(call => call.state === 'sent'), i)?.fail()
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
    else if (item.row)
      this.test.store.$cache.writeItem({ collection: 'todos', item: structuredClone(item.row) })
    else
      this.test.store.$cache.deleteItem({ collection: 'todos', key: item.key })
  }

  /** What holds at any time: order, no row twice, no row that does not match, the limit, no row that is not in the cache. */
  problems(): string[] {
    return this.mounted.flatMap(({ asked: { value: asked }, state }) => {
      const rows = this.shown(state, asked)
      const cached = new Set(this.test.store.$cache.readItems({ collection: 'todos' }))
      const compare = sorter(this.server.schema.collections.todos!, this.dialect, asked.orderBy)
      const found: string[] = []
      if (rows.some((row, i) => i > 0 && compare(rows[i - 1]!, row) >= 0))
        found.push('out of order, or a row twice')
      if (rows.some(row => !holds(asked.where as ConditionNode | undefined, row)))
        found.push('a row that does not match')
      if (asked.limit !== undefined && state.hasMore && rows.length > asked.limit * 4)
        found.push('more rows than the limit')
      if (asked.keys && rows.some(row => !asked.keys!.includes(row.id)))
        found.push('a key that nobody asked for')
      if (asked.fetchPolicy !== 'no-cache' && rows.some(row => !cached.has(row)))
        found.push('a row that is not the one of the cache')
      return found.map(problem => `${JSON.stringify(asked)}: ${problem}: ${JSON.stringify(rows)}`)
    })
  }

  /** Everything on its way arrives and nothing new happens. */
  async quiesce(): Promise<void> {
    await this.arrive()
    for (const { state, asked } of this.mounted) {
      // A request that failed is not repeated by itself, and nobody tells a query without a cache.
      if (state.error.value || asked.value.fetchPolicy === 'no-cache')
        void state.refresh()
    }
    await this.arrive()
  }

  /** Where a query shows something else than the server would give. Only at rest. */
  differences(): string[] {
    return this.mounted.flatMap(({ asked: { value: asked }, state }) => {
      const shown = this.shown(state, asked)
      const all = this.server.expected('todos', { where: asked.where as ConditionNode, orderBy: asked.orderBy as string[], keys: asked.keys as number[] | undefined })
      const fields = asked.columns as string[] | undefined
      const text = (rows: Row[]) => JSON.stringify(rows.map(row => Object.fromEntries(Object.entries(row).filter(([field]) => !fields || fields.includes(field)).sort())))
      const offset = asked.offset ?? 0
      if (asked.fetchPolicy === 'cache-only')
        return shown.every(row => all.some(other => text([other]) === text([row]))) ? [] : [`${JSON.stringify(asked)}: not the server's rows: ${text(shown)}`]
      // `fetchMore` may have gone beyond the limit, by whole steps of it.
      const limit = asked.kind === 'first' ? 1 : asked.limit === undefined ? Infinity : this.limitOf(asked.limit, shown.length)
      const expected = all.slice(offset, offset + limit)
      const found = text(shown) === text(expected) ? [] : [`${JSON.stringify(asked)}\n  shows    ${text(shown)}\n  expected ${text(expected)}`]
      if (asked.limit !== 0 && asked.fetchPolicy !== 'no-cache' && !state.hasMore.value && all.length > offset + limit && found.length === 0)
        found.push(`${JSON.stringify(asked)}: hasMore is ${state.hasMore.value}, with ${shown.length} of ${all.length} shown`)
      if (state.loading.value)
        found.push(`${JSON.stringify(asked)}: still loading`)
      if (state.error.value)
        found.push(`${JSON.stringify(asked)}: ${state.error.value}`)
      return found
    })
  }

  /** The rows of a store that nobody looks at any more are nobody's business. */
  close(): void {
    for (const { scope } of this.mounted)
      scope.stop()
  }

  get pendingRows(): Row[] {
    return this.test.store.$cache.readItems({ collection: 'todos' }).filter(row => row.$isOptimistic || (row.id as number) < 0)
  }

  private limitOf(limit: number, shown: number): number {
    return limit === 0 ? 0 : Math.max(1, Math.ceil(shown / limit)) * limit
  }

  private async arrive(): Promise<void> {
    await settled()
    while (this.server.open.length > 0 || this.news.length > 0) {
      for (const call of this.server.open)
        call.process()
      while (this.news.length > 0)
        await this.hear()
      for (const call of this.server.open)
        call.deliver()
      await settled()
    }
  }

  private shown(state: QueryState, asked: Asked): Row[] {
    const data = state.data.value
    return asked.kind === 'first' ? (data ? [data as Row] : []) : data as Row[]
  }

  /** A row that the app knows of: one that is cached, a temporary one too. */
  private someKey(i: number): unknown {
    return this.pick(this.test.store.$cache.readItems({ collection: 'todos' }), i)?.id
  }

  private pick<T>(from: readonly T[], i: number): T | undefined {
    return from[i % Math.max(from.length, 1)]
  }
}
