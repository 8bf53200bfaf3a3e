import type { Row } from '../../shared/model'
import type { ServerCollection } from '../registry'
import type { RelationPlan } from './plan-include'
import type { Execution } from './rows'
import { joinKey } from './join-key'
import { selectRelated, throughName } from './related-rows'
import { give } from './rows'

/** A row of an answer: what the driver gave, what is given for it, and how often the answer holds it. */
export interface AnswerRow { raw: Row, given: Row, count: number }

/**
 * Nests the rows of relations in the rows they belong to: an array for many, an object or NULL for one. One
 * statement for each relation of the tree, whatever the number of rows. A row lacks a relation whose share did not
 * fit into what an answer may hold.
 */
export async function readInclude(rows: readonly AnswerRow[], collection: ServerCollection, plans: readonly RelationPlan[], execution: Execution): Promise<void> {
  for (const plan of plans) {
    const nested = await readRelation(rows, collection, plan, execution)
    if (nested.length > 0)
      await readInclude(nested, plan.relation.target, plan.include, execution)
  }
}

/** Rows that have the same join values and so share what belongs to them. */
interface Sharers { values: unknown[], rows: AnswerRow[], count: number }

async function readRelation(rows: readonly AnswerRow[], collection: ServerCollection, plan: RelationPlan, execution: Execution): Promise<AnswerRow[]> {
  const { relation: { name, many, local }, maxRows } = plan
  const wanted = new Map<string, Sharers>()
  for (const row of rows) {
    // NULL equals nothing; neither does a stored value that its column can't mean, which is answered as NULL.
    if (local.some(field => row.given[field] == null))
      row.given[name] = many ? [] : null
    else
      addTo(wanted, joinKey(row.raw, local, collection), row, local)
  }
  const shares = await readShares(plan, wanted, execution)
  const nested: AnswerRow[] = []
  let total = 0
  for (const [key, { rows, count }] of wanted) {
    const share = shares.get(key)
    // A shared row is repeated wherever it is nested, and so is all that it holds.
    if (!share || total + share.length * count > maxRows)
      continue
    total += share.length * count
    const given = share.map(raw => ({ raw, given: giveRelated(raw, plan, execution), count }))
    for (const row of given)
      nested.push(row)
    const value = many ? given.map(row => row.given) : given[0]?.given ?? null
    for (const row of rows)
      row.given[name] = value
  }
  return nested
}

function addTo(wanted: Map<string, Sharers>, key: string, row: AnswerRow, local: readonly string[]): void {
  let sharers = wanted.get(key)
  if (!sharers)
    wanted.set(key, sharers = { values: local.map(field => row.raw[field]), rows: [], count: 0 })
  sharers.rows.push(row)
  sharers.count += row.count
}

/** What belongs to each of the join values; without those for which more rows were found than fit. */
async function readShares(plan: RelationPlan, wanted: ReadonlyMap<string, Sharers>, execution: Execution): Promise<Map<string, Row[]>> {
  const { maxRows, maxValues } = plan
  const shares = new Map<string, Row[]>()
  const keys = [...wanted.keys()]
  let room = maxRows
  for (let start = 0; start < keys.length; start += maxValues) {
    const portion = keys.slice(start, start + maxValues)
    const found = plan.limit === 0 || plan.scope.denied || plan.throughScope.denied ? [] : await selectRelated(plan, portion.map(key => wanted.get(key)!.values), room + 1, execution)
    const cut = found.length > room
    if (!cut)
      portion.forEach(key => shares.set(key, []))
    collect(found, plan, shares)
    if (cut) {
      // The rows of one join value come after those of another: only the last may lack some.
      shares.delete(relatedKey(found.at(-1)!, plan))
      break
    }
    room -= found.length
  }
  return shares
}

function collect(found: readonly Row[], plan: RelationPlan, shares: Map<string, Row[]>): void {
  const { relation: { target, through } } = plan
  const { primaryKey } = target.model
  for (const raw of found) {
    const key = relatedKey(raw, plan)
    const share = shares.get(key)
    if (!share)
      shares.set(key, [raw])
    else if (!through || share.length === 0 || primaryKey.length === 0 || joinKey(share.at(-1)!, primaryKey, target) !== joinKey(raw, primaryKey, target))
      share.push(raw)
  }
}

function relatedKey(raw: Row, { relation: { target, remote, through } }: RelationPlan): string {
  return through ? joinKey(raw, remote, through.collection, throughName) : joinKey(raw, remote, target)
}

function giveRelated(raw: Row, { relation: { target, through }, scope, withThrough }: RelationPlan, execution: Execution): Row {
  const given = give(raw, target, execution, scope.extras)
  if (through && withThrough) {
    const { collection } = through
    given.$through = give(Object.fromEntries(collection.visible.map(field => [field, raw[throughName(field)]])), collection, execution)
  }
  return given
}
