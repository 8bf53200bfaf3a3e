import type { CollectionModel, Row, SchemaModel } from '../../../../../src/runtime/shared/model'
import type { Key } from '../../../../../src/runtime/shared/key'
import type { ListQuery } from '../../../../../src/runtime/shared/query'
import type { ListAnswer, Transport } from '../../../../../src/runtime/store/transport'
import { RstoreError } from '../../../../../src/runtime/shared/errors'
import { getKey } from '../../../../../src/runtime/shared/key'
import { conditionFields } from '../../../../../src/runtime/shared/match'
import { select, sorter } from './brute-force'
import { createSchema } from './schema'

export interface Call {
  type: 'fetchMany' | 'fetchFirst' | 'create' | 'update' | 'delete'
  collection: string
  query?: ListQuery
  key?: Key
  /** Input of a create or an update. */
  item?: Row
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
    delete: (model, key) => this.request({ type: 'delete', collection: model.name, key }, () => this.delete(model, key)) as Promise<void>,
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

  private request(about: Pick<Call, 'type' | 'collection' | 'query' | 'key' | 'item'>, work: () => unknown): Promise<unknown> {
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
          const result = structuredClone(work())
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
    const { limit = this.maxLimit, cursor, offset, keys, columns, where, orderBy = [] } = query
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
    const fields = columns && new Set([...columns, ...model.primaryKey, ...orderBy.map(term => term.split('.')[0]), ...(where ? conditionFields(where) : [])])
    return {
      rows: page.map(row => fields ? Object.fromEntries(Object.entries(row).filter(([field]) => fields.has(field))) : row),
      // The real server gives no cursor for a page of none either.
      nextCursor: page.length > 0 && rows.length > page.length ? this.cursorAt(orderBy, page.at(-1)!) : undefined,
    }
  }

  private fetchFirst(model: CollectionModel, key: Key, { columns }: ListQuery): Row | undefined {
    return this.fetchMany(model, { keys: [key], columns }).rows[0]
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

  private delete(model: CollectionModel, key: Key): void {
    if (!this.tables[model.name]!.delete(key))
      throw new RstoreError('RSTORE_NOT_FOUND', 'No such row.')
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

/** Everything that follows from what has happened, short of what the server holds back, is done. */
export async function settled(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
}
