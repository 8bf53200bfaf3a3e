import type { ConditionNode } from '../../../../../src/runtime/shared/condition'
import type { Row } from '../../../../../src/runtime/shared/model'
import type { Access } from '../../../../../src/runtime/server/realtime/access'
import type { Connection } from '../../../../../src/runtime/server/realtime/connection'
import type { Group } from '../../../../../src/runtime/server/realtime/topic'
import { expect, it } from 'vitest'
import { Topic } from '../../../../../src/runtime/server/realtime/topic'
import { compilePredicate } from '../../../../../src/runtime/shared/match'
import { collection } from './collection'

const todos = collection('todos')
const connection = () => ({ version: 1 }) as Connection
const access = (id = 'all', where?: ConditionNode) => ({ id, where }) as Access
const equal = (field: string, value: unknown): ConditionNode => ({ operator: 'eq', field, value })
const at = new Date('2026-01-02T03:04:05.678Z')

function interest(id: string, where?: ConditionNode, key?: string) {
  return { id, collection: todos, where, key, matches: where ? compilePredicate(where, todos.model, 'sqlite') : () => true }
}

function found(topic: Topic, key: string, previous?: Row[], next?: Row[]): string[] {
  return Array.from(topic.find(key, { type: 'updated', origins: new Set(), previous, next }), ({ interest }) => interest.id).sort()
}

it('finds groups by key, by what the row was and by what it became', () => {
  const topic = new Topic(todos)
  const groups: Record<string, Group> = {}
  const join = (id: string, where?: ConditionNode, key?: string, seen = access()) => groups[id] = topic.join(connection(), interest(id, where, key), seen)
  join('everything')
  join('one', undefined, '1')
  join('list 1', equal('listId', 1))
  join('list 2', { operator: 'and', conditions: [{ operator: 'gt', field: 'id', value: 0 }, equal('listId', 2)] })
  join('then', equal('at', at))
  join('policy 3', undefined, undefined, access('policy', equal('listId', 3)))
  // Equal amounts may look different.
  join('amount', equal('amount', '1.0'))
  const always = ['amount', 'everything']
  expect(found(topic, '1', [{ id: 1, listId: 1 }], [{ id: 1, listId: 2 }])).toEqual([...always, 'list 1', 'list 2', 'one'])
  expect(found(topic, '2', [], [{ id: 2, listId: 3, at: new Date(at) }])).toEqual([...always, 'policy 3', 'then'])
  expect(found(topic, '2', [{ id: 2, listId: 7 }], [{ id: 2, listId: 8 }])).toEqual(always)
  // Nobody knows what it was, or has become: it may concern all.
  for (const [previous, next] of [[undefined, [{ id: 2 }]], [[{ id: 2 }], undefined]])
    expect(found(topic, '2', previous, next)).toEqual([...always, 'list 1', 'list 2', 'policy 3', 'then'].sort())
  for (const group of Object.values(groups))
    topic.leave([...group.members][0]!, group)
  expect(topic.isEmpty).toBe(true)
  expect(found(topic, '1')).toEqual([])
  expect(Object.values(topic).flatMap(value => value instanceof Map || value instanceof Set ? [value.size] : [])).toEqual([0, 0, 0])
})

it('has one group for those who ask for the same and see the same', () => {
  const topic = new Topic(todos)
  const [a, b, c] = [connection(), connection(), connection()]
  const group = topic.join(a, interest('all'), access())
  expect(topic.join(b, interest('all'), access())).toBe(group)
  expect(topic.join(c, interest('all'), access('other'))).not.toBe(group)
  expect(topic.join({ version: 0 } as Connection, interest('all'), access())).not.toBe(group)
  topic.leave(a, group)
  expect([...group.members]).toEqual([b])
  expect(topic.isEmpty).toBe(false)
})
