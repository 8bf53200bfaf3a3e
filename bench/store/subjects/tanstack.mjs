import { shallowRef } from 'vue'
import { createAnswers } from '../../lib/deferred.mjs'
import { mount, mountTree } from '../mount.mjs'
import { windowSize } from '../workload.mjs'

/** The newest core, with the thinnest binding to Vue there can be. `nestedTree`: a tree is one query. */
export async function createTanstackDb({ nestedTree } = {}) {
  const db = await import('@tanstack/db')
  return createDriver(db, build => () => {
    const collection = db.createLiveQueryCollection({ query: build, startSync: true })
    const rows = shallowRef(collection.toArray)
    const subscription = collection.subscribeChanges(() => {
      rows.value = collection.toArray
    }, { includeInitialState: true })
    return {
      getRows: () => rows.value,
      isReady: () => collection.status === 'ready',
      stop() {
        subscription.unsubscribe()
        collection.cleanup()
      },
    }
  }, nestedTree)
}

/** The official binding, with the core that it depends on. */
export async function createTanstackVueDb() {
  const db = await import('@tanstack/vue-db')
  return createDriver(db, build => () => {
    const { data, isReady } = db.useLiveQuery(build)
    return { getRows: () => data.value, isReady: () => isReady.value }
  })
}

function createDriver(db, liveQuery, nestedTree) {
  const { and, eq, toArray } = db
  const answers = createAnswers()
  const syncs = {}
  const createCollection = (id, more) => db.createCollection({
    id,
    getKey: row => row.id,
    startSync: true,
    gcTime: 0,
    autoIndex: 'off',
    defaultIndexType: db.BasicIndex,
    sync: {
      rowUpdateMode: 'full',
      sync(handle) {
        syncs[id] = handle
      },
    },
    ...more,
  })
  const lists = createCollection('lists')
  const todos = createCollection('todos', {
    async onUpdate({ transaction }) {
      write('update', [await answers.of(transaction.mutations[0].key)])
    },
  })
  // The field that all views compare: the index that its documentation asks for.
  todos.createIndex(row => row.listId, { indexType: db.BasicIndex })

  function write(type, rows, sync = syncs.todos) {
    sync.begin()
    for (const value of rows)
      sync.write({ type, value })
    sync.commit()
  }

  function load(rows, id = 'todos') {
    write('insert', rows, syncs[id])
    syncs[id].markReady()
  }

  const todosOf = (query, listId) => query
    .from({ todo: todos })
    .where(({ todo }) => eq(todo.listId, listId))
    .orderBy(({ todo }) => todo.createdAt, 'desc')
  const listsOnly = query => query.from({ list: lists }).orderBy(({ list }) => list.id)
  const listsWithTodos = query => listsOnly(query)
    .select(({ list }) => ({ id: list.id, name: list.name, todos: toArray(todosOf(query, list.id).select(({ todo }) => ({ id: todo.id, title: todo.title }))) }))
  // A live query in the component of each list is its fastest way. One query for all of it is the other.
  const tree = nestedTree
    ? { lists: listsWithTodos, setupList: list => ({ getRows: () => list.value.todos }) }
    : { lists: listsOnly, setupList: list => liveQuery(query => todosOf(query, list.value.id))() }

  return {
    load,
    loadLists: rows => load(rows, 'lists'),
    mountTree(answer) {
      const view = mountTree(() => {
        const { getRows, ...source } = liveQuery(tree.lists)()
        return { ...source, getLists: getRows, setupList: tree.setupList }
      })
      if (answer) {
        load(answer.lists, 'lists')
        load(answer.todos)
      }
      return view
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
