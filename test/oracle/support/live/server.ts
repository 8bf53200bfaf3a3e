import type { SqlDialect } from '../../../../src/runtime/server/dialects/types'
import type { Registry } from '../../../../src/runtime/server/registry'
import type { CollectionModel, Row, SchemaModel } from '../../../../src/runtime/shared/model'
import type { QueryLimits } from '../../../../src/runtime/shared/query'
import type { Call } from './network'
import type { AnyDatabase, LiveDatabase } from './schema'
import { createRules } from '../../../../src/runtime/server/rules/rules'
import { getKey } from '../../../../src/runtime/shared/key'
import { keyOf, textOf } from './expected'
import { Network } from './network'
import { columnsOf, dependents, makers, names } from './schema'

/** A change of one row, as a feed tells it; without a row it is gone. */
export interface Change { collection: string, key: string | number, row: Row | undefined }

/** Rows that are always there at first. */
const floor: Record<string, number> = { users: 2, lists: 3, tags: 2, todos: 4 }

export interface LiveSetup {
  live: LiveDatabase
  schema: SchemaModel
  registry: Registry
  dialect: SqlDialect
}

/** The REST API over a database, and others who write to the database directly. Tells who writes what the feed would say. */
export class LiveServer {
  readonly network: Network
  readonly schema: SchemaModel
  /** What nobody should see: answers of 500 and above, values that did not survive. */
  readonly errors: unknown[] = []
  private readonly database: AnyDatabase

  constructor(readonly setup: LiveSetup, limits: QueryLimits) {
    const { live, schema, registry, dialect } = setup
    this.schema = schema
    this.database = live.direct as AnyDatabase
    this.network = new Network({
      registry,
      dialect,
      useDatabase: () => live.database,
      rules: createRules(registry),
      limits,
      onError: error => void this.errors.push(error),
      onBadValue: (collection, field) => void this.errors.push(new Error(`A value of "${collection}.${field}" did not survive the database.`)),
    })
  }

  /** Whether the database gives new rows their keys. */
  isNumbered(collection: string): boolean {
    const { primaryKey, columns } = this.model(collection)
    return primaryKey.length === 1 && columns[primaryKey[0]!]!.hasDefault
  }

  /** A row as somebody makes it. */
  make(collection: string, i: number): Row {
    return makers[collection]!(i)
  }

  /** Has the tables hold these rows and what much points to. */
  async fill(rows: readonly [collection: string, i: number, values: Row][]): Promise<void> {
    const kept = new Map<string, Set<string>>()
    for (const name of [...names].reverse())
      await this.database.delete(this.table(name))
    for (const name of names) {
      const given = [...Array.from({ length: floor[name] ?? 0 }, (_, i) => this.make(name, i)), ...rows.filter(([collection]) => collection === name).map(([, i, values]) => ({ ...this.make(name, i), ...values }))]
      const unique = new Map(given.map(row => [this.keyText(name, row), row]))
      const sound = [...unique.values()].filter(row => this.references(name).every(([field, to]) => row[field] === null || kept.get(to)!.has(String(row[field]))))
      kept.set(name, new Set(sound.map(row => this.keyText(name, row))))
      if (sound.length > 0)
        await this.database.insert(this.table(name)).values(sound)
    }
  }

  /** Somebody creates or changes a row. The database may refuse. */
  async write(collection: string, i: number, values: Row): Promise<Change[]> {
    const rows = await this.rows(collection)
    const made = { ...this.make(collection, i), ...values }
    const old = i % 3 > 0 && rows.length > 0 ? rows[i % rows.length]! : rows.find(row => this.keyText(collection, row) === this.keyText(collection, made))
    const row: Row = { ...old ?? made, ...values }
    if (!await this.isSound(collection, row))
      return []
    if (!old)
      await this.database.insert(this.table(collection)).values(row)
    else if (Object.keys(values).length > 0)
      await this.database.update(this.table(collection)).set(values).where(this.at(collection, row))
    return [{ collection, key: this.keyText(collection, row), row }]
  }

  /** Somebody deletes a row. */
  async remove(collection: string, i: number): Promise<Change[]> {
    const rows = await this.rows(collection)
    const row = rows[i % Math.max(rows.length, 1)]
    if (!row)
      return []
    const changes = await this.alongside([collection], async () => this.database.delete(this.table(collection)).where(this.at(collection, row)))
    return [{ collection, key: this.keyText(collection, row), row: undefined }, ...changes]
  }

  /** Works off a mutation. Gives what the database has changed along with it. */
  async work(call: Call, refuse: boolean): Promise<Change[]> {
    return this.alongside(call.operations.filter(({ type }) => type === 'delete').map(({ collection }) => collection), () => this.network.process(call, refuse))
  }

  /** What the feed says of a mutation. */
  async echo({ effects }: Call): Promise<Change[]> {
    const keys = new Map(effects.map(({ collection, row }) => [`${collection} ${this.keyText(collection, row)}`, { collection, key: this.keyText(collection, row) }]))
    return Promise.all([...keys.values()].map(async ({ collection, key }) => ({
      collection,
      key,
      row: (await this.rows(collection)).find(row => this.keyText(collection, row) === key),
    })))
  }

  rows(collection: string): PromiseLike<Row[]> {
    return this.database.select().from(this.table(collection))
  }

  private async alongside(deleted: readonly string[], change: () => PromiseLike<unknown>): Promise<Change[]> {
    const concerned = [...new Set(deleted.flatMap(name => dependents[name] ?? []))]
    const read = () => Promise.all(concerned.map(async name => [name, new Map((await this.rows(name)).map(row => [this.keyText(name, row), row]))] as const))
    const before = new Map(await read())
    await change()
    return (await read()).flatMap(([name, after]) => {
      const rows = before.get(name)!
      return [...new Set([...rows.keys(), ...after.keys()])].filter(key => textOf(rows.get(key)) !== textOf(after.get(key))).map(key => ({ collection: name, key, row: after.get(key) }))
    })
  }

  /** Whether the rows that the row has to point to are there. */
  private async isSound(collection: string, row: Row): Promise<boolean> {
    for (const [field, to] of this.references(collection)) {
      if (row[field] !== null && !(await this.rows(to)).some(target => this.keyText(to, target) === String(row[field])))
        return false
    }
    return true
  }

  /** References that the database keeps. */
  private references(collection: string): [field: string, to: string][] {
    return this.model(collection).foreignKeys.filter(({ onDelete }) => onDelete === 'cascade' || onDelete === 'set null').map(({ columns, to }) => [columns[0]!, to])
  }

  private at(collection: string, row: Row) {
    return keyOf(columnsOf(this.table(collection)), Object.fromEntries(this.model(collection).primaryKey.map(field => [field, row[field]])))
  }

  private keyText(collection: string, row: Row): string {
    return String(getKey(this.model(collection), row))
  }

  private model(collection: string): CollectionModel {
    return this.schema.collections[collection]!
  }

  private table(collection: string) {
    return this.setup.live.tables[collection]!
  }
}
