import type { Predicate } from '../../shared/match'
import type { ServerCollection } from '../registry'
import type { Access } from './access'
import type { Change } from './change'
import type { Connection } from './connection'
import type { Interest } from './subscription'
import { hasEquals, isComparable } from '../../shared/compare'
import { equalityConjuncts } from '../../shared/match'

/** Connections that are told the same of a collection. */
export interface Group {
  id: string
  interest: Interest
  access: Access
  /** Whether its members know of more than the base protocol. */
  isExtended: boolean
  members: Set<Connection>
}

/** Which equality all rows of a group fulfil. */
interface Place { field: string, value: unknown }

/** Groups of one collection, found by the keys and values they are about, so that a change costs what it concerns. */
export class Topic {
  private readonly groups = new Map<string, Group>()
  private readonly byField = new Map<string, Map<unknown, Set<Group>>>()
  private readonly others = new Set<Group>()

  constructor(readonly collection: ServerCollection) {}

  get isEmpty(): boolean {
    return this.groups.size === 0
  }

  join(connection: Connection, interest: Interest, access: Access): Group {
    const isExtended = connection.version > 0
    const id = `${interest.id} ${isExtended} ${access.id}`
    let group = this.groups.get(id)
    if (!group) {
      this.groups.set(id, group = { id, interest, access, isExtended, members: new Set() })
      this.put(group)
    }
    group.members.add(connection)
    return group
  }

  leave(connection: Connection, group: Group): void {
    if (!group.members.delete(connection) || group.members.size > 0)
      return
    this.groups.delete(group.id)
    this.remove(group)
  }

  /** Those a change may concern: by all that the row was and became. Whatever else it is by now, another change will tell. */
  find(key: string, { previous, next }: Change): Iterable<Group> {
    if (!previous || !next)
      return [...this.ofKey(key), ...this.withoutKey()]
    if (this.byField.size === 0)
      return this.others
    const found = new Set([...this.others, ...this.ofKey(key)])
    for (const state of [...next, ...previous]) {
      for (const [field, buckets] of this.byField)
        buckets.get(identity(state[field]))?.forEach(group => found.add(group))
    }
    return found
  }

  private ofKey(key: string): Iterable<Group> {
    return this.byField.get(ownKey)?.get(key) ?? []
  }

  private* withoutKey(): Iterable<Group> {
    yield* this.others
    for (const [field, buckets] of this.byField) {
      for (const groups of field === ownKey ? [] : buckets.values())
        yield* groups
    }
  }

  private put(group: Group): void {
    const place = this.placeOf(group)
    if (!place)
      return void this.others.add(group)
    const { field, value } = place
    const buckets = this.byField.get(field) ?? new Map<unknown, Set<Group>>()
    this.byField.set(field, buckets)
    buckets.set(value, (buckets.get(value) ?? new Set<Group>()).add(group))
  }

  private remove(group: Group): void {
    this.others.delete(group)
    const place = this.placeOf(group)
    const buckets = place && this.byField.get(place.field)
    const groups = buckets?.get(place!.value)
    groups?.delete(group)
    if (groups?.size === 0)
      buckets!.delete(place!.value)
    if (buckets?.size === 0)
      this.byField.delete(place!.field)
  }

  private placeOf({ interest, access }: Group): Place | undefined {
    if (interest.key !== undefined)
      return { field: ownKey, value: interest.key }
    const { columns } = this.collection.model
    // A condition that only the database can compare says nothing about what a row looks like.
    const equality = [...interest.matches ? equalityConjuncts(interest.where) : [], ...equalityConjuncts(access.where)]
      .find(({ field }) => isComparable(columns[field]!) && !hasEquals(columns[field]!))
    return equality && { field: equality.field, value: identity(equality.value) }
  }
}

/** In the place of a field, for groups that ask for one row: no column has this name. */
const ownKey = ''

/** Whether a row, decoded, is one that a group asks for; for what only the database can tell, the members sort it out. */
export function fitterOf({ interest: { matches } }: Group): Predicate {
  return matches ?? (() => true)
}

function identity(value: unknown): unknown {
  return value instanceof Date ? value.getTime() : value
}
