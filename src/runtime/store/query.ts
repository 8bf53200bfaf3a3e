import type { ComputedRef, Ref, ShallowRef } from 'vue'
import type { Row } from '../shared/model'
import type { CollectionContext } from './collection-context'
import type { Plan, ReadPlan } from './plan'
import type { ViewWindow } from './window'
import { computed, getCurrentInstance, getCurrentScope, onScopeDispose, onServerPrefetch, ref, shallowRef, watch } from 'vue'
import { planBuilder, readPlan } from './plan'
import { fetchDetached } from './find'

export interface QueryState {
  data: ComputedRef<unknown>
  loading: Ref<boolean>
  error: ComputedRef<Error | undefined>
  hasMore: ComputedRef<boolean>
  refresh: () => Promise<void>
  fetchMore: () => Promise<void>
  stop: () => void
}

/** State of a query that can be awaited, for the server to render what it finds. */
export type HybridQuery = QueryState & PromiseLike<QueryState>

/** What a plan has come to: a window of the cache, or rows of its own where nothing is cached. */
interface Current {
  plan: ReadPlan
  window?: ViewWindow
  /** Rows of `no-cache`. */
  detached: ShallowRef<Row[]>
  /** `fetch-only` shows nothing before the server has answered. */
  hidden: Ref<boolean>
}

const nothing: Row[] = []

/** A query that follows the refs and getters its callback reads, until its scope ends. */
export function createQuery(context: CollectionContext, callback: (q: typeof planBuilder) => Plan = q => q.many()): HybridQuery {
  const { isServer } = context
  const loading = ref(false)
  const failure = shallowRef<Error>()
  const current = shallowRef<Current>()
  /** Rows asked for beyond the limit by `fetchMore`, for the plan it was called on. */
  const extra = shallowRef({ id: '', rows: 0 })
  let pending: Promise<void> = Promise.resolve()
  let latest = 0
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
      latest++
      loading.value = false
      failure.value = next
      current.value = undefined
      release(former)
      return
    }
    if (former?.plan.id === next.id)
      return
    const acquired = acquire(next)
    current.value = acquired
    release(former)
    failure.value = undefined
    latest++
    loading.value = false
    if (next.extra === 0 && extra.value.rows > 0)
      extra.value = { id: '', rows: 0 }
    if (next.enabled && next.policy !== 'cache-only')
      pending = run(acquired, false)
  }

  function acquire(next: ReadPlan): Current {
    const acquired: Current = { plan: next, detached: shallowRef(nothing), hidden: ref(next.policy === 'fetch-only' && next.extra === 0) }
    if (next.enabled && next.policy !== 'no-cache')
      acquired.window = context.acquire(next)
    return acquired
  }

  function release(former: Current | undefined): void {
    if (former?.window)
      context.release(former.window, former.plan)
  }

  async function run(target: Current, force: boolean): Promise<void> {
    const turn = ++latest
    const revalidates = !force && target.window !== undefined && context.takeStale(target.window.view.spec.id)
    const request = startRequest(target, force || revalidates, turn)
    if (!request) {
      target.hidden.value = false
      loading.value = false
      return
    }
    // What a cached page shows is replaced quietly: its HTML says that nothing is loading.
    loading.value = !revalidates
    try {
      await request
      target.hidden.value = false
      if (turn === latest)
        failure.value = undefined
    }
    catch (error) {
      if (turn === latest)
        failure.value = error as Error
    }
    finally {
      if (turn === latest)
        loading.value = false
    }
  }

  function startRequest({ plan, window, detached }: Current, force: boolean, turn: number): Promise<void> | undefined {
    if (!window) {
      return fetchDetached(context, plan).then((rows) => {
        if (turn === latest)
          detached.value = rows
      })
    }
    const fresh = window.isKnown() && (plan.policy === 'cache-first' || context.isFresh(window.view.spec.id))
    if (force)
      return context.requests.reload(window)
    if (fresh)
      return undefined
    return plan.policy === 'cache-first' || plan.extra > 0 ? context.requests.ensure(window) : context.requests.load(window)
  }

  async function refresh(): Promise<void> {
    if (current.value?.plan.enabled)
      await (pending = run(current.value, true))
  }

  async function fetchMore(): Promise<void> {
    const shown = current.value?.plan
    if (shown?.limit !== undefined && hasMore.value) {
      // On top of the limit of the plan: all that is shown now makes one page more.
      extra.value = { id: shown.extra ? extra.value.id : shown.id, rows: shown.limit }
      if (isServer)
        apply()
    }
    await pending
  }

  const rows = computed(() => {
    const shown = current.value
    if (!shown || shown.hidden.value)
      return nothing
    return shown.window ? shown.window.data.value : shown.detached.value
  })
  const data = computed(() => {
    const shown = rows.value
    return (current.value?.plan.kind ?? kind) === 'first' ? shown[0] : shown
  })
  const error = computed(() => failure.value ?? current.value?.window?.error.value)
  const hasMore = computed(() => current.value?.window?.hasMore.value ?? false)

  apply()
  // The server renders once: nothing there follows a change, and nothing outlives the request.
  const unwatch = isServer ? undefined : watch(plan, apply, { flush: 'sync' })
  const stop = () => {
    unwatch?.()
    latest++
    release(current.value)
    current.value = undefined
  }
  if (isServer && getCurrentInstance())
    onServerPrefetch(() => pending)
  if (!isServer && getCurrentScope())
    onScopeDispose(stop)

  const state: QueryState = { data, loading, error, hasMore, refresh, fetchMore, stop }
  return Object.assign(Object.create(null) as object, state, {
    then: <A, B>(resolve?: ((state: QueryState) => A | PromiseLike<A>) | null, reject?: ((reason: unknown) => B | PromiseLike<B>) | null) => pending.then(() => state).then(resolve, reject),
  }) as HybridQuery
}
