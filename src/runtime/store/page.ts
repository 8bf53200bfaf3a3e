import type { Ref, ShallowRef } from 'vue'
import type { Row } from '../shared/model'
import type { CollectionContext } from './collection-context'
import type { ReadPlan } from './plan'
import { ref, shallowRef } from 'vue'
import { fetchDetached } from './find'
import { Shown } from './node-layer'

/** One page of a query, or all of one that has no pages. */
export interface QueryPage {
  readonly pageIndex: number
  readonly data: readonly Row[]
  readonly loading: boolean
  readonly error: Error | undefined
  /** The server holds rows after the last one. */
  readonly hasMore: boolean
  refresh: () => Promise<void>
}

/** The rows of a plan: a window of the cache, or rows of their own where nothing is cached. */
export class Page implements QueryPage {
  readonly pageIndex: number
  readonly shown: Shown | undefined
  pending: Promise<void> = Promise.resolve()
  private readonly isLoading = ref(false)
  private readonly failure: ShallowRef<Error | undefined> = shallowRef()
  /** Rows of `no-cache`. */
  private readonly detached: ShallowRef<readonly Row[]> = shallowRef(nothing)
  /** `fetch-only` shows nothing before the server has answered. */
  private readonly isHidden: Ref<boolean>
  private turn = 0

  constructor(private readonly context: CollectionContext, readonly plan: ReadPlan) {
    const { collection } = context
    const { spec, include, offset, limit, pageSize, policy, enabled, extra } = plan
    this.pageIndex = pageSize ? offset / pageSize : 0
    this.isHidden = ref(policy === 'fetch-only' && extra === 0)
    if (enabled && policy !== 'no-cache')
      this.shown = Shown.acquire(collection, spec, [offset, limit], include, policy !== 'cache-only')
    if (enabled && policy !== 'cache-only')
      this.pending = this.run(false)
  }

  get data(): readonly Row[] {
    if (this.isHidden.value)
      return nothing
    return this.shown ? this.shown.rows : this.detached.value
  }

  get loading(): boolean {
    return this.isLoading.value
  }

  get error(): Error | undefined {
    return this.failure.value ?? this.shown?.window.error.value
  }

  get hasMore(): boolean {
    return this.shown?.window.hasMore.value ?? false
  }

  readonly refresh = async (): Promise<void> => {
    if (this.plan.enabled)
      await (this.pending = this.run(true))
  }

  release(): void {
    this.turn++
    this.shown?.release()
  }

  private async run(force: boolean): Promise<void> {
    const turn = ++this.turn
    const { shown, plan } = this
    const revalidates = !force && shown !== undefined && this.context.takeStale(plan.spec.id)
    const request = this.startRequest(force || revalidates, turn)
    if (!request) {
      this.isHidden.value = false
      this.isLoading.value = false
      return
    }
    // What a cached page shows is replaced quietly: its HTML says that nothing is loading.
    this.isLoading.value = !revalidates
    try {
      await request
      this.isHidden.value = false
      if (turn === this.turn)
        this.failure.value = undefined
    }
    catch (error) {
      if (turn === this.turn)
        this.failure.value = error as Error
    }
    finally {
      if (turn === this.turn)
        this.isLoading.value = false
    }
  }

  private startRequest(force: boolean, turn: number): Promise<void> | undefined {
    const { context, plan, shown } = this
    const { requests } = context
    if (!shown) {
      return fetchDetached(context, plan).then((rows) => {
        if (turn === this.turn)
          this.detached.value = rows
      })
    }
    if (force)
      return requests.reload(shown.window, plan.include, plan.batch).then(() => shown.retry())
    const isKnown = shown.isKnown()
    if (isKnown && (plan.policy === 'cache-first' || context.isFresh(plan.spec.id)))
      return undefined
    return plan.policy === 'cache-first' || plan.extra > 0 ? requests.ensure(shown.window, plan.include, plan.batch, isKnown) : requests.load(shown.window, plan.include, plan.batch)
  }
}

const nothing: readonly Row[] = []
