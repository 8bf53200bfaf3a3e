import { effectScope } from 'vue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { gc } from '../../../../../src/runtime/store/gc/gc'
import { ids, setup, todo } from '../support/store'

afterEach(() => void vi.useRealTimers())

function filled(options: Parameters<typeof setup>[0] = {}) {
  const test = setup({ dev: true, features: [gc({ maxAge: 1000 })], ...options })
  test.server.put('todos', ...Array.from({ length: 4 }, (_, i) => todo(i + 1)))
  return test
}

describe('gc', () => {
  it('forgets rows that no query has shown for a time, and asks for them again', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] })
    const { server, store, todos } = filled()
    const kept = await todos.query(q => q.first(1))
    const all = effectScope()
    await all.run(() => todos.query())
    all.stop()
    vi.advanceTimersByTime(1400)
    expect(store.$cache.readItems({ collection: 'todos' })).toHaveLength(4)
    vi.advanceTimersByTime(600)
    expect(ids(store.$cache.readItems({ collection: 'todos' }))).toEqual([1])
    expect(kept.data.value).toMatchObject({ id: 1 })
    const asked = server.calls.length
    expect(await todos.findMany()).toHaveLength(4)
    expect(server.calls).toHaveLength(asked + 1)
  })

  it('does nothing on the server', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] })
    filled({ server: true })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves alone what is pending', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] })
    const { server, store, todos } = filled()
    await todos.findMany()
    server.held = true
    void todos.update({ title: 'pending' }, { key: 2 })
    vi.advanceTimersByTime(5000)
    expect(ids(store.$cache.readItems({ collection: 'todos' }))).toEqual([2])
  })
})
