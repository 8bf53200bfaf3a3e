import type { CollectionModel, ColumnModel } from '../../src/runtime/shared/model'
import type { Files } from './compiler'
import { dirname, join } from 'pathe'
import { renderTypes } from '../../src/build/render-types'
import { root } from './sources'
import { virtualPath } from './compiler'

const columns: Record<string, string> = {
  id: 'integer().primaryKey({ autoIncrement: true })',
  name: 'text().notNull()',
  note: 'text()',
  state: 'text({ enum: [\'open\', \'done\', \'gone\'] }).notNull().default(\'open\')',
  done: 'integer({ mode: \'boolean\' }).notNull().default(false)',
  amount: 'real().notNull()',
  position: 'integer()',
  parentId: 'integer()',
  otherId: 'integer()',
  meta: 'text({ mode: \'json\' }).$type<{ tags: string[] }>()',
  createdAt: 'integer({ mode: \'timestamp\' }).notNull().$defaultFn(() => new Date())',
  updatedAt: 'integer({ mode: \'timestamp\' })',
}
const column: ColumnModel = { type: 'number', nullable: false, hasDefault: false, generated: false, readonly: false }

/** An app with tables of 12 columns and 4 relations each: its schema, and the types generated from it. */
export function largeSchema(tables: number): Files {
  const names = Array.from({ length: tables }, (_, i) => `table${i}`)
  const at = (i: number) => names[(i + tables) % tables]!
  const schemaFile = virtualPath('large-schema.ts')
  const typesFile = virtualPath('large-types.ts')
  const models = names.map((name, i): CollectionModel => ({
    name,
    table: name,
    primaryKey: ['id'],
    columns: Object.fromEntries(Object.keys(columns).map(field => [field, column])),
    relations: {
      parent: { to: at(i - 1), many: false, on: [['parentId', 'id']] },
      children: { to: at(i + 1), many: true, on: [['id', 'parentId']] },
      other: { to: at(i + 7), many: false, on: [['otherId', 'id']] },
      others: { to: at(i - 7), many: true, on: [['id', 'otherId']] },
    },
    foreignKeys: [],
    readonly: false,
  }))
  const body = Object.entries(columns).map(([field, type]) => `  ${field}: ${type},`).join('\n')
  return {
    [schemaFile]: [
      'import { integer, real, sqliteTable, text } from \'drizzle-orm/sqlite-core\'',
      ...names.map(name => `export const ${name} = sqliteTable('${name}', {\n${body}\n})`),
    ].join('\n'),
    [typesFile]: renderTypes({
      schema: { dialect: 'sqlite', collections: Object.fromEntries(models.map(model => [model.name, model])) },
      files: Object.fromEntries(names.map(name => [name, schemaFile])),
      helpers: join(root, 'src/runtime/types/schema'),
      folder: dirname(typesFile),
    }),
  }
}

/** A component's view of the store. */
export const preamble = `
import type { RstoreSchema } from '#rstore-drizzle/types'
import type { Store } from '../../src/runtime/store/types'
import { and, eq, gt } from '../../src/runtime/shared/condition'
declare const store: Store<RstoreSchema>
`

/** A query with relations three deep, and a use of what it gives. */
export function nestedQuery(i: number): string {
  return `
const { data: rows${i} } = store.table${i}.query(q => q.many({
  where: and(eq('state', 'open'), gt('createdAt', new Date())),
  orderBy: ['createdAt.desc', 'name'],
  limit: 20,
  include: {
    parent: true,
    children: {
      where: eq('done', false),
      columns: { id: true, name: true },
      limit: 5,
      include: { others: { where: gt('amount', 1), orderBy: ['position.asc'], include: { other: { columns: { name: true } } } } },
    },
  },
}))
export const name${i}: string | undefined = rows${i}.value[0]?.children[0]?.others[0]?.other?.name
`
}
