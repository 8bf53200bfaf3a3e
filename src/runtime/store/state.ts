import type { ConditionNode } from '../shared/condition'
import type { Key } from '../shared/key'
import type { CollectionModel, Row } from '../shared/model'
import type { EngineCollection } from './collection'
import type { Coverage } from './view'
import type { Stem } from './view-spec'
import type { WindowRange } from './window'
import { encodeValue, reviveValue } from '../shared/codec'
import { encodeCondition, roundCondition } from '../shared/condition-codec'
import { createViewSpec } from './view-spec'

/** Rows of one shape: the names of the columns once, then the values. */
interface RowGroup { fields: string[], rows: unknown[][] }

/** What is known of one answered stem. Rows are named by key. */
interface AnswerState {
  stem: Record<string, unknown>
  answered: boolean
  to?: Key
  cursor?: string
  ranges?: [window: string, from: Key | undefined, to: Key | undefined, last: boolean, members: Key[] | undefined][]
  members?: Key[]
}

export interface CollectionState { groups: RowGroup[], answers: AnswerState[] }

/** The cache as plain JSON: each row once, and which queries have been answered. */
export type StoreState = Record<string, CollectionState>

export function readState(collection: EngineCollection): CollectionState {
  const groups = new Map<string, RowGroup>()
  for (const row of serverRows(collection)) {
    const fields = Object.keys(row).filter(field => row[field] !== undefined)
    const id = fields.join()
    const group = groups.get(id) ?? { fields, rows: [] }
    groups.set(id, group)
    group.rows.push(fields.map(field => encode(collection.model, field, row[field])))
  }
  const answers: AnswerState[] = []
  for (const { spec, coverage } of collection.answers.entries()) {
    const ranges = rangesOf(collection, spec.id)
    if (coverage.answered || ranges.length > 0)
      answers.push({ stem: encodeStem(spec.stem, collection.model), ...encodeCoverage(collection, coverage, ranges) })
  }
  return { groups: [...groups.values()], answers }
}

/** Fills the cache. Gives the ids of the stems that are answered now. */
export function writeState(collection: EngineCollection, { groups, answers }: CollectionState): string[] {
  const { model, dialect } = collection
  collection.batch(() => {
    for (const { fields, rows } of groups)
      collection.writeRows(rows.map(values => Object.fromEntries(fields.map((field, i) => [field, decode(model, field, values[i])]))))
  })
  return answers.flatMap(({ stem, answered, to, cursor, ranges, members }) => {
    const spec = createViewSpec(decodeStem(stem, model), model, dialect)
    const row = (key: Key | undefined) => key === undefined ? undefined : collection.rows.get(key)
    if (to !== undefined && !row(to))
      return []
    const coverage = collection.answers.get(spec)
    if (ranges)
      coverage.ranges = new Map(ranges.map(([window, from, to, last, members]) => [window, { from: row(from), to: row(to), last, members: members ?? undefined }]))
    if (answered)
      Object.assign(coverage, { answered: true, complete: to === undefined && cursor === undefined, to: row(to), cursor })
    if (members)
      coverage.members = new Map(members.map((key, i) => [key, i]))
    return [spec.id]
  })
}

/** The rows without what is pending on them. */
function serverRows({ rows, pending }: EngineCollection): Row[] {
  const bases = [...pending.values()].map(({ base }) => base)
  return [...[...rows].filter(([key]) => !pending.has(key)).map(([, row]) => row), ...bases.filter(base => base !== undefined)]
}

/** Windows of a stem that the server has answered on their own. */
function rangesOf(collection: EngineCollection, specId: string): [window: string, range: WindowRange][] {
  return [...collection.views.get(specId)?.windows.values() ?? []].flatMap(({ id, range }) => range ? [[id, range] as [string, WindowRange]] : [])
}

function encodeCoverage(collection: EngineCollection, coverage: Coverage, known: [string, WindowRange][]): Omit<AnswerState, 'stem'> {
  const key = (row: Row | undefined) => row && collection.keyOf(row)
  const ranges = known.map(([window, { from, to, last, members }]): NonNullable<AnswerState['ranges']>[number] => [window, key(from), key(to), last, members])
  return {
    answered: coverage.answered,
    ...(coverage.complete || !coverage.answered ? {} : { to: key(coverage.to), cursor: coverage.cursor }),
    ...(ranges.length > 0 ? { ranges } : {}),
    ...(coverage.members ? { members: [...coverage.members.keys()] } : {}),
  }
}

function encodeStem({ where, ...rest }: Stem, model: CollectionModel): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...rest, where: where && encodeCondition(where, model) }).filter(([, value]) => value !== undefined))
}

function decodeStem({ where, ...rest }: Record<string, unknown>, model: CollectionModel): Stem {
  return { ...rest, where: where ? roundCondition(where as ConditionNode, model) : undefined }
}

/** Values that a hook has added to a row are no columns and travel as they are. */
function encode(model: CollectionModel, field: string, value: unknown): unknown {
  const column = model.columns[field]
  return column ? encodeValue(value, column) : value
}

function decode(model: CollectionModel, field: string, value: unknown): unknown {
  const column = model.columns[field]
  return column ? reviveValue(value, column) : value
}
