import type { Column, SQL, Table } from 'drizzle-orm'
import type { SqlDialect } from '../dialects/types'
import type { Execution } from '../query/rows'
import type { KeptAnswer, MutationAddress, MutationAnswers } from './answers'
import { and, getTableColumns, sql } from 'drizzle-orm'
import { AnsweredMeanwhile } from './answers'

export interface TableAnswersOptions {
  /** How long answers are kept, in milliseconds. @default 30 days */
  maxAge?: number
  /** How often old ones are looked for, in milliseconds. @default 1 hour */
  pruneEvery?: number
  now?: () => number
  /** An answer could not be completed, or old ones not be removed. */
  onError: (error: unknown) => void
}

const day = 86_400_000

/** Answers in a table of the app's database, made with `rstoreMutations`: written with what they answer, or not at all. */
export function createTableAnswers(table: Table, { maxAge = 30 * day, pruneEvery = day / 24, now = Date.now, onError }: TableAnswersOptions): MutationAnswers {
  const { session, mutation, answer, createdAt } = getTableColumns(table) as Record<string, Column>
  let prunedAt = -Infinity

  const where = (address: MutationAddress, dialect: SqlDialect): SQL | undefined =>
    and(dialect.same(session!, address.session), dialect.same(mutation!, address.mutation))

  /** Beside the requests: they don't wait for it. */
  function prune({ dialect, database }: Execution): void {
    if (now() - prunedAt < pruneEvery)
      return
    prunedAt = now()
    dialect.delete(database, { into: table, returning: { mutation: sql`${mutation}` }, where: dialect.compare(createdAt!, '<', now() - maxAge) }).catch(onError)
  }

  return {
    transactional: true,
    async find(address, execution) {
      const { dialect, database } = execution
      prune(execution)
      const [row] = await dialect.select(database, { from: table, fields: { answer: sql`${answer}` }, where: where(address, dialect), limit: 1 })
      return row && JSON.parse(row.answer as string) as KeptAnswer
    },
    async keep(address, kept, { dialect, database }) {
      try {
        await dialect.insert(database, { into: table, returning: { mutation: sql`${mutation}` }, values: { ...address, answer: JSON.stringify(kept), createdAt: now() } })
      }
      catch (error) {
        // Without the cause, which would have it taken for an error of the row.
        throw dialect.failureOf(error)?.code === 'RSTORE_DUPLICATE' ? new AnsweredMeanwhile('The mutation was sent twice at the same time.') : error
      }
    },
    async replace(address, kept, { dialect, database }) {
      try {
        await dialect.update(database, { into: table, returning: { mutation: sql`${mutation}` }, values: { answer: JSON.stringify(kept) }, where: where(address, dialect) })
      }
      catch (error) {
        onError(error)
      }
    },
  }
}
