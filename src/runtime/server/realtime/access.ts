import type { ConditionNode } from '../../shared/condition'
import type { Predicate } from '../../shared/match'
import type { Scope } from '../query/scope'
import type { PipelineRequest } from '../pipeline/request'
import type { HookedOperation } from '../pipeline/run-hooks'
import type { ServerCollection } from '../registry'
import { sql } from 'drizzle-orm'
import { toBase64 } from '../../shared/codec'
import { isServerSide } from '../../shared/collation'
import { compilePredicate, conditionFields } from '../../shared/match'
import { hasAfter, hookedOperation } from '../pipeline/run-hooks'
import { readScope } from '../pipeline/scope'

/** Which rows of a collection a connection may read, worked out when it subscribes. */
export interface Access {
  /** Equal where the same rows are seen, and look the same. */
  id: string
  /** The same for clients, which learn nothing from it. */
  hash: () => Promise<string>
  scope: Scope
  /** Whether a decoded row is among them; absent where only the database or a hook can tell. */
  sees?: Predicate
  /** The policy's condition, where `sees` goes by it. */
  where?: ConditionNode
  /** With what the rows are read where `sees` is absent. */
  request: PipelineRequest
  operation: HookedOperation
}

/**
 * Runs the hooks that come before a list. What they add to its query is kept; what comes after it is run each time, for each
 * connection by itself, since nobody knows whom it has in mind.
 * @throws what a hook throws
 */
export async function accessOf(collection: ServerCollection, query: Record<string, unknown>, request: PipelineRequest, connectionId: string): Promise<Access> {
  const access = await resolve(collection, query, request, connectionId)
  return { ...access, hash: () => hashOf(access.id) }
}

async function resolve(collection: ServerCollection, query: Record<string, unknown>, request: PipelineRequest, connectionId: string): Promise<Omit<Access, 'hash'>> {
  const operation = hookedOperation(collection, 'index.get', request, query)
  const scope = await readScope(operation, request)
  const { denied, where, conditions, extras } = scope
  const access = { scope, request, operation }
  if (denied)
    return { ...access, id: 'nothing', sees: () => false }
  const { dialect } = request.execution
  const isOpaque = conditions.length > 0 || Object.keys(extras).length > 0
  const own = `connection ${connectionId} ${JSON.stringify(query)}`
  if (hasAfter(operation, request))
    return { ...access, id: own }
  if (isOpaque || (where && !isKnown(where, collection, request)))
    return { ...access, id: sqlText(collection, scope, request) ?? own }
  return { ...access, id: text(where ?? true), where, sees: where ? compilePredicate(where, collection.model, dialect.name) : () => true }
}

/** Whether a row as clients know it tells if the condition holds. */
function isKnown(where: ConditionNode, { model, visible }: ServerCollection, { execution: { dialect } }: PipelineRequest): boolean {
  return !isServerSide(where, [], model, dialect.name) && conditionFields(where).every(field => visible.includes(field))
}

/** The query that a scope makes, as text; nothing where Drizzle can't write it down. */
function sqlText({ table }: ServerCollection, { where, conditions, extras }: Scope, { execution: { database } }: PipelineRequest): string | undefined {
  try {
    const { select } = database as { select: (fields: object) => { from: (table: unknown) => { where: (condition: unknown) => { toSQL: () => { sql: string, params: unknown[] } } } } }
    const query = select.call(database, { ...extras, one: sql`1` }).from(table).where(sql.join(conditions, sql` and `)).toSQL()
    return text([query.sql, query.params, where ?? true])
  }
  catch {
    return undefined
  }
}

async function hashOf(id: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(id))
  return toBase64(new Uint8Array(bytes, 0, 12))
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => typeof one === 'bigint' ? `${one}n` : one instanceof Uint8Array ? [...one] : one)
}
