import type { Row } from '../../../../src/runtime/shared/model'
import type { Overlay } from '../../../../src/runtime/store/overlay'
import { describe, expect, it } from 'vitest'
import { RstoreError } from '../../../../src/runtime/shared/errors'
import { fold, replaceValue } from '../../../../src/runtime/store/overlay'
import { settled } from './support/server'
import { setup, todo } from './support/store'

const factory = (values: Row, patch?: Row) => ({ ...values, ...patch })

describe('fold', () => {
  const base = { id: 1, title: 'a', done: false }
  const see = (overlay: Overlay) => fold(overlay, factory)

  it('gives the very row of the server where nothing is pending', () => {
    expect(see({ base, patches: [] })).toBe(base)
    expect(see({ base: undefined, patches: [] })).toBeUndefined()
  })

  it('applies patches in order, field by field', () => {
    expect(see({ base, patches: [{ kind: 'update', values: { title: 'b' } }, { kind: 'update', values: { title: 'c', done: true } }] })).toEqual({ id: 1, title: 'c', done: true })
  })

  it('deletes, and creates again', () => {
    expect(see({ base, patches: [{ kind: 'delete', values: {} }] })).toBeUndefined()
    expect(see({ base, patches: [{ kind: 'update', values: { title: 'b' } }, { kind: 'delete', values: {} }, { kind: 'create', values: { id: 1, title: 'new' } }, { kind: 'update', values: { done: true } }] })).toEqual({ id: 1, title: 'new', done: true })
  })

  it('prefers the row that has arrived to the guess of a create', () => {
    expect(see({ base, patches: [{ kind: 'create', values: { id: 1, title: 'guess' } }] })).toEqual(base)
  })

  it('updates nothing where there is no row', () => {
    expect(see({ base: undefined, patches: [{ kind: 'update', values: { title: 'b' } }] })).toBeUndefined()
  })

  it('swaps a value that patches hold', () => {
    const overlay: Overlay = { base, patches: [{ kind: 'update', values: { listId: -5 } }, { kind: 'update', values: { listId: null } }] }
    expect(replaceValue(overlay, 'listId', '-5', 7)).toBe(true)
    expect(overlay.patches.map(patch => patch.values.listId)).toEqual([7, null])
    expect(replaceValue(overlay, 'listId', '-5', 7)).toBe(false)
  })
})

describe('a pending change', () => {
  function pending() {
    const { server, store, todos } = setup({ dev: true })
    server.put('todos', todo(1))
    store.$cache.writeItem({ collection: 'todos', item: todo(1) })
    server.held = true
    const row = () => store.$cache.readItem({ collection: 'todos', key: 1 })
    const remote = (values: Row) => {
      server.put('todos', { ...server.get('todos', 1)!, ...values })
      store.$cache.writeItem({ collection: 'todos', item: server.get('todos', 1)! })
    }
    return { server, store, todos, row, remote }
  }

  it('lets a remote change of another field through, and hides one of the same field', async () => {
    const { server, todos, row, remote } = pending()
    const updated = todos.update({ id: 1, title: 'mine' })
    remote({ done: true, title: 'theirs' })
    expect(row()).toMatchObject({ title: 'mine', done: true })
    expect(row()!.$isOptimistic).toBe(true)
    await server.drain()
    expect(await updated).toMatchObject({ title: 'mine', done: true })
    expect(row()).toMatchObject({ title: 'mine', done: true })
    expect(row()!.$isOptimistic).toBe(false)
  })

  it('comes back off when it is refused, with what others have changed meanwhile', async () => {
    const { server, todos, row, remote } = pending()
    server.refuse = () => new RstoreError('RSTORE_CONSTRAINT', 'No.', { field: 'title' })
    const updated = todos.update({ id: 1, title: 'mine' })
    remote({ done: true })
    const refused = expect(updated).rejects.toMatchObject({ name: 'RstoreError', code: 'RSTORE_CONSTRAINT', field: 'title' })
    await server.drain()
    await refused
    expect(row()).toMatchObject({ title: 'Todo 1', done: true })
    expect(row()!.$isOptimistic).toBe(false)
  })

  it('gives back the very row it covered', async () => {
    const { server, todos, row } = pending()
    server.refuse = () => new RstoreError('RSTORE_REJECTED', 'No.')
    const before = row()
    const updated = todos.update({ id: 1, title: 'mine' }).catch(() => undefined)
    expect(row()).not.toBe(before)
    await server.drain()
    await updated
    expect(row()).toBe(before)
  })

  it('of two, one is refused and the other stays', async () => {
    const { server, todos, row } = pending()
    const first = todos.update({ id: 1, title: 'first' }).catch(error => error.code)
    const second = todos.update({ id: 1, done: true })
    expect(row()).toMatchObject({ title: 'first', done: true })
    server.refuse = call => call.item?.title ? new RstoreError('RSTORE_REJECTED', 'No.') : undefined
    await settled()
    server.open[0]!.process()
    server.open[0]!.deliver()
    expect(await first).toBe('RSTORE_REJECTED')
    expect(row()).toMatchObject({ title: 'Todo 1', done: true })
    await server.drain()
    await second
    expect(row()).toMatchObject({ title: 'Todo 1', done: true })
  })

  it('deletes a row, which returns when that is refused', async () => {
    const { server, todos, row } = pending()
    server.refuse = () => new RstoreError('RSTORE_REJECTED', 'No.')
    const before = row()!
    const deleted = (before.$delete as () => Promise<void>)()
    expect(row()).toBeUndefined()
    const refused = expect(deleted).rejects.toMatchObject({ code: 'RSTORE_REJECTED' })
    await server.drain()
    await refused
    expect(row()).toBe(before)
    expect(todos.peekMany()).toEqual([before])
  })

  it('on a row that others have deleted ends with it', async () => {
    const { server, store, todos, row } = pending()
    const updated = todos.update({ id: 1, title: 'mine' }).catch(error => error.code)
    server.remove('todos', 1)
    store.$cache.deleteItem({ collection: 'todos', key: 1 })
    expect(row()).toBeUndefined()
    await server.drain()
    expect(await updated).toBe('RSTORE_NOT_FOUND')
    await server.drain()
    expect(row()).toBeUndefined()
  })
})
