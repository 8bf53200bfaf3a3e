import type { ConditionNode } from '../../shared/condition'
import type { Scope } from '../query/scope'
import type { ServerCollection } from '../registry'
import type { ConditionBuilders, Decision, PolicyAction } from '../rules/policy'
import type { HookedOperation } from './run-hooks'
import type { PipelineRequest } from './request'
import * as builders from '../../shared/condition'
import { everything } from '../query/scope'
import { decide } from '../rules/policy'
import { runBefore } from './run-hooks'

/** What the caller can reach with a read: hooks first, since they may refuse it with a reason of their own. */
export async function readScope(operation: HookedOperation, request: PipelineRequest): Promise<Scope> {
  const scope = { conditions: [], extras: {} }
  await runBefore(operation, request, scope)
  const decision = await ask(operation.collection, 'read', request)
  return decision === true && scope.conditions.length === 0 && Object.keys(scope.extras).length === 0 ? everything : { ...scope, ...reach(decision) }
}

/** What the policy says to an action; everything where the table has none. The session is resolved only where a rule asks for it. */
export async function ask(collection: ServerCollection, action: PolicyAction, request: PipelineRequest, item: Record<string, unknown> = {}): Promise<Decision> {
  const policy = request.rules.policyOf(collection)
  if (policy === 'none')
    return true
  const rule = policy[action] ?? false
  return typeof rule === 'boolean' ? rule : decide(rule, action, { session: await request.session(), item }, collection, builders as unknown as ConditionBuilders<Record<string, unknown>>)
}

/** What all decisions together leave. */
export function reach(...decisions: Decision[]): Pick<Scope, 'denied' | 'where'> {
  const conditions = decisions.filter((decision): decision is ConditionNode => typeof decision === 'object')
  return {
    denied: decisions.includes(false),
    where: conditions.length > 1 ? { operator: 'and', conditions } : conditions[0],
  }
}
