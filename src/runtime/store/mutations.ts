import type { Key } from '../shared/key'
import type { Row } from '../shared/model'
import type { Checks } from './checks'
import type { EngineCollection } from './collection'
import type { Patch } from './overlay'
import type { createReferences } from './references'
import type { TemporaryKeys } from './temporary-keys'
import type { Transport } from './transport'
import { isRstoreError } from '../shared/errors'
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
  references: ReturnType<typeof createReferences>
  /** A row has got its key: pending rows that point to it follow. */
  replaceReferences: (key: Key, real: Key) => void
  /** Asks the server what a row is now, after it has refused a change of it. */
  recheck: (keys: Key[]) => void
}

/** Create, update and delete of one collection: shown at once, sent in order, rolled back where refused. */
export function createMutations({ collection, temporaryKeys, transport, checks, references, replaceReferences, recheck }: MutationContext) {
  const { model } = collection
  /** Mutations of one row reach the server in the order they were made. */
  const last = new Map<Key, Promise<unknown>>()

  async function create(input: Row, options: MutationOptions = {}): Promise<Row> {
    const item = read(input)
    const given = getKey(model, item)
    const [ownField] = model.primaryKey
    const shownItem = given === undefined && model.primaryKey.length === 1 ? { ...item, [ownField!]: temporaryKeys.create() } : item
    const key = getKey(model, shownItem)
    const patch = key === undefined ? undefined : patchOf('create', guessRow(model, { ...shownItem, ...overrides(options) }), options)
    const sent = inOrder(key, async () => transport.create(model, await references.settle(item)))
    if (key !== undefined)
      temporaryKeys.track(key, sent.then(row => collection.keyOf(row)), given === undefined)
    return settle(key, patch, sent, true)
  }

  async function update(givenKey: unknown, input: Row, options: MutationOptions = {}): Promise<Row> {
    const key = keyOf(givenKey)
    const item = read(withoutKey(input, key))
    const patch = patchOf('update', { ...item, ...overrides(options) }, options)
    const sent = inOrder(key, async () => transport.update(model, await temporaryKeys.settle(key), await references.settle(item)))
    return settle(key, patch, sent)
  }

  async function remove(givenKey: unknown, options: MutationOptions = {}): Promise<void> {
    const key = keyOf(givenKey)
    const sent = inOrder(key, async () => transport.delete(model, await temporaryKeys.settle(key)).then(() => undefined))
    await settle(key, patchOf('delete', {}, options), sent)
  }

  function keyOf(given: unknown): Key {
    const key = typeof given === 'object' && given !== null ? getKey(model, given as Row) : given
    return temporaryKeys.resolve(collection.normalizeKey(key))
  }

  /** Shows the patch until the server has answered, then what it answered. */
  async function settle(key: Key | undefined, patch: Patch | undefined, sent: Promise<Row | undefined>, isNew = false): Promise<Row> {
    if (patch)
      collection.addPatch(key!, patch)
    try {
      const row = await sent
      return collection.batch(() => {
        if (row)
          collection.writeRows([row])
        else
          collection.deleteRow(temporaryKeys.resolve(key!))
        if (patch)
          unpatch(key!, patch)
        if (row && key !== undefined && collection.keyOf(row) !== temporaryKeys.resolve(key))
          follow(key, collection.keyOf(row), isNew)
        return row ? collection.rows.get(collection.keyOf(row)) ?? row : {}
      })
    }
    catch (error) {
      if (patch)
        unpatch(key!, patch)
      if (key !== undefined && isRstoreError(error) && error.code === 'RSTORE_NOT_FOUND')
        recheck([key])
      throw error
    }
  }

  /** The row has another key: what is pending under the former one goes on under it. */
  function follow(key: Key, real: Key, isNew: boolean): void {
    collection.movePatches(key, real)
    if (isNew) {
      temporaryKeys.confirm(key, real)
      replaceReferences(key, real)
    }
    else {
      collection.deleteRow(key)
    }
    const pending = last.get(key)
    if (pending)
      remember(real, pending)
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
    if (key !== undefined)
      remember(key, sent)
    return sent
  }

  function remember(key: Key, sent: Promise<unknown>): void {
    last.set(key, sent)
    const forget = () => {
      if (last.get(key) === sent)
        last.delete(key)
    }
    sent.then(forget, forget)
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

  return { create, update, delete: remove }
}

function patchOf(kind: Patch['kind'], values: Row, { optimistic }: MutationOptions): Patch | undefined {
  return optimistic === false ? undefined : { kind, values }
}

function overrides({ optimistic }: MutationOptions): Row {
  return typeof optimistic === 'object' ? optimistic : {}
}
