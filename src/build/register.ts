import type { Nuxt } from './nuxt'
import type { ClientOptions } from '../runtime/client/options'
import type { ResolvedOptions } from './options'
import type { BuiltSchema } from './schema'
import { addImports, addPlugin, addServerHandler, addServerImports, addServerPlugin, addServerTemplate, addTemplate, addTypeTemplate } from '@nuxt/kit'
import { dirname, resolve } from 'pathe'
import type { ServerSource } from './render-server'
import { renderClient } from './render-client'
import { renderFeatures } from './render-features'
import { renderServer } from './render-server'
import { renderTypes } from './render-types'

export interface Registration {
  options: ResolvedOptions
  /** The last good schema: templates are rendered from it whenever Nuxt asks. */
  current: () => BuiltSchema
  /** Absolute path of a file of the module's runtime, without an extension. */
  runtime: (path: string) => string
}

/** Condition builders that components use without an import. The list is public API. */
export const conditionBuilders = [
  'eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'inArray', 'notInArray', 'like', 'notLike', 'ilike', 'notIlike',
  'arrayContains', 'arrayContained', 'arrayOverlaps', 'between', 'notBetween', 'isNull', 'isNotNull', 'and', 'or', 'not',
]

/** What Nitro plugins use without an import. The list is public API. */
export const serverFunctions = ['allowTables', 'hooksForTable', 'rstoreDrizzleHooks', 'policyForTable', 'setRstoreDrizzleSession', 'publishRstoreDrizzleRealtimeUpdate', 'invalidateRstoreDrizzleSession', 'setRstoreDrizzlePubSub']

/** Templates that follow the schema, by file name. */
export const templates = { client: 'rstore-drizzle/client.mjs', types: 'types/rstore-drizzle.d.ts' } as const

/** Hands everything generated, the runtime and the auto-imports to Nuxt and Nitro. */
export function register(nuxt: Nuxt, registration: Registration): void {
  const { options, runtime } = registration
  nuxt.options.build.transpile.push(runtime(''))
  registerTemplates(nuxt, registration)
  addPlugin(runtime('entries/plugin'))
  addImports([
    { name: 'useStore', from: runtime('entries/use-store') },
    { name: 'realtimeReconnectEventHook', from: runtime('client/reconnect') },
    ...conditionBuilders.map(name => ({ name, from: runtime('shared/condition') })),
  ])
  addServerImports(serverFunctions.map(name => ({ name, from: runtime('entries/server-rules') })))
  addServerHandler({ route: `${options.apiPath}/_batch`, method: 'post', handler: runtime('entries/batch') })
  addServerHandler({ route: `${options.apiPath}/:collection`, handler: runtime('entries/collection') })
  addServerHandler({ route: `${options.apiPath}/:collection/:key`, handler: runtime('entries/item') })
  if (options.ws) {
    addServerHandler({ route: options.ws.apiPath, handler: runtime('entries/realtime') })
    addServerPlugin(runtime('entries/realtime-plugin'))
    if (options.ws.health)
      addServerHandler({ route: `${options.apiPath}-realtime/health`, method: 'get', handler: runtime('entries/realtime-health') })
    const { nitro, runtimeConfig } = nuxt.options as { nitro: { experimental?: object }, runtimeConfig: Record<string, unknown> & { public: Record<string, unknown> } }
    nitro.experimental = { ...nitro.experimental, websocket: true }
    runtimeConfig.rstoreDrizzle = { pubsubUrl: options.ws.pubsub?.url ?? '' }
    runtimeConfig.public.rstoreDrizzle = { wsEndpoint: options.ws.clientEndpoint ?? '' }
  }
}

const drivers = {
  redis: { create: 'createRedisPubSub', address: 'url' },
  nats: { create: 'createNatsPubSub', address: 'servers' },
  postgres: { create: 'createPostgresPubSub', address: 'url' },
}

function pubsubOf({ ws }: ResolvedOptions, runtime: (path: string) => string): Pick<ServerSource, 'pubsub'> {
  if (!ws?.pubsub)
    return {}
  const { driver, url, ...options } = ws.pubsub
  return { pubsub: { ...drivers[driver], file: runtime(`pubsub/${driver}`), options } }
}

/** What browsers need to know of realtime. */
function wsOf({ ws }: ResolvedOptions): Pick<ClientOptions, 'ws'> {
  return ws ? { ws: { apiPath: ws.apiPath, heartbeatInterval: ws.heartbeatInterval, autoReconnect: ws.autoReconnect } } : {}
}

function registerTemplates(nuxt: Nuxt, { options, current, runtime }: Registration): void {
  const { apiPath, queryLimits, batching } = options
  const drizzleImport = { ...options.drizzleImport, from: options.drizzleImport.from.replace(/^\.{1,2}\/.*/, path => resolve(nuxt.options.rootDir, path)) }

  nuxt.options.alias['#rstore-drizzle/client'] = addTemplate({
    filename: templates.client,
    getContents: () => renderClient(current().client, { apiPath, maxLimit: queryLimits.maxLimit, maxKeys: queryLimits.maxKeys, maxBatchSize: queryLimits.maxBatchSize, ...wsOf(options), batching }),
  }).dst

  nuxt.options.alias['#rstore-drizzle/features'] = addTemplate({
    filename: 'rstore-drizzle/features.mjs',
    getContents: () => renderFeatures(options, runtime),
  }).dst

  addServerTemplate({
    filename: '#rstore-drizzle/server',
    getContents: () => renderServer({ schema: current().server, files: current().files, mutations: current().mutations, options: { apiPath, queryLimits, requirePolicies: options.requirePolicies, ...options.ws && { ws: { allowedOrigins: options.ws.allowedOrigins, limits: options.ws.limits } } }, drizzleImport, ...pubsubOf(options, runtime) }),
  })

  addTypeTemplate({
    filename: templates.types,
    getContents: () => renderTypes({
      schema: current().server,
      files: current().files,
      helpers: runtime('types/schema'),
      folder: dirname(resolve(nuxt.options.buildDir, templates.types)),
    }),
  }, { nuxt: true, nitro: true, node: true, shared: true })

  // The other generated modules have the same types in every app.
  const declarations = { path: runtime('types/virtual.d.ts') }
  nuxt.hook('prepare:types', ({ references }) => {
    references.push(declarations)
  })
  nuxt.hook('nitro:prepare:types' as never, (({ references }: { references: { path: string }[] }) => {
    references.push(declarations)
  }) as never)
}
