import { createAnswers } from '../../lib/deferred.mjs'
import { mount } from '../mount.mjs'
import { windowSize } from '../workload.mjs'

const column = (type, more) => ({ type, nullable: false, hasDefault: false, generated: false, readonly: false, ...more })

/** The schema as the module would generate it. */
const schema = {
  dialect: 'sqlite',
  collections: {
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
    throw new Error('The bench reads from the cache only.')
  }
  const store = createStore({
    schema,
    transport: { fetchMany: refuse, fetchFirst: refuse, create: refuse, delete: refuse, update: (_, key) => answers.of(key) },
    server: false,
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
