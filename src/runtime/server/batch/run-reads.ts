import type { Row } from '../../shared/model'
import type { Answer } from '../pipeline/prepared'
import type { Operation } from './operation'
import type { BatchContext, BatchResult } from './result'
import { isRstoreError } from '../../shared/errors'
import { run } from '../pipeline/prepared'
import { prepareItems } from '../pipeline/read'
import { decodeKey, keyText } from '../query/decode-key'
import { notFound } from '../query/read'
import { prepareOperation } from './operation'
import { settleResult } from './result'

/** All at the same time. Rows of one collection that are asked for by key are one statement, unless hooks want to see each. */
export async function runReads(operations: readonly Operation[], context: BatchContext): Promise<BatchResult[]> {
  const answers = new Map<Operation, Promise<Answer>>()
  for (const group of groupsOf(operations)) {
    for (const [operation, answer] of runGroup(group, context))
      answers.set(operation, answer)
  }
  return Promise.all(operations.map(operation => settleResult(answers.get(operation)!, context)))
}

/** Reads of rows by key that differ in nothing but the key; any other read is a group of its own. */
function groupsOf(operations: readonly Operation[]): Iterable<Operation[]> {
  const groups = new Map<unknown, Operation[]>()
  for (const operation of operations) {
    const { type, collection, key, query } = operation
    const id = type === 'fetchFirst' && key !== undefined ? JSON.stringify([collection.name, query]) : operation
    groups.set(id, [...groups.get(id) ?? [], operation])
  }
  return groups.values()
}

function runGroup(group: readonly Operation[], { request }: BatchContext): [Operation, Promise<Answer>][] {
  const apart = async (operation: Operation) => run(await prepareOperation(operation, request), request)
  const keys = new Map(group.flatMap(operation => [[operation, tryDecodeKey(operation)] as const]).filter((entry): entry is [Operation, Row] => !!entry[1]))
  if (keys.size < 2)
    return group.map(operation => [operation, apart(operation)])
  const [{ collection, query }] = group as [Operation]
  const rows = readTogether()
  return group.map(operation => [operation, answer(operation)])

  async function readTogether(): Promise<Map<string, Row> | undefined> {
    const prepared = await prepareItems([...keys.values()], query, collection, request)
    return prepared && (await run(prepared, request)).result as Map<string, Row>
  }

  async function answer(operation: Operation): Promise<Answer> {
    const key = keys.get(operation)
    const found = key && await rows
    if (!found)
      return apart(operation)
    const row = found.get(keyText(collection.model, key))
    if (!row)
      throw notFound(collection)
    return { result: row }
  }
}

/** Nothing for what is no key: read on its own, it gets the error that it deserves. */
function tryDecodeKey({ type, key, collection }: Operation): Row | undefined {
  if (type !== 'fetchFirst' || key === undefined)
    return undefined
  try {
    return decodeKey(collection.model, key)
  }
  catch (error) {
    if (isRstoreError(error))
      return undefined
    throw error
  }
}
