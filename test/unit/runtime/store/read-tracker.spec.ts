import type { Row } from '../../../../src/runtime/shared/model'
import { effectScope, nextTick, watchEffect } from 'vue'
import { describe, expect, it } from 'vitest'
import { setup } from './support/store'
import { createTreeSchema } from './support/tree-schema'

/** Lists with a todo each. */
function filled(size: number) {
  const { store, todos } = setup({ schema: createTreeSchema() })
  store.$cache.writeItems({ collection: 'lists', items: Array.from({ length: size }, (_, id) => ({ value: { id, name: 'List', ownerId: null } })) })
  store.$cache.writeItems({ collection: 'todos', items: Array.from({ length: size }, (_, id) => ({ value: { id, title: 'Todo', listId: id, userId: null, parentId: null, done: false } })) })
  const rows = todos.peekMany()

  /** Effects that read the lists of so many todos each. */
  return (effects: number, todosOfEach: number) => {
    const runs = Array.from({ length: effects }, () => 0)
    const scope = effectScope(true)
    scope.run(() => runs.forEach((_, i) => watchEffect(() => {
      rows.slice(i * todosOfEach, (i + 1) * todosOfEach).forEach(row => (row.list as Row).name)
      runs[i]!++
    })))
    /** Changes a list. Gives how often each effect has run for it. */
    const rename = async (id: number) => {
      const before = [...runs]
      store.$cache.writeItem({ collection: 'lists', item: { id, name: `Renamed ${before.join()}`, ownerId: null } })
      await nextTick()
      return runs.map((count, i) => count - before[i]!)
    }
    return { runs, rename, scope }
  }
}

describe('what Vue tracks of reads', () => {
  it('is row by row', async () => {
    const { rename } = filled(200)(2, 100)
    expect(await rename(5)).toEqual([1, 0])
    expect(await rename(150)).toEqual([0, 1])
  })

  it('is every change where there is too much to watch, and none is missed', async () => {
    const { rename, runs } = filled(12_000)(1, 12_000)
    await nextTick()
    expect(runs).toEqual([1])
    for (const id of [5, 11_999, 6, 5])
      expect(await rename(id)).toEqual([1])
  })

  it('comes to rest where several read too much together', async () => {
    const { rename, runs } = filled(12_000)(2, 6000)
    await nextTick()
    await nextTick()
    expect(runs).toEqual([1, 1])
    expect((await rename(5))[0]).toBe(1)
    expect((await rename(11_999))[1]).toBe(1)
  })

  it('is row by row again once there is less', async () => {
    const watch = filled(12_000)
    watch(1, 12_000).scope.stop()
    const { rename } = watch(2, 100)
    await rename(11_000)
    expect(await rename(5)).toEqual([1, 0])
  })
})
