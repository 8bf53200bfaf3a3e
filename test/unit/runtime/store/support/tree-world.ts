import type { EffectScope } from 'vue'
import type { Includes } from '../../../../../src/runtime/shared/include'
import type { Dialect, Row } from '../../../../../src/runtime/shared/model'
import type { QueryState } from '../../../../../src/runtime/store/query'
import type { PlanOptions } from '../../../../../src/runtime/store/plan'
import type { Call } from './server'
import { effectScope } from 'vue'
import { RstoreError } from '../../../../../src/runtime/shared/errors'
import { getKey } from '../../../../../src/runtime/shared/key'
import { settled } from './server'
import { setup } from './store'
import { createTreeSchema } from './tree-schema'

/** What a mounted query asks for. */
export interface AskedTree extends PlanOptions {
  collection: string
  include: Includes
}

interface Mounted { asked: AskedTree, state: QueryState, scope: EffectScope }

/** What has happened on the server, in its order: changes by others, and answers to own mutations. */
type News = { call: Call } | { collection: string, key: string | number, row: Row | undefined }

/** A row as somebody makes it, by a small number. */
const makers: Record<string, (i: number) => Row> = {
  users: i => ({ id: `u${i % 4}`, name: 'a' }),
  lists: i => ({ id: i % 5 + 1, name: 'a', ownerId: null }),
  todos: i => ({ id: i % 14 + 1, title: 'a', listId: null, userId: null, parentId: null, done: false }),
  tags: i => ({ id: i % 4 + 1, label: 'a' }),
  todoTags: i => ({ todoId: i % 14 + 1, tagId: i % 4 + 1 }),
  members: i => ({ listId: i % 5 + 1, userId: `u${i % 4}`, role: 'a' }),
}

/** Mounted queries with relations, a server, other people who write to it, and a network that loses order. */
export class TreeWorld {
  private readonly test: ReturnType<typeof setup>
  private mounted: Mounted[] = []
  private readonly news: News[] = []
  private readonly refusals = new Set<Call>()

  constructor(dialect: Dialect, private readonly left: (row: Row) => boolean) {
    this.test = setup({ schema: createTreeSchema(dialect), maxLimit: 6, maxKeys: 5, dev: true })
    const { server } = this
    server.held = true
    server.leaveOut = (_, row) => this.left(row)
    server.refuse = call => this.refusals.has(call) ? new RstoreError('RSTORE_REJECTED', 'No.') : undefined
    server.onCommit = (call) => {
      this.news.push({ call })
      if (call.type === 'delete')
        this.cascade(call.collection, call.key!)
    }
  }

  private get server() { return this.test.server }

  /** What the server holds to begin with. */
  seed(collection: string, i: number, values: Row): void {
    const row = { ...makers[collection]!(i), ...values }
    if (this.isSound(collection, row))
      this.server.put(collection, row)
  }

  mount({ collection, ...asked }: AskedTree): void {
    const scope = effectScope()
    const state = scope.run(() => this.test.of(collection).query(q => q.many(asked)))!
    this.mounted.push({ asked: { collection, ...asked }, state, scope })
  }

  unmount(i: number): void {
    const mounted = pick(this.mounted, i)
    mounted?.scope.stop()
    this.mounted = this.mounted.filter(other => other !== mounted)
  }

  refresh(i: number): void {
    void pick(this.mounted, i)?.state.refresh()
  }

  /** Somebody else creates or changes a row. */
  write(collection: string, i: number, values: Row): void {
    const made = makers[collection]!(i)
    const key = this.keyOf(collection, made)
    if (!this.isSound(collection, made))
      return
    const row = { ...made, ...this.server.get(collection, key), ...values }
    this.server.put(collection, row)
    this.news.push({ collection, key, row: structuredClone(row) })
  }

  remove(collection: string, i: number | undefined, row = makers[collection]!(i!)): void {
    const key = this.keyOf(collection, row)
    if (this.server.get(collection, key)) {
      this.server.remove(collection, key)
      this.news.push({ collection, key, row: undefined })
      this.cascade(collection, key)
    }
  }

