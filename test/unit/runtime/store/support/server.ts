import type { CollectionModel, Row, SchemaModel } from '../../../../../src/runtime/shared/model'
import type { Includes } from '../../../../../src/runtime/shared/include'
import type { Key } from '../../../../../src/runtime/shared/key'
import type { ListQuery } from '../../../../../src/runtime/shared/query'
import type { BatchOperation, BatchResult, ListAnswer, Transport } from '../../../../../src/runtime/store/transport'
import { isRstoreError, RstoreError } from '../../../../../src/runtime/shared/errors'
import { getKey } from '../../../../../src/runtime/shared/key'
import { conditionFields } from '../../../../../src/runtime/shared/match'
import { select, sorter } from './brute-force'
import { createSchema } from './schema'

export interface Call {
  type: 'fetchMany' | 'fetchFirst' | 'create' | 'update' | 'delete' | 'batch'
  /** Empty for a batch. */
  collection: string
  query?: ListQuery
  key?: Key
  /** Input of a create or an update. */
  item?: Row
  operations?: (Omit<BatchOperation, 'collection'> & { collection: string })[]
  /** The server works it off, if it has not. What it answers is on its way from here on. */
  process: () => void
  /** The answer arrives. */
  deliver: () => void
  /** The connection breaks before the server has seen it. */
  fail: (error?: Error) => void
  state: 'sent' | 'processed' | 'done'
  isRead: boolean
}

export interface ServerOptions {
  schema?: SchemaModel
  maxLimit?: number
  maxKeys?: number
}

/**
 * A database with the store's transport to it. Requests are answered in the next microtask, or, while
 * `held`, when the test says so: `process` decides what the server sees, `deliver` when the app does.
 */
export class MemoryServer {
  readonly schema: SchemaModel
  readonly calls: Call[] = []
  held = false
  /** An error to refuse a mutation or a read with. */
  refuse: (call: Call) => Error | undefined = () => undefined
  /** What a hook makes of an answer, by the params of the query. */
  hook: (rows: Row[], params: Record<string, unknown> | undefined) => Row[] = rows => rows
  /** Rows whose related rows did not fit into the answer. */
  leaveOut: (collection: string, row: Row, relation: string) => boolean = () => false
  /** Called when the server has worked off a mutation. */
  onCommit: (call: Call) => void = () => undefined
  private readonly tables: Record<string, Map<Key, Row>> = {}
  private readonly cursors = new Map<string, { order: string, row: Row }>()
  private readonly maxLimit: number
  private readonly maxKeys: number
  private nextId = 1000
  private now = Date.UTC(2026, 5, 1)

  constructor({ schema = createSchema(), maxLimit = 1000, maxKeys = 1000 }: ServerOptions = {}) {
    this.schema = schema
    this.maxLimit = maxLimit
    this.maxKeys = maxKeys
    for (const name in schema.collections)
      this.tables[name] = new Map()
  }

  readonly transport: Transport = {
    fetchMany: (model, query) => this.request({ type: 'fetchMany', collection: model.name, query: structuredClone(query) }, () => this.fetchMany(model, query)) as Promise<ListAnswer>,
    fetchFirst: (model, key, query) => this.request({ type: 'fetchFirst', collection: model.name, key, query }, () => this.fetchFirst(model, key, query)) as Promise<Row | undefined>,
    create: (model, item) => this.request({ type: 'create', collection: model.name, item: structuredClone(item) }, () => this.create(model, item)) as Promise<Row>,
    update: (model, key, patch) => this.request({ type: 'update', collection: model.name, key, item: structuredClone(patch) }, () => this.update(model, key, patch)) as Promise<Row>,
    delete: (model, key) => this.request({ type: 'delete', collection: model.name, key }, () => this.delete(model, key)) as Promise<Row>,
    batch: (operations, { atomic }) => {
      if (!atomic)
        throw new Error('The test server has atomic batches only.')
      const sent = operations.map(operation => ({ ...structuredClone({ ...operation, collection: undefined }), collection: operation.collection.name }))
      return this.request({ type: 'batch', collection: '', operations: sent }, () => this.batch(operations)) as Promise<BatchResult[]>
    },
  }

  /** The rows of a collection, as they are. */
  rows(collection: string): Row[] {
    return [...this.tables[collection]!.values()]
  }

  /** What a query should give. */
  expected(collection: string, query: ListQuery = {}): Row[] {
    const keys = query.keys && new Set(query.keys)
    const model = this.schema.collections[collection]!
    return select(this.rows(collection).filter(row => !keys || keys.has(getKey(model, row)!)), model, this.schema.dialect, query)
  }

