import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'pathe'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { protocolVersion } from '../src/runtime/shared/protocol'
import { compile, virtualPath } from './support/compiler'
import { root } from './support/sources'

const page = readFileSync(join(root, 'docs/protocol.md'), 'utf8')

it('the version history says what the types of frames are', () => {
  const [, version, hash] = [...page.matchAll(/^\| (\d+) \| `(\w+)` \|/gm)].at(-1) ?? []
  const current = hashOf(typesOf('src/runtime/shared/protocol.ts'), typesOf('src/runtime/shared/condition.ts', ['ConditionNode']))
  expect(hash, `The types of frames have changed, or what conditions are made of. Add a line to the version history of docs/protocol.md that ends with what is new, or change its last one while that version is not released: | ${protocolVersion} | \`${current}\` | … |`).toBe(current)
  expect(Number(version), 'The last line of the version history is not of `protocolVersion`.').toBe(protocolVersion)
})

it('the hash is of types: neither comments nor layout count, but members do', () => {
  const hash = (text: string) => hashOf(statementsOf(text))
  const type = 'export interface A { a: string, b?: 1 | 2 }'
  for (const same of [`/** Says what it is. */\n${type}`, 'export interface A {\n  // One\n  a: string\n  b?: 1 | 2\n}', `${type}\nexport function f() {}`])
    expect(hash(same)).toBe(hash(type))
  for (const other of ['export interface A { a: string, b: 1 | 2 }', 'export interface A { a: number, b?: 1 | 2 }', 'export interface A { a: string, b?: 1 | 2, c: null }'])
    expect(hash(other)).not.toBe(hash(type))
})

it('the frames of the page are of their types', () => {
  const frames = [...page.matchAll(/^```json\n([\s\S]*?)^```$/gm)].flatMap(([, text]) => text!.trim().split('\n'))
  expect(frames.length).toBeGreaterThan(15)
  const path = virtualPath('protocol-page.ts')
  const header = `import type { AdditionalServerMessage, ClientMessage, ServerMessage } from '../../src/runtime/shared/protocol'\ntype Frame = ClientMessage | ServerMessage | AdditionalServerMessage\n`
  const check = (lines: string[]) => compile({ [path]: header + lines.map((line, i) => `export const frame${i}: Frame = ${line}\n`).join('') }).messages[path]!
  expect(check(frames)).toEqual([])
  expect(check(['{ "update": { "collection": "todos", "type": "danced", "record": {} } }', '{ "unknown": true }'])).toHaveLength(2)
})

/** Type declarations of a file, or those that these names lead to, as plain text. */
function typesOf(file: string, names?: string[]): string[] {
  return statementsOf(readFileSync(join(root, file), 'utf8'), names)
}

function statementsOf(text: string, names?: string[]): string[] {
  const file = ts.createSourceFile('types.ts', text, ts.ScriptTarget.Latest)
  const types = file.statements.filter(statement => ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement))
  const wanted = new Set(names ?? types.map(({ name }) => name.text))
  // A set that grows is walked to its end.
  for (const name of wanted) {
    const visit = (node: ts.Node): void => {
      if (ts.isTypeReferenceNode(node) && types.some(({ name }) => name.text === node.typeName.getText(file)))
        wanted.add(node.typeName.getText(file))
      ts.forEachChild(node, visit)
    }
    types.filter(type => type.name.text === name).forEach(visit)
  }
  return types.filter(({ name }) => wanted.has(name.text)).map(type => tokensOf(type.getText(file)))
}

/** Neither comments, nor spaces, nor what separates members. */
function tokensOf(text: string): string {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, text)
  const tokens: string[] = []
  while (scanner.scan() !== ts.SyntaxKind.EndOfFileToken) {
    if (![ts.SyntaxKind.CommaToken, ts.SyntaxKind.SemicolonToken].includes(scanner.getToken()))
      tokens.push(scanner.getTokenText())
  }
  return tokens.join(' ')
}

function hashOf(...types: string[][]): string {
  return createHash('sha256').update(types.flat().sort().join('\n')).digest('hex').slice(0, 16)
}
