// Every generated module, declared once. A script on purpose: with a top-level import or export these
// would be augmentations of modules that do not exist here.

declare module '#rstore-drizzle/client' {
  import type { ClientOptions } from '../client/options'
  import type { SchemaModel } from '../shared/model'

  /** Hidden columns left out. */
  export const schema: SchemaModel
  export const options: ClientOptions
}

declare module '#rstore-drizzle/server' {
  import type { ServerOptions } from '../server/options'
  import type { SchemaModel } from '../shared/model'

  /** Hidden columns included, marked as such. */
  export const schema: SchemaModel
  /** Drizzle tables and views by collection name. */
  export const tables: Record<string, unknown>
  /** The app's `drizzleImport`. May return a promise. */
  export const useDatabase: () => unknown
  export const options: ServerOptions
}

declare module '#rstore-drizzle/types' {
  /** In an app: one entry a collection, of the shape `CollectionTypes`. */
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled in by the app
  export interface RstoreSchema {}
}