  /** The database takes join rows with the rows they join, and nobody who does not follow it is told otherwise. */
  private cascade(collection: string, key: string | number): void {
    for (const row of this.server.rows('todoTags')) {
      if ((collection === 'todos' && row.todoId === key) || (collection === 'tags' && row.tagId === key))
        this.remove('todoTags', undefined, row)
    }
  }

  private isSound(collection: string, row: Row): boolean {
    return collection !== 'todoTags' || (this.server.get('todos', row.todoId as number) !== undefined && this.server.get('tags', row.tagId as number) !== undefined)
  }

  create(collection: string, i: number, values: Row): void {
    const { id: _, ...made } = makers[collection]!(i)
    this.test.of(collection).create(collection === 'users' ? { id: `n${i}`, ...made } : { ...made, ...values }).catch(() => undefined)
  }

  update(collection: string, i: number, values: Row): void {
    const row = pick(this.test.store.$cache.readItems({ collection }), i)
    if (row)
      this.test.of(collection).update(values, { key: this.keyOf(collection, row) }).catch(() => undefined)
  }

  delete(collection: string, i: number): void {
    const row = pick(this.test.store.$cache.readItems({ collection }), i)
    if (row)
      this.test.of(collection).delete(row).catch(() => undefined)
  }

  /** The server works off a request, perhaps to refuse it. */
  process(i: number, refuse: boolean): void {
    const call = pick(this.server.open.filter(call => call.state === 'sent'), i)
    if (refuse && call && !call.isRead)
      this.refusals.add(call)
    call?.process()
  }

  /** An answer arrives; that of a mutation after the news from before it. */
  async deliver(i: number): Promise<void> {
    const call = pick(this.server.open.filter(call => call.state === 'processed'), i)
    while (call?.state === 'processed' && this.news.some(item => 'call' in item && item.call === call))
      await this.hear()
    call?.deliver()
  }

  async hear(): Promise<void> {
    const item = this.news.shift()
    if (!item)
      return
    if ('call' in item) {
      item.call.deliver()
      await settled()
    }
    else if (item.row) {
      this.test.store.$cache.writeItem({ collection: item.collection, item: structuredClone(item.row) })
    }
    else {
      this.test.store.$cache.deleteItem({ collection: item.collection, key: item.key })
    }
  }

  /** Everything on its way arrives and nothing new happens. */
  async quiesce(): Promise<void> {
    await settled()
    for (let turn = 0; this.server.open.length > 0 || this.news.length > 0; turn++) {
      if (turn > 200)
        throw new Error('It never comes to rest.')
      for (const call of this.server.open)
        call.process()
      while (this.news.length > 0)
        await this.hear()
      for (const call of this.server.open)
        call.deliver()
      await settled()
    }
  }

  /** Where a query shows something else than the server would give. Only at rest. */
  differences(): string[] {
    const { server } = this
    this.server.leaveOut = () => false
    return this.mounted.flatMap(({ asked, state }) => {
      const model = server.schema.collections[asked.collection]!
      const { include } = asked
      const expected = server.expected(asked.collection, { orderBy: asked.orderBy as string[] }).slice(0, asked.limit)
        .map(row => ({ ...row, ...server.nestedAll(model, row, include) }))
      const text = (rows: unknown) => JSON.stringify(rows, (name, value) => name === '$through' ? undefined : sorted(value))
      const shown = text(state.data.value)
      if (state.error.value)
        return [`${JSON.stringify(asked)}: ${state.error.value}`]
      if (state.loading.value)
        return [`${JSON.stringify(asked)}: still loading`]
      return shown === text(expected) ? [] : [`${JSON.stringify(asked)}\n  shows    ${shown}\n  expected ${text(expected)}`]
    })
  }

  close(): void {
    for (const { scope } of this.mounted)
      scope.stop()
    this.mounted = []
  }

  private keyOf(collection: string, row: Row): string | number {
    return getKey(this.server.schema.collections[collection]!, row)!
  }
}

function pick<T>(from: readonly T[], i: number): T | undefined {
  return from[i % Math.max(from.length, 1)]
}

function sorted(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1)) : value
}
