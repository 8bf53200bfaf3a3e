import type { AddressInfo } from 'node:net'
import type { PipelineDependencies } from '../../../src/runtime/server/pipeline/request'
import type { Dialect } from '../../../src/runtime/shared/model'
import type { SchemaModelOptions } from '../../support/schema-model'
import type { Answer, ErrorBody } from './create-server'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createApp, createRouter, toNodeListener } from 'h3'
import { createBatchHandler } from '../../../src/runtime/server/batch/handler'
import { createDialect } from '../../../src/runtime/server/dialects/create-dialect'
import { createRegistry } from '../../../src/runtime/server/registry'
import { createRestHandlers } from '../../../src/runtime/server/rest/handlers'
import { createRules } from '../../../src/runtime/server/rules/rules'
import { defaultQueryLimits } from '../../../src/runtime/shared/query'
import { schemaModel } from '../../support/schema-model'
import { search } from './create-server'

/** A real HTTP server over any database, or over what an app's `useDrizzle` gives, and what it reported. */
export async function serve(dialect: Dialect, database: unknown, tables: Record<string, unknown>, options?: SchemaModelOptions & Pick<PipelineDependencies, 'answers' | 'onChange' | 'wantsPrevious'>) {
  const errors: unknown[] = []
  const badValues: string[] = []
  const registry = createRegistry({ schema: schemaModel(tables, dialect, options), tables })
  const rules = createRules(registry)
  const dependencies = {
    registry,
    rules,
    dialect: createDialect(dialect),
    useDatabase: typeof database === 'function' ? database as () => unknown : () => database,
    answers: options?.answers,
    onChange: options?.onChange,
    wantsPrevious: options?.wantsPrevious,
    limits: defaultQueryLimits,
    onError: (error: unknown) => void errors.push(error),
    onBadValue: (collection: string, field: string) => void badValues.push(`${collection}.${field}`),
  }
  const rest = createRestHandlers(dependencies)
  const router = createRouter({ preemptive: true })
    .use('/api/rstore/_batch', createBatchHandler(dependencies), 'post')
    .use('/api/rstore/:collection', rest.collection)
    .use('/api/rstore/:collection/:key', rest.item)
  const http = createHttpServer(toNodeListener(createApp().use(router))).listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo

  async function call<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const response = await fetch(`http://127.0.0.1:${port}/api/rstore/${path}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: response.status, body: await response.json() as T, headers: response.headers }
  }

  return {
    errors,
    rules,
    badValues,
    dialect: dependencies.dialect,
    call,
    list: (collection: string, query: Record<string, unknown> = {}) => call<Record<string, unknown>[]>('GET', `${collection}?${search(query)}`),
    error: (method: string, path: string, body?: unknown) => call<ErrorBody>(method, path, body),
    batch: (operations: unknown[], atomic = false) => call<{ results: { ok: boolean, result?: unknown, error?: ErrorBody }[] }>('POST', '_batch', { operations, atomic }),
    close() {
      http.closeAllConnections()
      http.close()
    },
  }
}

export type DialectServer = Awaited<ReturnType<typeof serve>>
