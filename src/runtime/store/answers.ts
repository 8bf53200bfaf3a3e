import type { Key } from '../shared/key'
import type { Row } from '../shared/model'
import type { Coverage } from './view'
import type { ViewSpec } from './view-spec'

const maxAnswers = 1000
const unanswered: Coverage = { answered: false, complete: false, to: undefined, cursor: undefined, ranges: undefined, members: undefined }

/** What the server has answered, by stem: outlives the views, so that coming back to a page asks nothing again. */
export class Answers {
  private readonly byId = new Map<string, { spec: ViewSpec, coverage: Coverage }>()

  /** What is known of a stem; kept and filled in by whoever gets an answer. */
  get(spec: ViewSpec): Coverage {
    const known = this.byId.get(spec.id)
    if (known) {
      this.byId.delete(spec.id)
      this.byId.set(spec.id, known)
      return known.coverage
    }
    const coverage: Coverage = { answered: false, complete: false }
    this.byId.set(spec.id, { spec, coverage })
    if (this.byId.size > maxAnswers)
      this.byId.delete(this.byId.keys().next().value!)
    return coverage
  }

  /** Whether a complete answer holds all rows of the stem, with the columns it needs. */
  contains(wanted: ViewSpec): boolean {
    for (const { spec, coverage } of this.byId.values()) {
      if (coverage.complete && !spec.serverMode && !spec.keys
        && spec.conjuncts.every(conjunct => wanted.conjuncts.includes(conjunct))
        && wanted.required.every(field => spec.required.includes(field)))
        return true
    }
    return false
  }

  /** What is known of a stem, by its own answer, by one that contains it, or because its rows are all here. */
  coverage(spec: ViewSpec, isHere: boolean): Coverage {
    const known = this.get(spec)
    if (!known.complete && !spec.serverMode && (isHere || this.contains(spec)))
      Object.assign(known, { answered: true, complete: true })
    return known
  }

  /** Every stem that was asked for, with what is known of it. */
  entries(): Iterable<{ spec: ViewSpec, coverage: Coverage }> {
    return this.byId.values()
  }

  /** The cache has lost a row that the server still has: what was complete with it is no more. */
  forget(key: Key, row: Row): void {
    for (const { spec, coverage } of this.byId.values()) {
      if (spec.keys ? spec.keys.has(key) : !spec.predicate || spec.predicate(row))
        Object.assign(coverage, unanswered)
    }
  }

  /** Forgets all, also what the views go by that are being shown. */
  clear(shown: Iterable<{ spec: ViewSpec, coverage: Coverage }>): void {
    this.byId.clear()
    for (const { spec, coverage } of shown) {
      Object.assign(coverage, unanswered)
      this.byId.set(spec.id, { spec, coverage })
    }
  }
}
