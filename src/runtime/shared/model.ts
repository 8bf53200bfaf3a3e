/** SQL dialects an app may use. MariaDB counts as `mysql`. */
export type Dialect = 'sqlite' | 'postgresql' | 'mysql'

/** What a column holds once decoded. The wire form of each is defined in `codec.ts`. */
export type ColumnType = 'string' | 'number' | 'boolean' | 'date' | 'bigint' | 'json' | 'bytes' | 'array'

/** One column as both sides know it. Plain JSON, so that it can be written into generated code. */
export interface ColumnModel {
  type: ColumnType
  nullable: boolean
  /** The database or the server fills the column in when a create leaves it out. */
  hasDefault: boolean
  /** Computed by the database: never accepted as input. */
  generated: boolean
  /** Never accepted as input, by the app's configuration. */
  readonly: boolean
  /** Never leaves the server. Absent from client models altogether. */
  hidden?: true
  /** Literal default in wire form, or `now` for the current time: only for optimistic rows. */
  default?: { value: unknown } | 'now'
  /**
   * For dates: the smallest step the column stores, in milliseconds. Values are floored to it; below 1, which
   * a Date can't hold, the database's are floored to milliseconds wherever they are compared.
   */
  precision?: number
  /** Greatest length, in characters for strings and in bytes for bytes. */
  length?: number
  /** For numbers: whole numbers only. */
  integer?: true
  /** Smallest and greatest value, inclusive, as decimal strings. */
  range?: [min: string, max: string]
  enumValues?: string[]
  /**
   * How the database compares values when that is not the natural way of `type`: a bigint kept as
   * text compares as text, a numeric kept as a string compares as a number, a native enum by the place
   * of its value in `enumValues`, a number of single precision after rounding.
   */
  order?: 'text' | 'numeric' | 'enum' | 'single'
  /**
   * What only the database can compare. `server`: text whose collation is not known here; whether its
   * equality is that of code points depends on the dialect. `opaque`: a type that compares in its own
   * way, equality included.
   */
  collation?: 'server' | 'opaque'
  /** Type of the elements of an array. */
  items?: ColumnModel
}

export type ReferentialAction = 'cascade' | 'restrict' | 'no action' | 'set null' | 'set default'

export interface ForeignKeyModel {
  columns: string[]
  /** Name of the referenced collection, or of the table where it is no collection. */
  to: string
  toColumns: string[]
  onDelete?: ReferentialAction
  onUpdate?: ReferentialAction
}

export interface RelationModel {
  /** Name of the target collection. */
  to: string
  many: boolean
  /** Pairs of a local and a target field; without a join table. */
  on: [localField: string, targetField: string][]
  /** Join table of a many-to-many relation: pairs from here to it, and from it to the target. */
  through?: { collection: string, from: [localField: string, throughField: string][], to: [throughField: string, targetField: string][] }
}

export interface CollectionModel {
  /** Export name of the table in the schema, not its name in the database. */
  name: string
  /** Name of the table in the database. */
  table: string
  primaryKey: string[]
  columns: Record<string, ColumnModel>
  relations: Record<string, RelationModel>
  foreignKeys: ForeignKeyModel[]
  /** A view: it can be read, not written. */
  readonly: boolean
}

export interface SchemaModel {
  dialect: Dialect
  collections: Record<string, CollectionModel>
}

/** A row as it travels: JSON values only. */
export type WireRow = Record<string, unknown>
/** A decoded row. */
export type Row = Record<string, unknown>

/** The model as a browser may know it: no hidden column, nothing that refers to one. */
export function toClientModel(model: CollectionModel): CollectionModel {
  const visible = (field: string) => model.columns[field] !== undefined && !model.columns[field].hidden
  return {
    ...model,
    columns: Object.fromEntries(Object.entries(model.columns).filter(([, column]) => !column.hidden)),
    relations: Object.fromEntries(Object.entries(model.relations).filter(([, relation]) =>
      (relation.through ? relation.through.from : relation.on).every(([local]) => visible(local)))),
    foreignKeys: model.foreignKeys.filter(foreignKey => foreignKey.columns.every(visible)),
  }
}
