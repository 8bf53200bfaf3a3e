import type { Key } from '../shared/key'
import type { Row } from '../shared/model'
import type { Checks } from './checks'
import type { EngineCollection } from './collection'
import type { MutationEvent } from './mutation-event'
import type { Patch } from './overlay'
import type { createReferences } from './references'
import type { TemporaryKeys } from './temporary-keys'
import type { Pending, Transaction, Transactions } from './transaction'
import type { Batch, BatchOperation, Transport, WriteOptions } from './transport'
import { isRstoreError } from '../shared/errors'
import { getKey } from '../shared/key'
import { randomId } from '../shared/random-id'
import { MutationOrder } from './mutation-order'
import { guessRow } from './optimistic-row'
import { sameValues } from './row'

export interface MutationOptions {
  /** Show the change before the server has answered. Values given here are shown in place of the guess. @default true */
  optimistic?: boolean | Row
  /** Whether the mutation is sent with others. In a transaction it always is, with those. */
  batch?: Batch
}

export interface MutationContext {
  collection: EngineCollection
  temporaryKeys: TemporaryKeys
  transport: Transport
  checks: Checks
  references: ReturnType<typeof createReferences>
  transactions: Transactions
  /** A row has got its key: pending rows that point to it follow. */
  replaceReferences: (key: Key, real: Key) => void
  /** Asks the server what rows are now, after it has refused changes of them. */
  recheck: (keys: Key[]) => void
  observe: (event: MutationEvent) => void
}

/** A mutation as the app has made it. */
interface Mutation {
  kind: Patch['kind']
  key: Key | undefined
  item: Row
  /** What it is shown with. */
  values: Row
  /** The server says what the key is. */
  isKeyless?: boolean
}

