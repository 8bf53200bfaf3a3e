import type { Key } from '../../shared/key'
import type { Answer, Executed, Prepared } from '../pipeline/prepared'
import type { PipelineRequest } from '../pipeline/request'
import type { ServerCollection } from '../registry'
import type { KeptAnswer, MutationAddress } from './answers'
import { encodeRow } from '../../shared/codec'
import { isRstoreError, RstoreError } from '../../shared/errors'
import { isMutationId } from '../../shared/mutation-id'
import { run } from '../pipeline/prepared'
import { prepareItem } from '../pipeline/read'
import { decodeKey, keyText } from '../query/decode-key'
import { AnsweredMeanwhile } from './answers'
import { sessionId } from './session-id'

/** A write, as far as it says what is written. */
export interface OnceOperation {
  type: 'create' | 'update' | 'delete'
  collection: ServerCollection
  key?: Key
}

/**
 * Prepares a write that takes effect once, however often it is sent: what it answers is kept, and given again
 * where it is asked for again. A write that was refused has had no effect and may be sent anew.
 * @param mutationId - as it came in; without one, the write is as `prepare` gives it
 * @throws RstoreError RSTORE_INVALID_BODY where the id is malformed or belongs to another operation
 */
export async function prepareOnce(mutationId: unknown, operation: OnceOperation, request: PipelineRequest, prepare: () => Promise<Prepared>): Promise<Prepared> {
  const { answers, execution } = request
  const { type, collection, key } = operation
  if (mutationId === undefined || !answers)
    return prepare()
  request.rules.assertAllowed(collection)
  if (!isMutationId(mutationId))
    throw new RstoreError('RSTORE_INVALID_BODY', 'A mutation id must have 8 to 64 letters, digits, "_" or "-".', { collection: collection.name })
  const address: MutationAddress = { session: sessionId(await request.session()), mutation: mutationId }
  const what = type === 'create' ? `create ${collection.name}` : `${type} ${collection.name} ${key}`
  const known = await answers.find(address, execution)
  if (known)
    return prepareKnown(assertSame(known))
  const prepared = await prepare()
  return {
    ...prepared,
    needsTransaction: prepared.needsTransaction || answers.transactional,
    async execute(execution) {
      const executed = await prepared.execute(execution)
      const kept: KeptAnswer = { what, key: keyText(collection.model, executed.key!()) }
      if (!executed.hooked)
        kept.answer = await executed.finish()
      if (answers.transactional)
        await answers.keep(address, kept, execution)
      return { ...executed, finish: () => finish(executed, kept) }
    },
    async recover(error) {
      const known = error instanceof AnsweredMeanwhile ? await answers.find(address, execution) : undefined
      if (!known)
        throw error
      return repeat(assertSame(known))
    },
  }

  async function finish(executed: Executed, kept: KeptAnswer): Promise<Answer> {
    const answer = kept.answer ?? await executed.finish()
    if (!answers!.transactional)
      await answers!.keep(address, { ...kept, answer }, execution)
    else if (!kept.answer)
      await answers!.replace(address, { ...kept, answer }, execution)
    return answer
  }

  function assertSame(known: KeptAnswer): KeptAnswer {
    if (known.what !== what)
      throw new RstoreError('RSTORE_INVALID_BODY', 'The mutation id belongs to another operation.', { collection: collection.name })
    return known
  }

  function prepareKnown(known: KeptAnswer): Prepared {
    return {
      collection,
      needsTransaction: false,
      execute: async () => ({ hooked: true, key: () => decodeKey(collection.model, known.key), finish: () => repeat(known) }),
    }
  }

  async function repeat({ key, answer }: KeptAnswer): Promise<Answer> {
    return answer ?? readAgain(key, operation, request)
  }
}

/** The server has died before the after hooks had run to their end: what is answered is the row as it is read now. */
async function readAgain(key: string, { type, collection }: OnceOperation, request: PipelineRequest): Promise<Answer> {
  try {
    if (type !== 'delete')
      return await run(await prepareItem(key, {}, collection, request), request)
  }
  catch (error) {
    if (!isRstoreError(error) || error.code !== 'RSTORE_NOT_FOUND')
      throw error
  }
  return { result: encodeRow(decodeKey(collection.model, key), collection.model) }
}
