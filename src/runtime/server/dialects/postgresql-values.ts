import type { Column, SQL } from 'drizzle-orm'
import type { ArrayOperator } from '../../shared/condition'
import type { ColumnModel } from '../../shared/model'
import type { FieldSource, Sign } from './types'
import { sql } from 'drizzle-orm'
import { columnBehind, storesFractions } from './drizzle-column'
import { isCustomArray } from './mapping'
import { parseMoment } from './postgresql-moment'

/*
 * Expressions on columns in PostgreSQL. Parameters name their type where the one that PostgreSQL would infer
 * can't hold every value that may be compared with: 2^40 is no `integer`, but may be asked for.
 */

type Kind = 'integer' | 'numeric' | 'real' | 'double' | 'moment' | 'day' | 'uuid' | 'enum' | 'text' | 'other'

const kinds: Record<string, Kind> = {
  PgSmallInt: 'integer', PgInteger: 'integer', PgSmallSerial: 'integer', PgSerial: 'integer',
  PgBigInt53: 'integer', PgBigInt64: 'integer', PgBigSerial53: 'integer', PgBigSerial64: 'integer',
  PgNumeric: 'numeric', PgNumericNumber: 'numeric', PgNumericBigInt: 'numeric', PgReal: 'real', PgDoublePrecision: 'double',
  PgTimestamp: 'moment', PgDate: 'day', PgDateString: 'day', PgUUID: 'uuid', PgEnumColumn: 'enum', PgEnumObjectColumn: 'enum',
  PgText: 'text', PgVarchar: 'text',
}

/** Text where drivers differ, or may be set to give less than there is. */
export function output(source: FieldSource): SQL {
  const column = columnBehind(source)
  if (column && hasFractions(source))
    return sql`date_trunc('milliseconds', ${source})::text`
  if (column?.columnType === 'PgArray' && !isCustomArray(column))
    return sql`to_json(${source}::text[])::text`
  return column && asText.test(column.columnType) ? sql`${source}::text` : sql`${source}`
}

const asText = /^Pg(?:Big(?:Int|Serial)\d\d|Numeric\w*|Real|DoublePrecision|Jsonb?|Timestamp|Date|DateString)$/

export function sortKey(source: FieldSource, binary = false): SQL {
  if (binary)
    return kindOf(source) === 'text' ? sql`${source} collate "C"` : sql`${source}::text collate "C"`
  return hasFractions(source) ? sql`date_trunc('milliseconds', ${source})` : sql`${source}`
}

export function compare(source: FieldSource, sign: Sign, value: unknown, binary = false): SQL {
  if (binary)
    return sql`${sortKey(source, true)} ${sql.raw(sign)} ${String(value)}`
  if (value === null)
    return sql`${source} ${sql.raw(sign)} null`
  const kind = kindOf(source)
  if (kind === 'enum' && !enumValues(source).includes(value as string))
    return isLess[sign] ? nothing(source) : sql`not (${nothing(source)})`
  if (kind === 'moment' && hasFractions(source))
    return compareMoment(source, sign, String(value))
  const given = parameter(source, value)
  return given ? sql`${source} ${sql.raw(sign)} ${given}` : sql`${source}::text collate "C" ${sql.raw(sign)} ${String(value)}`
}

/** A value that an enum does not have sorts before those that it has. */
const isLess: Record<Sign, boolean> = { '=': true, '<': true, '<=': true, '<>': false, '>': false, '>=': false }

/** As one array where that works, so that the statement is the same for any number of values. */
export function inList(source: FieldSource, values: unknown[]): SQL {
  const kind = kindOf(source)
  const given = values.filter(value => value === null || (kind === 'enum' ? enumValues(source).includes(value as string) : parameter(source, value)))
  if (given.length === 0)
    return nothing(source)
  const type = kind === 'integer' && !given.every(value => value === null || fitsInt8(value)) ? 'numeric' : arrayTypes[kind]
  if (!type)
    return sql`${sortKey(source)} in (${sql.join(given.map(value => parameter(source, value)!), sql`, `)})`
  return sql`${sortKey(source)} = any(${arrayText(given.map(value => textOf(value, kind)))}::${sql.raw(`${kind === 'moment' ? momentType(source) : type}[]`)})`
}

const arrayTypes: Partial<Record<Kind, string>> = { integer: 'int8', numeric: 'numeric', real: 'float8', double: 'float8', moment: 'timestamptz', day: 'date', uuid: 'uuid', text: 'text' }

export function inTuples(sources: FieldSource[], tuples: unknown[][]): SQL {
  const rows = tuples.map(tuple => sql`(${sql.join(tuple.map((value, i) => parameter(sources[i]!, value) ?? sql`null`), sql`, `)})`)
  return sql`(${sql.join(sources.map(source => sortKey(source)), sql`, `)}) in (${sql.join(rows, sql`, `)})`
}

/** Without a collation that is known, case is the database's business; by bytes only that of ASCII letters counts. */
export function like(source: FieldSource, pattern: string | null, insensitive: boolean, column: ColumnModel): SQL {
  const text = kindOf(source) === 'text' ? sql`${source}` : sql`${source}::text`
  const operand = sql.param(pattern === null ? null : withoutOpenEscape(pattern))
  if (!insensitive)
    return sql`${text} like ${operand}`
  return column.collation ? sql`${text} ilike ${operand}` : sql`${text} collate "C" ilike ${operand}`
}

