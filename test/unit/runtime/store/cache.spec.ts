import type { Row } from '../../../../src/runtime/shared/model'
import { effectScope } from 'vue'
import { describe, expect, it, vi } from 'vitest'
import { settled } from './support/server'
import { ids, setup, todo } from './support/store'

function filled(options: Parameters<typeof setup>[0] = {}) {
  const test = setup({ dev: true, ...options })
  test.server.put('todos', ...Array.from({ length: 4 }, (_, i) => todo(i + 1, { listId: i % 2 })))
  return test
}

describe('$cache.clear', () => {
  it('has what is shown asked for again, and tells', async () => {
    const { server, store, todos } = filled()
    const query = await todos.query(q => q.many({ limit: 2 }))
    const page = await todos.query(q => q.many({ limit: 1, offset: 3 }))
    const resets = vi.fn()
    const scope = effectScope()
    scope.run(() => store.$onCacheReset(resets))
    server.put('todos', todo(1, { title: 'new' }))
    store.$cache.clear()
    expect(query.data.value).toEqual([])
    expect(resets).toHaveBeenCalledOnce()
    await settled()
    expect((query.data.value as Row[]).map(row => row.title)).toEqual(['new', 'Todo 2'])
    expect(ids(page.data.value)).toEqual([4])
    scope.stop()
    store.$cache.clear()
    expect(resets).toHaveBeenCalledOnce()
  })
})

describe('$cache.pause', () => {
  it('keeps what is shown as it is, until resume', async () => {
    const { store, todos } = filled()
    const query = await todos.query()
    const before = query.data.value
    store.$cache.pause()
    store.$cache.pause()
    store.$cache.writeItem({ collection: 'todos', item: todo(1, { title: 'new' }) })
    void todos.update({ title: 'newer' }, { key: 2 })
    await settled()
    expect(query.data.value).toBe(before)
    expect(store.$cache.readItem({ collection: 'todos', key: 1 })).toMatchObject({ title: 'new' })
    store.$cache.resume()
    expect((query.data.value as Row[]).map(row => row.title)).toEqual(['new', 'newer', 'Todo 3', 'Todo 4'])
    store.$cache.resume()
    store.$cache.writeItem({ collection: 'todos', item: todo(1, { title: 'last' }) })
    expect((query.data.value as Row[])[0]!.title).toBe('last')
  })
})
