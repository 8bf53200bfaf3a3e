import type { ConditionNode } from './condition'
import type { Includes } from './include'
import type { Key } from './key'

/** A read of many rows, as it goes from the client's store to the server: normalized, values decoded. */
export interface ListQuery {
  where?: ConditionNode
  /** `field.asc` or `field.desc`; the primary key is added as the last term by both sides. */
  orderBy?: string[]
  limit?: number
  offset?: number
  /** Opaque: what the former page's `X-Rstore-Next-Cursor` said. */
  cursor?: string
  /** Fields wanted. Key, relation, where and order fields are always added. */
  columns?: string[]
  keys?: Key[]
  /** Relations to read with the rows, nested in each under their names. */
  include?: Includes
  /** Free values for hooks: further search params. */
  params?: Record<string, unknown>
}

/** Names of search params and options that have a meaning of their own. */
export const reservedParams: readonly string[] = ['where', 'orderBy', 'limit', 'offset', 'cursor', 'columns', 'keys', 'include', 'with']

export const nextCursorHeader = 'x-rstore-next-cursor'
export const clientIdHeader = 'x-rstore-client-id'
/** How far the feed of changes had come before the answer was read. */
export const offsetHeader = 'x-rstore-offset'
export const mutationIdHeader = 'x-rstore-mutation-id'

/** Limits on what one request may ask for, with their defaults. */
export interface QueryLimits {
  /** Most rows in one answer. @default 1000 */
  maxLimit: number
  /** Most keys, and most values of one list in a condition. @default 1000 */
  maxKeys: number
  /** @default 5 */
  maxIncludeDepth: number
  /** Most rows that one included relation gives in one answer; rows whose share does not fit lack it. @default 10000 */
  maxIncludeRows: number
  /** Most operations in one batch. @default 100 */
  maxBatchSize: number
  /** Most nodes in one condition. @default 100 */
  maxWhereNodes: number
}

export const defaultQueryLimits: QueryLimits = { maxLimit: 1000, maxKeys: 1000, maxIncludeDepth: 5, maxIncludeRows: 10_000, maxBatchSize: 100, maxWhereNodes: 100 }
