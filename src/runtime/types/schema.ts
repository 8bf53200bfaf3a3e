export type { CheckInclude, Include } from '../store/include-types'
export type { SchemaItem } from '../store/item-types'

/** What the generated types say about one collection. */
export interface CollectionTypes {
  row: object
  create: object
  update: object
  key: string | number
  relations: Record<string, { to: string, many: boolean }>
}

/** Rows of a table or view as the app reads them. */
export type RowOf<Table, Hidden extends string = never> = Flat<Omit<Selected<Table>, Hidden>>

/** Input of a create: what the database fills in is optional; `Excluded` columns can't be given. */
export type CreateOf<Table, Excluded extends string = never> = Flat<Omit<Inserted<Table>, Excluded>>

/** Input of an update. */
export type UpdateOf<Table, Excluded extends string = never> = Flat<Partial<Omit<Inserted<Table>, Excluded>>>

// Structural on purpose: the table classes of drizzle-orm have private state, which two copies of it do not share.
type Selected<Table> = Table extends { $inferSelect: infer Row } ? Row : never
type Inserted<Table> = Table extends { $inferInsert: infer Row } ? Row : never
type Flat<T> = { [K in keyof T]: Portable<T[K]> }
/** Drizzle says `Buffer` for bytes, which a browser does not have. */
type Portable<T> = T extends Uint8Array ? Uint8Array : T
