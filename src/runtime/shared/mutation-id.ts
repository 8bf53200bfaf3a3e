/** Name of the table in which answers are kept, as `rstoreMutations()` declares it. */
export const mutationsTableName = 'rstore_mutations'

/** Letters, digits, `_` and `-`, such as a UUID. */
export function isMutationId(id: unknown): id is string {
  return typeof id === 'string' && /^[\w-]{8,64}$/.test(id)
}
