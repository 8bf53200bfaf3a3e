import { expect, it } from 'vitest'
import { compile, virtualPath } from './support/compiler'

/*
 * What TypeScript says of mistakes in queries: what is wrong has to be in the message, and where possible what would be right.
 */

const mistakes = {
  'relation': '{ include: { pots: true } }',
  'relation among others': '{ include: { posts: true, pots: true } }',
  'nested relation': '{ include: { posts: { include: { author: true, coments: { limit: 1 } } } } }',
  'relation of the nested map': '{ include: { posts: { author: true, coments: true } } }',
  'relation beside options': '{ include: { posts: { limit: 1, comments: true } } }',
  'option of a relation': '{ include: { posts: { limit: 1, offset: 2 } } }',
  'column of a relation': '{ include: { posts: { columns: { title: true, titel: true } } } }',
  'field of a condition': '{ include: { posts: { where: eq(\'publish\', true) } } }',
  'value of a condition': '{ include: { posts: { where: eq(\'published\', 1) } } }',
  'order': '{ include: { posts: { orderBy: [\'titel\'] } } }',
  'column': '{ columns: { id: true, nam: true } }',
  'option': '{ limit: 1, limt: 1 }',
  'option in a getter': '() => ({ limit: 1, limt: 1 })',
  'value of an option': '{ limit: \'1\', include: { posts: true } }',
}

it('names what is wrong', { timeout: 120_000 }, () => {
  const path = (name: string) => virtualPath(`mistake-${name.replaceAll(' ', '-')}.ts`)
  const { messages } = compile(Object.fromEntries(Object.entries(mistakes).map(([name, options]) => [path(name), `
    import { eq } from '../../src/runtime/shared/condition'
    import { store } from '../types/support/schema'
    export const query = store.users.query(q => q.many(${options}))
  `])))
  // The first and the last line: what does not fit, and why.
  expect(Object.fromEntries(Object.keys(mistakes).map((name) => {
    const lines = messages[path(name)]!.flatMap(message => message.split('\n'))
    return [name, [...new Set([lines[0]?.replace(/^(Argument of type ).{150,}$/, '$1…'), lines.at(-1)?.trim()])].join(' … ')]
  }))).toMatchInlineSnapshot(`
    {
      "column": "Type 'true' is not assignable to type 'true & Mistake<"users has no column nam">'. … Type 'boolean' is not assignable to type 'Mistake<"users has no column nam">'.",
      "column of a relation": "Type 'true' is not assignable to type 'true & Mistake<"posts has no column titel">'. … Type 'boolean' is not assignable to type 'Mistake<"posts has no column titel">'.",
      "field of a condition": "Argument of type '"publish"' is not assignable to parameter of type '"id" | "title" | "published" | "state" | "authorId" | "editorId" | "createdAt"'.",
      "nested relation": "Type '{ limit: 1; }' is not assignable to type '{ readonly limit: 1; } & Mistake<"posts has no relation coments">'. … Property '[mistake]' is missing in type '{ limit: 1; }' but required in type 'Mistake<"posts has no relation coments">'.",
      "option": "Object literal may only specify known properties, and 'limt' does not exist in type 'ManyArgument<Schema, "users", ColumnSelection<UsersRow>, Include<Schema, "users">, unknown> | Getter<ManyArgument<Schema, "users", ColumnSelection<...>, Include<...>, object & {}>>'.",
      "option in a getter": "Argument of type … … Type 'number' is not assignable to type 'Mistake<"a query has no option limt">'.",
      "option of a relation": "Type '2' is not assignable to type '2 & Mistake<"an include has no option offset, and posts no such relation">'. … Type 'number' is not assignable to type 'Mistake<"an include has no option offset, and posts no such relation">'.",
      "order": "Type '"titel"' is not assignable to type 'OrderTerm<PostsRow>'. Did you mean '"title"'?",
      "relation": "Object literal may only specify known properties, but 'pots' does not exist in type 'Include<Schema, "users"> & CheckInclude<Schema, "users", Include<Schema, "users">>'. Did you mean to write 'posts'?",
      "relation among others": "Type 'true' is not assignable to type 'true & Mistake<"users has no relation pots">'. … Type 'boolean' is not assignable to type 'Mistake<"users has no relation pots">'.",
      "relation beside options": "Type 'true' is not assignable to type 'true & Mistake<"beside options, comments has to stand in their include">'. … Type 'boolean' is not assignable to type 'Mistake<"beside options, comments has to stand in their include">'.",
      "relation of the nested map": "Type 'true' is not assignable to type 'true & Mistake<"an include has no option coments, and posts no such relation">'. … Type 'boolean' is not assignable to type 'Mistake<"an include has no option coments, and posts no such relation">'.",
      "value of a condition": "Argument of type 'number' is not assignable to parameter of type 'boolean'.",
      "value of an option": "Type 'string' is not assignable to type 'number'.",
    }
  `)
})
