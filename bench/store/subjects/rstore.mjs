import { createStore, definePlugin, defineRelations, withItemType } from '@rstore/vue'
import { createAnswers } from '../../lib/deferred.mjs'
import { mount, mountTree } from '../mount.mjs'
import { windowSize } from '../workload.mjs'

/** `@rstore/vue` in its best case: a filter function, sorted and cut by a plugin, the cache only. */
export async function createRstore() {
  const answers = createAnswers()
  let fetched
  const plugin = definePlugin({
    name: 'bench',
    category: 'remote',
    setup({ hook }) {
      // Order and limit are left to plugins; its own Drizzle plugin orders like this and does not limit.
      hook('cacheFilterMany', (payload) => {
        if (payload.collection.name === 'lists') {
          payload.setResult([...payload.getResult()].sort((a, b) => a.id - b.id))
          return
        }
        const { limit } = payload.findOptions?.params ?? {}
        const rows = newestFirst(payload.getResult())
        payload.setResult(limit ? rows.slice(0, limit) : rows)
      })
      hook('fetchMany', payload => payload.setResult(fetched))
      hook('updateItem', async payload => payload.setResult(await answers.of(payload.key)))
    },
  })
  const todos = withItemType().defineCollection({ name: 'todos', getKey: row => row.id })
  const lists = withItemType().defineCollection({ name: 'lists', getKey: row => row.id })
  const relations = defineRelations(lists, ({ collection }) => ({ todos: { to: collection(todos, { on: { 'todos.listId': 'lists.id' } }), many: true } }))
  const store = await createStore({
    schema: [todos, lists, relations],
    plugins: [plugin],
    syncImmediately: false,
    tombstoneGc: false,
  })
  const writeTo = (name) => {
    const collection = store.$collections.find(one => one.name === name)
    return rows => rows.length === 1
      ? store.$cache.writeItem({ collection, key: rows[0].id, item: rows[0] })
      : store.$cache.writeItems({ collection, items: rows.map(row => ({ key: row.id, value: row })) })
  }
  const write = writeTo('todos')
  const liveQuery = options => () => {
    const { data } = store.todos.query(query => query.many({ fetchPolicy: 'cache-only', ...options }))
    return { getRows: () => data.value }
  }

  return {
    load: write,
    mountList: listId => mount(liveQuery({ filter: row => !row.completed && row.listId === listId, params: { listId, limit: windowSize } })),
    mountAll: visible => mount(liveQuery({}), visible),
    loadLists: writeTo('lists'),
    // Relations have no order there: the component sorts.
    mountTree(answer) {
      fetched = answer?.nested
      return mountTree(() => {
        const { data, loading } = store.lists.query(query => query.many({ fetchPolicy: answer ? 'cache-first' : 'cache-only', include: { todos: true } }))
        return { getLists: () => data.value, isReady: () => !loading.value, setupList: list => ({ getRows: () => newestFirst(list.value.todos) }) }
      })
    },
    write,
    update(id, patch, serverRow) {
      const answer = answers.hold(id)
      const updated = store.todos.update({ ...patch }, { key: id })
      return {
        // Its hooks are asynchronous: the cache holds the change a few microtasks later.
        shown: microtasks(4),
        async confirm() {
          answer(serverRow)
          await updated
        },
      }
    },
  }
}

function newestFirst(rows) {
  return rows.map(row => ({ row, time: row.createdAt.getTime() })).sort((a, b) => b.time - a.time).map(({ row }) => row)
}

async function microtasks(count) {
  for (let i = 0; i < count; i++)
    await undefined
}
