import type { ConditionNode } from '../../../../src/runtime/shared/condition'
import type { Includes } from '../../../../src/runtime/shared/include'
import type { CollectionModel, ColumnModel, Row } from '../../../../src/runtime/shared/model'
import type { Asked } from './queries'
import type { LiveWorld, Mounted } from './world'
import { inspect } from 'node:util'
import { parseKey } from '../../../../src/runtime/shared/key'
import { Expected, textOf } from './expected'

/** What there has to be known of a world to compare what it shows. */
export type Shown = Pick<LiveWorld, 'schema' | 'realKeys'>

/** Compares what every mounted query shows with what the database has. */
export async function compareAll(world: LiveWorld): Promise<{ found: string[], nested: number }> {
  const expected = new Expected(world.server.setup.live, world.schema)
  const found = await Promise.all(world.mounted.map(mounted => compare(mounted, world, expected)))
  return { found: found.flat(), nested: expected.nested }
}

export async function compare({ collection, asked: { value: asked }, state }: Mounted, world: Shown, expected: Expected): Promise<string[]> {
  const name = `${collection} ${inspect(asked, { depth: 20, breakLength: Infinity })}`
  if (state.error.value)
    return [`${name}: ${state.error.value.stack}`]
  if (state.loading.value)
    return [`${name}: still loading`]
  const { columns, include, fetchPolicy } = asked
  const data = state.data.value
  const shown = (asked.kind === 'first' ? [data].filter(row => row !== undefined) : data) as Row[]
  const model = world.schema.collections[collection]!
  const query = { where: asked.where && real(asked.where, model, world), orderBy: asked.orderBy, keys: keysOf(asked, model, world) }
  const windows = windowsOf(asked, shown.length, state)
  const rows = (await Promise.all(windows.map(([offset, limit]) => expected.flat(collection, { ...query, offset, limit })))).flat()
  const wanted = await Promise.all(rows.map(row => expected.nest(collection, row, columns as string[] | undefined, include)))
  const actual = shown.map(row => visible(row, collection, columns as string[] | undefined, include, world))
  if (textOf(actual) !== textOf(wanted))
    return [`${name}\n  shows    ${textOf(actual)}\n  expected ${textOf(wanted)}`]
  const [offset, limit] = windows.at(-1)!
  if (limit && fetchPolicy !== 'no-cache' && !state.hasMore.value) {
    const beyond = await expected.flat(collection, { ...query, offset: offset + limit, limit: 1 })
    if (beyond.length > 0)
      return [`${name}: hasMore is false, with more than ${offset + limit} rows there`]
  }
  return []
}

/** Ranges of rows that a query shows, one for each page. */
function windowsOf({ kind, limit, offset = 0, pageSize }: Asked, shown: number, { pages }: Mounted['state']): [offset: number, limit: number | undefined][] {
  if (pageSize !== undefined)
    return pages.value.filter(page => page !== undefined).map(({ pageIndex }) => [pageIndex * pageSize, pageSize])
  if (kind === 'first')
    return [[0, 1]]
  // `fetchMore` may have gone beyond the limit, by whole steps of it.
  return [[offset, limit && Math.max(1, Math.ceil(shown / limit)) * limit]]
}

/** What was asked for of a row. What is missing is missing. */
function visible(row: Row, collection: string, columns: readonly string[] | undefined, includes: Includes = {}, world: Shown): Row {
  const model = world.schema.collections[collection]!
  const shown: Row = Object.fromEntries((columns ?? Object.keys(model.columns)).map(field => [field, row[field]]))
  for (const [name, query] of Object.entries(includes)) {
    const { to } = model.relations[name]!
    const share = row[name] as Row | Row[] | null
    const child = (target: Row) => visible(target, to, query.columns, query.include, world)
    shown[name] = Array.isArray(share) ? share.map(child) : share && child(share)
  }
  return shown
}

/** The condition with real keys in place of temporary ones. */
function real(node: ConditionNode, model: CollectionModel, world: Shown): ConditionNode {
  if ('conditions' in node)
    return { ...node, conditions: node.conditions.map(child => real(child, model, world)) }
  if (!('value' in node) || Array.isArray(node.value) || !model.foreignKeys.some(({ columns }) => columns.includes(node.field)))
    return node
  const value = world.realKeys.get(String(node.value))
  if (value !== undefined)
    return { ...node, value } as ConditionNode
  // No row was ever created by it.
  return isTemporary(node.value) ? { operator: 'inArray', field: node.field, value: [] } : node
}

/** Keys that rows have before the server has given them theirs. */
export function isTemporary(key: unknown): boolean {
  return /^(?:-\d{6,}|tmp:)/.test(String(key))
}

function keysOf({ keys, key }: Asked, model: CollectionModel, world: Shown): Row[] | undefined {
  const given = keys ?? (key === undefined ? undefined : [key as string | number])
  return given
    ?.map(one => Object.entries(parseKey(model, one)).map(([field, text]): [string, string] => [field, String(world.realKeys.get(text) ?? text)]))
    .filter(parts => !parts.some(([, text]) => isTemporary(text)))
    .map(parts => Object.fromEntries(parts.map(([field, text]) => [field, valueOf(text, model.columns[field]!)])))
}

function valueOf(text: string, { type }: ColumnModel): unknown {
  return type === 'number' ? Number(text) : type === 'bigint' ? BigInt(text) : text
}
