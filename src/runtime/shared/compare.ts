import type { ColumnModel, Dialect } from './model'

/** Order of two values that are not NULL, as the database has it: negative, zero or positive. */
export type Compare = (a: unknown, b: unknown) => number

/** The order of a column's values, by its type and by how the database stores them. */
export function compareFor(column: ColumnModel, dialect: Dialect): Compare {
  if (column.order === 'text')
    return (a, b) => compareText(String(a), String(b))
  if (column.order === 'numeric')
    return dialect === 'sqlite' ? (a, b) => compareNatural(sqliteNumeric(String(a)), sqliteNumeric(String(b))) : compareDecimal
  if (column.order === 'single')
    return (a, b) => compareNatural(Math.fround(a as number), Math.fround(b as number))
  if (column.order === 'enum')
    return (a, b) => column.enumValues!.indexOf(a as string) - column.enumValues!.indexOf(b as string)
  switch (column.type) {
    case 'date': return compareDate
    case 'string': return compareText as Compare
    default: return compareNatural as Compare
  }
}

/** Whether equal values of a column may look different: "1.0" and "1.00", or numbers that round to the same. */
export function hasEquals(column: ColumnModel): boolean {
  return column.order === 'numeric' || column.order === 'single'
}

/** Whether the values of a column can be compared and ordered at all. */
export function isComparable(column: ColumnModel): boolean {
  return column.type !== 'json' && column.type !== 'bytes' && column.type !== 'array'
}

function compareNatural(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function compareDate(a: unknown, b: unknown): number {
  return (a as Date).getTime() - (b as Date).getTime()
}

/**
 * Order by code points, which is the order of UTF-8 bytes and so that of the C and BINARY collations.
 * JavaScript's `<` goes by UTF-16 code units and puts U+10000 and above before U+E000.
 */
export function compareText(a: string, b: string): number {
  const length = a.length < b.length ? a.length : b.length
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y)
      return x >= 0xD800 && y >= 0xD800 ? afterSurrogates(x) - afterSurrogates(y) : x - y
  }
  return a.length - b.length
}

function afterSurrogates(unit: number): number {
  return unit >= 0xE000 ? unit - 0x800 : unit + 0x2000
}

/** SQLite keeps a number given as text as an integer of 64 bits where it is one, else as a double. */
function sqliteNumeric(text: string): number | bigint {
  const value = decimal(text)
  if (!value || /[1-9]/.test(value.fraction))
    return Number(text)
  const whole = scaled({ ...value, fraction: '' }, 0)
  return BigInt.asIntN(64, whole) === whole ? whole : Number(text)
}

/** Order of decimal numbers kept as text, of any length. */
function compareDecimal(a: unknown, b: unknown): number {
  const x = decimal(String(a))
  const y = decimal(String(b))
  if (!x || !y)
    return compareNatural(Number(a), Number(b))
  const scale = Math.max(x.fraction.length, y.fraction.length)
  return compareNatural(scaled(x, scale), scaled(y, scale))
}

function decimal(text: string): { sign: string, whole: string, fraction: string } | undefined {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text)
  return match ? { sign: match[1]!, whole: match[2]!, fraction: match[3] ?? '' } : undefined
}

function scaled(value: { sign: string, whole: string, fraction: string }, scale: number): bigint {
  const digits = BigInt(value.whole + value.fraction.padEnd(scale, '0'))
  return value.sign === '-' ? -digits : digits
}
