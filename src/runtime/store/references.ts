import type { ConditionNode } from '../shared/condition'
import type { Key } from '../shared/key'
import type { CollectionModel, Row } from '../shared/model'
import type { TemporaryKeys } from './temporary-keys'
import { reviveValue } from '../shared/codec'

/** Fields of a collection that may hold the temporary key of a row: its own key, and foreign keys. */
export function createReferences(model: CollectionModel, temporaryKeysOf: (collection: string) => TemporaryKeys | undefined) {
  const foreign = model.foreignKeys.filter(({ columns }) => columns.length === 1).map(({ columns, to }): [string, string] => [columns[0]!, to])
  const own = model.primaryKey.length === 1 ? [[model.primaryKey[0]!, model.name] as [string, string]] : []
  const targets = new Map([...own, ...foreign])

  /** The value to use now: the real key where it is known. */
  function resolve(field: string, value: unknown): unknown {
    const target = temporaryKeysOf(targets.get(field) ?? '')
    if (!target || value == null)
      return value
    const key = toKey(value)
    const real = target.resolve(key)
    return real === key ? value : reviveValue(real, model.columns[field]!)
  }

  /** What an input holds of keys that are not known yet. They are no values of their columns, so nothing checks them. */
  function waiting(input: Row): Row {
    return Object.fromEntries(Object.entries(input).filter(([field, value]) =>
      value != null && temporaryKeysOf(targets.get(field) ?? '')?.isWaiting(toKey(value))))
  }

  /** Whether any of the values is a key that the server knows nothing of. */
  function isTemporary(values: readonly { field: string, value: unknown }[]): boolean {
    return values.some(({ field, value }) => value != null && temporaryKeysOf(targets.get(field) ?? '')?.isTemporary(toKey(value)))
  }

  /**
   * The input with real keys, once the server has given them to the rows that are being created now; those of rows
   * that the transaction creates stay temporary. Rejects with the error of a create that failed.
   */
  async function settle(input: Row, transaction?: object): Promise<Row> {
    const real = { ...input }
    await Promise.all(foreign.map(async ([field, to]) => {
      const target = temporaryKeysOf(to)
      if (target && real[field] != null)
        real[field] = reviveValue(await target.settle(toKey(real[field]), transaction), model.columns[field]!)
    }))
    return real
  }

  function condition(node: ConditionNode): ConditionNode {
    if ('conditions' in node)
      return { ...node, conditions: node.conditions.map(condition) }
    if ('condition' in node)
      return { ...node, condition: condition(node.condition) }
    if (!('value' in node) || !targets.has(node.field))
      return node
    return { ...node, value: Array.isArray(node.value) ? node.value.map(value => resolve(node.field, value)) : resolve(node.field, node.value) }
  }

  return { resolve, waiting, isTemporary, settle, condition }
}

function toKey(value: unknown): Key {
  return typeof value === 'number' ? value : value instanceof Date ? value.toISOString() : String(value)
}
