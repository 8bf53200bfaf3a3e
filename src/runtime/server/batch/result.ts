import type { Answer } from '../pipeline/prepared'
import type { PipelineRequest } from '../pipeline/request'
import type { ErrorAnswer } from '../rest/errors'
import { toErrorAnswer } from '../rest/errors'

export type BatchResult = { ok: true } & Answer | { ok: false, error: ErrorAnswer }

export interface BatchContext {
  request: PipelineRequest
  /** An error that nobody expected. */
  onError: (error: unknown) => void
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

export function failure(error: unknown, { onError }: BatchContext): BatchResult {
  const answer = toErrorAnswer(error)
  if (answer.statusCode >= 500)
    onError(error)
  return { ok: false, error: answer }
}
