import type { Column } from 'drizzle-orm'
import { parseMoment } from './postgresql-moment'

/** What Drizzle knows of the values of a column, or of an expression that `mapWith` was given a column for. */
export interface Mapper {
  mapFromDriverValue: (value: unknown) => unknown
  mapToDriverValue?: (value: unknown) => unknown
}

export interface Mapping {
  /** A decoded value as the driver takes it. NULL stays NULL. */
  toDriver: (value: unknown) => unknown
  /** A value as `output` of the dialect has the driver give it, decoded; may throw. */
  fromDriver: (value: unknown) => unknown
}

/** Drizzle's own mapping, except where that loses something or depends on the driver. */
export function mappingOf(mapper: Mapper): Mapping {
  const { columnType } = mapper as Partial<Column>
  return {
    toDriver: value => value === null ? null : columnType === 'MySqlDate' ? dayOf(value as Date) : mapper.mapToDriverValue ? mapper.mapToDriverValue(value) : value,
    fromDriver: decoderOf(mapper, columnType),
  }
}

function decoderOf(mapper: Mapper, columnType: string | undefined): Mapping['fromDriver'] {
  switch (columnType) {
    // As text, whatever a driver makes of JSON, so that a text in it is not taken for the JSON of something else.
    case 'MySqlJson': return value => JSON.parse(value as string)
    case 'PgTimestamp': return value => typeof value === 'string' ? new Date(parseMoment(value)) : value
    case 'PgArray': {
      const column = mapper as unknown as Column
      return isCustomArray(column) ? value => mapper.mapFromDriverValue(value) : value => mapElements(JSON.parse(value as string), elementOf(column))
    }
    default: return value => mapper.mapFromDriverValue(value)
  }
}

/** Where an array holds custom columns, their mappings expect what the driver gives. */
export function isCustomArray(column: Column): boolean {
  return elementOf(column).columnType === 'PgCustomColumn'
}

function elementOf(column: Column): Column {
  const { baseColumn } = column as Column & { baseColumn?: Column }
  return baseColumn ? elementOf(baseColumn) : column
}

/** Elements are given as text, whatever their type; PostgreSQL does not hold an array to the dimensions it was declared with. */
function mapElements(value: unknown, element: Column): unknown {
  if (Array.isArray(value))
    return value.map(inner => mapElements(inner, element))
  if (value === null)
    return null
  return element.columnType === 'PgBoolean' ? value === 'true' : mappingOf(element).fromDriver(value)
}

/**
 * Drizzle gives MySQL's drivers a Date, which they put in the time zone of the process. A year that MySQL does not have is
 * compared as text (`mysql-values.ts`), where it has to come after all others: `:` does, `+` does not.
 */
function dayOf(date: Date): string {
  return date.toISOString().replace(/T.*/, '').replace('+', ':')
}
