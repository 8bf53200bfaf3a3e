import type { RstoreErrorCode } from './errors'
import type { ColumnModel } from './model'
import { fromBase64, roundDate } from './codec'
import { RstoreError } from './errors'

type Failure = [code: RstoreErrorCode, problem: string]
type Fail = (failure: Failure) => undefined

/**
 * Checks a value for a column and gives it as the app sees it, rounded to what the column stores.
 * Takes the wire form and the decoded form alike. NULL passes; whether it may is `decodeInput`'s
 * business, since a condition may compare with NULL.
 * @throws RstoreError with the field named
 */
export function decodeValue(value: unknown, column: ColumnModel, field: string, collection?: string): unknown {
  const failure: { is?: Failure } = {}
  const decoded = value === null
    ? null
    : decode(value, column, (problem) => {
        failure.is = problem
        return undefined
      })
  if (failure.is)
    throw new RstoreError(failure.is[0], `"${field}" ${failure.is[1]}.`, { field, collection })
  return decoded
}

function decode(value: unknown, column: ColumnModel, fail: Fail): unknown {
  const invalid = (wanted: string) => fail(['RSTORE_INVALID_VALUE', `must be ${wanted}, not ${describe(value)}`])
  switch (column.type) {
    case 'string':
      if (typeof value !== 'string')
        return invalid('a string')
      if (!value.isWellFormed() || value.includes('\0'))
        return invalid('well-formed Unicode without NUL')
      if (column.enumValues && !column.enumValues.includes(value))
        return fail(['RSTORE_NOT_IN_ENUM', `must be one of ${column.enumValues.map(text => JSON.stringify(text)).join(', ')}`])
      if (column.order === 'numeric' && !/^[+-]?\d{1,500}(?:\.\d{1,500})?$/.test(value))
        return invalid('a decimal number as text')
      return checkLength(value, column, () => [...value].length, 'characters', fail)
    case 'number':
      if (typeof value !== 'number' || !Number.isFinite(value))
        return invalid('a finite number')
      if (column.integer && !Number.isSafeInteger(value))
        return Number.isInteger(value) ? fail(['RSTORE_OUT_OF_RANGE', 'is beyond the safe integers']) : invalid('a whole number')
      return checkRange(column.order === 'single' ? roundSingle(value) : value === 0 ? 0 : value, column, fail)
    case 'boolean':
      return typeof value === 'boolean' ? value : invalid('true or false')
    case 'date': {
      const time = value instanceof Date ? value.getTime() : typeof value === 'string' ? parseDate(value) : Number.NaN
      return Number.isNaN(time) ? invalid('an ISO 8601 date and time') : roundDate(time, column)
    }
    case 'bigint':
      if (typeof value !== 'bigint' && !(typeof value === 'string' && /^-?\d{1,40}$/.test(value)) && !Number.isSafeInteger(value))
        return invalid('a whole number as text')
      return checkRange(BigInt(value as string), column, fail)
    case 'bytes': {
      const bytes = value instanceof Uint8Array ? value : typeof value === 'string' && base64.test(value) ? fromBase64(value) : undefined
      return bytes ? checkLength(bytes, column, () => bytes.length, 'bytes', fail) : invalid('base64')
    }
    case 'array':
      return Array.isArray(value) ? value.map(item => column.items && item !== null ? decode(item, column.items, fail) : item) : invalid('an array')
    case 'json':
      return isJson(value) ? value : invalid('JSON')
  }
}

const isoDate = /^(\d{4}|[+-]\d{6})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d))?$/
const base64 = /^(?:[A-Z0-9+/]{4})*(?:[A-Z0-9+/]{2}==|[A-Z0-9+/]{3}=)?$/i

/** The shortest decimal for the number of single precision next to a value, as databases print it; beyond its range the value itself. */
export function roundSingle(value: number): number {
  const single = Math.fround(value)
  if (single === 0 || !Number.isFinite(single))
    return single === 0 ? 0 : value
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(single.toPrecision(digits))
    if (Math.fround(short) === single)
      return short
  }
  return Number(single.toPrecision(9))
}

/** `Date.parse` takes February 31st for March 3rd. */
function parseDate(text: string): number {
  const [, year, month, day] = isoDate.exec(text) ?? []
  const lastDay = new Date(Date.UTC(2000 + Number(year) % 400, Number(month), 0)).getUTCDate()
  return Number(day) <= lastDay ? Date.parse(text) : Number.NaN
}

function checkLength<T>(value: T, column: ColumnModel, measure: () => number, unit: string, fail: Fail): T | undefined {
  if (column.length !== undefined && measure() > column.length)
    return fail(['RSTORE_TOO_LONG', `has ${measure()} ${unit}; at most ${column.length} fit`])
  return value
}

function checkRange<T extends number | bigint>(value: T, column: ColumnModel, fail: Fail): T | undefined {
  if (column.range) {
    const [min, max] = typeof value === 'bigint' ? column.range.map(BigInt) : column.range.map(Number)
    if (value < min! || value > max!)
      return fail(['RSTORE_OUT_OF_RANGE', `must lie between ${column.range[0]} and ${column.range[1]}`])
  }
  return value
}

function isJson(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean')
    return true
  if (typeof value === 'number')
    return Number.isFinite(value)
  if (typeof value !== 'object' || depth > 100)
    return false
  return (Array.isArray(value) ? value : Object.values(value)).every(child => child === undefined || isJson(child, depth + 1))
}

function describe(value: unknown): string {
  if (value === null)
    return 'null'
  if (Array.isArray(value))
    return 'an array'
  if (typeof value === 'string')
    return value.length > 40 ? 'that text' : JSON.stringify(value)
  return typeof value === 'object' ? 'an object' : String(value)
}
