import type { KeptAnswer, MutationAddress, MutationAnswers } from './answers'

/** What we use of Nitro's storage. */
export interface AnswerStorage {
  getItem: (key: string) => Promise<unknown>
  setItem: (key: string, value: KeptAnswer) => Promise<void>
  removeItem: (key: string) => Promise<void>
}

export interface StorageAnswersOptions {
  /** Most answers of this process; the oldest go first. @default 10000 */
  maxAnswers?: number
  /** The storage failed: the write is done, and its answer not kept. */
  onError: (error: unknown) => void
}

/**
 * Answers in Nitro's storage, for apps without the table: best effort, since the process may die between a write and
 * the keeping of its answer.
 */
export function createStorageAnswers(storage: () => AnswerStorage, { maxAnswers = 10_000, onError }: StorageAnswersOptions): MutationAnswers {
  const kept = new Set<string>()

  async function keep(address: MutationAddress, answer: KeptAnswer): Promise<void> {
    const key = keyOf(address)
    kept.add(key)
    try {
      await storage().setItem(key, answer)
      for (const oldest of kept) {
        if (kept.size <= maxAnswers)
          break
        kept.delete(oldest)
        await storage().removeItem(oldest)
      }
    }
    catch (error) {
      onError(error)
    }
  }

  return {
    transactional: false,
    find: async address => await storage().getItem(keyOf(address)) as KeptAnswer | null ?? undefined,
    keep,
    replace: keep,
  }
}

/** Storage takes colons for folders, and some drivers keep each in a file of this name. */
function keyOf({ session, mutation }: MutationAddress): string {
  return `${encodeURIComponent(session).replaceAll('.', '%2E')}:${mutation}`
}
