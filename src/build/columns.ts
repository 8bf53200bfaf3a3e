import type { ColumnModel } from '../runtime/shared/model'
import type { DrizzleColumn } from './drizzle'
import { isDeepStrictEqual } from 'node:util'
import { encodeValue } from '../runtime/shared/codec'
import { arrayOf, dataTypeOf, decoderOf, isColumn, sqlText } from './drizzle'

/** How the database compares text: by its bytes, or in a way that is not known here. */
export type TextCollation = 'binary' | 'server'

type Shape = Pick<ColumnModel, 'type'> & Partial<ColumnModel>

/**
 * Model of a column. Looks at declarations only: functions such as `$defaultFn` are never called.
 * `textCollation` says how the database compares text.
 */
export function describeColumn(column: DrizzleColumn, textCollation: TextCollation = 'binary'): ColumnModel {
  const array = arrayOf(column)
  const shape = (of: DrizzleColumn): Shape => ({ ...shapeOf(of), ...collationOf(of, textCollation) })
  const model = complete(array ? nest(shape(array.element), array.depth) : shape(column), {
    nullable: !column.notNull && !column.primary,
    hasDefault: column.hasDefault || column.defaultFn !== undefined || column.onUpdateFn !== undefined,
    generated: isGenerated(column),
  })
  const value = defaultOf(column, model)
  return value === undefined ? model : { ...model, default: value }
}

/** Model of a field of a view: a column, or an expression with whatever `mapWith` says of it. `undefined` where it is neither. */
export function describeViewField(field: unknown, textCollation: TextCollation = 'binary'): ColumnModel | undefined {
  if (isColumn(field))
    return readOnly(describeColumn(field, textCollation))
  const computed = decoderOf(field)
  if (!computed)
    return undefined
  if (isColumn(computed.decoder))
    return { ...readOnly(describeColumn(computed.decoder, textCollation)), nullable: true }
  const map = (computed.decoder as { mapFromDriverValue?: unknown } | undefined)?.mapFromDriverValue
  const type = map === Number ? 'number' : map === String ? 'string' : map === Boolean ? 'boolean' : map === BigInt ? 'bigint' : 'json'
  return complete({ type, ...type === 'string' && textCollation === 'server' && { collation: 'server' } }, { nullable: true, hasDefault: false, generated: true })
}

function readOnly({ default: _, ...column }: ColumnModel): ColumnModel {
  return { ...column, hasDefault: false, generated: true }
}

function complete(shape: Shape, flags: Pick<ColumnModel, 'nullable' | 'hasDefault' | 'generated'>): ColumnModel {
  const { type, ...rest } = shape
  return { type, ...flags, readonly: false, ...rest }
}

function nest(shape: Shape, depth: number): Shape {
  const element = depth > 1 ? nest(shape, depth - 1) : shape
  return { type: 'array', items: complete(element, { nullable: true, hasDefault: false, generated: false }) }
}

function isGenerated({ generated, generatedIdentity }: DrizzleColumn): boolean {
  return (generated !== undefined && (generated as { type?: string }).type !== 'byDefault') || generatedIdentity?.type === 'always'
}

function shapeOf(column: DrizzleColumn): Shape {
  const { columnType } = column
  switch (dataTypeOf(column)) {
    case 'string': return stringShape(column)
    case 'number': return numberShape(column)
    case 'boolean': return { type: 'boolean' }
    case 'date': return withPrecision(datePrecision(column))
    // SQLite keeps it in a blob that holds the digits as text.
    case 'bigint': return columnType === 'SQLiteBigInt'
      ? { type: 'bigint', order: 'text' }
      : { type: 'bigint', ...(/Big(?:Int|Serial)64$|^SQLiteNumericBigInt$/.test(columnType) && { range: intRange(64, isUnsigned(column)) }) }
    case 'buffer': return { type: 'bytes' }
    // Points, lines and vectors: arrays in JavaScript, but no arrays to the database.
    case 'array': case 'json': return { type: isRawBytes(column) ? 'bytes' : 'json' }
  }
}

/** Drizzle has no column of its own for these before 1.0; a custom one without a mapping gives what the driver does. */
function isRawBytes(column: DrizzleColumn): boolean {
  return /^(?:Pg|MySql)CustomColumn$/.test(column.columnType) && (column as { mapFrom?: unknown }).mapFrom === undefined && /^(?:bytea|(?:tiny|medium|long)?blob|(?:var)?binary)\b/.test(column.getSQLType())
}

function stringShape(column: DrizzleColumn): Shape {
  const { columnType, enumValues } = column
  if (columnType === 'SQLiteNumeric' || columnType === 'PgNumeric' || columnType === 'MySqlDecimal')
    return { type: 'string', order: 'numeric' }
  if (/Enum(?:Object)?Column$/.test(columnType))
    return { type: 'string', order: 'enum', enumValues: [...enumValues!] }
  // MySQL counts the bytes of a text; a text of more characters than that can't fit.
  const length = typeof column.length === 'number' ? column.length : columnType === 'MySqlText' ? mysqlTextLengths[column.getSQLType()] : undefined
  return {
    type: 'string',
    ...(length !== undefined && { length }),
    ...(enumValues && enumValues.length > 0 && { enumValues: [...enumValues] }),
  }
}

