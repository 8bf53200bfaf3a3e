import { fileURLToPath } from 'node:url'
import { join } from 'pathe'
import ts from 'typescript'
import { beforeAll, expect, it } from 'vitest'
import { compileScript, parse, registerTS } from 'vue/compiler-sfc'
import { resolveOptions } from '../../../src/build/options'
import { renderTypes } from '../../../src/build/render-types'
import { buildSchema } from '../../../src/build/schema'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const app = join(root, 'test/fixtures/basic')
const folder = join(app, '.generated/types')
let declaration: string

beforeAll(async () => {
  const { options } = resolveOptions({ collections: { sessions: false, users: { hidden: ['passwordHash'], readonly: ['createdAt'] } } })
  const { schema } = await buildSchema({ rootDir: app, alias: {}, options })
  declaration = renderTypes({ schema: schema!.server, files: schema!.files, helpers: join(root, 'src/runtime/types/schema'), folder })
})

/** What TypeScript says of a file in an app with the generated types, libraries checked too. */
function check(source: string): string[] {
  const files: Record<string, string> = { [join(folder, 'rstore-drizzle.d.ts')]: declaration, [join(app, 'use.ts')]: source }
  const options: ts.CompilerOptions = { strict: true, noEmit: true, target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, types: ['node'] }
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists, getSourceFile } = host
  host.readFile = file => files[file] ?? readFile(file)
  host.fileExists = file => file in files || fileExists(file)
  host.getSourceFile = (file, version, ...rest) => file in files ? ts.createSourceFile(file, files[file]!, version) : getSourceFile(file, version, ...rest)
  const program = ts.createProgram([...Object.keys(files), join(root, 'src/runtime/types/virtual.d.ts')], options, host)
  return [...Object.keys(files), join(root, 'src/runtime/types/virtual.d.ts')].flatMap((file) => {
    const sourceFile = program.getSourceFile(file)!
    return [...program.getSyntacticDiagnostics(sourceFile), ...program.getSemanticDiagnostics(sourceFile)].map(({ messageText }) => `${file.split('/').at(-1)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`)
  })
}

it('are valid beside the declarations of the module, and say what the schema says', { timeout: 60_000 }, () => {
  expect(check(`
    import type { ListsUpdate, RstoreSchema, StoreItem, TodosCreate, TodosRow, UsersRow } from '#rstore-drizzle/types'
    import { schema, options } from '#rstore-drizzle/client'

    type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
    type Flat<T> = { [K in keyof T]: T[K] }
    export const row: Equal<Flat<TodosRow>, { id: number, title: string, completed: boolean, priority: 'low' | 'high' | null, listId: number | null, createdAt: Date }> = true
    export const hidden: Equal<keyof UsersRow, 'id' | 'name' | 'createdAt'> = true
    export const create: TodosCreate = { title: 'a' }
    export const update: ListsUpdate = { ownerId: null }
    export const closed: Equal<keyof RstoreSchema['users']['create'], 'id' | 'name'> = true
    export const names: Equal<keyof RstoreSchema, 'lists' | 'members' | 'todos' | 'users'> = true
    export const keys: Equal<[RstoreSchema['todos']['key'], RstoreSchema['members']['key'], RstoreSchema['users']['key']], [number, string, string]> = true
    export const relations: Equal<RstoreSchema['lists']['relations']['todos'], { to: 'todos', many: true }> = true
    declare const list: StoreItem<'lists', { todos: { columns: { title: true }, include: { list: true } }, owner: true }>
    export const plain: StoreItem<'lists'> = list
    export const nested: Equal<[typeof list.title, typeof list.todos[0]['title'], NonNullable<typeof list.owner>['name']], [string, string, string]> = true
    export const back: StoreItem<'lists'> | null = list.todos[0]!.list
    export const client: Equal<[typeof schema.dialect, typeof options.apiPath], ['sqlite' | 'postgresql' | 'mysql', string]> = true
  `)).toEqual([])
})

it('refuse what the schema does not have', { timeout: 60_000 }, () => {
  expect(check(`
    import type { RowOf, StoreItem, TodosCreate } from '#rstore-drizzle/types'
    export const wrong: TodosCreate = { title: 1 }
    export type Helper = RowOf<unknown>
    export type Collection = StoreItem<'todo'>
    export type Relation = StoreItem<'lists', { todos: true, members: { include: { list: { todo: true } } } }>
    export const columns = (list: StoreItem<'lists', { todos: { columns: { title: true } } }>) => list.todos[0]!.completed
    export const included = (list: StoreItem<'lists'>) => list.todos
  `).map(message => message.replace(/ Type '\{.* incompatible /s, ' … '))).toMatchInlineSnapshot(`
    [
      "use.ts: Module '"#rstore-drizzle/types"' declares 'RowOf' locally, but it is not exported.",
      "use.ts: Type 'number' is not assignable to type 'string'.",
      "use.ts: Type '"todo"' does not satisfy the constraint 'keyof RstoreSchema'.",
      "use.ts: … between these types.       Type 'boolean' is not assignable to type 'Mistake<"an include has no option todo, and lists no such relation">'.",
      "use.ts: Property 'completed' does not exist on type 'Item<RstoreSchema, "todos", Pick<TodosRow, "title">, NoInclude>'.",
      "use.ts: Property 'todos' does not exist on type 'StoreItem<"lists">'.",
    ]
  `)
})

it('give items that a component takes as props', () => {
  registerTS(() => ts)
  const { descriptor } = parse(`
    <script setup lang="ts">
    import type { StoreItem } from '#rstore-drizzle/types'
    defineProps<{ list: StoreItem<'lists', { todos: true }>, others?: StoreItem<'lists'>[] }>()
    </script>
  `, { filename: join(app, 'list.vue') })
  const { content } = compileScript(descriptor, { id: 'list' })
  expect(content).toContain('list: { type: null, required: true }')
  expect(content).toContain('others: { type: Array, required: false }')
})
