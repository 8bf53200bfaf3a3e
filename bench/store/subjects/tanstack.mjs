import { shallowRef } from 'vue'
import { createAnswers } from '../../lib/deferred.mjs'
import { mount } from '../mount.mjs'
import { windowSize } from '../workload.mjs'

/** The newest core, with the thinnest binding to Vue there can be. */
export async function createTanstackDb() {
  const db = await import('@tanstack/db')
  return createDriver(db, build => () => {
    const collection = db.createLiveQueryCollection({ query: build, startSync: true })
    const rows = shallowRef(collection.toArray)
    const subscription = collection.subscribeChanges(() => {
      rows.value = collection.toArray
    }, { includeInitialState: true })
    return {
      getRows: () => rows.value,
      stop() {
        subscription.unsubscribe()
        collection.cleanup()
      },
    }
  })
}

/** The official binding, with the core that it depends on. */
export async function createTanstackVueDb() {
  const db = await import('@tanstack/vue-db')
  return createDriver(db, build => () => {
    const { data, isReady } = db.useLiveQuery(build)
    return { getRows: () => data.value, isReady: () => isReady.value }
  })
}

function createDriver(db, liveQuery) {
  const { and, eq } = db
  const answers = createAnswers()
  let sync
  const todos = db.createCollection({
    id: 'todos',
    getKey: row => row.id,
    startSync: true,
    gcTime: 0,
    autoIndex: 'off',
    defaultIndexType: db.BasicIndex,
    sync: {
      rowUpdateMode: 'full',
      sync(handle) {
        sync = handle
      },
    },
    async onUpdate({ transaction }) {
      write('update', [await answers.of(transaction.mutations[0].key)])
    },
  })
  // The field that all views compare: the index that its documentation asks for.
  todos.createIndex(row => row.listId, { indexType: db.BasicIndex })

  function write(type, rows) {
    sync.begin()
    for (const value of rows)
      sync.write({ type, value })
    sync.commit()
  }

  return {
    load(rows) {
      write('insert', rows)
      sync.markReady()
    },
    mountList: listId => mount(liveQuery(query => query
      .from({ todo: todos })
      .where(({ todo }) => and(eq(todo.completed, false), eq(todo.listId, listId)))
      .orderBy(({ todo }) => todo.createdAt, 'desc')
      .limit(windowSize))),
    mountAll: visible => mount(liveQuery(query => query
      .from({ todo: todos })
      .orderBy(({ todo }) => todo.createdAt, 'desc')), visible),
    write: rows => write('update', rows),
    update(id, patch, serverRow) {
      const answer = answers.hold(id)
      const transaction = todos.update(id, draft => void Object.assign(draft, patch))
      return {
        shown: undefined,
        confirm() {
          answer(serverRow)
          return transaction.isPersisted.promise
        },
      }
    },
  }
}
