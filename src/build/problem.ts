import { RstoreError } from '../runtime/shared/errors'

/** Something in the app's configuration or schema that the module can't use, or should not pass over. */
export interface Problem {
  /** Errors stop the build, warnings are only printed. */
  severity: 'error' | 'warning'
  /** File it is about, absolute. */
  file?: string
  /** Table, relation, column or option it is about. */
  subject?: string
  message: string
  /** What to do about it. */
  fix: string
}

/** Notes a problem of an option. */
export type Report = (subject: string, message: string, fix: string) => void

/**
 * Throws all errors among the problems as one.
 * @throws RstoreError `RSTORE_INVALID_SCHEMA`
 */
export function throwProblems(problems: readonly Problem[], rootDir: string): void {
  const errors = problems.filter(problem => problem.severity === 'error')
  if (errors.length > 0)
    throw new RstoreError('RSTORE_INVALID_SCHEMA', `${errors.length === 1 ? 'One problem' : `${errors.length} problems`} in the Drizzle setup:\n${formatProblems(errors, rootDir)}`)
}

/** One paragraph a problem: file, subject and message, then the fix. */
export function formatProblems(problems: readonly Problem[], rootDir: string): string {
  return problems.map(({ file, subject, message, fix }) => {
    const place = [file, subject].filter(Boolean).join(' ')
    return `  - ${place ? `${place}: ` : ''}${message}\n    ${fix}`.replaceAll(`${rootDir}/`, '')
  }).join('\n')
}

/** ` Did you mean "todos"?`, or nothing where no candidate is close to the name. */
export function suggest(name: string, candidates: Iterable<string>): string {
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = name.toLowerCase() === candidate.toLowerCase() ? 0 : editDistance(name, candidate)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best === undefined ? '' : ` Did you mean "${best}"?`
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]!
}
