import type { RelationModel } from '../runtime/shared/model'
import type { DrizzleColumn, DrizzleTable } from './drizzle'
import type { TableIndex } from './introspect'
import type { SchemaExport } from './load-schema'
import type { Problem } from './problem'
import { isKind, isTableOrView, tableName } from './drizzle'
import { fieldNames } from './introspect'

type Relations = Record<string, Record<string, RelationModel>>

/**
 * Relations of all collections, from `relations()` and from `defineRelations()` where drizzle-orm has it.
 * What leads to a table that the app left out is left out too. With `complete` false, part of the
 * schema could not be read and an unknown table is no problem.
 */
export function resolveRelations(exports: readonly SchemaExport[], index: TableIndex, problems: Problem[], complete = true): Relations {
  const relations: Relations = {}
  const drafts = collectDrafts(exports, problems)
  for (const draft of drafts) {
    const source = index.collectionOf(draft.source)
    if (typeof source !== 'string')
      continue
    const subject = `${source}.${draft.name}`
    const tables = [draft.target, ...draft.through ? [draft.through.table] : []]
    const unknown = tables.find(table => index.collectionOf(table) === undefined)
    if (unknown) {
      if (complete)
        problems.push({ severity: 'error', file: draft.file, subject, message: `leads to the table "${tableName(unknown)}", which the schema does not export.`, fix: 'Export the table from a file that `schema` in the Drizzle config covers, or remove the relation.' })
      continue
    }
    if (tables.some(table => index.collectionOf(table) === false))
      continue
    const model = toModel(draft, drafts, index)
    if (typeof model === 'string')
      problems.push({ severity: 'error', file: draft.file, subject, message: model, fix: 'Give `fields` and `references` on the other side, and the same `relationName` on both where two tables are related more than once.' })
    else
      (relations[source] ??= {})[draft.name] = model
  }
  return relations
}

/** A relation as declared, of either kind. */
interface Draft {
  name: string
  file: string
  source: DrizzleTable
  target: DrizzleTable
  many: boolean
  relationName?: string
  fields?: DrizzleColumn[]
  references?: DrizzleColumn[]
  through?: { table: DrizzleTable, from: DrizzleColumn[], to: DrizzleColumn[] }
}

function collectDrafts(exports: readonly SchemaExport[], problems: Problem[]): Draft[] {
  const drafts = new Map<string, Draft>()
  const seen = new Set<unknown>()
  for (const { name, value, file } of exports) {
    if (seen.has(value))
      continue
    seen.add(value)
    for (const draft of isKind(value, 'Relations') ? readRelations(value as DeclaredRelations, name, file, problems) : readDefinedRelations(value, file, problems))
      drafts.set(`${tableName(draft.source)} ${draft.name}`, draft)
  }
  return [...drafts.values()]
}

interface DeclaredRelations { table: DrizzleTable, config: (helpers: unknown) => Record<string, Draft> }
interface DeclaredConfig { relationName?: string, fields?: DrizzleColumn[], references?: DrizzleColumn[] }

/** The callback of `relations()` gets helpers that note down what is declared. */
function readRelations(declared: DeclaredRelations, name: string, file: string, problems: Problem[]): Draft[] {
  const note = (many: boolean) => (target: DrizzleTable, config: DeclaredConfig = {}) => {
    const { relationName, fields, references } = config
    const draft = { name: '', file, source: declared.table, target, many, relationName, fields, references }
    return { ...draft, withFieldName: (fieldName: string) => ({ ...draft, name: fieldName }) }
  }
  try {
    return Object.values(declared.config({ one: note(false), many: note(true) })).map((draft) => {
      if (!isTableOrView(draft.target))
        throw new Error(`"${draft.name}" leads to no table.`)
      return draft
    })
  }
  catch (error) {
    problems.push({ severity: 'error', file, subject: name, message: `can't be read: ${(error as Error).message}`, fix: 'Check that every table and column it names is imported.' })
    return []
  }
}

interface DefinedRelation {
  relationType: 'one' | 'many'
  targetTable: DrizzleTable
  alias?: string
  sourceColumns?: DrizzleColumn[]
  targetColumns?: DrizzleColumn[]
  throughTable?: DrizzleTable
  through?: Record<'source' | 'target', { _: { column: DrizzleColumn } }[]>
  where?: unknown
}

