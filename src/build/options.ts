import type { QueryLimits } from '../runtime/shared/query'
import type { Problem } from './problem'
import { defaultQueryLimits } from '../runtime/shared/query'
import { suggest } from './problem'

/** What the app may say about one collection. */
export interface CollectionOptions {
  /** Columns that never leave the server. They appear neither in the client registry nor in the types. */
  hidden?: string[]
  /** Columns that clients can read but not set. */
  readonly?: string[]
  /** Key columns of a view, or of a table that declares no primary key. */
  primaryKey?: string[]
}

/** Options under `rstoreDrizzle` in the Nuxt config. */
export interface ModuleOptions {
  /**
   * Base path of the generated REST API.
   * @default '/api/rstore'
   */
  apiPath?: string
  /**
   * Path of the Drizzle Kit config, relative to the project root.
   * @default 'drizzle.config.ts'
   */
  drizzleConfigPath?: string
  /**
   * Import that gives the server its Drizzle instance when called.
   * @default { name: 'useDrizzle', from: '~~/server/utils/drizzle' }
   */
  drizzleImport?: { name: string, from: string }
  /**
   * Limits on what one request may ask for.
   * @default { maxLimit: 1000, maxKeys: 1000, maxIncludeDepth: 5, maxBatchSize: 100, maxWhereNodes: 100 }
   */
  queryLimits?: Partial<QueryLimits>
  /**
   * Per collection: `false` leaves the table out altogether, an object says what to hide or protect.
   * @default {}
   */
  collections?: Record<string, false | CollectionOptions>
}

export interface ResolvedOptions {
  /** Without a trailing slash. */
  apiPath: string
  /** As given; `undefined` where the default locations are to be tried. */
  drizzleConfigPath?: string
  drizzleImport: { name: string, from: string }
  queryLimits: QueryLimits
  collections: Record<string, false | CollectionOptions>
}

const knownOptions = ['apiPath', 'drizzleConfigPath', 'drizzleImport', 'queryLimits', 'collections']
const laterOptions = ['ws', 'offline', 'batching', 'requirePolicies']
const collectionOptions = ['hidden', 'readonly', 'primaryKey']

/** Fills in defaults and reports what can't be used. Names of collections and columns are checked against the schema later. */
export function resolveOptions(options: ModuleOptions): { options: ResolvedOptions, problems: Problem[] } {
  const problems: Problem[] = []
  const error = (subject: string, message: string, fix: string) => problems.push({ severity: 'error', subject: `rstoreDrizzle.${subject}`, message, fix })

  for (const [name, value] of Object.entries(options)) {
    if (laterOptions.includes(name) && value !== undefined && value !== false)
      problems.push({ severity: 'warning', subject: `rstoreDrizzle.${name}`, message: 'is not supported by this version yet and has no effect.', fix: 'Remove it until a version that lists it is installed.' })
    else if (!knownOptions.includes(name) && !laterOptions.includes(name))
      error(name, 'is no option of this module.', `Remove it.${suggest(name, [...knownOptions, ...laterOptions])}`)
  }

  const drizzleImport = options.drizzleImport ?? { name: 'useDrizzle', from: '~~/server/utils/drizzle' }
  if (!isIdentifier(drizzleImport.name) || typeof drizzleImport.from !== 'string' || drizzleImport.from === '')
    error('drizzleImport', 'must name an export and the module it comes from.', 'Write { name: \'useDrizzle\', from: \'~~/server/utils/drizzle\' }, with your names.')

  return {
    options: {
      apiPath: resolveApiPath(options.apiPath, error),
      drizzleConfigPath: options.drizzleConfigPath,
      drizzleImport,
      queryLimits: resolveLimits(options.queryLimits, error),
      collections: resolveCollections(options.collections, error),
    },
    problems,
  }
}

export function isIdentifier(name: unknown): name is string {
  return typeof name === 'string' && /^[A-Z_$][\w$]*$/i.test(name)
}

type Report = (subject: string, message: string, fix: string) => void

function resolveApiPath(path: unknown, error: Report): string {
  if (path === undefined)
    return '/api/rstore'
  if (typeof path !== 'string' || !/^\/?(?:[\w.~-]+\/)*[\w.~-]+\/?$/.test(path)) {
    error('apiPath', `must be a plain path, not ${JSON.stringify(path)}.`, 'Write something like \'/api/rstore\'.')
    return '/api/rstore'
  }
  return `/${path.replace(/^\/|\/$/g, '')}`
}

function resolveLimits(given: Partial<QueryLimits> = {}, error: Report): QueryLimits {
  const limits = { ...defaultQueryLimits }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaultQueryLimits, name))
      error(`queryLimits.${name}`, 'is no query limit.', `Remove it.${suggest(name, Object.keys(defaultQueryLimits))}`)
    else if (value !== undefined && (!Number.isSafeInteger(value) || value < 1))
      error(`queryLimits.${name}`, `must be a whole number above zero, not ${String(value)}.`, `Leave it out for the default, ${defaultQueryLimits[name as keyof QueryLimits]}.`)
    else if (value !== undefined)
      limits[name as keyof QueryLimits] = value
  }
  return limits
}

function resolveCollections(given: ModuleOptions['collections'] = {}, error: Report): ResolvedOptions['collections'] {
  const collections: ResolvedOptions['collections'] = {}
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value as unknown === true)
      continue
    if (value !== false && (typeof value !== 'object' || value === null)) {
      error(`collections.${name}`, 'must be `false` or an object.', 'Write `false` to leave the table out, or { hidden: [], readonly: [] }.')
      continue
    }
    for (const [option, columns] of Object.entries(value || {})) {
      if (!collectionOptions.includes(option))
        error(`collections.${name}.${option}`, 'is no option of a collection.', `Remove it.${suggest(option, collectionOptions)}`)
      else if (columns !== undefined && !(Array.isArray(columns) && columns.every(column => typeof column === 'string')))
        error(`collections.${name}.${option}`, 'must be a list of column names.', `Write { ${option}: ['columnName'] }.`)
    }
    collections[name] = value
  }
  return collections
}
