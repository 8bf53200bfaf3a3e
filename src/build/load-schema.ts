import type { Dialect } from '../runtime/shared/model'
import type { Problem } from './problem'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { createJiti } from 'jiti'
import { dirname, isAbsolute, join, relative, resolve } from 'pathe'
import { globSync } from 'tinyglobby'

export interface SchemaExport {
  name: string
  value: unknown
  /** Schema file that exports it, absolute. */
  file: string
}

export interface LoadedSchema {
  dialect: Dialect
  exports: SchemaExport[]
  /** Schema files, absolute, in the order of the config. */
  files: string[]
  /** Every schema file was found and could be imported. */
  complete: boolean
}

export interface SchemaSource {
  /** Project root: the folder Drizzle Kit runs in. */
  rootDir: string
  /** Absolute path of the Drizzle config. */
  configPath: string
  /** Import aliases of the app. */
  alias: Record<string, string>
}

export interface SchemaLoad {
  /** Absent where the config itself can't be used. */
  schema?: LoadedSchema
  problems: Problem[]
  /** Every app file that was evaluated: config, schema files and what they import. */
  evaluated: string[]
  /** Folders whose new files may belong to the schema. */
  folders: string[]
}

const dialects: Record<string, Dialect> = { sqlite: 'sqlite', turso: 'sqlite', postgresql: 'postgresql', mysql: 'mysql' }

/** Path of the Drizzle config: the given one, or the first default location that exists. `undefined` where there is none. */
export function findDrizzleConfig(rootDir: string, path: string | undefined): string | undefined {
  const candidates = path === undefined ? ['ts', 'js', 'mjs', 'json'].map(extension => `drizzle.config.${extension}`) : [path]
  return candidates.map(candidate => resolve(rootDir, candidate)).find(candidate => existsSync(candidate))
}

/**
 * Evaluates the Drizzle config and the schema files it names, in one module graph that is thrown away
 * afterwards: a second call sees what has changed on disk, in imported helpers too.
 */
export async function loadSchema({ rootDir, configPath, alias }: SchemaSource): Promise<SchemaLoad> {
  const load: SchemaLoad = { problems: [], evaluated: [configPath], folders: [] }
  const importer = createImporter(rootDir, alias)
  try {
    const config = await importConfig(importer, configPath, load.problems)
    const dialect = config && dialectOf(config, configPath, load.problems)
    const found = config && findSchemaFiles(config.schema, rootDir, configPath, load.problems)
    if (found)
      load.folders = found.folders
    if (dialect && found && found.files.length > 0)
      load.schema = await importSchema(importer, dialect, found, load.problems)
  }
  finally {
    load.evaluated = [...new Set([configPath, ...importer.evaluated, ...load.schema?.files ?? []])]
  }
  return load
}

interface Importer {
  evaluated: Set<string>
  /** Namespaces of the files, evaluated together: a file that two of them import runs once. */
  all: (files: string[]) => Promise<Record<string, unknown>[]>
}

/**
 * Files run as CommonJS, because Node keeps its own ES modules for ever and would never see a change.
 * Only what needs top-level await runs as ES modules.
 */
function createImporter(rootDir: string, alias: Record<string, string>): Importer {
  const entry = join(rootDir, '__rstore-drizzle__.ts')
  const options = { moduleCache: false, fsCache: false, alias }
  const compiler = createJiti(entry, options)
  const evaluated = new Set<string>()
  const jiti = createJiti(entry, {
    ...options,
    transform: (input) => {
      if (input.filename && input.filename !== entry)
        evaluated.add(input.filename)
      return { code: compiler.transform(input) }
    },
  })
  return {
    evaluated,
    async all(files) {
      const source = files.map((file, i) => `export * as file${i} from ${JSON.stringify(file)}`).join('\n')
      const run = async (async: boolean) => await jiti.evalModule(source, { filename: entry, ext: '.ts', async }) as Record<string, Record<string, unknown>>
      const namespaces = await run(false).catch((error: unknown) => needsEsModules(error) ? run(true) : Promise.reject(error))
      return files.map((_, i) => namespaces[`file${i}`]!)
    },
  }
}

function needsEsModules(error: unknown): boolean {
  const { code, message } = error as { code?: string, message?: string }
  return code === 'ERR_REQUIRE_ASYNC_MODULE' || code === 'ERR_REQUIRE_ESM' || /await is only valid/.test(message ?? '')
}

