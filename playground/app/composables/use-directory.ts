/** All people and lists. Equal queries share one view and one request, so every component may ask. */
export function useDirectory() {
  const store = useStore()
  const users = store.users.query(q => q.many({ orderBy: ['name.asc'] }))
  const lists = store.lists.query(q => q.many({ orderBy: ['position.asc', 'name.asc'] }))
  const usersById = computed(() => new Map(users.data.value.map(user => [user.id, user])))
  const listsById = computed(() => new Map(lists.data.value.map(list => [list.id, list])))
  return {
    users: users.data,
    lists: lists.data,
    usersById,
    listsById,
    error: computed(() => users.error.value ?? lists.error.value),
    ready: Promise.all([users, lists]),
  }
}
