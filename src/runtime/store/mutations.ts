import type { Key } from '../shared/key'
import type { CollectionModel, Row } from '../shared/model'
import type { Checks } from './checks'
import type { EngineCollection } from './collection'
import type { Patch } from './overlay'
import type { TemporaryKeys } from './temporary-keys'
import type { Transport } from './transport'
import { RstoreError } from '../shared/errors'
import { getKey } from '../shared/key'
import { guessRow } from './optimistic-row'

export interface MutationOptions {
  /** Show the change before the server has answered. Values given here are shown in place of the guess. @default true */
  optimistic?: boolean | Row
}

export interface MutationContext {
  collection: EngineCollection
  temporaryKeys: TemporaryKeys
  transport: Transport
  checks: Checks
  /** Temporary keys of another collection, for foreign keys that hold one. */
  temporaryKeysOf: (collection: string) => TemporaryKeys | undefined
  /** Asks the server what a row is now, after it has refused a change of it. */
  recheck: (keys: Key[]) => void
}

/** Create, update and delete of one collection: shown at once, sent in order, rolled back where refused. */
export function createMutations({ collection, temporaryKeys, transport, checks, temporaryKeysOf, recheck }: MutationContext) {
  const { model } = collection
  /** Mutations of one row reach the server in the order they were made. */
  const last = new Map<Key, Promise<unknown>>()

  async function create(input: Row, options: MutationOptions = {}): Promise<Row> {
    const item = checks.input(input, model)
    const given = getKey(model, item)
    const temporary = given === undefined && model.primaryKey.length === 1
    const key = given ?? (temporary ? temporaryKeys.create() : undefined)
    const shown = key !== undefined && options.optimistic !== false
    const values = guessRow(model, { ...item, ...(temporary ? { [model.primaryKey[0]!]: key } : {}), ...overrides(options) })
    const sent = inOrder(key, async () => transport.create(model, await withRealKeys(item)))
    if (temporary) {
      const real = sent.then(row => collection.keyOf(row))
      temporaryKeys.track(key!, real)
    }
    return settle(key, shown ? { kind: 'create', values } : undefined, sent, row => row)
  }

  async function update(givenKey: unknown, input: Row, options: MutationOptions = {}): Promise<Row> {
    const key = keyOf(givenKey)
    const item = checks.input(withoutKey(model, input, key), model)
    const patch: Patch | undefined = options.optimistic === false ? undefined : { kind: 'update', values: { ...item, ...overrides(options) } }
    const sent = inOrder(key, async () => transport.update(model, await temporaryKeys.settle(key), await withRealKeys(item)))
    return settle(key, patch, sent, row => row)
  }

  async function remove(givenKey: unknown, options: MutationOptions = {}): Promise<void> {
    const key = keyOf(givenKey)
    const patch: Patch | undefined = options.optimistic === false ? undefined : { kind: 'delete', values: {} }
    const sent = inOrder(key, async () => transport.delete(model, await temporaryKeys.settle(key)))
    await settle(key, patch, sent, () => undefined)
  }

  function keyOf(given: unknown): Key {
    const key = typeof given === 'object' && given !== null ? getKey(model, given as Row) : given
    return temporaryKeys.resolve(collection.normalizeKey(key))
  }

  /** Shows the patch until the server has answered, then what it answered. */
  async function settle<T>(key: Key | undefined, patch: Patch | undefined, sent: Promise<T>, toRow: (answer: T) => Row | undefined): Promise<Row> {
    if (patch)
      collection.addPatch(key!, patch)
    try {
      const row = toRow(await sent)
      return collection.batch(() => {
        if (row)
          collection.writeRows([row])
        else
          collection.deleteRow(temporaryKeys.resolve(key!))
        if (patch)
          unpatch(key!, patch)
        if (row && key !== undefined)
          follow(key, collection.keyOf(row))
        return row ? collection.rows.get(collection.keyOf(row)) ?? row : {}
      })
    }
    catch (error) {
      if (patch)
        unpatch(key!, patch)
      if (key !== undefined && error instanceof RstoreError && error.code === 'RSTORE_NOT_FOUND')
        recheck([key])
      throw error
    }
  }

  /** What was done to a row under its temporary key goes on under the real one. */
  function follow(key: Key, real: Key): void {
    if (key === real)
      return
    collection.movePatches(key, real)
    const pending = last.get(key)
    if (pending)
      last.set(real, pending)
  }

  /** A patch made under a temporary key may have moved to the real one since. */
  function unpatch(key: Key, patch: Patch): void {
    collection.removePatch(key, patch)
    const real = temporaryKeys.resolve(key)
    if (real !== key)
      collection.removePatch(real, patch)
  }

  function inOrder<T>(key: Key | undefined, send: () => Promise<T>): Promise<T> {
    const before = key === undefined ? undefined : last.get(key)
    // A failed predecessor has told its own caller; this one stands for itself.
    const sent = before ? before.then(send, send) : send()
    if (key !== undefined) {
      last.set(key, sent)
      const forget = () => {
        if (last.get(key) === sent)
          last.delete(key)
      }
      sent.then(forget, forget)
    }
    return sent
  }

  /** Foreign keys that point to a row the server has not numbered yet wait for its number. */
  async function withRealKeys(item: Row): Promise<Row> {
    const real = { ...item }
    for (const { columns, to } of model.foreignKeys) {
      const [field] = columns
      const target = columns.length === 1 ? temporaryKeysOf(to) : undefined
      if (target && real[field!] != null)
        real[field!] = await target.settle(real[field!] as Key)
    }
    return real
  }

  return { create, update, delete: remove }
}

function overrides({ optimistic }: MutationOptions): Row {
  return typeof optimistic === 'object' ? optimistic : {}
}

/** An update may name its own row: `update({ id, ...patch })`. */
function withoutKey(model: CollectionModel, input: Row, key: Key): Row {
  const own = getKey(model, { ...input })
  if (own === undefined || String(own) !== String(key))
    return input
  return Object.fromEntries(Object.entries(input).filter(([field]) => !model.primaryKey.includes(field)))
}
