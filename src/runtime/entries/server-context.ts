import type { PipelineDependencies } from '../server/pipeline/request'
import type { RestDependencies } from '../server/rest/handlers'
import type { Rules } from '../server/rules/rules'
import type { Session } from './session'
import { mutations, options, schema, tables, useDatabase, useStorage } from '#rstore-drizzle/server'
import { consola } from 'consola'
import { getRequestHeader } from 'h3'
import { getPubSub, hasPubSub } from '../realtime/pubsub'
import { createBatchHandler } from '../server/batch/handler'
import { createDialect } from '../server/dialects/create-dialect'
import { createStorageAnswers } from '../server/once/storage-answers'
import { createTableAnswers } from '../server/once/table-answers'
import { createRegistry } from '../server/registry'
import { Hub } from '../server/realtime/hub'
import { createRestHandlers } from '../server/rest/handlers'
import { createRules } from '../server/rules/rules'
import { clientIdHeader } from '../shared/query'

export const logger = consola.withTag('rstore')
const reported = new Set<string>()

const answerOptions = { onError: (error: unknown) => logger.error('An answer to a mutation could not be kept.', error) }

/** One per server: all routes share the registry, the rules and the queue of writes. */
export const registry = createRegistry({ schema, tables })
const book = createRules(registry, options)
const pipeline: PipelineDependencies = {
  registry,
  rules: book,
  dialect: createDialect(schema.dialect),
  useDatabase,
  limits: options.queryLimits,
  answers: mutations ? createTableAnswers(mutations, answerOptions) : createStorageAnswers(() => useStorage('rstore'), answerOptions),
  onBadValue(collection, field) {
    const name = `${collection}.${field}`
    if (reported.has(name))
      return
    reported.add(name)
    logger.warn(`"${name}" holds a value that its column type can't mean. It is answered as null.`)
  },
}

/** Tells clients of changes, where the app wants realtime. */
export const hub = options.ws && new Hub({
  ...pipeline,
  realtimeLimits: options.ws.limits,
  pubsub: getPubSub,
  isShared: hasPubSub,
  onError: error => logger.error(error),
})

const dependencies: RestDependencies = {
  ...pipeline,
  offset: hub && (() => hub.offset),
  onChange: hub && ((change, event, isAnswered) => hub.changed(change, isAnswered ? getRequestHeader(event, clientIdHeader) : undefined)),
  wantsPrevious: hub?.wantsPrevious,
  onError(error, event) {
    logger.error(error)
    // Nitro's `error` hook, where error trackers listen.
    const { captureError } = event as { captureError?: (error: unknown, context: { tags: string[] }) => void }
    captureError?.(error, { tags: ['rstore'] })
  },
  // In production anybody could fill the log.
  onRefusal: line => logger[import.meta.dev ? 'warn' : 'debug'](line),
}

/** What the app lays down for its collections. */
export const rules: Rules<Session> = book
export const rest = createRestHandlers(dependencies)
export const batch = createBatchHandler(dependencies)
