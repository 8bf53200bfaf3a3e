import type { Backend } from './backend'
import type { History, weights } from './steps'
import type { Patience } from './world'
import { env } from 'node:process'
import { inspect } from 'node:util'
import { historyOf } from './steps'
import { runHistory } from './world'

export interface RunOptions extends Patience {
  name: string
  /** How many histories, and the seed of the first. */
  runs: number
  seed: number
  /** Histories that run at the same time. @default 1 */
  lanes?: number
  /** Servers for a history, which has the lane to itself. */
  start: (history: History, lane: number) => Promise<Backend & { close: () => Promise<void> }>
  schema: Parameters<typeof historyOf>[1]
  frequency?: Partial<typeof weights>
  /** Changes each history. */
  adapt?: (history: History) => History
}

/** `HISTORY_RUNS` and `HISTORY_SEED` set what is given here. */
export function historySettings(runs: number, seed: number): { runs: number, seed: number } {
  return { runs: Number(env.HISTORY_RUNS ?? runs), seed: Number(env.HISTORY_SEED ?? seed) }
}

/** Runs one history after the other. @throws with the seed and a trace that was made as short as possible */
export async function runHistories({ name, runs, seed, start, schema, frequency, lanes = 1, adapt = history => history, ...patience }: RunOptions): Promise<void> {
  const skipped = Object.fromEntries((env.HISTORY_WITHOUT ?? '').split(',').filter(Boolean).map(step => [step, 0]))
  const failed: string[] = []
  const run = async (history: History, lane = 0) => {
    const backend = await start(history, lane)
    try {
      return await runHistory(history, backend, patience)
    }
    finally {
      await backend.close()
    }
  }
  const started = Date.now()
  let next = 0
  let first: { history: History, found: string[] } | undefined
  await Promise.all(Array.from({ length: lanes }, async (_, lane) => {
    while (next < runs && !first) {
      const history = adapt(historyOf(seed + next++, schema, { ...frequency, ...skipped }))
      const found = await run(history, lane)
      if (found.length === 0)
        continue
      if (env.HISTORY_ALL)
        failed.push(`HISTORY_SEED=${history.seed}: ${found.slice(0, env.HISTORY_TRACE ? undefined : 3).join('\n')}`)
      else
        first ??= { history, found }
    }
  }))
  if (first) {
    const { history, found } = await shorten(first.history, first.found, run)
    throw new Error(report(name, history, found))
  }
  if (failed.length > 0)
    throw new Error(`${name}: ${failed.length} of ${runs} histories ended with differences:\n${failed.join('\n')}`)
  console.info(`${name}: ${runs} histories from HISTORY_SEED=${seed} in ${Math.round((Date.now() - started) / 100) / 10} s, no difference.`)
}

/** Leaves out what is not needed to make it go wrong. */
async function shorten(history: History, found: string[], run: (history: History) => Promise<string[]>): Promise<{ history: History, found: string[] }> {
  const giveUp = Date.now() + Number(env.HISTORY_SHORTEN ?? 60_000)
  let shortest = { history, found }
  const attempt = async (shorter: History): Promise<boolean> => {
    // Time has its part in it: it may not go wrong each time.
    for (let turn = 0; turn < 2 && Date.now() < giveUp; turn++) {
      const again = await run(shorter)
      if (again.length > 0) {
        shortest = { history: shorter, found: again }
        return true
      }
    }
    return false
  }
  for (const part of ['steps', 'rows'] as const) {
    for (let size = history[part].length >> 1; size > 0; size >>= 1) {
      for (let at = 0; at < shortest.history[part].length;) {
        const { history } = shortest
        const left = (history[part] as unknown[]).toSpliced(at, size)
        if (!await attempt({ ...history, [part]: left }))
          at += size
      }
    }
  }
  return shortest
}

function report(name: string, { seed, servers, clients, rules, rows, steps }: History, found: string[]): string {
  const show = (value: unknown) => inspect(value, { depth: 20, breakLength: Infinity })
  return [
    `${name}: a difference. Run it again with HISTORY_RUNS=1 HISTORY_SEED=${seed}.`,
    `${servers} servers with ${rules}, clients ${show(clients)}`,
    ...rows.map(row => `row ${show(row)}`),
    ...steps.map((step, i) => `${i + 1} ${show(step)}`),
    ...found,
  ].join('\n')
}
