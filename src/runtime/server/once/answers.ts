import type { Answer } from '../pipeline/prepared'
import type { Execution } from '../query/rows'

/** Whose mutation it is, and which. */
export interface MutationAddress {
  /** Who sent it; empty where nobody is logged in. */
  session: string
  mutation: string
}

/** What is kept of a mutation that took effect. */
export interface KeptAnswer {
  /** What it did: an id that is used again for something else is a mistake. */
  what: string
  /** The key of its row, as text. */
  key: string
  /** What was answered; absent until the after hooks have run. */
  answer?: Answer
}

/** Where answers are kept. */
export interface MutationAnswers {
  /** Whether `keep` is part of the transaction that writes: then a mutation takes effect exactly once. */
  transactional: boolean
  find: (address: MutationAddress, execution: Execution) => Promise<KeptAnswer | undefined>
  /** @throws AnsweredMeanwhile where there is one already and that can be told */
  keep: (address: MutationAddress, kept: KeptAnswer, execution: Execution) => Promise<void>
  /** Puts another in place of the one that is there. Reports what goes wrong: the write itself is done. */
  replace: (address: MutationAddress, kept: KeptAnswer, execution: Execution) => Promise<void>
}

/** The same mutation, sent twice at the same time, has been written by the other request. */
export class AnsweredMeanwhile extends Error {}