  /** Somebody else writes a row. */
  put(collection: string, ...rows: Row[]): void {
    const model = this.schema.collections[collection]!
    for (const row of rows)
      this.tables[collection]!.set(getKey(model, row)!, structuredClone(row))
  }

  get(collection: string, key: Key): Row | undefined {
    return structuredClone(this.tables[collection]!.get(key))
  }

  /** Somebody else deletes a row. */
  remove(collection: string, key: Key): void {
    this.tables[collection]!.delete(key)
  }

  get reads(): Call[] {
    return this.calls.filter(call => call.isRead)
  }

  get open(): Call[] {
    return this.calls.filter(call => call.state !== 'done')
  }

  /** Works off everything that is open, and what follows from it, oldest first. */
  async drain(): Promise<void> {
    await settled()
    while (this.open.length > 0) {
      for (const call of this.open) {
        call.process()
        call.deliver()
      }
      await settled()
    }
  }

  private request(about: Pick<Call, 'type' | 'collection' | 'query' | 'key' | 'item' | 'operations'>, work: () => unknown): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    let answer: () => void
    const call: Call = {
      ...about,
      state: 'sent',
      isRead: about.type === 'fetchMany' || about.type === 'fetchFirst',
      process: () => {
        if (call.state !== 'sent')
          return
        call.state = 'processed'
        try {
          const refused = this.refuse(call)
          if (refused)
            throw refused
          // Errors among the results would lose their class.
          const result = about.type === 'batch' ? work() : structuredClone(work())
          answer = () => resolve(result)
          if (!call.isRead)
            this.onCommit(call)
        }
        catch (error) {
          answer = () => reject(error)
        }
      },
      deliver: () => {
        if (call.state !== 'processed')
          return
        call.state = 'done'
        answer()
      },
      fail: (error = new RstoreError('RSTORE_NETWORK', 'The line is dead.')) => {
        call.state = 'done'
        reject(error)
      },
    }
    this.calls.push(call)
    if (!this.held) {
      queueMicrotask(() => {
        call.process()
        call.deliver()
      })
    }
    return promise
  }

  private fetchMany(model: CollectionModel, query: ListQuery): ListAnswer {
    const { limit = this.maxLimit, cursor, offset, keys, where, orderBy = [] } = query
    if (limit > this.maxLimit || (keys && keys.length > this.maxKeys))
      throw new RstoreError('RSTORE_LIMIT_EXCEEDED', 'Too much at once.')
    if (cursor !== undefined && offset !== undefined)
      throw new RstoreError('RSTORE_INVALID_QUERY', 'A cursor and an offset.')
    let rows = this.hook(this.expected(model.name, { where, orderBy, keys }), query.params)
    if (cursor !== undefined) {
      const position = this.cursors.get(cursor)
      if (position?.order !== orderBy.join())
        throw new RstoreError('RSTORE_INVALID_CURSOR', 'Not a cursor of this order.')
      rows = rows.filter(row => sorter(model, this.schema.dialect, orderBy)(row, position.row) > 0)
    }
    rows = rows.slice(offset ?? 0)
    const page = rows.slice(0, limit)
    return {
      rows: page.map(row => ({ ...this.visible(model, row, query), ...this.nested(model, row, query.include) })),
      // The real server gives no cursor for a page of none either.
      nextCursor: page.length > 0 && rows.length > page.length ? this.cursorAt(orderBy, page.at(-1)!) : undefined,
    }
  }

  private fetchFirst(model: CollectionModel, key: Key, { columns, include }: ListQuery): Row | undefined {
    return this.fetchMany(model, { keys: [key], columns, include }).rows[0]
  }

  private visible(model: CollectionModel, row: Row, { columns, where, orderBy = [] }: ListQuery, needed: string[] = []): Row {
    const locals = Object.values(model.relations).flatMap(({ on, through }) => (through?.from ?? on).map(([local]) => local))
    const fields = columns && new Set([...columns, ...model.primaryKey, ...locals, ...needed, ...orderBy.map(term => term.split('.')[0]), ...(where ? conditionFields(where) : [])])
    return fields ? Object.fromEntries(Object.entries(row).filter(([field]) => fields.has(field))) : row
  }

  /** The rows that belong to a row, all of them, however many one answer holds. */
  nestedAll(model: CollectionModel, row: Row, include: Includes): Row {
    return this.nested(model, row, include, Infinity)
  }

  /** The rows that belong to a row, as a query that includes them gets them. */
  private nested(model: CollectionModel, row: Row, include: Includes = {}, most = this.maxLimit): Row {
    return Object.fromEntries(Object.entries(include).flatMap(([name, query]) => {
      const { to, many, on, through } = model.relations[name]!
      const target = this.schema.collections[to]!
      const joins = through && this.rows(through.collection).filter(join => isJoined(row, join, through.from))
      const rows = select(this.rows(to).filter(child => joins ? joins.some(join => isJoined(join, child, through!.to)) : isJoined(row, child, on)), target, this.schema.dialect, query)
      const given = rows.slice(0, many ? query.limit ?? most : 1).map(child => ({
        ...this.visible(target, child, query, on.map(([, field]) => field)),
        ...this.nested(target, child, query.include, most),
        ...(joins && { $through: joins.find(join => isJoined(join, child, through!.to)) }),
      }))
      return this.leaveOut(model.name, row, name) ? [] : [[name, many ? given : given[0] ?? null]]
    }))
  }

  private create(model: CollectionModel, item: Row): Row {
    const row: Row = {}
    for (const [field, { hasDefault, nullable, type, default: literal }] of Object.entries(model.columns)) {
      row[field] = item[field] !== undefined
        ? item[field]
        : type === 'date' && hasDefault
          ? new Date(this.now += 1000)
          : literal && literal !== 'now' ? literal.value : nullable ? null : this.generate(type)
    }
    const key = getKey(model, row)!
    if (this.tables[model.name]!.has(key))
      throw new RstoreError('RSTORE_DUPLICATE', 'Such a row exists.')
    this.refuseForeignKeys(model, row)
    this.tables[model.name]!.set(key, row)
    return row
  }

  private update(model: CollectionModel, key: Key, patch: Row): Row {
    const row = this.tables[model.name]!.get(key)
    if (!row)
      throw new RstoreError('RSTORE_NOT_FOUND', 'No such row.')
    const next = { ...row, ...patch }
    this.refuseForeignKeys(model, next)
    this.tables[model.name]!.delete(key)
    this.tables[model.name]!.set(getKey(model, next)!, next)
    return next
  }

  private delete(model: CollectionModel, key: Key): Row {
    const row = this.tables[model.name]!.get(key)
    if (!row)
      throw new RstoreError('RSTORE_NOT_FOUND', 'No such row.')
    this.tables[model.name]!.delete(key)
    return row
  }

  /** All or none, with the keys of new rows in place of the temporary ones. */
  private batch(operations: readonly BatchOperation[]): BatchResult[] {
    const before = Object.fromEntries(Object.entries(this.tables).map(([name, table]) => [name, new Map(table)]))
    const real = new Map<string, unknown>()
    const results: BatchResult[] = []
    for (const [i, { type, collection: model, key, item }] of operations.entries()) {
      const own = (real.get(`${model.name} ${key}`) ?? key) as Key
      const given = { ...item }
      for (const { columns: [field], to } of model.foreignKeys) {
        if (real.has(`${to} ${given[field!]}`))
          given[field!] = real.get(`${to} ${given[field!]}`)
      }
      try {
        const row = type === 'create' ? this.create(model, given) : type === 'update' ? this.update(model, own, given) : this.delete(model, own)
        if (type === 'create' && key !== undefined)
          real.set(`${model.name} ${key}`, row[model.primaryKey[0]!])
        results.push({ ok: true, result: structuredClone(row) })
      }
      catch (error) {
        if (!isRstoreError(error))
          throw error
        Object.assign(this.tables, before)
        return operations.map((_, j) => ({ ok: false, error: i === j ? error : new RstoreError('RSTORE_ROLLED_BACK', 'Another one failed.') }))
      }
    }
    return results
  }

  private generate(type: string): unknown {
    const id = this.nextId++
    return type === 'number' ? id : type === 'bigint' ? BigInt(id) : `s${id}`
  }

  /** Only what can't be meant: text and negative numbers that stand for a row without a key. */
  private refuseForeignKeys(model: CollectionModel, row: Row): void {
    for (const { columns: [field] } of model.foreignKeys) {
      const value = row[field!] as string | number | bigint | null
      if (value != null && (typeof value === 'string' ? value.startsWith('tmp:') : value < 0))
        throw new RstoreError('RSTORE_CONSTRAINT', `"${field}" points to a temporary key.`)
    }
  }

  private cursorAt(orderBy: readonly string[], row: Row): string {
    const cursor = `cursor ${this.cursors.size}`
    this.cursors.set(cursor, { order: orderBy.join(), row: structuredClone(row) })
    return cursor
  }
}

function isJoined(from: Row, to: Row, pairs: [string, string][]): boolean {
  return pairs.every(([a, b]) => from[a] != null && String(from[a]) === String(to[b]))
}

/** Everything that follows from what has happened, short of what the server holds back, is done. */
export async function settled(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
}
