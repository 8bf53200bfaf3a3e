import type { ComputedRef, Ref } from 'vue'
import type { Row } from '../shared/model'
import type { CollectionContext } from './collection-context'
import type { Plan, ReadPlan } from './plan'
import type { QueryPage } from './page'
import { computed, getCurrentInstance, getCurrentScope, onScopeDispose, onServerPrefetch, ref, shallowRef, watch } from 'vue'
import { Page } from './page'
import { planBuilder, readPlan } from './plan'

export interface QueryState {
  data: ComputedRef<unknown>
  loading: ComputedRef<boolean>
  error: ComputedRef<Error | undefined>
  /** For whoever has something to say about the query; empty at first. */
  meta: Ref<Record<string, unknown>>
  /** By page index; pages that nobody asked for are missing. Without `pageSize` there is one. */
  pages: ComputedRef<readonly (QueryPage | undefined)[]>
  hasMore: ComputedRef<boolean>
  getPage: (pageIndex: number) => QueryPage | undefined
  refresh: () => Promise<void>
  fetchMore: (options?: { pageIndex?: number }) => FetchMore
  stop: () => void
}

/** The page at once, to show how it loads; once awaited, filled. */
type FetchMore = Promise<{ page: QueryPage | undefined }> & { page: QueryPage | undefined }

/** State of a query that can be awaited, for the server to render what it finds. */
export type HybridQuery = QueryState & PromiseLike<QueryState>

/** What a plan has come to. */
interface Current {
  plan: ReadPlan
  pages: readonly (Page | undefined)[]
}

/** A query that follows the refs and getters its callback reads, until its scope ends. */
export function createQuery(context: CollectionContext, callback: (q: typeof planBuilder) => Plan = q => q.many(), onStop?: () => void): HybridQuery {
  const { isServer } = context
  const failure = shallowRef<Error>()
  const current = shallowRef<Current>()
  /** Rows asked for beyond the limit by `fetchMore`, for the plan it was called on. */
  const extra = shallowRef({ id: '', rows: 0 })
  // Asked for before the arguments are worked out, so it is known even where they throw.
  let kind: Plan['kind'] = 'many'
  const q: typeof planBuilder = {
    get many() {
      kind = 'many'
      return planBuilder.many
    },
    get first() {
      kind = 'first'
      return planBuilder.first
    },
  }

  const plan = computed((): ReadPlan | Error => {
    try {
      const read = readPlan(callback(q), context)
      const { id, rows } = extra.value
      return id === read.id && read.limit !== undefined ? { ...read, limit: read.limit + rows, id: `${id} +${rows}`, extra: rows } : read
    }
    catch (error) {
      return error as Error
    }
  })

  function apply(): void {
    const next = plan.value
    const former = current.value
    if (next instanceof Error) {
      failure.value = next
      current.value = undefined
    }
    else if (former?.plan.id === next.id) {
      // A filter is a new function each time.
      if (former.plan.filter !== next.filter)
        current.value = { ...former, plan: next }
      return
    }
    else {
      const page = new Page(context, next)
      current.value = { plan: next, pages: withPage([], page) }
      failure.value = undefined
      if (next.extra === 0 && extra.value.rows > 0)
        extra.value = { id: '', rows: 0 }
    }
    release(former)
  }

  function release(former: Current | undefined): void {
    former?.pages.forEach(page => page?.release())
  }

  async function settle(): Promise<void> {
    const shown = current.value
    await Promise.all(shown?.pages.map(page => page?.pending) ?? [])
    // The plan may have changed meanwhile.
    if (shown !== current.value)
      return settle()
  }

  function fetchMore({ pageIndex }: { pageIndex?: number } = {}): FetchMore {
    const page = current.value?.plan.pageSize === undefined ? fetchOn() : fetchPage(pageIndex)
    return Object.assign(settle().then(() => ({ page })), { page })
  }

  function fetchPage(asked: number | undefined): Page | undefined {
    const { plan: shown, pages } = current.value!
    const pageIndex = asked ?? pages.length
    if (pages[pageIndex] || !shown.enabled || (asked === undefined && !hasMore.value))
      return pages[pageIndex]
    const page = new Page(context, { ...shown, offset: pageIndex * shown.pageSize! })
    current.value = { plan: shown, pages: withPage(pages, page) }
    return page
  }

  /** On top of the limit of the plan: all that is shown now makes one page more. */
  function fetchOn(): Page | undefined {
    const shown = current.value?.plan
    if (shown?.limit !== undefined && hasMore.value) {
      extra.value = { id: shown.extra ? extra.value.id : shown.id, rows: shown.limit }
      if (isServer)
        apply()
    }
    return current.value?.pages[0]
  }

  const rows = computed((): readonly Row[] => {
    const pages = current.value?.pages.filter(page => page !== undefined) ?? []
    return pages.length === 1 ? pages[0]!.data : pages.flatMap(page => page.data)
  })
  const filtered = computed(() => {
    const filter = current.value?.plan.filter
    return filter ? rows.value.filter(filter) : rows.value
  })
  const data = computed(() => (current.value?.plan.kind ?? kind) === 'first' ? filtered.value[0] : filtered.value)
  const pages = computed(() => current.value?.pages ?? [])
  const loading = computed(() => pages.value.some(page => page?.loading))
  const error = computed(() => failure.value ?? pages.value.find(page => page?.error)?.error)
  const hasMore = computed(() => pages.value.at(-1)?.hasMore ?? false)

  apply()
  // The server renders once: nothing there follows a change, and nothing outlives the request.
  const unwatch = isServer ? undefined : watch(plan, apply, { flush: 'sync' })
  const stop = () => {
    unwatch?.()
    onStop?.()
    release(current.value)
    current.value = undefined
  }
  if (isServer && getCurrentInstance())
    onServerPrefetch(settle)
  if (!isServer && getCurrentScope())
    onScopeDispose(stop)

  const state: QueryState = {
    data,
    loading,
    error,
    meta: ref({}),
    pages,
    hasMore,
    getPage: pageIndex => pages.value[pageIndex],
    refresh: async () => void await Promise.all(pages.value.map(page => page?.refresh())),
    fetchMore,
    stop,
  }
  return Object.assign(Object.create(null) as object, state, {
    then: <A, B>(resolve?: ((state: QueryState) => A | PromiseLike<A>) | null, reject?: ((reason: unknown) => B | PromiseLike<B>) | null) => settle().then(() => state).then(resolve, reject),
  }) as HybridQuery
}

/** The pages with one more at its place. */
function withPage(pages: readonly (Page | undefined)[], page: Page): readonly (Page | undefined)[] {
  const next = Array.from({ length: Math.max(pages.length, page.pageIndex + 1) }, (_, i) => pages[i])
  next[page.pageIndex] = page
  return next
}
