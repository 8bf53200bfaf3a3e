import type { ShallowRef } from 'vue'
import type { Key } from '../shared/key'
import type { Row } from '../shared/model'
import { shallowRef, triggerRef } from 'vue'
import { identity } from './row-index'

/** Most places that are watched one by one. */
const mostTracked = 10_000

/**
 * Has Vue notice reads that no view answers: of a row by its key, of the rows with a value, of all. What
 * nobody has read costs nothing.
 */
export class ReadTracker {
  private readonly byField = new Map<string, Map<unknown, ShallowRef>>()
  private readonly all = shallowRef()
  private tracked = 0
  private isAllTracked = false

  get isUsed(): boolean {
    return this.isAllTracked || this.byField.size > 0
  }

  /** Some row is read, nobody can say which. */
  trackAll(): void {
    this.isAllTracked = true
    void this.all.value
  }

  /** The rows where the field has this value are read. An empty field name stands for the key. */
  track(field: string, value: unknown): void {
    const refs = this.byField.get(field) ?? new Map<unknown, ShallowRef>()
    this.byField.set(field, refs)
    const id = identity(value)
    let ref = refs.get(id)
    if (!ref) {
      // Not now that somebody is reading: the next change has all of them read again.
      if (this.tracked >= mostTracked)
        return this.trackAll()
      refs.set(id, ref = shallowRef())
      this.tracked++
    }
    void ref.value
  }

  trigger(key: Key, old: Row | undefined, next: Row | undefined): void {
    if (this.isAllTracked) {
      this.isAllTracked = false
      triggerRef(this.all)
    }
    if (this.tracked >= mostTracked)
      return this.reset()
    for (const [field, refs] of this.byField) {
      const before = field === '' ? key : old && identity(old[field])
      const after = field === '' ? key : next && identity(next[field])
      fire(refs.get(before))
      if (after !== before)
        fire(refs.get(after))
    }
  }

  /** Whoever looks reads again, and is tracked anew. */
  private reset(): void {
    const former = [...this.byField.values()]
    this.byField.clear()
    this.tracked = 0
    for (const refs of former)
      refs.forEach(fire)
  }
}

function fire(ref: ShallowRef | undefined): void {
  if (ref)
    triggerRef(ref)
}
