import type { ConditionNode, Operator } from '../shared/condition'
import type { ColumnModel, ColumnType, Dialect, Row } from '../shared/model'
import type { RstoreDrizzleCondition } from '../shared/protocol'
import { compilePredicate } from '../shared/match'

/**
 * Whether a record fulfils the condition of a subscription, as SQL would have it: NULL equals nothing. There is no model here, so the
 * values say what they are: a date and an ISO string are compared as moments, a bigint and digits as numbers, a boolean and 0 or 1 as booleans.
 * Values of two other types are as unknown to each other as NULL. What is no condition is fulfilled by nothing.
 * `dialect` is that of the database, for the case of `like`; SQLite unless given.
 */
export function filterWhere(record: Record<string, unknown>, where: RstoreDrizzleCondition | null | undefined, dialect: Dialect = 'sqlite'): boolean {
  if (where == null)
    return true
  try {
    const reading = new Reading(record)
    const condition = reading.read(where)
    return compilePredicate(condition, { name: '', table: '', primaryKey: [], columns: reading.columns, relations: {}, foreignKeys: [], readonly: true }, dialect)(reading.row)
  }
  catch {
    // Malformed, or nested deeper than the stack.
    return false
  }
}

const lists: readonly Operator[] = ['inArray', 'notInArray']
const arrays: readonly Operator[] = ['arrayContains', 'arrayContained', 'arrayOverlaps']
const ranges: readonly Operator[] = ['between', 'notBetween']
const nulls: readonly Operator[] = ['isNull', 'isNotNull']
const patterns: readonly Operator[] = ['like', 'notLike', 'ilike', 'notIlike']
const comparisons: readonly Operator[] = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte']

/** A condition with a field of its own for each comparison, since each says by its values what it compares. */
class Reading {
  readonly row: Row = {}
  readonly columns: Record<string, ColumnModel> = {}
  private count = 0

  constructor(private readonly record: Record<string, unknown>) {}

  read(node: unknown): ConditionNode {
    const { op, operator: name = op, conditions, condition, field, value, value1, value2 } = node as Record<string, unknown>
    const operator = name as Operator
    if (operator === 'and' || operator === 'or') {
      if (!Array.isArray(conditions) || conditions.length === 0)
        throw malformed()
      return { operator, conditions: conditions.map(child => this.read(child)) }
    }
    if (operator === 'not')
      return { operator, condition: this.read(condition) }
    if (typeof field !== 'string')
      throw malformed()
    const own = Object.hasOwn(this.record, field) ? this.record[field] : undefined
    if (nulls.includes(operator))
      return { operator, field: this.add(own, 'json') } as ConditionNode
    if (ranges.includes(operator)) {
      const [brought, values] = this.bring(own, [value1, value2])
      return { operator, field: brought, value1: values[0], value2: values[1] } as ConditionNode
    }
    if (lists.includes(operator) && Array.isArray(value)) {
      const [brought, values] = this.bring(own, value)
      return { operator, field: brought, value: values } as ConditionNode
    }
    if (arrays.includes(operator) && Array.isArray(value) && (own == null || Array.isArray(own)))
      return { operator, field: this.add(own, 'array'), value } as ConditionNode
    if (patterns.includes(operator))
      return { operator, field: this.add(typeof own === 'string' ? own : undefined, 'string'), value: typeof value === 'string' ? value : null } as ConditionNode
    if (!comparisons.includes(operator))
      throw malformed()
    const [brought, [other]] = this.bring(own, [value])
    return { operator, field: brought, value: other } as ConditionNode
  }

  /** The record's value and those it is compared with, brought to one type. */
  private bring(own: unknown, values: unknown[]): [field: string, values: unknown[]] {
    const type = typeOf([own, ...values])
    const convert = (value: unknown) => value == null ? null : converters[type](value) ?? null
    return [this.add(convert(own), type), values.map(convert)]
  }

  private add(value: unknown, type: ColumnType): string {
    const name = `f${this.count++}`
    this.row[name] = value
    this.columns[name] = { type, nullable: true, hasDefault: false, generated: false, readonly: true, ...type === 'array' && { items: element } }
    return name
  }
}

const element: ColumnModel = { type: 'number', nullable: true, hasDefault: false, generated: false, readonly: true }

type ComparedType = 'date' | 'bigint' | 'boolean' | 'number' | 'string'

function typeOf(values: unknown[]): ComparedType {
  if (values.some(value => value instanceof Date))
    return 'date'
  return (['bigint', 'boolean', 'number'] as const).find(type => values.some(value => typeof value === type)) ?? 'string'
}

const converters: Record<ComparedType, (value: unknown) => unknown> = {
  date: (value) => {
    const date = value instanceof Date ? value : typeof value === 'string' ? new Date(value) : undefined
    return date && !Number.isNaN(date.getTime()) ? date : undefined
  },
  bigint: value => typeof value === 'bigint' || Number.isSafeInteger(value) || (typeof value === 'string' && /^-?\d{1,40}$/.test(value)) ? BigInt(value as string) : undefined,
  boolean: value => typeof value === 'boolean' ? value : value === 1 ? true : value === 0 ? false : undefined,
  number: value => typeof value === 'number' ? value : undefined,
  string: value => typeof value === 'string' ? value : undefined,
}

function malformed(): TypeError {
  return new TypeError('This is no condition.')
}
