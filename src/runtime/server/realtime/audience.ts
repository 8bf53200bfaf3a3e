import type { Row, WireRow } from '../../shared/model'
import type { PipelineRequest } from '../pipeline/request'
import type { ServerCollection } from '../registry'
import type { Connection } from './connection'
import type { Interest } from './subscription'
import { createReviver, encodeRow } from '../../shared/codec'
import { getKey } from '../../shared/key'
import { run } from '../pipeline/prepared'
import { prepareList } from '../pipeline/read'
import { decodeKey } from '../query/decode-key'

/** A connection's interest in the rows of one collection. */
export interface Member { connection: Connection, interest: Interest }

/** What is to be told of one row: who has changed it, and how. */
export interface PendingChange {
  type: 'created' | 'updated' | 'deleted'
  /** Clients that have changed it; `undefined` stands for anybody else. */
  origins: Set<string | undefined>
}

/** What an audience is told of one row. */
export interface Told { key: string, type: PendingChange['type'], record: WireRow, to: Connection[] }

/**
 * Connections that see the same rows of a collection. What they are told is what a read of these rows would give any of
 * them at this moment, with policies, hooks and hidden columns as in the REST API, and whatever has happened on the way.
 */
export class Audience {
  readonly members = new Set<Member>()
  private readonly revive: (row: WireRow) => Row

  /** `request` is that of one of its members. */
  constructor(readonly id: string, readonly collection: ServerCollection, private readonly request: PipelineRequest) {
    this.revive = createReviver(collection.model)
  }

  async tell(changes: ReadonlyMap<string, PendingChange>): Promise<Told[]> {
    const members = [...this.members].filter(({ interest: { key } }) => key === undefined || changes.has(key))
    if (members.length === 0)
      return []
    const keys = members.some(({ interest }) => interest.key === undefined) ? [...changes.keys()] : [...new Set(members.map(({ interest }) => interest.key!))]
    const rows = await this.read(keys)
    const asked = new Map<string, Promise<Map<string, WireRow>>>()
    const told: Told[] = []
    for (const key of keys) {
      const { type, origins } = changes.get(key)!
      const record = rows.get(key)
      const row = record && this.revive({ ...record })
      const to = new Set<Connection>()
      for (const { connection, interest } of members) {
        if ((interest.key !== undefined && interest.key !== key) || to.has(connection) || isEcho(connection, origins))
          continue
        // A client that keeps rows sorts out itself which of them no longer fit.
        if (!row || connection.version > 0 || (interest.matches ? interest.matches(row) : (await this.askFor(interest, keys, asked)).has(key)))
          to.add(connection)
      }
      if (to.size > 0)
        told.push({ key, type: record ? (type === 'deleted' ? 'updated' : type) : 'deleted', record: record ?? this.keyOf(key), to: [...to] })
    }
    return told
  }

  private askFor({ id, given }: Interest, keys: readonly string[], asked: Map<string, Promise<Map<string, WireRow>>>): Promise<Map<string, WireRow>> {
    let answer = asked.get(id)
    if (!answer)
      asked.set(id, answer = this.read(keys, given))
    return answer
  }

  private async read(keys: readonly string[], where?: unknown): Promise<Map<string, WireRow>> {
    const { maxKeys, maxLimit } = this.request.limits
    const size = Math.min(maxKeys, maxLimit)
    const rows = new Map<string, WireRow>()
    for (let i = 0; i < keys.length; i += size) {
      const portion = keys.slice(i, i + size)
      const prepared = await prepareList({ keys: portion, limit: portion.length, where }, this.collection, this.request)
      const { result } = await run(prepared, this.request)
      for (const row of result as WireRow[])
        rows.set(String(getKey(this.collection.model, row)), row)
    }
    return rows
  }

  /** Of a row that is not there for them, they learn no more than its key. */
  private keyOf(key: string): WireRow {
    const { model } = this.collection
    return encodeRow(decodeKey(model, key), model)
  }
}

/** A client has been told what it has changed itself, unless others have changed it as well. */
function isEcho({ clientId }: Connection, origins: ReadonlySet<string | undefined>): boolean {
  return clientId !== undefined && origins.size === 1 && origins.has(clientId)
}
