import { join } from 'pathe'
import ts from 'typescript'
import { root } from './sources'

/** Files by absolute path, over those on disk. */
export type Files = Record<string, string>

const options: ts.CompilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
}

export interface Compilation {
  /** What TypeScript says of each file, in order. */
  messages: Record<string, string[]>
  /** How many types it had to work out: the same at each run. */
  instantiations: number
  /** Milliseconds to check the files. */
  duration: number
}

/** `types`: packages whose global declarations count. */
export function compile(files: Files, types: string[] = []): Compilation {
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists, getSourceFile } = host
  host.readFile = file => files[file] ?? readFile(file)
  host.fileExists = file => file in files || fileExists(file)
  host.getSourceFile = (file, version, ...rest) => file in files ? ts.createSourceFile(file, files[file]!, version) : getSourceFile(file, version, ...rest)
  host.getCurrentDirectory = () => root
  const program = ts.createProgram(Object.keys(files), { ...options, types }, host)
  const start = performance.now()
  const messages = Object.fromEntries(Object.keys(files).map((file) => {
    const sourceFile = program.getSourceFile(file)!
    return [file, [...program.getSyntacticDiagnostics(sourceFile), ...program.getSemanticDiagnostics(sourceFile)].map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))]
  }))
  const duration = performance.now() - start
  // What `tsc --extendedDiagnostics` prints.
  const { getInstantiationCount } = program as unknown as { getInstantiationCount: () => number }
  return { messages, instantiations: getInstantiationCount(), duration }
}

export interface Editor {
  /** Names offered where `¦` stands in the text, which becomes the text of the file. */
  complete: (file: string, text: string) => { names: string[], duration: number }
}

/** What an editor does: it asks after each change, which makes the compiler forget what it worked out. */
export function openEditor(files: Files): Editor {
  const versions = new Map<string, number>()
  const current = { ...files }
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => Object.keys(current),
    getScriptVersion: file => String(versions.get(file) ?? 0),
    getScriptSnapshot: (file) => {
      const text = current[file] ?? ts.sys.readFile(file)
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: file => file in current || ts.sys.fileExists(file),
    readFile: file => current[file] ?? ts.sys.readFile(file),
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    realpath: ts.sys.realpath,
  })
  // Files are read when the editor opens, not at the first completion.
  service.getProgram()
  return {
    complete: (file, text) => {
      const position = text.indexOf('¦')
      current[file] = text.replace('¦', '')
      versions.set(file, (versions.get(file) ?? 0) + 1)
      const start = performance.now()
      const completions = service.getCompletionsAtPosition(file, position, {})
      return { names: completions?.entries.map(({ name }) => name) ?? [], duration: performance.now() - start }
    },
  }
}

/** A path for a file that is not on disk. Its folder is there, or what it imports would not be looked for. */
export function virtualPath(name: string): string {
  return join(root, 'test/fixtures', name)
}
