import type { Row } from '../../src/runtime/shared/model'
import { effectScope, watchEffect } from 'vue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { eq } from '../../src/runtime/shared/condition'
import { gc } from '../../src/runtime/store/gc/gc'
import { setup } from '../unit/runtime/store/support/store'
import { createTreeSchema } from '../unit/runtime/store/support/tree-schema'
import { alive, count, heapUsed, margin } from './support/heap'

/** Most places that are watched one by one, and most answers that are remembered, of each collection. */
const mostKept = 10_000

afterEach(() => void vi.useRealTimers())

/** A store that holds so many lists, and twice as many todos in them. */
function filled(lists: number, options: Parameters<typeof setup>[0] = {}) {
  const test = setup({ schema: createTreeSchema(), ...options })
  const { store } = test
  store.$cache.writeItems({ collection: 'lists', items: Array.from({ length: lists }, (_, id) => ({ value: { id, name: `List ${id}`, ownerId: null } })) })
  store.$cache.writeItems({ collection: 'todos', items: Array.from({ length: lists * 2 }, (_, id) => ({ value: { id, title: `Todo ${id}`, listId: id >> 1, userId: null, parentId: null, done: false } })) })
  return test
}

describe('reads of the cache that Vue tracks', () => {
  it('are watched at no more than 10,000 places of a collection, and not for effects that are gone', async () => {
    const size = 12_000
    const { todos, lists } = filled(size)
    const before = await count('refs')
    readAll()
    const { refs, effects, scopes } = await count('refs', 'effects', 'scopes')
    expect([effects, scopes]).toEqual([0, 0])
    expect(refs! - before.refs!).toBeLessThanOrEqual(mostKept * 2)

    /** Components that read a row by its key, and what it is related to, each its own. */
    function readAll(): void {
      for (let first = 0; first < size; first += 1000) {
        const scope = effectScope(true)
        scope.run(() => {
          for (let i = first; i < first + 1000; i++) {
            watchEffect(() => {
              const list = todos.peekFirst(i * 2)!.list as Row
              return [list.todos as Row[], lists.peekFirst(size - 1 - i)]
            })
          }
        })
        scope.stop()
      }
    }
  })
})

describe('what is known of answers', () => {
  it('is kept of 10,000 queries at most', async () => {
    const { todos } = filled(0)
    ask(10_000, 22_000)
    const heapBefore = await heapUsed()
    ask(22_000, 34_000)
    // As many answers would be 20 MB; a map may have doubled its table.
    expect(await heapUsed() - heapBefore).toBeLessThan(margin * 8)

    function ask(from: number, to: number): void {
      for (let i = from; i < to; i++)
        todos.peekMany({ where: eq('listId', i), limit: 3 })
    }
  })
})

describe('gc', () => {
  it('frees the rows that no query has shown for a time', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] })
    const empty = await heapUsed()
    const { todos } = filled(10_000, { features: [gc({ maxAge: 60_000 })] })
    const Todo = Object.getPrototypeOf(todos.peekFirst(1)).constructor as unknown
    const shown = todos.query(q => q.many({ where: eq('listId', 7), fetchPolicy: 'cache-only' }))
    const full = await heapUsed()
    expect(alive(Todo)).toBe(20_000)
    vi.advanceTimersByTime(120_000)
    expect(alive(Todo)).toBe(2)
    expect(shown.data.value).toHaveLength(2)
    expect(await heapUsed() - empty).toBeLessThan((full - empty) / 4)
  })
})
