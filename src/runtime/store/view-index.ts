import type { Key } from '../shared/key'
import type { Row } from '../shared/model'
import { identity } from './row-index'

/** What the index must know of a view. */
export interface IndexedView {
  /** Keys the view is about, where it names them. */
  readonly keys: ReadonlySet<Key> | undefined
  /** An equality that every row of the view satisfies. */
  readonly equality: { field: string, value: unknown } | undefined
  apply: (old: Row | undefined, next: Row | undefined) => void
}

/** Finds the views that a change of a row may concern, without asking each. */
export class ViewIndex {
  private readonly general = new Set<IndexedView>()
  private readonly byKey = new Map<Key, Set<IndexedView>>()
  private readonly byField = new Map<string, Map<unknown, Set<IndexedView>>>()

  add(view: IndexedView): void {
    for (const [buckets, value] of this.places(view))
      buckets.set(value, (buckets.get(value) ?? new Set()).add(view))
    if (!view.keys && !view.equality)
      this.general.add(view)
  }

  delete(view: IndexedView): void {
    this.general.delete(view)
    for (const [buckets, value] of this.places(view)) {
      buckets.get(value)?.delete(view)
      if (buckets.get(value)?.size === 0)
        buckets.delete(value)
    }
    if (!view.keys && view.equality && this.byField.get(view.equality.field)?.size === 0)
      this.byField.delete(view.equality.field)
  }

  apply(key: Key, old: Row | undefined, next: Row | undefined): void {
    for (const view of this.general)
      view.apply(old, next)
    if (this.byKey.size > 0)
      applyAll(this.byKey.get(key), old, next)
    for (const [field, buckets] of this.byField) {
      const before = old && identity(old[field])
      const after = next && identity(next[field])
      if (old)
        applyAll(buckets.get(before), old, next)
      if (next && !(old && before === after))
        applyAll(buckets.get(after), old, next)
    }
  }

  private places(view: IndexedView): [Map<unknown, Set<IndexedView>>, unknown][] {
    if (view.keys)
      return [...view.keys].map(key => [this.byKey as Map<unknown, Set<IndexedView>>, key])
    if (!view.equality)
      return []
    const { field, value } = view.equality
    const buckets = this.byField.get(field) ?? new Map<unknown, Set<IndexedView>>()
    this.byField.set(field, buckets)
    return [[buckets, identity(value)]]
  }
}

function applyAll(views: Set<IndexedView> | undefined, old: Row | undefined, next: Row | undefined): void {
  if (views) {
    for (const view of views)
      view.apply(old, next)
  }
}
