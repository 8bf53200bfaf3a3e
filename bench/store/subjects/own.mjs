import { createAnswers } from '../../lib/deferred.mjs'
import { mount, mountTree } from '../mount.mjs'
import { windowSize } from '../workload.mjs'

const column = (type, more) => ({ type, nullable: false, hasDefault: false, generated: false, readonly: false, ...more })

/** What one answer may hold: a list of the largest tree. */
const mostRows = 10_000

/** The schema as the module would generate it. */
const schema = {
  dialect: 'sqlite',
  collections: {
    lists: {
      name: 'lists',
      table: 'lists',
      primaryKey: ['id'],
      columns: { id: column('number', { integer: true }), name: column('string') },
      relations: { todos: { to: 'todos', many: true, on: [['id', 'listId']] } },
      foreignKeys: [],
      readonly: false,
    },
    todos: {
      name: 'todos',
      table: 'todos',
      primaryKey: ['id'],
      columns: {
        id: column('string'),
        listId: column('number', { integer: true }),
        title: column('string'),
        completed: column('boolean'),
        priority: column('number', { integer: true }),
        createdAt: column('date', { precision: 1 }),
        updatedAt: column('date', { precision: 1 }),
      },
      relations: {},
      foreignKeys: [{ columns: ['listId'], to: 'lists', toColumns: ['id'] }],
      readonly: false,
    },
  },
}

/** This project's store, through the API that an app and the realtime client use. */
export async function createOwn() {
  const { and, createStore, eq } = await import(process.env.BENCH_STORE)
  const answers = createAnswers()
  const refuse = () => {
    throw new Error('The bench reads from the cache, but for the tree.')
  }
  let fetchMany = refuse
  const store = createStore({
    schema,
    transport: { fetchMany: () => fetchMany(), fetchFirst: refuse, create: refuse, delete: refuse, update: (_, key) => answers.of(key) },
    server: false,
    maxLimit: mostRows,
  })
  const write = rows => rows.length === 1
    ? store.$cache.writeItem({ collection: 'todos', key: rows[0].id, item: rows[0] })
    : store.$cache.writeItems({ collection: 'todos', items: rows.map(row => ({ key: row.id, value: row })) })
  const liveQuery = options => () => {
    const { data } = store.todos.query(query => query.many({ fetchPolicy: 'cache-only', orderBy: ['createdAt.desc'], ...options }))
    return { getRows: () => data.value }
  }

  return {
    load: write,
    mountList: listId => mount(liveQuery({ where: and(eq('completed', false), eq('listId', listId)), limit: windowSize })),
    mountAll: visible => mount(liveQuery({}), visible),
    loadLists: lists => store.$cache.writeItems({ collection: 'lists', items: lists.map(list => ({ key: list.id, value: list })) }),
    mountTree(answer) {
      fetchMany = answer ? async () => ({ rows: answer.nested }) : refuse
      return mountTree(() => {
        const { data, loading } = store.lists.query(query => query.many({ fetchPolicy: answer ? 'cache-first' : 'cache-only', include: { todos: { orderBy: ['createdAt.desc'] } } }))
        return { getLists: () => data.value, isReady: () => !loading.value, setupList: list => ({ getRows: () => list.value.todos }) }
      })
    },
    write,
    update(id, patch, serverRow) {
      const answer = answers.hold(id)
      const updated = store.todos.update({ id, ...patch })
      return {
        shown: undefined,
        async confirm() {
          answer(serverRow)
          await updated
        },
      }
    },
  }
}
