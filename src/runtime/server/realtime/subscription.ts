import type { ConditionNode } from '../../shared/condition'
import type { Predicate } from '../../shared/match'
import type { QueryLimits } from '../../shared/query'
import type { Dialect } from '../../shared/model'
import type { SubscriptionMessage } from '../../shared/protocol'
import type { Registry, ServerCollection } from '../registry'
import { isServerSide } from '../../shared/collation'
import { compilePredicate } from '../../shared/match'
import { parseCondition } from '../../shared/parse-condition'
import { getSubscriptionId, normalizeSubscriptionKey } from '../../shared/protocol'
import { RstoreError } from '../../shared/errors'

/** What a connection wants to hear of. */
export interface Interest {
  /** Equal for equal interests. */
  id: string
  collection: ServerCollection
  key?: string
  where?: ConditionNode
  /** As it came: what only the database can compare is asked of it again. */
  given?: unknown
  /** Whether a decoded row fulfils `where`; absent where only the database can tell. */
  matches?: Predicate
}

/** @throws RstoreError RSTORE_UNKNOWN_COLLECTION, RSTORE_INVALID_KEY, or what `parseCondition` throws */
export function parseInterest({ collection: name, key, where }: Omit<SubscriptionMessage, 'action'>, registry: Registry, dialect: Dialect, limits: QueryLimits): Interest {
  if (typeof name !== 'string')
    throw new RstoreError('RSTORE_INVALID_BODY', '"collection" must be the name of one.')
  const collection = registry.collection(name)
  if (key != null && typeof key !== 'string' && typeof key !== 'number')
    throw new RstoreError('RSTORE_INVALID_KEY', 'A key must be text or a number.', { collection: name })
  const condition = where == null ? undefined : parseCondition(where, collection.model, limits)
  return {
    id: getSubscriptionId({ collection: name, key, where }),
    collection,
    key: key == null ? undefined : normalizeSubscriptionKey(key),
    where: condition,
    given: where ?? undefined,
    matches: condition && isServerSide(condition, [], collection.model, dialect) ? undefined : condition ? compilePredicate(condition, collection.model, dialect) : () => true,
  }
}
