export const states = [
  { label: 'All', value: 'all' },
  { label: 'Open', value: 'open' },
  { label: 'Done', value: 'done' },
] as const

export const sorts = [
  { label: 'Newest first', value: 'newest', orderBy: ['createdAt.desc'] },
  { label: 'Oldest first', value: 'oldest', orderBy: ['createdAt.asc'] },
  { label: 'Title A to Z', value: 'title', orderBy: ['title.asc'] },
  { label: 'Title Z to A', value: 'title-desc', orderBy: ['title.desc'] },
  { label: 'Most important', value: 'priority', orderBy: ['priority.desc', 'createdAt.desc'] },
  { label: 'Due date', value: 'due', orderBy: ['dueAt.desc'] },
] as const

export type TodoState = typeof states[number]['value']
export type TodoSort = typeof sorts[number]['value']

/** What the board shows, kept in the address so that a link shows the same and the server renders it. */
export function useTodoFilters() {
  const route = useRoute()
  const router = useRouter()
  const input = ref(text(route.query.q))
  /** The input, once typing has paused. */
  const search = ref(input.value)
  const state = ref<TodoState>(states.find(({ value }) => value === route.query.state)?.value ?? 'all')
  const sort = ref<TodoSort>(sorts.find(({ value }) => value === route.query.sort)?.value ?? 'newest')
  /** Key of a person, or 0 for anyone. */
  const assignee = ref(Number(text(route.query.assignee)) || 0)

  let typing: ReturnType<typeof setTimeout> | undefined
  watch(input, (value) => {
    clearTimeout(typing)
    typing = setTimeout(() => search.value = value.trim(), 150)
  })
  onScopeDispose(() => clearTimeout(typing))

  watch([search, state, sort, assignee], () => {
    void router.replace({
      query: {
        q: search.value || undefined,
        state: state.value === 'all' ? undefined : state.value,
        sort: sort.value === 'newest' ? undefined : sort.value,
        assignee: assignee.value || undefined,
      },
    })
  })

  function reset() {
    input.value = search.value = ''
    state.value = 'all'
    assignee.value = 0
  }

  const active = computed(() => search.value !== '' || state.value !== 'all' || assignee.value !== 0)
  return { input, search, state, sort, assignee, active, reset }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
