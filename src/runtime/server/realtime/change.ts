import type { ColumnModel, Row, WireRow } from '../../shared/model'
import type { SubscriptionUpdateMessage } from '../../shared/protocol'
import type { ServerCollection } from '../registry'
import { createReviver, encodeValue } from '../../shared/codec'

/** A row may have changed: a hint, of which nothing but the key and what came before is relied on. */
export interface Hint {
  type: SubscriptionUpdateMessage['type']
  key: string
  /** The row before this very change, in wire form; `null` where there was none, `undefined` where nobody knows. */
  previous: WireRow | null | undefined
  /** The row after it, likewise. */
  next: WireRow | null | undefined
  originClientId?: string
}

/** What is to be told of one row. */
export interface Change {
  type: Hint['type']
  /** All that the row was before one of the changes; absent where that is not known. */
  previous?: readonly Row[]
  /** All that it was after one of them, likewise: where it is to be looked for, not what it is by now. */
  next?: readonly Row[]
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
export function fold(change: Change | undefined, { type, previous: before, next: after, originClientId }: Hint, collection: ServerCollection): Change {
  const [previous, next] = [before, after].map(row => row === undefined ? undefined : row === null ? [] : [revive(row, collection)])
  if (!change)
    return { type, previous, next, origins: new Set([originClientId]) }
  return {
    type: change.type === 'created' && type === 'updated' ? 'created' : type,
    previous: previous && change.previous && [...change.previous, ...previous],
    next: next && change.next && [...change.next, ...next],
    origins: new Set([...change.origins, originClientId]),
  }
}

/** The row of a record, in wire form and without what is hidden; nothing where a column is missing. */
export function rowOf(record: Record<string, unknown> | undefined, collection: ServerCollection): WireRow | undefined {
  return !record || collection.visible.some(name => record[name] === undefined) ? undefined : toWire(record, collection)
}

/** What is visible of a record, whose values are decoded or in wire form already. */
export function toWire(record: Record<string, unknown>, { model, visible }: ServerCollection): WireRow {
  return Object.fromEntries(visible.filter(name => record[name] !== undefined).map(name => [name, encode(record[name], model.columns[name]!)]))
}

function encode(value: unknown, column: ColumnModel): unknown {
  if (Array.isArray(value) && column.items)
    return value.map(item => encode(item, column.items!))
  return typeof value === 'string' ? value : encodeValue(value, column)
}
