import type { RealtimeLimits } from '../runtime/shared/realtime-limits'
import type { Report } from './problem'
import { defaultRealtimeLimits } from '../runtime/shared/realtime-limits'
import { suggest } from './problem'
import type { NatsPubSubOptions } from '../runtime/pubsub/nats'
import type { PostgresPubSubOptions } from '../runtime/pubsub/postgres'
import type { RedisPubSubOptions } from '../runtime/pubsub/redis'

/** A driver and the options of it that are plain values. `NUXT_RSTORE_DRIZZLE_PUBSUB_URL` gives, or overrides, `url` when the app runs. */
export type PubSubModuleOptions
  = | { driver: 'redis', url?: string } & Pick<RedisPubSubOptions, 'prefix' | 'history' | 'lease'>
    | { driver: 'nats', url?: string } & Omit<NatsPubSubOptions, 'connection' | 'servers' | 'onError'>
    | { driver: 'postgres', url?: string } & Pick<PostgresPubSubOptions, 'channel' | 'outbox' | 'triggers' | 'lease'>

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
  /** How changes reach the other processes of the app. @default not at all, or as `setRstoreDrizzlePubSub` says */
  pubsub?: PubSubModuleOptions
  /** Serves `GET {apiPath}-realtime/health` to anybody: numbers of peers and subscriptions, rates, what waits to be sent. @default false */
  health?: boolean
  /** What one connection may ask for. */
  limits?: Partial<RealtimeLimits>
}

export interface ResolvedRealtime extends Required<Omit<RealtimeModuleOptions, 'clientEndpoint' | 'pubsub'>> {
  clientEndpoint?: string
  pubsub?: PubSubModuleOptions
}

const defaults = { apiPath: '/api/rstore-realtime/ws', heartbeatInterval: 10_000, autoReconnect: true as ResolvedRealtime['autoReconnect'], allowedOrigins: [] as string[], health: false, limits: {} as Partial<RealtimeLimits> }
const names = [...Object.keys(defaults), 'clientEndpoint', 'pubsub']
const drivers: Record<PubSubModuleOptions['driver'], string[]> = {
  redis: ['prefix', 'history', 'lease'],
  nats: ['prefix', 'history', 'lease'],
  postgres: ['channel', 'outbox', 'triggers', 'lease'],
}

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
  check('health', value => typeof value === 'boolean', 'true or false')
  if (options.pubsub !== undefined)
    checkPubSub(options.pubsub, error)
  for (const [name, value] of Object.entries(options.limits ?? {})) {
    if (!Object.hasOwn(defaultRealtimeLimits, name))
      error(`ws.limits.${name}`, 'is no limit.', `Remove it.${suggest(name, Object.keys(defaultRealtimeLimits))}`)
    else if (!Number.isSafeInteger(value) || value < 1)
      error(`ws.limits.${name}`, `must be a whole number above zero, not ${JSON.stringify(value)}.`, 'Leave it out for the default.')
  }
  return { ...defaults, ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) }
}

/** What the driver makes of its own options, it says when the server starts. */
function checkPubSub(given: unknown, error: Report): void {
  const { driver, url, ...more } = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>
  const known = Object.hasOwn(drivers, String(driver)) ? drivers[driver as PubSubModuleOptions['driver']] : undefined
  if (!known)
    return error('ws.pubsub.driver', `must be one of ${Object.keys(drivers).join(', ')}, not ${JSON.stringify(driver)}.`, 'Name a driver, or call setRstoreDrizzlePubSub() in a Nitro plugin.')
  if (url !== undefined && typeof url !== 'string')
    error('ws.pubsub.url', `must be text, not ${JSON.stringify(url)}.`, 'Leave it out and set NUXT_RSTORE_DRIZZLE_PUBSUB_URL.')
  for (const name of Object.keys(more)) {
    if (!known.includes(name))
      error(`ws.pubsub.${name}`, `is no option of ${String(driver)}.`, `Remove it.${suggest(name, known)}`)
  }
}
