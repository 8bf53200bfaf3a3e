import type { Row, WireRow } from '../../shared/model'
import type { SubscriptionUpdateMessage } from '../../shared/protocol'
import type { ServerCollection } from '../registry'
import { createReviver, encodeRow } from '../../shared/codec'

/** A row may have changed: a hint, of which nothing but the key and what came before is relied on. */
export interface Hint {
  type: SubscriptionUpdateMessage['type']
  key: string
  /** The row before this very change, in wire form; `null` where there was none, `undefined` where nobody knows. */
  previous: WireRow | null | undefined
  originClientId?: string
}

/** What is to be told of one row. */
export interface Change {
  type: Hint['type']
  /** All that the row was before one of the changes; absent where that is not known. */
  previous?: readonly Row[]
  /** Clients that have changed it; `undefined` stands for anybody else. */
  origins: ReadonlySet<string | undefined>
}

const revivers = new WeakMap<ServerCollection, (row: WireRow) => Row>()

/** Decoded, as conditions take it. */
export function revive(row: WireRow, collection: ServerCollection): Row {
  let reviver = revivers.get(collection)
  if (!reviver)
    revivers.set(collection, reviver = createReviver(collection.model))
  return reviver({ ...row })
}

/** One more change of the row of `change`, if there was one already. */
export function fold(change: Change | undefined, { type, previous, originClientId }: Hint, collection: ServerCollection): Change {
  const known = previous === undefined ? undefined : previous === null ? [] : [revive(previous, collection)]
  if (!change)
    return { type, previous: known, origins: new Set([originClientId]) }
  return {
    type: change.type === 'created' && type === 'updated' ? 'created' : type,
    previous: known && change.previous && [...change.previous, ...known],
    origins: new Set([...change.origins, originClientId]),
  }
}

/** What the row was, as far as a record tells: in wire form and without what is hidden, or nothing where a column is missing. */
export function previousOf(record: Record<string, unknown> | undefined, { model, visible }: ServerCollection): WireRow | undefined {
  if (!record || visible.some(name => record[name] === undefined))
    return undefined
  return encodeRow(Object.fromEntries(visible.map(name => [name, record[name]])), model)
}
