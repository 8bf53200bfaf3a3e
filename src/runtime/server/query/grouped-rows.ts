import type { Row } from '../../shared/model'
import type { RelationPlan } from './plan-include'
import type { Execution } from './rows'
import { Placeholder } from 'drizzle-orm'
import { joinKey } from './join-key'
import { sourcesOf, statementOf } from './rows'
import { withinScope } from './scope'
import { bindRequest } from './shape'

/**
 * What `selectRelated` gives, read for one join value after the other within one statement: where an index leads to the rows, far fewer
 * have to be looked at than where all are numbered. Nothing where it is not the way to go.
 */
export async function selectGrouped(plan: RelationPlan, values: readonly unknown[][], limit: number, { dialect, database }: Execution): Promise<Row[] | undefined> {
  const { relation: { target, remote, through }, columns, order, limit: most } = plan
  // Texts that a collation takes for the same would count for each other's groups.
  if (!dialect.selectGroups || through || values.length * most > limit || remote.some(field => target.model.columns[field]!.collation))
    return undefined
  const list = dialect.listParameter?.of(values)
  const within = withinScope(plan.scope)
  const bound = list !== undefined && bindRequest(target, { ...within, where: plan.where ? [...within.where, plan.where] : within.where, fields: columns, order, limit: most }, dialect)
  if (!bound)
    return undefined
  const groups = await dialect.selectGroups(database, {
    key: bound.key + JSON.stringify(remote),
    values: [...bound.values, list],
    statement: () => ({
      ...statementOf(target, bound.request, dialect),
      columns: sourcesOf(target, columns),
      by: remote.map(field => target.fields[field]!.source),
      groups: new Placeholder(String(bound.values.length)),
    }),
  })
  // A row belongs to what its own value says, whatever else the database finds it equal to.
  return groups?.flatMap((rows, i) => {
    const key = joinKey(Object.fromEntries(remote.map((field, j) => [field, values[i]![j]])), remote, target)
    return rows.filter(row => joinKey(row, remote, target) === key)
  })
}
