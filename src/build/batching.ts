import type { BatchingOptions } from '../runtime/client/batching'
import type { QueryLimits } from '../runtime/shared/query'
import type { Report } from './problem'
import { suggest } from './problem'

/** What is sent together. */
export interface BatchingModuleOptions {
  /** Reads of one row by its key: `findFirst` and `q.first` with a key. @default true */
  fetch?: boolean
  /** `create`, `update` and `delete`. @default true */
  mutations?: boolean
  /** How long a batch waits for another operation, in milliseconds; 0: what one tick brings. The server never waits longer. @default 0 */
  delay?: number
  /** How long a batch waits in all, in milliseconds, where operations keep coming. @default delay */
  maxWait?: number
  /** Most operations in one request, no more than `queryLimits.maxBatchSize`. What is over goes as further requests. @default queryLimits.maxBatchSize */
  maxSize?: number
}

/** `rstore.store` of the Nuxt config, where the option has its place in other modules. */
export interface StoreConfig {
  batching?: boolean | BatchingModuleOptions
}

const defaults = { fetch: true, mutations: true, delay: 0, maxWait: 0, maxSize: 1 }
type Name = keyof typeof defaults

/** What can't be used is reported, and the default taken in its place. */
export function resolveBatching(given: StoreConfig['batching'] = false, { maxBatchSize }: QueryLimits, report: Report): BatchingOptions {
  const valid: BatchingModuleOptions = typeof given === 'boolean' ? { fetch: given, mutations: given } : {}
  if (typeof given !== 'boolean' && (typeof given !== 'object' || given === null))
    report('batching', `must be true, false or an object, not ${JSON.stringify(given)}.`, 'Leave it out for the default, false.')
  for (const [name, value] of Object.entries(typeof given === 'object' ? given ?? {} : {})) {
    const byDefault = Object.hasOwn(defaults, name) ? defaults[name as Name] : undefined
    if (byDefault === undefined)
      report(`batching.${name}`, 'is no option of batching.', `Remove it.${suggest(name, Object.keys(defaults))}`)
    else if (typeof byDefault === 'boolean' ? typeof value === 'boolean' : Number.isSafeInteger(value) && value >= byDefault)
      Object.assign(valid, { [name]: value })
    else if (value !== undefined)
      report(`batching.${name}`, `must be ${typeof byDefault === 'boolean' ? 'true or false' : `a whole number of ${byDefault} or more`}, not ${JSON.stringify(value)}.`, 'Leave it out for the default.')
  }
  const { fetch = true, mutations = true, delay = 0, maxWait = delay, maxSize = maxBatchSize } = valid
  return { fetch, mutations, delay, maxWait, maxSize: Math.min(maxSize, maxBatchSize) }
}
