import type { ForeignKeyModel, Row, WireRow } from '../../shared/model'
import type { Execution, RowsRequest } from '../query/rows'
import type { Registry, ServerCollection } from '../registry'
import { give, plain, selectRows } from '../query/rows'

/*
 * Rows that the database deletes or changes itself along with another one, by its foreign keys. They are read, and locked
 * where there are locks, before that one is written: afterwards nobody can tell which they were.
 */

/** A row that goes or changes along with another. */
export interface Dependent {
  collection: ServerCollection
  type: 'updated' | 'deleted'
  /** The row in wire form, without hidden columns, as it was before. */
  row: () => WireRow
}

/**
 * Reads the dependents of one row. To be called in the transaction that writes it, right before.
 * @returns `many` where there are more than are worth reading
 */
export type ReadDependents = (target: Pick<RowsRequest, 'key' | 'where' | 'conditions'>, execution: Execution) => Promise<Dependent[] | 'many'>

/** Most rows that are read along with one, and most statements for them. */
export const maxDependents = 1000
const maxStatements = 50

/**
 * How to read what depends on a row of a collection.
 * @param collection - that of the row
 * @param changed - names of the fields that change; absent where the row is deleted
 * @param wants - whose rows are wanted
 * @param registry - that of the collection
 * @returns `undefined` where nothing that is wanted can depend on it
 */
export function planDependents(collection: ServerCollection, changed: readonly string[] | undefined, wants: (collection: ServerCollection) => boolean, registry: Registry): ReadDependents | undefined {
  const root = effectOn(collection, changed, graphOf(registry))
  return root.steps.some(({ to }) => leadsTo(to, wants)) ? (target, execution) => readDependents(root, target, wants, execution) : undefined
}

/** What happens to rows of a collection. */
interface Effect {
  collection: ServerCollection
  /** Fields that change; absent where the rows are deleted. */
  changed?: readonly string[]
  /** What the database does then. */
  steps: Step[]
  /** All collections whose rows are touched, from this one on; known once it was asked for. */
  reached?: ServerCollection[]
}

interface Step {
  /** Fields of the collection in `to`, and what they refer to. */
  columns: readonly string[]
  toColumns: readonly string[]
  to: Effect
}

async function readDependents(root: Effect, { key, where, conditions }: Parameters<ReadDependents>[0], wants: (collection: ServerCollection) => boolean, execution: Execution): Promise<Dependent[] | 'many'> {
  const { collection } = root
  const [row] = await selectRows(collection, { fields: fieldsOf(root), key, where, conditions, limit: 1, lock: true }, execution)
  if (!row)
    return []
  const own = idOf(row, collection)
  const seen = new Map<Effect, Set<string>>([[root, new Set([own])]])
  const found = new Map<string, Dependent>()
  const queue = [{ effect: root, rows: [row] }]
  let [statements, count] = [0, 0]
  for (const { effect, rows } of queue) {
    for (const { columns, toColumns, to } of effect.steps) {
      // A NULL refers to nothing.
      const values = rows.map(row => toColumns.map(field => row[field])).filter(tuple => tuple.every(value => value != null))
      if (values.length === 0 || !leadsTo(to, wants))
        continue
      if (++statements > maxStatements)
        return 'many'
      const next = await selectRows(to.collection, { fields: fieldsOf(to, wants(to.collection)), among: { fields: columns, values }, limit: maxDependents + 1, lock: true }, execution)
      const known = seen.get(to) ?? new Set()
      seen.set(to, known)
      const fresh: Row[] = []
      for (const row of next) {
        const id = idOf(row, to.collection)
        if (known.has(id))
          continue
        known.add(id)
        fresh.push(row)
        if (wants(to.collection) && id !== own && (!to.changed || !found.has(id)))
          found.set(id, dependentOf(row, to, execution))
      }
      count += fresh.length
      if (count > maxDependents)
        return 'many'
      queue.push({ effect: to, rows: fresh })
    }
  }
  return [...found.values()]
}

function dependentOf(row: Row, { collection, changed }: Effect, execution: Execution): Dependent {
  const visible = Object.fromEntries(collection.visible.map(field => [field, row[field]]))
  return { collection, type: changed ? 'updated' : 'deleted', row: () => give(visible, collection, { ...execution, decoded: false }) }
}

/** Of the same row, the same; of a table without a key, rows that are the same in all that was read count as one. */
function idOf(row: Row, { name, model: { primaryKey } }: ServerCollection): string {
  return JSON.stringify([name, ...(primaryKey.length > 0 ? primaryKey.map(field => row[field]) : Object.values(row)).map(plain)])
}

/** What has to be read of rows: what tells them apart, and what others refer to. */
function fieldsOf({ collection: { visible, model }, steps }: Effect, all = false): string[] {
  return [...new Set([...all ? visible : [], ...model.primaryKey, ...steps.flatMap(step => step.toColumns)])]
}

interface Graph {
  /** By the name of the collection that they refer to. */
  foreignKeys: Map<string, { collection: ServerCollection, foreignKey: ForeignKeyModel }[]>
  effects: Map<string, Effect>
}

const graphs = new WeakMap<Registry, Graph>()

function graphOf(registry: Registry): Graph {
  let graph = graphs.get(registry)
  if (!graph) {
    graphs.set(registry, graph = { foreignKeys: new Map(), effects: new Map() })
    for (const { name, foreignKeys } of Object.values(registry.schema.collections)) {
      for (const foreignKey of foreignKeys)
        graph.foreignKeys.set(foreignKey.to, [...graph.foreignKeys.get(foreignKey.to) ?? [], { collection: registry.collection(name), foreignKey }])
    }
  }
  return graph
}

function effectOn(collection: ServerCollection, given: readonly string[] | undefined, graph: Graph): Effect {
  const foreignKeys = graph.foreignKeys.get(collection.name) ?? []
  const changed = given?.filter(field => foreignKeys.some(({ foreignKey }) => foreignKey.toColumns.includes(field))).sort()
  const id = JSON.stringify([collection.name, changed])
  let effect = graph.effects.get(id)
  if (!effect) {
    graph.effects.set(id, effect = { collection, changed, steps: [] })
    for (const { collection: from, foreignKey: { columns, toColumns, onDelete, onUpdate } } of foreignKeys) {
      const action = !changed ? onDelete : toColumns.some(field => changed.includes(field)) ? onUpdate : undefined
      if (action === 'cascade')
        effect.steps.push({ columns, toColumns, to: effectOn(from, changed && columns, graph) })
      else if (action === 'set null' || action === 'set default')
        effect.steps.push({ columns, toColumns, to: effectOn(from, columns, graph) })
    }
  }
  return effect
}

function leadsTo(effect: Effect, wants: (collection: ServerCollection) => boolean): boolean {
  effect.reached ??= reachedFrom(effect)
  return effect.reached.some(wants)
}

/** Foreign keys may go in circles. */
function reachedFrom(effect: Effect): ServerCollection[] {
  const effects = new Set([effect])
  for (const { steps } of effects)
    steps.forEach(step => effects.add(step.to))
  return [...new Set([...effects].map(({ collection }) => collection))]
}