/** Create, update and delete of one collection: shown at once, sent in order, rolled back where refused. */
export function createMutations({ collection, temporaryKeys, transport, checks, references, transactions, replaceReferences, recheck, observe }: MutationContext) {
  const { model } = collection
  const order = new MutationOrder()
  const doubtful = new Set<Key>()
  collection.onDoubt = recheckSoon

  async function create(input: Row, options: MutationOptions = {}): Promise<Row> {
    const item = read(input)
    const given = getKey(model, item)
    const [ownField] = model.primaryKey
    const shown = given === undefined && model.primaryKey.length === 1 ? { ...item, [ownField!]: temporaryKeys.create() } : item
    return mutate({ kind: 'create', key: getKey(model, shown), item, values: guessRow(model, { ...shown, ...overrides(options) }), isKeyless: given === undefined }, options)
  }

  async function update(givenKey: unknown, input: Row, options: MutationOptions = {}): Promise<Row> {
    const key = keyOf(givenKey)
    const item = read(withoutKey(input, key))
    return mutate({ kind: 'update', key, item, values: { ...item, ...overrides(options) } }, options)
  }

  async function remove(givenKey: unknown, options: MutationOptions = {}): Promise<void> {
    await mutate({ kind: 'delete', key: keyOf(givenKey), item: {}, values: {} }, options)
  }

  function keyOf(given: unknown): Key {
    const key = typeof given === 'object' && given !== null ? getKey(model, given as Row) : given
    return temporaryKeys.resolve(collection.normalizeKey(key))
  }

  /** Shows the mutation and has it sent, alone or with the transaction. In a transaction, gives what is shown. */
  function mutate(mutation: Mutation, { optimistic, batch }: MutationOptions): Promise<Row> {
    const { kind, key, item, values } = mutation
    const { current, group = {} } = transactions
    // Some take longer than others to find out what to send.
    const sending: WriteOptions = { batch, mutationId: randomId(), order: transactions.made++ }
    const before = key === undefined ? undefined : collection.rows.get(key)
    const patch: Patch | undefined = key === undefined || optimistic === false ? undefined : { kind, values }
    let answer!: Row
    let token: number | undefined
    // It waits for creates that are under way now. One that is made later may have to wait for it.
    const operation = prepare(mutation, sending, current)
    operation.catch(() => undefined)
    const pending: Pending = {
      collection,
      previous: key === undefined ? undefined : order.last(key),
      prepare: () => {
        token = collection.clock.begin()
        return operation
      },
      confirm: row => collection.batch(() => {
        const confirmed = confirm(mutation, patch, answer = row, token!)
        collection.clock.end(token!)
        return confirmed
      }),
      refuse: (error, isDoubtful) => {
        if (token !== undefined)
          collection.clock.end(token)
        if (patch)
          unpatch(key!, patch)
        if (key === undefined || temporaryKeys.isTemporary(key))
          return
        if (patch)
          collection.doubt(key)
        if (isDoubtful || (isRstoreError(error) && error.code === 'RSTORE_NOT_FOUND'))
          recheckSoon(key)
      },
    }
    const done = current ? current.add(pending) : send(pending, sending)
    if (key !== undefined) {
      order.add(key, done)
      if (kind === 'create')
        temporaryKeys.track(key, done.then(row => collection.keyOf(row)), mutation.isKeyless!, current)
    }
    if (patch)
      collection.pendingRows.add(key!, patch)
    const answered = done.then(() => answer)
    // Whoever made the mutation is told.
    answered.catch(() => undefined)
    observe({ collection: model.name, kind, key, item, before, group: current ?? group, done: answered })
    return current ? current.answer((key !== undefined && collection.rows.get(key)) || collection.createRow(values)) : done
  }

  async function prepare({ kind, key, item, isKeyless }: Mutation, { mutationId }: WriteOptions, transaction?: Transaction): Promise<BatchOperation> {
    const [ownKey, values] = await Promise.all([
      kind === 'create' ? isKeyless ? key : undefined : temporaryKeys.settle(key!, transaction),
      kind === 'delete' ? undefined : references.settle(item, transaction),
    ])
    return { type: kind, collection: model, key: ownKey, item: values, mutationId }
  }

  function send({ previous, prepare, confirm, refuse }: Pending, options: WriteOptions): Promise<Row> {
    const run = async () => {
      const { type, key, item } = await prepare()
      return type === 'create' ? transport.create(model, item!, options) : type === 'update' ? transport.update(model, key!, item!, options) : transport.delete(model, key!, options)
    }
    // A failed predecessor has told its own caller; this one stands for itself.
    return (previous ? previous.then(run, run) : run()).then(confirm, (error) => {
      refuse(error, false)
      throw error
    })
  }

  /** Puts what the server has answered in place of what is shown. */
  function confirm({ kind, key }: Mutation, patch: Patch | undefined, row: Row, token: number): Row {
    write(kind === 'delete' ? temporaryKeys.resolve(key!) : collection.keyOf(row), kind === 'delete' ? undefined : row, token)
    if (patch)
      unpatch(key!, patch)
    if (kind === 'delete')
      return row
    const real = collection.keyOf(row)
    if (key !== undefined && real !== temporaryKeys.resolve(key))
      follow(key, real, kind === 'create')
    return collection.rows.get(real) ?? row
  }

  /** What the server has made of a row by a mutation that was sent at `token`. Where something else was told of it meanwhile, that may be newer. */
  function write(key: Key, row: Row | undefined, token: number): void {
    const known = collection.serverRow(key)
    if (collection.clock.toldSince(key, token) && (row && known ? !sameValues(known, row) : row !== known))
      recheckSoon(key)
    if (row)
      collection.writeRows([row])
    else
      collection.deleteRow(key)
    collection.clock.stamp(key, token)
  }

  /** The row has another key: what is pending under the former one goes on under it. */
  function follow(key: Key, real: Key, isNew: boolean): void {
    collection.pendingRows.move(key, real)
    if (isNew) {
      temporaryKeys.confirm(key, real)
      replaceReferences(key, real)
    }
    else {
      collection.deleteRow(key)
    }
    const pending = order.last(key)
    if (pending)
      order.add(real, pending)
  }

  /** A patch made under a temporary key may have moved to the real one since. */
  function unpatch(key: Key, patch: Patch): void {
    collection.pendingRows.remove(key, patch)
    const real = temporaryKeys.resolve(key)
    if (real !== key)
      collection.pendingRows.remove(real, patch)
  }

  function recheckSoon(key: Key): void {
    doubtful.add(temporaryKeys.resolve(key))
    if (doubtful.size === 1) {
      queueMicrotask(() => {
        recheck([...doubtful])
        doubtful.clear()
      })
    }
  }

  /** An input, checked, with the real keys that are known. */
  function read(input: Row): Row {
    const given = Object.fromEntries(Object.entries(input).map(([field, value]) => [field, references.resolve(field, value)]))
    const waiting = references.waiting(given)
    const checked = Object.fromEntries(Object.entries(given).filter(([field]) => !(field in waiting)))
    return { ...checks.input(checked, model), ...waiting }
  }

  /** An update may name its own row: `update({ id, ...patch })`. */
  function withoutKey(input: Row, key: Key): Row {
    const own = getKey(model, input)
    if (own === undefined || String(temporaryKeys.resolve(own)) !== String(key))
      return input
    return Object.fromEntries(Object.entries(input).filter(([field]) => !model.primaryKey.includes(field)))
  }

  return { create, update, delete: remove, asOne: transactions.asOne }
}

function overrides({ optimistic }: MutationOptions): Row {
  return typeof optimistic === 'object' ? optimistic : {}
}
