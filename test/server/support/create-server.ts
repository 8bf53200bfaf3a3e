import type { Client, Config } from '@libsql/client'
import type { EventHandler } from 'h3'
import type { Buffer } from 'node:buffer'
import type { QueryLimits } from '../../../src/runtime/shared/query'
import type { RelationModel, SchemaModel } from '../../../src/runtime/shared/model'
import type { WriteQueueOptions } from '../../../src/runtime/server/mutation/write-queue'
import type { MutationAnswers } from '../../../src/runtime/server/once/answers'
import type { RstoreDrizzlePubSub } from '../../../src/runtime/realtime/pubsub'
import type { RealtimeLimits } from '../../../src/runtime/shared/realtime-limits'
import type { RestDependencies } from '../../../src/runtime/server/rest/handlers'
import { once } from 'node:events'
import { createServer as createHttpServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient } from '@libsql/client'
import type { Logger } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/libsql'
import nodeAdapter from 'crossws/adapters/node'
import { createApp, createRouter, getRequestHeader, toNodeListener } from 'h3'
import { indexTables, introspect } from '../../../src/build/introspect'
import { resolveRelations } from '../../../src/build/relations'
import { createSqliteDialect } from '../../../src/runtime/server/dialects/sqlite'
import { createBatchHandler } from '../../../src/runtime/server/batch/handler'
import { createRegistry } from '../../../src/runtime/server/registry'
import { createRestHandlers } from '../../../src/runtime/server/rest/handlers'
import { createMemoryPubSub } from '../../../src/runtime/realtime/pubsub'
import { createRealtimeHandler } from '../../../src/runtime/server/realtime/handler'
import { Hub } from '../../../src/runtime/server/realtime/hub'
import { createRules } from '../../../src/runtime/server/rules/rules'
import { defaultQueryLimits } from '../../../src/runtime/shared/query'
import * as tables from './schema'

/** A schema other than the usual one; `relations` adds what this version of Drizzle can't declare, by collection. */
export interface ServerSchema {
  tables: Record<string, unknown>
  ddl: string
  relations?: Record<string, Record<string, RelationModel>>
}

export interface ServerSetup {
  schema?: ServerSchema
  logger?: Logger
  url?: string
  client?: Client
  intMode?: Config['intMode']
  limits?: Partial<QueryLimits>
  collections?: Record<string, false | { hidden?: string[], readonly?: string[] }>
  queue?: WriteQueueOptions
  before?: EventHandler
  useDatabase?: () => unknown
  requirePolicies?: boolean
  answers?: MutationAnswers
  realtime?: Partial<RealtimeLimits> & { pubsub?: RstoreDrizzlePubSub, allowedOrigins?: string[] }
}

export interface Answer<T = Record<string, unknown>> { status: number, body: T, headers: Headers }
export interface ErrorBody { statusCode: number, statusMessage: string, message: string, data: { code: string, field?: string, collection?: string } }

