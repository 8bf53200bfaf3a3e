import type { ColumnModel } from './model'

/** Order of two values that are not NULL, as the database has it: negative, zero or positive. */
export type Compare = (a: unknown, b: unknown) => number

/** The order of a column's values, by its type and by how the database stores them. */
export function compareFor(column: ColumnModel): Compare {
  if (column.order === 'text')
    return (a, b) => compareText(String(a), String(b))
  if (column.order === 'numeric')
    return compareDecimal
  switch (column.type) {
    case 'date': return compareDate
    case 'string': return compareText as Compare
    default: return compareNatural as Compare
  }
}

/** Whether the values of a column can be compared and ordered at all. */
export function isComparable(column: ColumnModel): boolean {
  return column.type !== 'json' && column.type !== 'bytes' && column.type !== 'array'
}

function compareNatural(a: number, b: number): number {
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

/** Order of decimal numbers kept as text, of any length. */
function compareDecimal(a: unknown, b: unknown): number {
  const x = decimal(String(a))
  const y = decimal(String(b))
  if (!x || !y)
    return compareNatural(Number(a), Number(b))
  const scale = Math.max(x.fraction.length, y.fraction.length)
  const difference = scaled(x, scale) - scaled(y, scale)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

function decimal(text: string): { sign: string, whole: string, fraction: string } | undefined {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text)
  return match ? { sign: match[1]!, whole: match[2]!, fraction: match[3] ?? '' } : undefined
}

function scaled(value: { sign: string, whole: string, fraction: string }, scale: number): bigint {
  const digits = BigInt(value.whole + value.fraction.padEnd(scale, '0'))
  return value.sign === '-' ? -digits : digits
}
