import type { BatchingOptions } from '../runtime/client/batching'
import type { QueryLimits } from '../runtime/shared/query'
import type { BatchingModuleOptions, StoreConfig } from './batching'
import type { RealtimeModuleOptions, ResolvedRealtime } from './ws'
import type { TextCollation } from './columns'
import type { Problem, Report } from './problem'
import { defaultQueryLimits } from '../runtime/shared/query'
import { resolveBatching } from './batching'
import { resolveRealtime } from './ws'
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
   * @default { maxLimit: 1000, maxKeys: 1000, maxIncludeDepth: 5, maxIncludeRows: 10000, maxBatchSize: 100, maxWhereNodes: 100 }
   */
  queryLimits?: Partial<QueryLimits>
  /**
   * Per collection: `false` leaves the table out altogether, an object says what to hide or protect.
   * @default {}
   */
  collections?: Record<string, false | CollectionOptions>
  /**
   * Denies every table for which no Nitro plugin calls `policyForTable`.
   * @default false: tables without a policy are open
   */
  requirePolicies?: boolean
  /**
   * Sends what is asked for in one tick as one request, `POST {apiPath}/_batch`: reads of rows by their keys, creates,
   * updates and deletes. Each still succeeds or fails by itself. `createMany`, `updateMany` and `deleteMany` are sent together in any case,
   * and so are the reads by which the store fills up what it shows. `rstore.store.batching` of the Nuxt config is read where this is not given.
   * @default false
   */
  batching?: boolean | BatchingModuleOptions
  /**
   * Realtime over a WebSocket: `liveQuery` and `subscribe` hear of changes by others.
   * @default false
   */
  ws?: boolean | RealtimeModuleOptions
  /**
   * `createForm` and `updateForm` of every collection. `false` leaves their code out of the app.
   * @default true
   */
  forms?: boolean
  /**
   * Forgets rows that have belonged to no mounted query for `maxAge` milliseconds.
   * @default none: rows stay for as long as the page
   */
  gc?: { maxAge: number }
  /**
   * How the database compares text. `binary`: by its bytes, upper case before lower case (a `C` locale in
   * PostgreSQL, a binary collation without padding like `utf8mb4_0900_bin` in MySQL or `utf8mb4_nopad_bin`
   * in MariaDB). `server`: in some other way, which a browser can't reproduce, so that queries
   * that order text or compare it by order are kept up to date by asking the server again.
   * @default 'binary' for SQLite, 'server' for PostgreSQL and MySQL
   */
  textCollation?: TextCollation
}

export interface ResolvedOptions {
  /** Without a trailing slash. */
  apiPath: string
  /** As given; `undefined` where the default locations are to be tried. */
  drizzleConfigPath?: string
  drizzleImport: { name: string, from: string }
  queryLimits: QueryLimits
  collections: Record<string, false | CollectionOptions>
  batching: BatchingOptions
  ws?: ResolvedRealtime
  forms: boolean
  requirePolicies: boolean
  gc?: { maxAge: number }
  /** `undefined` where the dialect decides. */
  textCollation?: TextCollation
}

const knownOptions = ['apiPath', 'drizzleConfigPath', 'drizzleImport', 'queryLimits', 'collections', 'requirePolicies', 'batching', 'ws', 'forms', 'gc', 'textCollation']
const laterOptions = ['offline']
const collectionOptions = ['hidden', 'readonly', 'primaryKey']

/**
 * Fills in defaults and reports what can't be used. Names of collections and columns are checked against the schema later.
 * `store` is what `rstore.store` of the Nuxt config says.
 */