/** A real HTTP server over a real database, and what it reported. */
export async function createServer(setup: ServerSetup = {}) {
  const client = setup.client ?? createClient({ url: setup.url ?? ':memory:', intMode: setup.intMode })
  const given: ServerSchema = setup.schema ?? { tables, ddl: tables.ddl }
  if (!setup.client)
    await client.executeMultiple(given.ddl)
  const errors: unknown[] = []
  const refusals: string[] = []
  const badValues: string[] = []
  const database = drizzle({ client, casing: 'snake_case', logger: setup.logger })
  const registry = createRegistry({ schema: schemaOf(given.tables, setup.collections, given.relations), tables: given.tables })
  const rules = createRules(registry, { requirePolicies: setup.requirePolicies })
  const dependencies: RestDependencies = {
    registry,
    rules,
    dialect: createSqliteDialect(setup.queue),
    useDatabase: setup.useDatabase ?? (async () => database),
    answers: setup.answers,
    limits: { ...defaultQueryLimits, ...setup.limits },
    onError: error => void errors.push(error),
    onRefusal: line => void refusals.push(line),
    onBadValue: (collection, field) => void badValues.push(`${collection}.${field}`),
  }
  const { pubsub = createMemoryPubSub(), allowedOrigins, ...realtimeLimits } = setup.realtime ?? {}
  const hub = setup.realtime && new Hub({ ...dependencies, realtimeLimits, pubsub: () => pubsub, onError: error => void errors.push(error) })
  if (hub) {
    dependencies.offset = () => hub.offset
    dependencies.wantsPrevious = hub.wantsPrevious
    dependencies.onChange = (change, event, isAnswered) => hub.changed(change, isAnswered ? getRequestHeader(event, 'x-rstore-client-id') : undefined)
  }
  const rest = createRestHandlers(dependencies)
  const app = createApp()
  if (setup.before)
    app.use(setup.before)
  app.use(createRouter({ preemptive: true }).use('/api/rstore/_batch', createBatchHandler(dependencies), 'post').use('/api/rstore/:collection', rest.collection).use('/api/rstore/:collection/:key', rest.item))
  const http = createHttpServer(toNodeListener(app)).listen(0, '127.0.0.1')
  if (hub)
    http.on('upgrade', nodeAdapter({ hooks: createRealtimeHandler({ hub, allowedOrigins }) }).handleUpgrade)
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo

  async function call<T = Record<string, unknown>>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
    const raw = typeof body === 'string' || body instanceof Uint8Array
    const response = await fetch(`http://127.0.0.1:${port}/api/rstore/${path}`, {
      method,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      body: body === undefined ? undefined : raw ? body as string : JSON.stringify(body),
    })
    const text = await response.text()
    return { status: response.status, body: (text ? JSON.parse(text) : undefined) as T, headers: response.headers }
  }

  return {
    app,
    client,
    rules,
    hub: hub!,
    database,
    errors,
    refusals,
    badValues,
    port,
    call,
    get: <T = Record<string, unknown>[]>(path: string, headers?: Record<string, string>) => call<T>('GET', path, undefined, headers),
    list: (collection: string, query: Record<string, unknown> = {}) => call<Record<string, unknown>[]>('GET', `${collection}?${search(query)}`),
    error: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => call<ErrorBody>(method, path, body, headers),
    /** What `fetch` would not send: a path that is not normalized, a body in pieces. */
    async raw(method: string, path: string, headers: Record<string, string>, pieces: (string | Buffer)[] = []) {
      const sent = request({ port, host: '127.0.0.1', method, path: `/api/rstore/${path}`, headers })
      sent.on('error', () => {})
      for (const piece of pieces)
        sent.write(piece)
      sent.end()
      const [response] = await once(sent, 'response')
      let text = ''
      for await (const chunk of response)
        text += chunk
      return { status: response.statusCode as number, body: JSON.parse(text) as ErrorBody }
    },
    async close() {
      http.closeAllConnections()
      http.close()
      if (!setup.client)
        client.close()
    },
  }
}

export type TestServer = Awaited<ReturnType<typeof createServer>>

/** The model that a build makes of a schema. */
export function schemaOf(exports: Record<string, unknown>, collections: NonNullable<ServerSetup['collections']> = {}, more: ServerSchema['relations'] = {}): SchemaModel {
  const list = Object.entries(exports).map(([name, value]) => ({ name, value, file: 'schema.ts' }))
  const options = { collections: Object.fromEntries(Object.entries(collections).map(([name, given]) => [name, given && { hidden: [], readonly: [], ...given }])) }
  const index = indexTables(list, 'sqlite', options, [])
  const models = introspect(index, 'sqlite', options, [])
  for (const [name, relations] of Object.entries(resolveRelations(list, index, [])))
    models[name]!.relations = relations
  for (const [name, relations] of Object.entries(more))
    Object.assign(models[name]!.relations, relations)
  return { dialect: 'sqlite', collections: models }
}

export function search(query: Record<string, unknown>): string {
  return new URLSearchParams(Object.entries(query).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)])).toString()
}
