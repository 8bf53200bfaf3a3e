/**
 * What tells the answers of one user from those of another: the id of the user or else of the session, where it has one under a
 * usual name. Empty otherwise; then only the id of the mutation protects its answer, which nobody can guess.
 */
export function sessionId(session: unknown): string {
  const { user, userId, id } = (session ?? {}) as { user?: { id?: unknown } | null, userId?: unknown, id?: unknown }
  const found = [user?.id, userId, id].find(value => typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
  return String(found ?? '').slice(0, 191)
}
