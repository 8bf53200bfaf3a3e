import { createStore, definePlugin, withItemType } from '@rstore/vue'
import { createAnswers } from '../../lib/deferred.mjs'
import { mount } from '../mount.mjs'
import { windowSize } from '../workload.mjs'

/** `@rstore/vue` in its best case: a filter function, sorted and cut by a plugin, the cache only. */
export async function createRstore() {
  const answers = createAnswers()
  const plugin = definePlugin({
    name: 'bench',
    category: 'remote',
    setup({ hook }) {
      // Order and limit are left to plugins; its own Drizzle plugin orders like this and does not limit.
      hook('cacheFilterMany', (payload) => {
        const { limit } = payload.findOptions?.params ?? {}
        const rows = payload.getResult().map(row => ({ row, time: row.createdAt.getTime() }))
          .sort((a, b) => b.time - a.time).map(({ row }) => row)
        payload.setResult(limit ? rows.slice(0, limit) : rows)
      })
      hook('updateItem', async payload => payload.setResult(await answers.of(payload.key)))
    },
  })
  const store = await createStore({
    schema: [withItemType().defineCollection({ name: 'todos', getKey: row => row.id })],
    plugins: [plugin],
    syncImmediately: false,
    tombstoneGc: false,
  })
  const collection = store.$collections.find(one => one.name === 'todos')
  const write = rows => rows.length === 1
    ? store.$cache.writeItem({ collection, key: rows[0].id, item: rows[0] })
    : store.$cache.writeItems({ collection, items: rows.map(row => ({ key: row.id, value: row })) })
  const liveQuery = options => () => {
    const { data } = store.todos.query(query => query.many({ fetchPolicy: 'cache-only', ...options }))
    return { getRows: () => data.value }
  }

  return {
    load: write,
    mountList: listId => mount(liveQuery({ filter: row => !row.completed && row.listId === listId, params: { listId, limit: windowSize } })),
    mountAll: visible => mount(liveQuery({}), visible),
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

async function microtasks(count) {
  for (let i = 0; i < count; i++)
    await undefined
}