/** `defineRelations()` gives a plain object of tables with their relations, columns and reverse sides filled in. */
function* readDefinedRelations(value: unknown, file: string, problems: Problem[]): Generator<Draft> {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return
  const tables = Object.values(value) as { table?: unknown, name?: unknown, relations?: Record<string, unknown> }[]
  if (tables.length === 0 || !tables.every(entry => typeof entry === 'object' && entry !== null && isTableOrView(entry.table) && typeof entry.relations === 'object'))
    return
  for (const { table, relations } of tables) {
    for (const [name, relation] of Object.entries(relations!)) {
      if (!isKind(relation, 'RelationV2'))
        continue
      const { relationType, targetTable, alias, sourceColumns, targetColumns, throughTable, through, where } = relation as DefinedRelation
      if (where !== undefined && where !== emptyFilter) {
        problems.push({ severity: 'warning', file, subject: `${tableName(table as DrizzleTable)}.${name}`, message: 'has a `where`, which collections can\'t follow: it is left out.', fix: 'Relate without `where` and filter in the query: `include: { relation: { where } }`.' })
        continue
      }
      yield {
        name,
        file,
        source: table as DrizzleTable,
        target: targetTable,
        many: relationType === 'many',
        relationName: alias,
        fields: sourceColumns,
        references: targetColumns,
        ...(throughTable && through && { through: { table: throughTable, from: through.source.map(({ _ }) => _.column), to: through.target.map(({ _ }) => _.column) } }),
      }
    }
  }
}

const emptyFilter = Symbol.for('drizzle:EmptyFilter')

/** The relation, or what is wrong with it. */
function toModel(draft: Draft, drafts: readonly Draft[], index: TableIndex): RelationModel | string {
  const columns = draft.fields?.length ? draft : reverseOf(draft, drafts)
  if (typeof columns === 'string')
    return columns
  const { fields = [], references = [] } = columns
  const { source, target, through } = draft
  if (fields.length !== references.length && !through)
    return `has ${fields.length} fields but ${references.length} references.`
  const pairs = (from: DrizzleTable, fromColumns: DrizzleColumn[], to: DrizzleTable, toColumns: DrizzleColumn[]) => {
    const locals = fieldNames(from, fromColumns)
    const targets = fieldNames(to, toColumns)
    return locals.map((local, i): [string, string] => [local ?? '', targets[i] ?? ''])
  }
  const model: RelationModel = { to: index.collectionOf(target) as string, many: draft.many, on: through ? [] : pairs(source, fields, target, references) }
  if (through) {
    model.through = {
      collection: index.collectionOf(through.table) as string,
      from: pairs(source, fields, through.table, through.from),
      to: pairs(through.table, through.to, target, references),
    }
  }
  const incomplete = [...model.on, ...model.through?.from ?? [], ...model.through?.to ?? []].some(([a, b]) => a === '' || b === '')
  return incomplete ? 'names a column that is not of its table.' : model
}

/** Columns of a relation declared without any, from the other side. */
function reverseOf(draft: Draft, drafts: readonly Draft[]): Pick<Draft, 'fields' | 'references'> | string {
  const sameTable = (a: DrizzleTable, b: DrizzleTable) => tableName(a) === tableName(b)
  const related = drafts.filter(other => other !== draft && other.fields?.length && sameTable(other.source, draft.target) && sameTable(other.target, draft.source))
  const named = related.filter(other => other.relationName === draft.relationName)
  // Drizzle matches an unnamed side with a named one as long as there is only one.
  const candidates = named.length > 0 || draft.relationName !== undefined ? named : related
  const [reverse] = candidates
  if (!reverse)
    return `says nothing of its columns, and "${tableName(draft.target)}" has no relation back${draft.relationName === undefined ? '' : ` named "${draft.relationName}"`}.`
  if (candidates.length > 1)
    return `could be the other side of ${candidates.map(other => `"${other.name}"`).join(' and ')}.`
  return { fields: reverse.references, references: reverse.fields }
}