async function importConfig(importer: Importer, file: string, problems: Problem[]): Promise<Record<string, unknown> | undefined> {
  try {
    const [namespace] = await importer.all([file])
    const config = namespace!.default ?? namespace
    if (typeof config === 'object' && config !== null && ('schema' in config || 'dialect' in config))
      return config as Record<string, unknown>
    problems.push({ severity: 'error', file, message: 'does not export a Drizzle Kit config.', fix: 'Write `export default defineConfig({ dialect, schema, … })`, with `defineConfig` from "drizzle-kit".' })
  }
  catch (error) {
    problems.push({ severity: 'error', file, message: `can't be imported: ${textOf(error)}`, fix: 'Fix the error, or set `rstoreDrizzle.drizzleConfigPath` if this is not your Drizzle config.' })
  }
  return undefined
}

function dialectOf(config: Record<string, unknown>, file: string, problems: Problem[]): Dialect | undefined {
  const dialect = typeof config.dialect === 'string' && Object.hasOwn(dialects, config.dialect) ? dialects[config.dialect] : undefined
  if (!dialect) {
    problems.push({
      severity: 'error',
      file,
      subject: 'dialect',
      message: config.dialect === undefined ? 'is missing.' : `${JSON.stringify(config.dialect)} is not supported.`,
      fix: `Use one of ${Object.keys(dialects).map(name => `"${name}"`).join(', ')}.`,
    })
  }
  return dialect
}

interface FoundFiles { files: string[], folders: string[], complete: boolean }

/** As Drizzle Kit does: files, globs, and folders with the scripts directly in them, relative to the project root. */
function findSchemaFiles(schema: unknown, rootDir: string, configPath: string, problems: Problem[]): FoundFiles | undefined {
  const patterns = typeof schema === 'string' ? [schema] : Array.isArray(schema) ? schema : []
  if (patterns.length === 0 || !patterns.every(pattern => typeof pattern === 'string')) {
    problems.push({ severity: 'error', file: configPath, subject: 'schema', message: 'must be a path, or a list of paths.', fix: 'Point it at your schema, as in `schema: \'./server/database/schema.ts\'`.' })
    return undefined
  }
  const files = new Set<string>()
  const folders = new Set<string>()
  let complete = true
  for (const pattern of patterns as string[]) {
    // Where the config lives in another package, Drizzle Kit runs there and paths start there.
    const bases = [...new Set([rootDir, dirname(configPath)])]
    const matches = bases.map(base => matchPattern(pattern, base)).find(({ files }) => files.length > 0)
    if (!matches) {
      complete = false
      const where = bases.map(base => relative(rootDir, base) || 'the project root').join(' or ')
      problems.push({ severity: 'error', file: configPath, subject: `schema "${pattern}"`, message: `matches no file in ${where}.`, fix: 'Correct the path: as for Drizzle Kit, it is relative to the project root.' })
    }
    matches?.files.forEach(file => files.add(file))
    matches?.folders.forEach(folder => folders.add(folder))
  }
  return { files: [...files], folders: [...folders], complete }
}

function matchPattern(pattern: string, base: string): { files: string[], folders: string[] } {
  const path = isAbsolute(pattern) ? pattern : resolve(base, pattern)
  const matches = existsSync(path)
    ? [path]
    : globSync(relative(base, path), { cwd: base, absolute: true, onlyFiles: false, expandDirectories: false }).map(match => resolve(match)).sort()
  const files: string[] = []
  const folders = existsSync(path) ? [] : [dirname(path.slice(0, path.search(/[*?{[(!]/) + 1))]
  for (const match of matches) {
    if (statSync(match).isDirectory()) {
      folders.push(match)
      files.push(...readdirSync(match, { withFileTypes: true }).filter(entry => !entry.isDirectory()).map(entry => join(match, entry.name)).filter(isScript).sort())
    }
    else if (isScript(match) || match === path) {
      files.push(match)
    }
  }
  return { files, folders: folders.filter(folder => existsSync(folder)) }
}

function isScript(file: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(file) && !/\.d\.[cm]?ts$/.test(file)
}

async function importSchema(importer: Importer, dialect: Dialect, { files, complete }: FoundFiles, problems: Problem[]): Promise<LoadedSchema> {
  const flatten = (file: string, namespace: Record<string, unknown>) => Object.entries(namespace).map(([name, value]) => ({ name, value, file }))
  try {
    const namespaces = await importer.all(files)
    return { dialect, files, exports: files.flatMap((file, i) => flatten(file, namespaces[i]!)), complete }
  }
  catch {
    // One file is to blame: each on its own tells which, and the rest can still be checked.
    const exports: SchemaExport[] = []
    for (const file of files) {
      try {
        const [namespace] = await importer.all([file])
        exports.push(...flatten(file, namespace!))
      }
      catch (error) {
        problems.push({ severity: 'error', file, message: `can't be imported: ${textOf(error)}`, fix: 'Fix the error. The schema runs outside of Nuxt: what it uses must be imported, auto-imports are not there.' })
      }
    }
    return { dialect, files, exports, complete: false }
  }
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.trim()
}