/** PostgreSQL refuses a backslash at the end of a pattern; elsewhere it stands for itself there. */
function withoutOpenEscape(pattern: string): string {
  return /\\*$/.exec(pattern)![0].length % 2 === 1 ? `${pattern}\\` : pattern
}

export function array(operator: ArrayOperator, source: FieldSource, value: unknown): SQL {
  return sql`${source} ${arraySigns[operator]} ${sql.param(value)}`
}

const arraySigns = { arrayContains: sql.raw('@>'), arrayContained: sql.raw('<@'), arrayOverlaps: sql.raw('&&') }

function kindOf(source: FieldSource): Kind {
  return kinds[columnBehind(source)?.columnType ?? ''] ?? 'other'
}

function enumValues(source: FieldSource): string[] {
  return columnBehind(source)!.enumValues ?? []
}

/** False, or unknown for NULL. */
function nothing(source: FieldSource): SQL {
  return sql`(${source} is null and null)`
}

/** Milliseconds are all that both sides know, so moments compare by them; as a range, which an index can serve. */
function hasFractions(source: FieldSource): boolean {
  return kindOf(source) === 'moment' && storesFractions(columnBehind(source)!, 6)
}

function compareMoment(source: FieldSource, sign: Sign, value: string): SQL {
  const time = parseMoment(value)
  const at = (moment: string) => sql`${momentText(moment)}::${sql.raw(momentType(source))}`
  if (Number.isNaN(time) || !isStored(value))
    return sql`${sortKey(source)} ${sql.raw(sign)} ${at(value)}`
  const from = at(new Date(time).toISOString())
  const to = at(new Date(time + 1).toISOString())
  switch (sign) {
    case '=': return sql`(${source} >= ${from} and ${source} < ${to})`
    case '<>': return sql`not (${source} >= ${from} and ${source} < ${to})`
    case '<': return sql`${source} < ${from}`
    case '>=': return sql`${source} >= ${from}`
    case '<=': return sql`${source} < ${to}`
    case '>': return sql`${source} >= ${to}`
  }
}

function momentType(source: FieldSource): string {
  return (columnBehind(source) as { withTimezone?: boolean }).withTimezone ? 'timestamptz' : 'timestamp'
}

/** ISO years that PostgreSQL writes as JavaScript does. */
function isStored(text: string): boolean {
  return /^\d{4}-/.test(text) && !text.startsWith('0000')
}

/** Dates from before or after what can be stored compare as the least and the greatest. */
function momentText(text: string): string {
  if (!/^(?:[+-]\d{6}|0000)-\d\d-\d\dT.*Z$/.test(text))
    return text
  return text.startsWith('+') ? 'infinity' : '-infinity'
}

/** `undefined` where a value is none that the type writes, so that only its text can be compared. NULL among others has no type. */
function parameter(source: FieldSource, value: unknown): SQL | undefined {
  if (value === null)
    return sql`null`
  const kind = kindOf(source)
  switch (kind) {
    case 'integer': return sql`${textOf(value, kind)}::${sql.raw(fitsInt8(value) ? 'int8' : 'numeric')}`
    case 'numeric': return sql`${textOf(value, kind)}::numeric`
    case 'real':
    case 'double': return sql`${textOf(value, kind)}::float8`
    case 'moment': return sql`${textOf(value, kind)}::${sql.raw(momentType(source))}`
    case 'day': return isDay(textOf(value, kind)) ? sql`${textOf(value, kind)}::date` : undefined
    case 'uuid': return uuid.test(String(value)) ? sql`${value}::uuid` : undefined
    case 'text': return sql`${String(value)}::text`
    case 'enum': return sql`${sql.param(value)}`
    case 'other': return otherParameter(columnBehind(source), value)
  }
}

/** Of another type than the column's, as a cursor of somebody's own making may have it, a value is refused as text of that type would be. */
function otherParameter(column: Column | undefined, value: unknown): SQL {
  if (!column)
    return typeof value === 'number' ? sql`${String(value)}::numeric` : sql`${sql.param(value)}`
  const isOwn = column.columnType === 'PgCustomColumn' || (column.columnType === 'PgBoolean' && typeof value === 'boolean')
  return sql`${sql.param(isOwn ? value : String(value))}`
}

function textOf(value: unknown, kind: Kind): string | null {
  if (value === null)
    return null
  const text = String(value)
  switch (kind) {
    case 'real': return Number.isFinite(Number(text)) ? String(Math.fround(Number(text))) : text
    case 'moment': return momentText(text)
    case 'day': return momentText(text).replace(/T.*/, '')
    default: return text
  }
}

const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

function isDay(text: string | null): boolean {
  if (text === null || /^-?infinity$/.test(text))
    return true
  const time = isStored(text) && /^[\d-]{10}$/.test(text) ? Date.parse(text) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

function fitsInt8(value: unknown): boolean {
  const text = String(value)
  return !/^-?\d+$/.test(text) || BigInt.asIntN(64, BigInt(text)) === BigInt(text)
}

/** The elements as PostgreSQL writes an array. */
function arrayText(texts: readonly (string | null)[]): string {
  return `{${texts.map(text => text === null ? 'NULL' : `"${text.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
}
