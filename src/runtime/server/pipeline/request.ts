import type { H3Event } from 'h3'
import type { QueryLimits } from '../../shared/query'
import type { MutationAnswers } from '../once/answers'
import type { SqlDialect } from '../dialects/types'
import type { ReportBadValue } from '../query/decode-rows'
import type { Execution } from '../query/rows'
import type { Registry, ServerCollection } from '../registry'
import type { RuleBook } from '../rules/rules'
import type { PendingRows } from './pending-key'
import type { Change } from './prepared'

export interface PipelineDependencies {
  registry: Registry
  dialect: SqlDialect
  rules: RuleBook
  /** The app's database. Called once per request; may return a promise. */
  useDatabase: () => unknown
  limits: QueryLimits
  /** Where the answers to mutations are kept. @default nowhere: a mutation that is sent twice takes effect twice */
  answers?: MutationAnswers
  /** A row has changed, at the request of a client, and whether its answer is sure to say so. Nobody waits for what comes of it. */
  onChange?: (change: Change, event: H3Event, isAnswered: boolean) => void
  /** Whether changes are to tell what the row was before, which costs a little. Asked for each change. @default never */
  wantsPrevious?: (collection: ServerCollection) => boolean
  /** A stored value that its column can't mean was answered as NULL. */
  onBadValue: ReportBadValue
}

/** What the operations of one request share. */
export interface PipelineRequest {
  event: H3Event
  registry: Registry
  rules: RuleBook
  limits: QueryLimits
  answers?: MutationAnswers
  onChange?: (change: Change, isAnswered: boolean) => void
  wantsPrevious?: (collection: ServerCollection) => boolean
  execution: Execution
  /** In a transaction: rows that its operations are going to create. */
  pending?: PendingRows
  /** Who asks; resolved when first wanted. */
  session: () => Promise<unknown>
  /** The same, if it was wanted. */
  knownSession: () => Promise<unknown> | undefined
}

/** `peer` is that of a connection, which stands for its request. */
export async function beginRequest(event: H3Event, { registry, dialect, rules, useDatabase, limits, answers, onChange, wantsPrevious, onBadValue }: PipelineDependencies, peer?: unknown): Promise<PipelineRequest> {
  let session: Promise<unknown> | undefined
  return {
    event,
    registry,
    rules,
    limits,
    answers,
    onChange: onChange && ((change, isAnswered) => onChange(change, event, isAnswered)),
    wantsPrevious,
    execution: { database: await useDatabase(), dialect, report: onBadValue },
    session: () => session ??= (async () => rules.resolveSession({ headers: event.headers, event, peer }))(),
    knownSession: () => session,
  }
}
