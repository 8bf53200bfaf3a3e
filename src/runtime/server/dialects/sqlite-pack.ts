import type { SQL } from 'drizzle-orm'
import type { Row } from '../../shared/model'
import type { FieldSource } from './types'
import { Column, is, sql } from 'drizzle-orm'

/*
 * A row as one JSON array of what a driver would give for its columns, which SQLite builds in a fraction of the
 * time that a driver takes to hand over values one by one. JSON knows fewer types: where a column is declared to hold them, a real is an
 * array of its digits and a blob an array of its hexadecimal digits and 0. Where a column is not, reals are found in the text, and a row
 * with a blob is an empty object: SQLite takes blobs for JSON of its own, and what it makes of one may end the process in the driver.
 * Expressions are as short as can be, since SQLite parses each statement again.
 */

/** `json_array` takes this many arguments in every build of SQLite. */
export const maxPackedColumns = 100

/** The array of a row. */
export function packed(sources: readonly FieldSource[]): SQL {
  const array = sql`json_array(${sql.join(sources.map(cell), comma)})`
  const unguarded = sources.filter(source => !isGuarded(source))
  // Nothing but a blob is greater than the empty one.
  return unguarded.length === 0 ? array : sql`iif(${sql.join(unguarded.map(source => sql`${source}>=x''`), sql` or `)},'{}',${array})`
}

/**
 * The rows of a list of such arrays.
 * @returns `undefined` where a value is not what its column promises: the rows have to be read without packing
 */
export function unpack(text: string, names: readonly string[]): Row[] | undefined {
  return hasReals(text) ? undefined : unpackRows(JSON.parse(text) as unknown[][], names)
}

/** The same for a list of lists. */
export function unpackGroups(text: string, names: readonly string[]): Row[][] | undefined {
  if (hasReals(text))
    return undefined
  const groups: Row[][] = []
  for (const cells of JSON.parse(text) as unknown[][][]) {
    const rows = unpackRows(cells, names)
    if (!rows)
      return undefined
    groups.push(rows)
  }
  return groups
}

function unpackRows(packed: readonly unknown[][], names: readonly string[]): Row[] | undefined {
  const rows: Row[] = []
  for (const cells of packed) {
    if (!Array.isArray(cells))
      return undefined
    const row: Row = {}
    for (let i = 0; i < names.length; i++) {
      const cell = cells[i]
      if (typeof cell === 'object' && cell !== null) {
        if (!Array.isArray(cell))
          return undefined
        row[names[i]!] = cell.length === 1 ? realOf(cell[0] as string) : Buffer.from(cell[0] as string, 'hex')
      }
      else {
        // Beyond that JSON.parse has lost digits.
        if (typeof cell === 'number' && !Number.isSafeInteger(cell))
          return undefined
        row[names[i]!] = cell
      }
    }
    rows.push(row)
  }
  return rows
}

/** Whether there is a number with a fraction or an exponent, as SQLite writes every real: with 15 digits, which may be too few. */
function hasReals(text: string): boolean {
  return real.test(text) && real.test(text.replace(strings, '""'))
}

const real = /[[,]-?\d+[.e]/
const strings = /"(?:[^"\\]|\\.)*"/g

function cell(source: FieldSource): SQL {
  // What is computed may be JSON to SQLite, which would then not be quoted.
  if (!is(source, Column) || source.generated)
    return anyCell(source)
  switch (source.getSQLType()) {
    case 'real':
    case 'numeric': return sql`case typeof(${source}) when 'real' then ${digits(source)} when 'blob' then json('{}') else ${source} end`
    case 'blob': return sql`case typeof(${source}) when 'blob' then ${bytes(source)} else ${source} end`
    default: return sql`${source}`
  }
}

function isGuarded(source: FieldSource): boolean {
  return !is(source, Column) || !!source.generated || ['real', 'numeric', 'blob'].includes(source.getSQLType())
}

function anyCell(source: FieldSource): SQL {
  return sql`case typeof(${source}) when 'integer' then iif(${source} between -9007199254740991 and 9007199254740991,${source},${source}||'') when 'text' then ${source}||'' when 'real' then ${digits(source)} when 'blob' then ${bytes(source)} end`
}

/** As many as it takes to tell it from every other; SQLite's own JSON has 15. */
function digits(source: FieldSource): SQL {
  return sql`json_array(printf('%!.17g',${source}))`
}

function bytes(source: FieldSource): SQL {
  return sql`json_array(hex(${source}),0)`
}

function realOf(text: string): number {
  return text === 'Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text)
}

const comma = sql`,`
