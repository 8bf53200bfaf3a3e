import type { Key } from '../shared/key'
import type { CollectionModel, Row } from '../shared/model'
import type { MutationEvent } from './mutation-event'
import type { HistoryCollection, HistoryContext } from './lazy-history'
import { shallowReactive } from 'vue'
import { isRstoreError, RstoreError } from '../shared/errors'
import { sameValues } from './row'
import { inPortions } from './transport'

interface Entry extends MutationEvent {
  /** What the server has made of the row; of a delete, the row that is gone. */
  after?: Row
}

/** Mutations that are taken back together. */
interface Step {
  group: object
  entries: Entry[]
}

/**
 * The steps that can be undone and redone. Taking one back makes the opposite mutations, which then are the
 * step that leads back again.
 */
export function createHistory({ collectionOf, transactions }: HistoryContext) {
  const undoable = shallowReactive<Step[]>([])
  const redoable = shallowReactive<Step[]>([])
  let max = Infinity
  /** Where mutations go that take a step back, while they are made. */
  let replay: { steps: Step[], step: Step } | undefined
  let turn: Promise<unknown> = Promise.resolve()

  function record(event: MutationEvent): void {
    const steps = replay?.steps ?? undoable
    const last = steps.at(-1)
    const step = replay?.step ?? (last?.group === event.group ? last : { group: event.group, entries: [] })
    if (!replay)
      redoable.splice(0)
    const entry: Entry = { ...event }
    step.entries.push(entry)
    if (step !== last)
      steps.push(step)
    limit()
    entry.done.then((row) => {
      entry.after = row
    }, () => {
      // It never took place.
      step.entries = step.entries.filter(other => other !== entry)
      if (step.entries.length === 0)
        drop(steps, step)
    })
  }

  function limit(most = max): void {
    max = most
    for (const steps of [undoable, redoable])
      steps.splice(0, steps.length - max)
  }

  function clear(): void {
    undoable.splice(0)
    redoable.splice(0)
  }

  /** One after the other, in the order they were asked for. */
  function inTurn(run: () => Promise<void>): Promise<void> {
    const done = turn.then(run)
    turn = done.catch(() => undefined)
    return done
  }

  async function takeBack(from: Step[], to: Step[]): Promise<void> {
    while (transactions.current)
      await transactions.turn()
    const step = from.at(-1)
    if (!step)
      return
    // Refused ones leave the step.
    await Promise.allSettled(step.entries.map(({ done }) => done))
    if (!from.includes(step))
      return
    try {
      await refresh(step)
      const back: Step = { group: {}, entries: [] }
      for (const portion of inPortions(opposites(step), transactions.maxBatchSize)) {
        await transactions.run(() => {
          replay = { steps: to, step: back }
          try {
            return Promise.all(portion.map(mutate => mutate()))
          }
          finally {
            replay = undefined
          }
        })
        step.entries.splice(-portion.length)
      }
      drop(from, step)
    }
    catch (error) {
      // Where the server said no, it would say so again; where it said nothing, the step can be tried again.
      if (isRstoreError(error) && (error.code === 'RSTORE_HISTORY_CONFLICT' || (error.statusCode >= 400 && error.statusCode < 500)))
        drop(from, step)
      throw error
    }
  }

  /** The rows of a step as the server has them now. */
  async function refresh({ entries }: Step): Promise<void> {
    const keys = new Map<HistoryCollection, Set<Key>>()
    for (const entry of entries) {
      const target = collectionOf(entry.collection)
      if (!keys.has(target))
        keys.set(target, new Set())
      keys.get(target)!.add(keyOf(entry, target))
    }
    await Promise.all([...keys].map(([target, own]) => target.recheck([...own])))
  }

  /**
   * What takes a step back, last mutation first.
   * @throws RstoreError RSTORE_HISTORY_CONFLICT where a row is not as the step left it
   */
  function opposites({ entries }: Step): (() => Promise<unknown>)[] {
    const seen = new Map<string, Set<string>>()
    return [...entries].reverse().map((entry) => {
      const target = collectionOf(entry.collection)
      const { collection, mutations } = target
      const { kind, item, before, after } = entry
      const key = keyOf(entry, target)
      const id = `${entry.collection}/${key}`
      const row = collection.rows.get(key)
      // What a later mutation of the same step has changed further is checked with that one.
      let done = seen.get(id)
      if (!done) {
        seen.set(id, done = new Set())
        if ((kind === 'delete') !== (row === undefined))
          throw conflict(entry, key, row ? 'exists again' : 'is gone')
      }
      const fields = kind === 'update' ? Object.keys(item) : kind === 'create' ? ownFields(collection.model, item) : []
      for (const field of fields) {
        if (row && !done.has(field) && !sameValues({ [field]: row[field] }, { [field]: after![field] }))
          throw conflict(entry, key, 'has been changed since', field)
        done.add(field)
      }
      if (kind === 'create')
        return () => mutations.delete(key)
      if (kind === 'delete') {
        const deleted = writable(entry, key, collection.model)
        return () => mutations.create(deleted)
      }
      for (const field of fields) {
        if (before?.[field] === undefined)
          throw conflict(entry, key, 'was not loaded when it was changed, so its former value is not known', field)
      }
      return () => mutations.update(key, Object.fromEntries(fields.map(field => [field, before![field]])))
    })
  }

  return {
    record,
    limit,
    clear,
    undo: () => inTurn(() => takeBack(undoable, redoable)),
    redo: () => inTurn(() => takeBack(redoable, undoable)),
    undoable,
    redoable,
  }
}

export type LoadedHistory = ReturnType<typeof createHistory>

function drop(steps: Step[], step: Step): void {
  const i = steps.indexOf(step)
  if (i >= 0)
    steps.splice(i, 1)
}

function keyOf({ kind, key, after }: Entry, { collection, temporaryKeys }: HistoryCollection): Key {
  return kind === 'create' ? collection.keyOf(after!) : temporaryKeys.resolve(key!)
}

/** What a create has said about its row: the fields given, and those that had no other way to get their value. */
function ownFields(model: CollectionModel, item: Row): string[] {
  return Object.entries(model.columns)
    .filter(([field, { generated, hasDefault, default: literal }]) => item[field] !== undefined || (!generated && (!hasDefault || typeof literal === 'object')))
    .map(([field]) => field)
}

/** The deleted row, to be created again under its key. */
function writable(entry: Entry, key: Key, { columns }: CollectionModel): Row {
  const item: Row = {}
  for (const [field, { generated, readonly }] of Object.entries(columns)) {
    const value = entry.after?.[field]
    if (value === undefined)
      throw conflict(entry, key, 'is not known, without which the row can\'t be created again', field)
    if (!generated && !readonly)
      item[field] = value
  }
  return item
}

function conflict({ collection }: Entry, key: Key, why: string, field?: string): RstoreError {
  return new RstoreError('RSTORE_HISTORY_CONFLICT', `The step can't be taken back: ${field ? `"${field}" of ` : ''}"${collection}" ${key} ${why}.`, { field, collection })
}
