import type { Hook } from '../rules/hooks'

export type Verdict = { allow: true } | { allow: false, reason: string }

/**
 * Asks hooks in turn; one that rejects, throws or takes too long denies. What was thrown is reported: it may be a mistake of the app.
 */
export async function decideBy(hooks: readonly Hook[], payload: object, maxDecision: number, report: (error: unknown) => void): Promise<Verdict> {
  let verdict: Verdict = { allow: true }
  const reject = (reason?: string) => {
    verdict = { allow: false, reason: typeof reason === 'string' ? reason : 'It was rejected.' }
  }
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`A realtime hook has not decided within ${maxDecision} ms.`)), maxDecision)
  })
  const all = async () => {
    for (const hook of hooks) {
      await hook({ ...payload, reject } as never)
      if (!verdict.allow)
        return
    }
  }
  try {
    await Promise.race([all(), late])
    return verdict
  }
  catch (error) {
    report(error)
    return { allow: false, reason: 'It was not allowed.' }
  }
  finally {
    clearTimeout(timer)
  }
}
