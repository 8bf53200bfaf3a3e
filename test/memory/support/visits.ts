import type { EffectScope } from 'vue'
import type { Row } from '../../../src/runtime/shared/model'
import type { QueryState } from '../../../src/runtime/store/query'
import type { TestCollection } from '../../unit/runtime/store/support/store'
import { effectScope, shallowRef, watchEffect } from 'vue'
import { eq, gt } from '../../../src/runtime/shared/condition'
import { settled } from '../../unit/runtime/store/support/server'
import { setup } from '../../unit/runtime/store/support/store'
import { createTreeSchema } from '../../unit/runtime/store/support/tree-schema'

export const listCount = 20
const todoCount = 80
/** Queries that are mounted at a time. */
const together = 100

/** Held by the app, and read by queries. */
const selected = shallowRef(0)

/** A store on lists with todos, tags and users, and how many subscriptions it has open. */
export function createWorld(options: Parameters<typeof setup>[0] = {}) {
  const subscriptions = { open: 0 }
  const test = setup({
    schema: createTreeSchema(),
    subscribe: () => {
      subscriptions.open++
      return () => void subscriptions.open--
    },
    ...options,
  })
  const { server } = test
  server.put('users', { id: 'ann', name: 'Ann' }, { id: 'bob', name: 'Bob' })
  server.put('tags', { id: 1, label: 'red' }, { id: 2, label: 'green' })
  for (let id = 1; id <= listCount; id++)
    server.put('lists', { id, name: `List ${id}`, ownerId: id % 2 ? 'ann' : 'bob' })
  for (let id = 1; id <= todoCount; id++) {
    server.put('todos', { id, title: `Todo ${id}`, listId: id % listCount + 1, userId: id % 3 ? 'ann' : null, parentId: id > 1 ? id >> 1 : null, done: id % 2 > 0 })
    server.put('todoTags', { todoId: id, tagId: id % 2 + 1 })
  }
  return { ...test, subscriptions }
}

export type World = ReturnType<typeof createWorld>

/** Queries of every kind, as components make them; the `i`th of them. */
const kinds: ((todos: TestCollection, lists: TestCollection, i: number) => QueryState)[] = [
  (todos, _, i) => todos.query(q => q.many({ where: eq('listId', i % listCount + 1), orderBy: ['title.desc'], limit: 5 })),
  (todos, _, i) => todos.query(q => q.first(i % todoCount + 1)),
  (todos, _, i) => todos.query(q => q.many({ pageSize: 7, pageIndex: i % 4 })),
  (todos, _, i) => todos.query(q => q.many({ limit: 3, offset: i % 20, filter: (row: Row) => row.done === true })),
  (_, lists, i) => lists.query(q => q.many({ where: eq('id', i % listCount + 1), include: { owner: true, todos: { orderBy: ['title'], limit: 4, include: { tags: true } } } })),
  (todos, _, i) => todos.liveQuery(q => q.many({ where: gt('id', todoCount - i % 30), include: { list: true, tags: { orderBy: ['label'], limit: 1 } } })),
  (todos, _, i) => todos.query(q => q.many({ where: eq('listId', i % listCount + 1), fetchPolicy: i % 2 ? 'no-cache' : 'cache-only' })),
  (todos, _, i) => todos.query(q => q.first({ key: (i + selected.value) % todoCount + 1, include: { list: { include: { owner: true } }, children: true } })),
]

/**
 * Mounts so many queries, some at a time, and unmounts them; their answers come before that, or after. Gives
 * their states, held by nobody here.
 */
export async function visit(world: World, queries: number): Promise<WeakRef<QueryState>[]> {
  const { todos, lists, server } = world
  const states: WeakRef<QueryState>[] = []
  for (let first = 0; first < queries; first += together) {
    const scope = effectScope(true)
    server.held = first / together % 5 === 4
    const alone: QueryState[] = []
    for (let i = first; i < first + together; i++) {
      const query = () => kinds[i % kinds.length]!(todos, lists, Math.floor(i / kinds.length))
      const state = mount(scope, query, i)
      states.push(new WeakRef(state))
      if (i % 10 === 5)
        alone.push(query())
      if (i % 10 === 7)
        scope.run(() => todos.subscribe(q => q.many({ where: eq('listId', selected.value) })))
    }
    await settled()
    changeWhatIsShown(world, first / together)
    await settled()
    scope.stop()
    alone.forEach(state => state.stop())
    server.held = false
    await server.drain()
    // The test's own notes are not what is measured.
    server.calls.length = 0
  }
  return states
}

/** Somebody else renames a todo and puts it into another list, and gives a list another owner. */
function changeWhatIsShown({ server, store }: World, turn: number): void {
  const todo = { ...server.get('todos', turn % todoCount + 1)!, title: `Changed ${turn}`, listId: turn % 7 + 1 }
  const list = { ...server.get('lists', turn % listCount + 1)!, ownerId: turn % 2 ? 'ann' : null }
  server.put('todos', todo)
  server.put('lists', list)
  store.$cache.writeItem({ collection: 'todos', item: todo })
  store.$cache.writeItem({ collection: 'lists', item: list })
  selected.value = turn
}

/** A component that renders all that a query shows. */
function mount(scope: EffectScope, query: () => QueryState, i: number): QueryState {
  return scope.run(() => {
    const state = query()
    watchEffect(() => JSON.stringify(state.data.value))
    if (i % 10 === 2)
      void state.fetchMore()
    return state
  })!
}
