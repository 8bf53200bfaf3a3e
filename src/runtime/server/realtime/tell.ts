import type { Row, WireRow } from '../../shared/model'
import type { SubscriptionUpdateMessage } from '../../shared/protocol'
import type { QueryLimits } from '../../shared/query'
import type { PipelineRequest } from '../pipeline/request'
import type { ServerCollection } from '../registry'
import type { Access } from './access'
import type { Change } from './change'
import type { Connection } from './connection'
import type { Group } from './topic'
import { encodeRow } from '../../shared/codec'
import { getKey } from '../../shared/key'
import { run } from '../pipeline/prepared'
import { prepareRows } from '../pipeline/read'
import { decodeKey } from '../query/decode-key'
import { revive } from './change'
import { fitterOf } from './topic'

/** What one group is told of a row. */
export interface Told {
  update: SubscriptionUpdateMessage
  /** The update as it is sent: the id of the client that has caused it stays here. */
  text: string
  to: Iterable<Connection>
  origins: ReadonlySet<string | undefined>
}

/** A row at this moment. */
interface Seen { wire: WireRow, row: Row }

/** Rows by key as they look to those with an access, or as they are. */
type Read = (keys: readonly string[], access?: Access, where?: unknown) => Promise<Map<string, WireRow>>

/**
 * What is to be told of changes of one collection: what a read would give each group at this moment, whatever has happened on the way. All rows
 * are read once, with no regard to who may see them; who may is decided by predicates where these can tell, else by reading once for
 * each such access.
 */
export async function* tell(collection: ServerCollection, groupsOf: (key: string, change: Change) => Iterable<Group>, changes: ReadonlyMap<string, Change>, request: PipelineRequest): AsyncGenerator<Told[]> {
  const read = createRead(collection, request)
  const concerned = [...changes].map(([key, change]) => ({ key, change, groups: [...groupsOf(key, change)] })).filter(({ groups }) => groups.length > 0)
  if (concerned.length === 0)
    return
  const [stored, asked] = await Promise.all([read(concerned.map(({ key }) => key)), askFor(concerned, read)])
  for (const { key, change, groups } of concerned) {
    const wire = stored.get(key)
    const seen = wire && { wire, row: revive(wire, collection) }
    const texts = createTexts(collection, key, change)
    const told = groups.flatMap((group): Told[] => {
      const { access } = group
      const own = access.sees ? (seen && access.sees(seen.row) ? seen : undefined) : asked.seen(access, key, collection)
      const fits = own && fitsNow(group, own, key, asked)
      if (!fits && !hasFitted(group, change))
        return []
      if (own && !fits && !group.isExtended)
        return []
      return [{ ...own ? texts.row(own.wire) : texts.deletion(access), to: group.members, origins: change.origins }]
    })
    // A connection hears once of a row, and of a row rather than of none.
    yield told.sort((a, b) => Number(a.update.type === 'deleted') - Number(b.update.type === 'deleted'))
  }
}

type Concerned = { key: string, groups: Group[] }[]
interface Asked {
  /** The row as those with an access see it whom predicates can't judge. */
  seen: (access: Access, key: string, collection: ServerCollection) => Seen | undefined
  /** Whether it fulfils what only the database can compare. */
  fits: (group: Group, key: string) => boolean
}

/** Reads for all whom predicates can't judge, once for each access and condition. */
async function askFor(concerned: Concerned, read: Read): Promise<Asked> {
  const reads = new Map<string, { keys: Set<string>, access: Access, given?: unknown }>()
  const want = (id: string, key: string, access: Access, given?: unknown) => {
    const wanted = reads.get(id) ?? { keys: new Set(), access, given }
    reads.set(id, wanted)
    wanted.keys.add(key)
  }
  for (const { key, groups } of concerned) {
    for (const group of groups) {
      const { access, interest } = group
      if (!access.sees)
        want(access.id, key, access)
      if (asksForFit(group))
        want(`${access.id} ${interest.id}`, key, access, interest.given)
    }
  }
  const answers = new Map(await Promise.all([...reads].map(async ([id, { keys, access, given }]) => [id, await read([...keys], access, given)] as const)))
  return {
    seen(access, key, collection) {
      const wire = answers.get(access.id)?.get(key)
      return wire && { wire, row: revive(wire, collection) }
    },
    fits: ({ access, interest }, key) => answers.get(`${access.id} ${interest.id}`)?.has(key) ?? false,
  }
}

/** Clients that know the additions sort out themselves what only the database can compare. */
function asksForFit({ interest, isExtended }: Group): boolean {
  return !interest.matches && !isExtended
}

function fitsNow(group: Group, { row }: Seen, key: string, asked: Asked): boolean {
  return asksForFit(group) ? asked.fits(group, key) : fitterOf(group)(row)
}

/** Whether its members may have the row, since it may have been theirs before. */
function hasFitted(group: Group, { previous }: Change): boolean {
  const { access: { sees = () => true } } = group
  const fits = fitterOf(group)
  return !previous || previous.some(row => sees(row) && fits(row))
}

function createTexts(collection: ServerCollection, key: string, { type, previous }: Change) {
  const { model, name } = collection
  const texts = new Map<WireRow | undefined, Pick<Told, 'update' | 'text'>>()
  const make = (identity: WireRow | Row | undefined, update: () => SubscriptionUpdateMessage) => {
    let known = texts.get(identity)
    if (!known) {
      const made = update()
      texts.set(identity, known = { update: made, text: JSON.stringify(made) })
    }
    return known
  }
  return {
    row: (record: WireRow) => make(record, () => ({ collection: name, type: type === 'deleted' ? 'updated' : type, record, key })),
    /** Of a row that they could see they are told what it was, of any other no more than its key. */
    deletion({ sees }: Access) {
      const last = sees && previous?.findLast(sees)
      return make(last, () => ({ collection: name, type: 'deleted', record: encodeRow(last ?? decodeKey(model, key), model), key }))
    },
  }
}

function createRead(collection: ServerCollection, own: PipelineRequest): Read {
  const { model } = collection
  return async (keys, access, where) => {
    const request = access?.request ?? own
    const size = portionOf(own.limits)
    const rows = new Map<string, WireRow>()
    for (let i = 0; i < keys.length; i += size) {
      const prepared = prepareRows(keys.slice(i, i + size), where, collection, request, access)
      const { result } = await run(prepared, request)
      for (const row of result as WireRow[])
        rows.set(String(getKey(model, row)), row)
    }
    return rows
  }
}

function portionOf({ maxKeys, maxLimit }: QueryLimits): number {
  return Math.min(maxKeys, maxLimit)
}