// No CHAR: both databases pad it with spaces, MySQL and MariaDB where it counts.
const plainTexts = ['PgText', 'PgVarchar', 'MySqlText', 'MySqlVarChar']
const canonicalTexts = ['PgUUID', 'PgDateString', 'MySqlDateString']

/** What the database alone can compare: text of an unknown collation, and types that are strings in JavaScript only. */
function collationOf(column: DrizzleColumn, textCollation: TextCollation): Pick<ColumnModel, 'collation'> | undefined {
  const { columnType } = column
  if (dataTypeOf(column) !== 'string' || columnType.startsWith('SQLite') || canonicalTexts.includes(columnType) || stringShape(column).order)
    return undefined
  if (plainTexts.includes(columnType))
    return textCollation === 'server' ? { collation: 'server' } : undefined
  return { collation: 'opaque' }
}

const mysqlTextLengths: Record<string, number> = { tinytext: 255, text: 65_535, mediumtext: 16_777_215 }

const integerBits: Record<string, number> = {
  PgSmallInt: 16, PgSmallSerial: 16, PgInteger: 32, PgSerial: 32,
  MySqlTinyInt: 8, MySqlSmallInt: 16, MySqlMediumInt: 24, MySqlInt: 32,
}

function numberShape(column: DrizzleColumn): Shape {
  const { columnType } = column
  const bits = integerBits[columnType]
  if (bits !== undefined)
    return { type: 'number', integer: true, range: intRange(bits, isUnsigned(column)) }
  if (/Big(?:Int|Serial)53$/.test(columnType) || columnType === 'MySqlSerial')
    return { type: 'number', integer: true, range: [columnType === 'MySqlSerial' || isUnsigned(column) ? '0' : String(Number.MIN_SAFE_INTEGER), String(Number.MAX_SAFE_INTEGER)] }
  if (columnType === 'PgReal' || columnType === 'MySqlFloat')
    return { type: 'number', order: 'single', range: [isUnsigned(column) ? '0' : '-3.4028235e38', '3.4028235e38'] }
  if (columnType === 'MySqlYear')
    return { type: 'number', integer: true, range: ['0', '2155'] }
  return columnType === 'SQLiteInteger' ? { type: 'number', integer: true } : { type: 'number' }
}

function intRange(bits: number, unsigned: boolean): [string, string] {
  const half = 2n ** BigInt(bits - 1)
  return unsigned ? ['0', String(half * 2n - 1n)] : [String(-half), String(half - 1n)]
}

function isUnsigned(column: DrizzleColumn): boolean {
  return /\bunsigned\b/.test(column.getSQLType())
}

function withPrecision(precision: number): Shape {
  return precision === 1 ? { type: 'date' } : { type: 'date', precision }
}

/** Smallest step in milliseconds. */
function datePrecision(column: DrizzleColumn): number {
  if (column.columnType === 'SQLiteTimestamp')
    return column.mode === 'timestamp_ms' ? 1 : 1000
  if (column.columnType === 'PgDate' || column.columnType === 'MySqlDate')
    return 86_400_000
  const declared = /\((\d)\)/.exec(column.getSQLType())?.[1]
  const digits = declared === undefined ? (column.columnType.startsWith('MySql') ? 0 : 6) : Number(declared)
  return digits > 3 ? 1 / 10 ** (digits - 3) : 10 ** (3 - digits)
}

function defaultOf(column: DrizzleColumn, model: ColumnModel): ColumnModel['default'] {
  if (column.default === undefined)
    return undefined
  const sql = sqlText(column.default)
  if (sql !== undefined)
    return model.type === 'date' && meansNow(sql) ? 'now' : undefined
  if (column.default instanceof Date && Number.isNaN(column.default.getTime()))
    return undefined
  const value = encodeValue(column.default, model)
  // It only serves optimistic rows, so one that does not survive JSON is left to the database.
  return isDeepStrictEqual(toJson(value), value) ? { value } : undefined
}

function toJson(value: unknown): unknown {
  const text = typeof value === 'bigint' ? undefined : JSON.stringify(value)
  return text === undefined ? undefined : JSON.parse(text)
}

/** Brackets and casts say nothing about the moment. */
function meansNow(sql: string): boolean {
  return nowExpressions.test(sql.toLowerCase().replace(/\s+as\s+int(?:eger)?\b|\bcast\b|[\s()]/g, ''))
}

const nowExpressions = /^(?:(?:now|current_timestamp|localtimestamp|statement_timestamp|transaction_timestamp|clock_timestamp|sysdate|current_date|curdate)\d?|(?:unixepoch(?:'now'|'now','subsec(?:ond)?'|'subsec(?:ond)?')?|strftime'%s'(?:,'now')?)(?:\*1000)?|julianday'now'-2440587\.5\*86400(?:000)?(?:\.0)?)$/
