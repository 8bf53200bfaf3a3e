// Every generated module, declared once. A script on purpose: with a top-level import or export these
// would be augmentations of modules that do not exist here. Import declarations with a relative path
// are not resolved inside such a block (silently so with `skipLibCheck`), import types are.

declare module '#rstore-drizzle/client' {
  /** Hidden columns left out. */
  export const schema: import('../shared/model').SchemaModel
  export const options: import('../client/options').ClientOptions
}

declare module '#rstore-drizzle/features' {
  /** Parts of the store that the app has asked for. */
  export const features: import('../store/feature').Feature[]
  export const createRealtime: typeof import('../client/realtime').createRealtime | undefined
}

declare module '#rstore-drizzle/server' {
  /** Hidden columns included, marked as such. */
  export const schema: import('../shared/model').SchemaModel
  /** Drizzle tables and views by collection name. */
  export const tables: Record<string, unknown>
  /** The app's `drizzleImport`. May return a promise. */
  export const useDatabase: () => unknown
  /** The table that `rstoreMutations()` made, where the schema exports one. */
  export const mutations: import('drizzle-orm').Table | undefined
  /** Nitro's. */
  export const useStorage: (base: string) => import('../server/once/storage-answers').AnswerStorage
  export const useRuntimeConfig: () => { rstoreDrizzle?: { pubsubUrl?: string } }
  /** Makes the driver of `ws.pubsub`. */
  export const createPubSub: ((url: string, onError: import('../realtime/pubsub').PubSubErrorHandler) => import('../realtime/pubsub').RstoreDrizzlePubSub) | undefined
  export const options: import('../server/options').ServerOptions
}

declare module '#rstore-drizzle/types' {
  /** In an app: one entry a collection, of the shape `CollectionTypes`. */
  export interface RstoreSchema {}
  /** What `setRstoreDrizzleSession` gives, for apps to declare: `declare module '#rstore-drizzle/types' { interface RstoreDrizzleSession { … } }` */
  export interface RstoreDrizzleSession {}
}
