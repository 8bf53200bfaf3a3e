import type { Key } from '../shared/key'
import type { Row } from '../shared/model'
import type { Coverage } from './view'
import type { ViewSpec } from './view-spec'

const maxAnswers = 10_000
interface Answer { spec: ViewSpec, coverage: Coverage }

const unanswered: Coverage = { answered: false, complete: false, to: undefined, cursor: undefined, ranges: undefined, members: undefined }

/** What the server has answered, by stem: outlives the views, so that coming back to a page asks nothing again. */
export class Answers {
  private readonly byId = new Map<string, Answer>()
  /** By the first of their conjuncts, for `contains`: those of an answer are among those of what it contains. */
  private readonly byConjunct = new Map<string, Set<Answer>>()

  /** What is known of a stem; kept and filled in by whoever gets an answer. */
  get(spec: ViewSpec): Coverage {
    const known = this.byId.get(spec.id)
    if (known) {
      this.byId.delete(spec.id)
      this.byId.set(spec.id, known)
      return known.coverage
    }
    const coverage: Coverage = { answered: false, complete: false }
    this.add({ spec, coverage })
    if (this.byId.size > maxAnswers)
      this.drop(this.byId.values().next().value!)
    return coverage
  }

  /** Whether a complete answer holds all rows of the stem, with the columns it needs. */
  contains(wanted: ViewSpec): boolean {
    return ['', ...wanted.conjuncts].some(first => [...this.byConjunct.get(first) ?? []].some(({ spec, coverage }) =>
      coverage.complete && !spec.serverMode
      && spec.conjuncts.every(conjunct => wanted.conjuncts.includes(conjunct))
      && wanted.required.every(field => spec.required.includes(field))))
  }

  /** What is known of a stem, by its own answer, by one that contains it, or because its rows are all here. */
  coverage(spec: ViewSpec, isHere: boolean): Coverage {
    const known = this.get(spec)
    if (!known.complete && !spec.serverMode && (isHere || this.contains(spec)))
      Object.assign(known, { answered: true, complete: true })
    return known
  }

  /** Every stem that was asked for, with what is known of it. */
  entries(): Iterable<Answer> {
    return this.byId.values()
  }

  /** The cache has lost rows that the server still has: what was complete with them is no more. */
  forget(keys: readonly Key[], rows: readonly Row[]): void {
    for (const { spec, coverage } of this.byId.values()) {
      if (spec.keys ? keys.some(key => spec.keys!.has(key)) : rows.some(row => !spec.predicate || spec.predicate(row)))
        Object.assign(coverage, unanswered)
    }
  }

  /** Forgets what no view goes by. */
  outdate(shown: ReadonlyMap<string, unknown>): void {
    for (const { spec, coverage } of this.byId.values()) {
      if (!shown.has(spec.id))
        Object.assign(coverage, unanswered)
    }
  }

  /** Forgets all, also what the views go by that are being shown. */
  clear(shown: Iterable<Answer>): void {
    this.byId.clear()
    this.byConjunct.clear()
    for (const { spec, coverage } of shown) {
      Object.assign(coverage, unanswered)
      this.add({ spec, coverage })
    }
  }

  private add(answer: Answer): void {
    const { id, keys, conjuncts: [first = ''] } = answer.spec
    this.byId.set(id, answer)
    if (keys)
      return
    const others = this.byConjunct.get(first)
    if (others)
      others.add(answer)
    else
      this.byConjunct.set(first, new Set([answer]))
  }

  private drop(answer: Answer): void {
    const { id, conjuncts: [first = ''] } = answer.spec
    this.byId.delete(id)
    const others = this.byConjunct.get(first)
    others?.delete(answer)
    if (others?.size === 0)
      this.byConjunct.delete(first)
  }
}
