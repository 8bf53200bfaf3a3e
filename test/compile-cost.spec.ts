import { describe, expect, it } from 'vitest'
import { compile, openEditor, virtualPath } from './support/compiler'
import { largeSchema, nestedQuery, preamble } from './support/large-schema'

/*
 * What the types of a large app cost the compiler and the editor: 50 tables of 12 columns and 4 relations, and 50 queries
 * with relations three deep. Instantiations are the same at each run; times are told, not tested.
 */

const tables = 50
const schema = largeSchema(tables)
const file = virtualPath('large-use.ts')
const queries = Array.from({ length: tables }, (_, i) => nestedQuery(i)).join('')

describe('compilation', () => {
  it('takes a bounded number of instantiations', { timeout: 120_000 }, () => {
    const base = compile({ ...schema, [file]: preamble }).instantiations
    const { messages, instantiations, duration } = compile({ ...schema, [file]: preamble + queries })
    console.info(`${instantiations.toLocaleString('en')} instantiations, ${(instantiations - base).toLocaleString('en')} of them for the queries, in ${duration.toFixed(0)} ms`)
    expect(Object.values(messages).flat()).toEqual([])
    // A fifth more than it was: 323,000, of them 95,700 for the queries; the rest is what Drizzle says of the tables.
    expect(instantiations).toBeLessThan(388_000)
    expect(instantiations - base).toBeLessThan(115_000)
  })

  it('finds what is wrong in any of it', { timeout: 120_000 }, () => {
    const wrong = nestedQuery(7).replace('gt(\'amount\', 1)', 'gt(\'amount\', \'1\')') + nestedQuery(8).replace('other?.name', 'other?.note')
    expect(compile({ ...schema, [file]: preamble + wrong }).messages[file]).toEqual([
      'Argument of type \'string\' is not assignable to parameter of type \'number\'.',
      expect.stringContaining('Property \'note\' does not exist on type'),
    ])
  })
})

describe('completion', () => {
  const editor = openEditor({ ...schema, [file]: preamble + queries })
  const relations = ['parent', 'children', 'other', 'others']

  it.each([
    ['relations', '{ include: { ¦ } }', relations],
    ['options of a query', '{ ¦ }', ['where', 'orderBy', 'columns', 'include', 'limit', 'filter']],
    ['columns', '{ columns: { ¦ } }', ['id', 'name', 'createdAt']],
    ['options of a relation', '{ include: { children: { ¦ } } }', ['where', 'orderBy', 'columns', 'include', 'limit']],
    ['relations three deep', '{ include: { parent: true, children: { limit: 5, include: { others: { include: { ¦ } } } } } }', relations],
    ['columns of a relation', '{ include: { children: { columns: { ¦ } } } }', ['id', 'name', 'createdAt']],
    ['columns in a condition', '{ where: eq(\'¦\') }', ['id', 'name', 'createdAt']],
    ['columns in a condition of a relation', '{ include: { children: { where: and(eq(\'name\', \'a\'), eq(\'¦\')) } } }', ['id', 'name', 'createdAt']],
    ['values of a column', '{ include: { children: { where: eq(\'state\', \'¦\') } } }', ['open', 'done', 'gone']],
    ['order terms', '{ include: { children: { orderBy: [\'¦\'] } } }', ['name', 'name.asc', 'createdAt.desc']],
  ])('offers %s', { timeout: 120_000 }, (what, options, expected) => {
    const text = (limit: number) => `${preamble}${queries}\nstore.table1.query(q => q.many(${options}))\nexport const limit = ${limit}`
    const first = editor.complete(file, text(1))
    const next = editor.complete(file, text(2))
    console.info(`${what}: ${first.duration.toFixed(0)} ms, after one more change ${next.duration.toFixed(0)} ms`)
    expect(next.names).toEqual(expect.arrayContaining(expected))
    expect(next.names.length, 'nothing but what fits').toBeLessThan(50)
    expect(next.names).toEqual(first.names)
  })

  it('offers what was included in the rows', { timeout: 120_000 }, () => {
    const { names, duration } = editor.complete(file, `${preamble}${queries}\nrows1.value[0]!.children[0]!.¦`)
    console.info(`properties of a row: ${duration.toFixed(0)} ms`)
    expect(names).toEqual(expect.arrayContaining(['id', 'name', 'others', '$update', '$delete']))
    for (const absent of ['state', 'parent', 'children'])
      expect(names).not.toContain(absent)
  })
})
