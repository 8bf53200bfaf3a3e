import type { RealtimeLimits } from '../runtime/shared/realtime-limits'
import type { Report } from './problem'
import { defaultRealtimeLimits } from '../runtime/shared/realtime-limits'
import { suggest } from './problem'

/** `ws` of the module's options. */
export interface RealtimeModuleOptions {
  /** Route of the WebSocket. @default '/api/rstore-realtime/ws' */
  apiPath?: string
  /**
   * Another place for browsers to connect to: a URL like `wss://host/ws`, `//host/ws` for the page's own protocol, or a path on the
   * page's origin. `NUXT_PUBLIC_RSTORE_DRIZZLE_WS_ENDPOINT` overrides it when the app runs.
   */
  clientEndpoint?: string
  /** How often the client makes sure that the connection is there, in milliseconds. @default 10000 */
  heartbeatInterval?: number
  /** Whether and how to connect again: how often at most (-1: without end), after how many milliseconds. @default true */
  autoReconnect?: boolean | { retries?: number, delay?: number }
  /** Origins of other sites whose pages may connect; `*` for all. @default [] */
  allowedOrigins?: string[]
  /** What one connection may ask for. */
  limits?: Partial<RealtimeLimits>
}

export interface ResolvedRealtime extends Required<Omit<RealtimeModuleOptions, 'clientEndpoint'>> {
  clientEndpoint?: string
}

const defaults = { apiPath: '/api/rstore-realtime/ws', heartbeatInterval: 10_000, autoReconnect: true as ResolvedRealtime['autoReconnect'], allowedOrigins: [] as string[], limits: {} as Partial<RealtimeLimits> }
const names = [...Object.keys(defaults), 'clientEndpoint']

export function resolveRealtime(given: boolean | RealtimeModuleOptions | undefined, error: Report): ResolvedRealtime | undefined {
  if (given === undefined || given === false)
    return undefined
  if (given !== true && (typeof given !== 'object' || given === null)) {
    error('ws', `must be true, false or an object, not ${JSON.stringify(given)}.`, 'Write `ws: true`.')
    return undefined
  }
  const options = given === true ? {} : given
  for (const name of Object.keys(options)) {
    if (!names.includes(name))
      error(`ws.${name}`, 'is no option of ws.', `Remove it.${suggest(name, names)}`)
  }
  const check = <N extends keyof RealtimeModuleOptions>(name: N, isValid: (value: NonNullable<RealtimeModuleOptions[N]>) => boolean, wanted: string): void => {
    const value = options[name]
    if (value !== undefined && !isValid(value as NonNullable<RealtimeModuleOptions[N]>)) {
      error(`ws.${name}`, `must be ${wanted}, not ${JSON.stringify(value)}.`, 'Leave it out for the default.')
    }
  }
  check('apiPath', value => typeof value === 'string' && /^\/(?:[\w.~-]+\/)*[\w.~-]+$/.test(value), 'a plain path')
  check('clientEndpoint', value => typeof value === 'string' && /^(?:wss?:\/\/|\/)/.test(value), 'a URL with ws: or wss:, or one that begins with / or //')
  check('heartbeatInterval', value => Number.isSafeInteger(value) && value >= 1000, 'a number of milliseconds, 1000 or more')
  check('autoReconnect', value => typeof value === 'boolean' || (typeof value === 'object' && Object.entries(value).every(([name, one]) => ['retries', 'delay'].includes(name) && Number.isSafeInteger(one))), 'true, false, or { retries, delay }')
  check('allowedOrigins', value => Array.isArray(value) && value.every(one => one === '*' || URL.canParse(one)), 'a list of origins like https://example.com')
  for (const [name, value] of Object.entries(options.limits ?? {})) {
    if (!Object.hasOwn(defaultRealtimeLimits, name))
      error(`ws.limits.${name}`, 'is no limit.', `Remove it.${suggest(name, Object.keys(defaultRealtimeLimits))}`)
    else if (!Number.isSafeInteger(value) || value < 1)
      error(`ws.limits.${name}`, `must be a whole number above zero, not ${JSON.stringify(value)}.`, 'Leave it out for the default.')
  }
  return { ...defaults, ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) }
}
