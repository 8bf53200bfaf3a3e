import type { Row } from '../shared/model'
import type { CollectionContext } from './collection-context'
import type { IncludePlan } from './include-plan'
import type { Plan, ReadPlan } from './plan'
import type { Related } from './row'
import { Shown } from './node-layer'
import { readPlan } from './plan'
import { inPortions } from './transport'

/** A read that is done once its promise settles. Rejects with what went wrong. */
export async function find(context: CollectionContext, plan: Plan): Promise<readonly Row[]> {
  const read = readPlan(plan, context)
  if (!read.enabled)
    return []
  return filtered(read, read.policy === 'no-cache' ? await fetchDetached(context, read) : await findShown(context, read))
}

/** What the cache holds for a read, at once. Vue notices when it changes. */
export function peek(context: CollectionContext, { kind, options }: Plan): readonly Row[] {
  const read = readPlan({ kind, options: { ...options, fetchPolicy: 'cache-only' } }, context)
  if (!read.enabled)
    return []
  const { tracker } = context.collection
  if (read.spec.keys)
    read.spec.keys.forEach(key => tracker.track('', key))
  else
    tracker.trackAll()
  const shown = acquire(context, read)
  shown.release()
  return filtered(read, shown.rows)
}

/** Rows straight from the server, which no cache keeps. */
export async function fetchDetached({ collection, transport, limits }: CollectionContext, { spec, include, offset, limit, batch }: ReadPlan): Promise<Row[]> {
  const { model } = collection
  const { keys, stem: { byServer: _, ...stem } } = spec
  const options = { ...stem, include: include?.given }
  const create = createDetached(collection, include)
  const rows: Row[] = []
  if (keys?.size === 1 && !stem.where) {
    const row = await transport.fetchFirst(model, [...keys][0]!, { columns: stem.columns, params: stem.params, include: options.include }, batch)
    return row && offset === 0 && limit !== 0 ? [create(row)] : []
  }
  if (keys) {
    for (const portion of inPortions([...keys], limits.maxKeys))
      rows.push(...(await transport.fetchMany(model, { ...options, keys: portion })).rows)
    if (keys.size > limits.maxKeys)
      rows.sort(spec.compare)
    return rows.slice(offset, offset + (limit ?? rows.length)).map(create)
  }
  let cursor: string | undefined
  do {
    const answer = await transport.fetchMany(model, { ...options, offset: cursor === undefined ? offset : undefined, limit: limit === undefined ? undefined : Math.min(limit - rows.length, limits.maxLimit), cursor })
    rows.push(...answer.rows.map(create))
    cursor = answer.nextCursor
  } while (cursor !== undefined && (limit === undefined || rows.length < limit))
  return rows
}

async function findShown(context: CollectionContext, read: ReadPlan): Promise<readonly Row[]> {
  const shown = acquire(context, read)
  try {
    if (read.policy === 'cache-first')
      await context.requests.ensure(shown.window, read.include, read.batch, shown.isKnown())
    else if (read.policy !== 'cache-only')
      await context.requests.load(shown.window, read.include, read.batch)
    return shown.rows
  }
  finally {
    shown.release()
  }
}

function acquire({ collection }: CollectionContext, { spec, offset, limit, include, policy }: ReadPlan): Shown {
  return Shown.acquire(collection, spec, [offset, limit], include, policy !== 'cache-only')
}

function filtered({ filter }: ReadPlan, rows: readonly Row[]): readonly Row[] {
  return filter ? rows.filter(filter) : rows
}

/** Rows, or nodes with what was nested in them. */
function createDetached({ createRow }: CollectionContext['collection'], include: IncludePlan | undefined): (row: Row) => Row {
  if (!include)
    return row => createRow(row)
  const createNode = createRow.nodes(include.relations.map(({ name }) => name))
  const children = include.relations.map(({ name, target, nested }): [string, (row: Row) => Row] => [name, createDetached(target, nested)])
  return (row) => {
    const nested: Related = {}
    for (const [name, create] of children) {
      const given = row[name] as Row | Row[] | null | undefined
      const value = Array.isArray(given) ? given.map(create) : given && create(given)
      nested[name] = () => value
    }
    return createNode(Object.fromEntries(Object.entries(row).filter(([name]) => !(name in nested))), nested)
  }
}
