import type { Answer } from '../pipeline/prepared'
import type { PipelineRequest } from '../pipeline/request'
import type { ErrorAnswer } from '../rest/errors'
import type { ErrorReport } from '../rest/respond'
import { reportError } from '../rest/respond'

export type BatchResult = { ok: true } & Answer | { ok: false, error: ErrorAnswer }

export interface BatchContext {
  request: PipelineRequest
  report: ErrorReport
}

/** What became of an operation; this never rejects. */
export async function settleResult(answer: PromiseLike<Answer>, context: BatchContext): Promise<BatchResult> {
  try {
    return { ok: true, ...await answer }
  }
  catch (error) {
    return failure(error, context)
  }
}

export function failure(error: unknown, { request: { event }, report }: BatchContext): BatchResult {
  return { ok: false, error: reportError(event, error, report) }
}