export function resolveOptions(options: ModuleOptions, store?: StoreConfig): { options: ResolvedOptions, problems: Problem[] } {
  const problems: Problem[] = []
  const error: Report = (subject, message, fix) => problems.push({ severity: 'error', subject: `rstoreDrizzle.${subject}`, message, fix })
  // Another module's options may have more to them than is known here.
  const warning: Report = (subject, message, fix) => problems.push({ severity: 'warning', subject: `rstore.store.${subject}`, message, fix })

  for (const [name, value] of Object.entries(options)) {
    if (laterOptions.includes(name) && value !== undefined && value !== false)
      problems.push({ severity: 'warning', subject: `rstoreDrizzle.${name}`, message: 'is not supported by this version yet and has no effect.', fix: 'Remove it until a version that lists it is installed.' })
    else if (!knownOptions.includes(name) && !laterOptions.includes(name))
      error(name, 'is no option of this module.', `Remove it.${suggest(name, [...knownOptions, ...laterOptions])}`)
  }

  const drizzleImport = options.drizzleImport ?? { name: 'useDrizzle', from: '~~/server/utils/drizzle' }
  if (!isIdentifier(drizzleImport.name) || typeof drizzleImport.from !== 'string' || drizzleImport.from === '')
    error('drizzleImport', 'must name an export and the module it comes from.', 'Write { name: \'useDrizzle\', from: \'~~/server/utils/drizzle\' }, with your names.')

  const apiPath = resolveApiPath(options.apiPath, error)
  const queryLimits = resolveLimits(options.queryLimits, error)
  return {
    options: {
      apiPath,
      drizzleConfigPath: options.drizzleConfigPath,
      drizzleImport,
      queryLimits,
      collections: resolveCollections(options.collections, error),
      batching: options.batching === undefined ? resolveBatching(store?.batching, queryLimits, warning) : resolveBatching(options.batching, queryLimits, error),
      forms: resolveFlag(options.forms, 'forms', true, error),
      requirePolicies: resolveFlag(options.requirePolicies, 'requirePolicies', false, error),
      ...resolveGc(options.gc, error),
      ...withRealtime(options.ws, error),
      ...resolveCollation(options.textCollation, error),
    },
    problems,
  }
}

export function isIdentifier(name: unknown): name is string {
  return typeof name === 'string' && /^[A-Z_$][\w$]*$/i.test(name)
}

function resolveApiPath(path: unknown, error: Report): string {
  if (path === undefined)
    return '/api/rstore'
  if (typeof path !== 'string' || !/^\/?(?:[\w.~-]+\/)*[\w.~-]+\/?$/.test(path)) {
    error('apiPath', `must be a plain path, not ${JSON.stringify(path)}.`, 'Write something like \'/api/rstore\'.')
    return '/api/rstore'
  }
  return `/${path.replace(/^\/|\/$/g, '')}`
}

function resolveCollation(given: unknown, error: Report): Pick<ResolvedOptions, 'textCollation'> {
  if (given === 'binary' || given === 'server')
    return { textCollation: given }
  if (given !== undefined)
    error('textCollation', `must be 'binary' or 'server', not ${JSON.stringify(given)}.`, 'Leave it out unless the database compares text by its bytes.')
  return {}
}

function withRealtime(given: ModuleOptions['ws'], error: Report): Pick<ResolvedOptions, 'ws'> {
  const ws = resolveRealtime(given, error)
  return ws ? { ws } : {}
}

function resolveGc(given: ModuleOptions['gc'], error: Report): Pick<ResolvedOptions, 'gc'> {
  if (given === undefined || given as unknown === false)
    return {}
  const { maxAge } = given
  if (Number.isFinite(maxAge) && maxAge >= 1000)
    return { gc: { maxAge } }
  error('gc.maxAge', `must be a number of milliseconds, 1000 or more, not ${JSON.stringify(maxAge)}.`, 'Write { maxAge: 600_000 } for ten minutes.')
  return {}
}

function resolveFlag(given: unknown, name: string, byDefault: boolean, error: Report): boolean {
  if (given !== undefined && typeof given !== 'boolean')
    error(name, `must be true or false, not ${JSON.stringify(given)}.`, `Leave it out for the default, ${byDefault}.`)
  return typeof given === 'boolean' ? given : byDefault
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
