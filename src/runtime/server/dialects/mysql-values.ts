import type { SQL } from 'drizzle-orm'
import type { ColumnModel } from '../../shared/model'
import type { FieldSource, Sign } from './types'
import { sql } from 'drizzle-orm'
import { columnBehind, storesFractions } from './drizzle-column'

/*
 * Expressions on columns in MySQL and MariaDB. Numbers are written as literals: compared with a text, a
 * number is compared as a double, which holds neither every BIGINT nor every DECIMAL.
 */

type Kind = 'integer' | 'decimal' | 'float' | 'double' | 'moment' | 'day' | 'enum' | 'text' | 'other'

const kinds: Record<string, Kind> = {
  MySqlTinyInt: 'integer', MySqlSmallInt: 'integer', MySqlMediumInt: 'integer', MySqlInt: 'integer', MySqlBigInt53: 'integer', MySqlBigInt64: 'integer',
  MySqlSerial: 'integer', MySqlYear: 'integer', MySqlDecimal: 'decimal', MySqlDecimalNumber: 'decimal', MySqlDecimalBigInt: 'decimal',
  MySqlFloat: 'float', MySqlDouble: 'double', MySqlReal: 'double', MySqlTimestamp: 'moment', MySqlDateTime: 'moment', MySqlDate: 'day', MySqlDateString: 'day',
  MySqlEnumColumn: 'enum', MySqlEnumObjectColumn: 'enum', MySqlText: 'text', MySqlVarChar: 'text', MySqlChar: 'text',
}

/** Text where drivers give less than there is, or JSON that they may have parsed already. */
export function output(source: FieldSource): SQL {
  const column = columnBehind(source)
  if (!column)
    return sql`${source}`
  // A FLOAT is shown with six digits only; as a double it has all of them.
  if (kindOf(source) === 'float')
    return sql`(${source} + 0e0)`
  if (hasFractions(source))
    return sql`cast(${sortKey(source)} as char)`
  return asText.test(column.columnType) ? sql`cast(${source} as char)` : sql`${source}`
}

const asText = /^MySql(?:BigInt\d\d|Serial|Decimal\w*|Json|DateTime|Timestamp|Date|DateString)$/

export function sortKey(source: FieldSource, binary = false): SQL {
  if (binary)
    return bytesOf(sql`${source}`)
  return hasFractions(source) ? sql`(${source} - interval (microsecond(${source}) % 1000) microsecond)` : sql`${source}`
}

export function compare(source: FieldSource, sign: Sign, value: unknown, binary = false): SQL {
  if (value === null)
    return sql`${source} ${sql.raw(sign)} null`
  if (binary)
    return sql`${sortKey(source, true)} ${sql.raw(sign)} ${bytesOf(sql`${String(value)}`)}`
  const kind = kindOf(source)
  if (kind === 'enum')
    return compareEnum(source, sign, value as string)
  if (hasFractions(source))
    return compareMoment(source, sign, String(value))
  const given = parameter(source, value)
  return given ? sql`${operand(source, [value])} ${sql.raw(sign)} ${given}` : sql`${bytesOf(sql`cast(${source} as char)`)} ${sql.raw(sign)} ${bytesOf(sql`${String(value)}`)}`
}

/** The collation finds it, by an index where there is one, and the bytes decide. */
export function same(source: FieldSource, value: unknown): SQL {
  const equal = compare(source, '=', value)
  return kindOf(source) === 'text' ? sql`(${equal} and ${compare(source, '=', value, true)})` : equal
}

export function inList(source: FieldSource, values: unknown[]): SQL {
  const given = values.map(value => parameter(source, value)).filter(value => value !== undefined)
  return given.length === 0 ? nothing(source) : sql`${operand(source, values)} in (${sql.join(given, sql`, `)})`
}

export function inTuples(sources: FieldSource[], tuples: unknown[][]): SQL {
  const rows = tuples.map(tuple => sql`(${sql.join(tuple.map((value, i) => parameter(sources[i]!, value) ?? sql`null`), sql`, `)})`)
  return sql`(${sql.join(sources.map(source => sortKey(source)), sql`, `)}) in (${sql.join(rows, sql`, `)})`
}

/** LIKE follows the collation, ILIKE does not exist. Only text is sure to have a collation. */
export function like(source: FieldSource, pattern: string | null, insensitive: boolean, _column?: ColumnModel): SQL {
  const kind = kindOf(source)
  const text = kind === 'text' || kind === 'enum' ? sql`${source}` : sql`cast(${source} as char)`
  return insensitive ? sql`lower(${text}) like lower(${sql.param(pattern)})` : sql`${text} like ${sql.param(pattern)}`
}

