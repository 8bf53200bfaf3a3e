import type { ConditionNode, Operator } from '../../../src/runtime/shared/condition'
import type { CollectionModel, ColumnModel, Row } from '../../../src/runtime/shared/model'
import type { Random } from './random'
import { encodeValue } from '../../../src/runtime/shared/codec'
import { isComparable } from '../../../src/runtime/shared/compare'
import { supportsOperator } from '../../../src/runtime/shared/match'

/** Texts whose order, case or pattern goes wrong easily. U+10000 and above sort after U+E000 by code point, before it in UTF-16. */
const texts = [
  '', ' ', 'a', 'A', 'b', 'B', 'ab', 'AB', 'aB', 'a b', 'Z', 'z', '~', '0', '1', '9', '10', 'null', '\n', '\t', '\'', '"', '\\', '\\%',
  '%', '_', 'a%b', 'a_b', '100%', '__', 'é', 'É', 'e\u0301', 'ß', 'ss', 'İ', 'ı', 'I', 'i', 'Ω', 'ω', 'Å', '\u212B', 'K', '\u212A', 'k', 'ſ',
  '\uD7FF', '\uE000', '\uFFFD', '\uFFFF', '\u{10000}', '\u{1F600}', 'a\u{1F600}', 'a\uE000', 'a\uFFFF', '\u{1F600}\u{1F600}', '\u{10FFFF}', '\u{1F600}é',
]
const fragments = ['%', '_', '%', '_', '', '\\', ...texts.filter(text => text.length < 4)]
const integers = [0, 1, -1, 2, 3, 9, 10, 100, -100, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]
const reals = [0, -0, 1, -1, 1.5, -1.5, 0.1, 0.2, 0.3, 0.1 + 0.2, 1 / 3, 1e23, 1e-7, 5e-324, 2 ** 53, 2 ** 53 + 2, 1e15 + 0.3, Number.MAX_VALUE, -Number.MAX_VALUE]
const singles = [0, 1, -1, 1.5, 0.1, 0.2, 0.3, 1 / 3, 16777216, 16777217, 1e10, 3.4e38, -3.4e38, 1e-30, 8388608.5, 123456.789]
const decimals = ['0', '-0', '1', '1.0', '1.1', '1.10', '-1.1', '9', '10', '010', '0.5', '100000000000000', '9007199254740992', '9007199254740993', '-9007199254740993', '9223372036854775807', '123456789012345678901', '123456789012345678902']
const bigints = [0n, 1n, -1n, 2n, 9n, 10n, -10n, 100n, 9007199254740992n, 9007199254740993n, -9223372036854775808n, 9223372036854775807n]
const moments = [0, 1, 999, 1000, 1500, -1, -1000, -1500, 1767323045000, 1767323045678, 1767323045679, 1767323046000, 253402300799999, -62135596800000]

/** Values to take instead, by field: what a column holds may say more than its model. */
export type Pools = Record<string, readonly unknown[]>

/** A decoded value, in reach of what the column can hold. */
export function randomValue(column: ColumnModel, random: Random, pool?: readonly unknown[]): unknown {
  if (pool)
    return random.pick(pool)
  switch (column.type) {
    case 'string': return column.enumValues ? random.pick(column.enumValues) : column.order === 'numeric' ? random.pick(decimals) : random.pick(texts)
    case 'number': return random.pick((column.integer ? integers : column.order === 'single' ? singles : reals).filter(number => inRange(number, column)))
    case 'boolean': return random.chance(0.5)
    case 'date': return new Date(random.pick(moments))
    case 'bigint': return random.pick(bigints)
    case 'array': return random.some(0, 4, () => column.items!.type !== 'array' && random.chance(0.1) ? null : randomValue(column.items!, random))
    case 'json': return random.pick([{ a: ['x', null, 1.5] }, [], '', 'null', '"', '1', 0, true])
    default: return null
  }
}

export function randomRow(model: CollectionModel, random: Random, pools: Pools = {}): Row {
  return Object.fromEntries(Object.entries(model.columns).map(([field, column]) =>
    [field, column.nullable && random.chance(0.2) ? null : randomValue(column, random, pools[field])]))
}

function inRange(number: number, { range }: ColumnModel): boolean {
  return !range || (number >= Number(range[0]) && number <= Number(range[1]))
}

const operators: Operator[] = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'like', 'notLike', 'ilike', 'notIlike', 'inArray', 'notInArray', 'between', 'notBetween', 'arrayContains', 'arrayContained', 'arrayOverlaps', 'isNull', 'isNotNull']

/** A condition in wire form, as a client would send it. Half of its values are those of a row. */
export function randomCondition(model: CollectionModel, rows: readonly Row[], random: Random, pools: Pools = {}, depth = 3): ConditionNode {
  if (depth > 0 && random.chance(0.45)) {
    return random.chance(0.3)
      ? { operator: 'not', condition: randomCondition(model, rows, random, pools, depth - 1) }
      : { operator: random.pick(['and', 'or'] as const), conditions: random.some(1, 3, () => randomCondition(model, rows, random, pools, depth - 1)) }
  }
  const [field, column] = random.pick(Object.entries(model.columns).filter(([, column]) => operatorsOf(column).length > 2))
  const operator = random.pick(operatorsOf(column))
  if (column.type === 'array' && operator.startsWith('array'))
    return { operator, field, value: random.some(0, 3, () => encodeValue(elements(random, column, rows, field), column.items!)) } as ConditionNode
  const value = () => {
    if (random.chance(0.05))
      return null
    const own = rows.length > 0 && random.chance(0.5) ? random.pick(rows)[field] : random.chance(0.1) ? randomValue({ ...column, range: undefined, enumValues: undefined }, random) : randomValue(column, random, pools[field])
    return encodeValue(own, column)
  }
  switch (operator) {
    case 'isNull': case 'isNotNull': return { operator, field }
    case 'between': case 'notBetween': return { operator, field, value1: value(), value2: value() }
    case 'inArray': case 'notInArray': return { operator, field, value: random.some(0, 4, value) }
    case 'like': case 'notLike': case 'ilike': case 'notIlike':
      return { operator, field, value: random.chance(0.05) ? null : random.some(1, 4, () => random.pick(fragments)).join('') }
    default: return { operator, field, value: value() } as ConditionNode
  }
}

function operatorsOf(column: ColumnModel): Operator[] {
  return operators.filter(operator => supportsOperator(operator, column))
}

/** An element of an array: often one of a row. */
function elements(random: Random, column: ColumnModel, rows: readonly Row[], field: string): unknown {
  const own = rows.length > 0 && random.chance(0.6) ? (random.pick(rows)[field] as unknown[] | null) ?? [] : []
  return own.length > 0 ? random.pick(own) : randomValue(column.items!, random)
}

export function randomOrder(model: CollectionModel, random: Random): string[] {
  return random.some(0, 3, () => `${random.pick(comparableColumns(model))[0]}.${random.pick(['asc', 'desc'])}`)
}

function comparableColumns(model: CollectionModel): [string, ColumnModel][] {
  return Object.entries(model.columns).filter(([, column]) => isComparable(column))
}
