import { readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { dirname, join, relative } from 'pathe'
import ts from 'typescript'

/** One import or re-export, static or dynamic, in code or inside a type. */
export interface Import {
  specifier: string
  /** Gone after compilation. */
  typeOnly: boolean
  /** For a relative one: the file it means, relative to `src`; `undefined` where there is none. */
  target?: string
}

export interface Source {
  /** Relative to `src`. */
  path: string
  text: string
  lines: number
  imports: Import[]
  /** Occurrences of the type `any`. */
  anys: number
}

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** Every TypeScript file below `src`. */
export function readSources(folder = join(root, 'src')): Source[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts') && statSync(join(folder, path)).isFile())
    .sort()
    .map(path => readSource(folder, path))
}

export function readSource(folder: string, path: string, text = readFileSync(join(folder, path), 'utf8')): Source {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest)
  const imports: Import[] = []
  let anys = 0
  const add = (node: ts.Node | undefined, typeOnly: boolean) => {
    if (node && ts.isStringLiteral(node))
      imports.push({ specifier: node.text, typeOnly, target: resolveImport(folder, path, node.text) })
  }
  visit(file)
  return { path, text, lines: text.trimEnd().split('\n').length, imports, anys }

  function visit(node: ts.Node): void {
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, isTypeOnly(node.importClause))
    else if (ts.isExportDeclaration(node))
      add(node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true)
    else if (node.kind === ts.SyntaxKind.AnyKeyword)
      anys++
    ts.forEachChild(node, visit)
  }
}

/** Names that a file exports itself or by name from others, types included. */
export function exportsOf(path: string): string[] {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest)
  return file.statements.flatMap((statement) => {
    if (ts.isExportAssignment(statement))
      return ['default']
    if (ts.isExportDeclaration(statement))
      return statement.exportClause && ts.isNamedExports(statement.exportClause) ? statement.exportClause.elements.map(({ name }) => name.text) : ['*']
    if (!ts.canHaveModifiers(statement) || !ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
      return []
    return ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.map(({ name }) => name.getText(file))
      : [(statement as ts.FunctionDeclaration).name!.text]
  }).sort()
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  return clause?.phaseModifier === ts.SyntaxKind.TypeKeyword
}

function resolveImport(folder: string, from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.'))
    return undefined
  const target = join(folder, dirname(from), specifier)
  const file = [`${target}.ts`, `${target}.d.ts`].find(path => statSync(path, { throwIfNoEntry: false })?.isFile())
  return file && relative(folder, file)
}

/** The version of a package that this project is developed with. */
export function installed(name: string): string {
  return (JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as { version: string }).version
}
