import { request } from './load.mjs'
import { listCount, rowCount, sensorCount } from './databases.mjs'

const api = '/api/rstore'
const hand = '/api/hand'
const json = value => encodeURIComponent(JSON.stringify(value))
/** Spread over all rows, the same for both subjects. */
const idOf = i => (i * 7919) % rowCount + 1
const idsOf = i => Array.from({ length: 50 }, (_, j) => idOf(i * 50 + j))
const openOf = list => json({ operator: 'and', conditions: [{ operator: 'eq', field: 'listId', value: list }, { operator: 'eq', field: 'done', value: false }] })
const includeTodos = json({ todos: { orderBy: ['createdAt.desc'], limit: 10, include: { user: true } } })
const aboveHalf = sensor => json({ operator: 'and', conditions: [{ operator: 'eq', field: 'sensor', value: sensor }, { operator: 'gte', field: 'value', value: 0.5 }] })
const batch = operations => request('POST', `${api}/_batch`, { operations })

/**
 * What is asked of both. `ours` and `theirs` make the text of a request of a number, `rows` takes the rows out of our
 * answer. Both must answer the same: the bench checks it before it measures.
 */
export const cases = [
  {
    name: 'one row by key',
    target: 1.4,
    ours: i => request('GET', `${api}/todos/${idOf(i)}`),
    theirs: i => request('GET', `${hand}/todos/${idOf(i)}`),
  },
  {
    name: 'list of 50',
    target: 1.6,
    ours: () => request('GET', `${api}/todos?limit=50`),
    theirs: () => request('GET', `${hand}/todos?limit=50`),
  },
  {
    name: 'list of 50, filtered and sorted',
    target: 1.3,
    ours: i => request('GET', `${api}/todos?where=${openOf(i % listCount + 1)}&orderBy=createdAt.desc&limit=50`),
    theirs: i => request('GET', `${hand}/todos?listId=${i % listCount + 1}&limit=50`),
  },
  {
    name: 'the same, of reals, blobs and JSON',
    target: 1.1,
    ours: i => request('GET', `${api}/readings?where=${aboveHalf(i % sensorCount + 1)}&orderBy=at.desc&limit=50`),
    theirs: i => request('GET', `${hand}/readings?sensor=${i % sensorCount + 1}&limit=50`),
  },
  {
    name: 'PATCH',
    target: 0.9,
    ours: i => request('PATCH', `${api}/todos/${idOf(i)}`, { title: `ours ${i}`, done: i % 2 === 0 }),
    theirs: i => request('PATCH', `${hand}/todos/${idOf(i)}`, { title: `theirs ${i}`, done: i % 2 === 0 }),
    writes: true,
  },
  {
    name: 'PATCH under a policy',
    target: 0.7,
    ours: i => request('PATCH', `${api}/lists/${i % listCount + 1}`, { name: `List ${i}, by the name that somebody gave it` }),
    theirs: i => request('PATCH', `${hand}/lists/${i % listCount + 1}`, { name: `List ${i}, by the name that somebody gave it` }),
    writes: true,
  },
  {
    name: '50 rows by key, each an operation of a batch',
    target: 5,
    ours: i => batch(idsOf(i).map(key => ({ type: 'fetchFirst', collection: 'todos', key }))),
    theirs: i => request('POST', `${hand}/many`, { ids: idsOf(i) }),
    rows: ({ results }) => results.map(({ result }) => result),
  },
  {
    name: '50 updates in a batch',
    target: 1.8,
    ours: i => batch(idsOf(i).map(key => ({ type: 'update', collection: 'todos', key, item: { title: `ours ${i}` } }))),
    theirs: i => request('POST', `${hand}/many`, { ids: idsOf(i), title: `theirs ${i}` }),
    rows: ({ results }) => results.map(({ result }) => result),
    writes: true,
  },
  {
    name: 'include of two levels',
    target: 1,
    ours: i => request('GET', `${api}/lists?include=${includeTodos}&limit=10&offset=${i % 9 * 10}`),
    theirs: i => request('GET', `${hand}/lists?limit=10&offset=${i % 9 * 10}`),
  },
]