/** A literal or parameter that compares exactly; `undefined` for what the column can't be equal to. */
export function parameter(source: FieldSource, value: unknown): SQL | undefined {
  if (value === null)
    return sql`null`
  switch (kindOf(source)) {
    case 'integer':
    case 'decimal': return exactNumber(String(value))
    case 'float': return double(Math.fround(Number(value)))
    case 'double': return double(Number(value))
    case 'moment': return sql`${momentText(String(value))}`
    case 'day': return isDay(String(value)) ? sql`${String(value)}` : undefined
    case 'enum': return enumValues(source).includes(value as string) ? sql.raw(String(enumValues(source).indexOf(value as string) + 1)) : undefined
    case 'text':
    case 'other': return sql`${sql.param(value instanceof Uint8Array ? Buffer.from(value) : typeof value === 'number' ? finite(value) : value)}`
  }
}

/** What values are compared with: compared with a YEAR, 26 means 2026. */
function operand(source: FieldSource, values: readonly unknown[]): SQL {
  const short = columnBehind(source)?.columnType === 'MySqlYear' && values.some(value => Number(value) < 100)
  return short ? sql`(${source} + 0)` : sortKey(source)
}

function kindOf(source: FieldSource): Kind {
  return kinds[columnBehind(source)?.columnType ?? ''] ?? 'other'
}

/** By its bytes in UTF-8, which is by code points; binary collations may still ignore spaces at the end. */
function bytesOf(text: SQL): SQL {
  return sql`cast(convert(${text} using utf8mb4) as binary)`
}

/** What is not would be written as the name of a column. */
function finite(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value)) || 0
}

function enumValues(source: FieldSource): string[] {
  return columnBehind(source)!.enumValues ?? []
}

/**
 * An enum is ordered by the places of its values, but compared as text unless it is made a number. It is never compared
 * with text here: MariaDB would put that text in for the number. A value that it does not have sorts before all.
 */
function compareEnum(source: FieldSource, sign: Sign, value: string): SQL {
  const place = enumValues(source).indexOf(value) + 1
  if (place > 0)
    return sql`${sign === '=' || sign === '<>' ? source : sql`(${source} + 0)`} ${sql.raw(sign)} ${sql.raw(String(place))}`
  return ['=', '<', '<='].includes(sign) ? nothing(source) : sql`not (${nothing(source)})`
}

/** False, or unknown for NULL. */
function nothing(source: FieldSource): SQL {
  return sql`(${source} is null and null)`
}

function hasFractions(source: FieldSource): boolean {
  return kindOf(source) === 'moment' && storesFractions(columnBehind(source)!, 0)
}

/** Milliseconds are all that both sides know, so moments compare by them; as a range, which an index can serve. */
function compareMoment(source: FieldSource, sign: Sign, value: string): SQL {
  const time = Date.parse(`${value.replace(' ', 'T')}Z`)
  if (Number.isNaN(time) || Math.abs(time) >= greatestTime)
    return sql`${sortKey(source)} ${sql.raw(sign)} ${momentText(value)}`
  const at = (time: number) => sql`${momentText(new Date(time).toISOString().replace('T', ' ').replace('Z', ''))}`
  const from = at(time)
  const to = at(time + 1)
  switch (sign) {
    case '=': return sql`(${source} >= ${from} and ${source} < ${to})`
    case '<>': return sql`not (${source} >= ${from} and ${source} < ${to})`
    case '<': return sql`${source} < ${from}`
    case '>=': return sql`${source} >= ${from}`
    case '<=': return sql`${source} < ${to}`
    case '>': return sql`${source} >= ${to}`
  }
}

/** Of a Date. */
const greatestTime = 8.64e15

/** Dates before or after what can be stored compare as the least and the greatest. */
function momentText(text: string): string {
  return text.startsWith('+') ? '9999-12-31 23:59:59.999999' : text.startsWith('-') ? '0000-01-01 00:00:00' : text
}

function isDay(text: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

/** Digits as they are: MySQL takes up to 65 of them exactly. */
function exactNumber(text: string): SQL {
  return /^[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?$/i.test(text) ? sql.raw(text) : sql`${text}`
}

function double(value: number): SQL {
  const text = String(finite(value))
  return sql.raw(text.includes('e') ? text : `${text}e0`)
}
