import type { EventHandler } from 'h3'
import type { RestDependencies } from '../rest/handlers'
import type { ErrorReport } from '../rest/respond'
import { defineEventHandler, setResponseHeader } from 'h3'
import { RstoreError } from '../../shared/errors'
import { beginRequest } from '../pipeline/request'
import { readJsonBody, refuseCrossSite } from '../rest/body'
import { sendError, sendJson, sendOffset } from '../rest/respond'
import { mayWrite } from './operation'
import { parseBatch, runBatch } from './run-batch'

/** `POST {apiPath}/_batch` as an h3 handler: 200 with a result for each operation, whatever became of it. */
export function createBatchHandler(dependencies: RestDependencies): EventHandler {
  const { onError, onRefusal } = dependencies
  return defineEventHandler(async (event) => {
    const reported = new Set<unknown>()
    const report: ErrorReport = {
      onRefusal,
      // One failure may be that of several operations.
      onError(error) {
        if (!reported.has(error))
          onError(error, event)
        reported.add(error)
      },
    }
    try {
      if (event.method !== 'POST') {
        setResponseHeader(event, 'allow', 'POST')
        throw new RstoreError('RSTORE_METHOD_NOT_ALLOWED', `This route does not answer ${event.method}.`)
      }
      sendOffset(event, dependencies.offset)
      const batch = parseBatch(await readJsonBody(event), dependencies.limits)
      // A page that is rendered for a visitor from another site reads as well.
      if (batch.operations.some(mayWrite))
        refuseCrossSite(event)
      return sendJson(event, 200, { results: await runBatch(batch, { request: await beginRequest(event, dependencies), report }) })
    }
    catch (error) {
      return sendError(event, error, report)
    }
  })
}
