import type { InferInsertModel, InferSelectModel } from 'drizzle-orm'

/** What the generated types say about one collection. */
export interface CollectionTypes {
  row: object
  create: object
  update: object
  key: string | number
  relations: Record<string, { to: string, many: boolean }>
}

/** Rows of a table as the app reads them. */
export type RowOf<Table, Hidden extends string = never> = Flat<Omit<Select<Table>, Hidden>>

/** Input of a create: what the database fills in is optional; `Excluded` columns can't be given. */
export type CreateOf<Table, Excluded extends string = never> = Flat<Omit<Insert<Table>, Excluded>>

/** Input of an update. */
export type UpdateOf<Table, Excluded extends string = never> = Flat<Partial<Omit<Insert<Table>, Excluded>>>

// Structural on purpose: `Table` of drizzle-orm is a class with private state, which two copies of it don't share.
type Select<Table> = Table extends { $inferSelect: infer Row } ? Row : Table extends { _: { selectedFields: infer Row } } ? Row : InferSelectModel<never>
type Insert<Table> = Table extends { $inferInsert: infer Row } ? Row : InferInsertModel<never>
type Flat<T> = { [K in keyof T]: T[K] }
