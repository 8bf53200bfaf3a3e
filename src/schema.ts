/** What an app's Drizzle schema takes from this package. */
export { rstoreMutations } from './runtime/server/once/schema'
