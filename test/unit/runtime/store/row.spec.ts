import type { Row } from '../../../../src/runtime/shared/model'
import { describe, expect, it } from 'vitest'
import { isReactive, reactive, ref } from 'vue'
import { sameValues } from '../../../../src/runtime/store/row'
import { setup, todo } from './support/store'

function one(options: Parameters<typeof setup>[0] = {}) {
  const { store, todos } = setup(options)
  const write = (values: Row) => store.$cache.writeItem({ collection: 'todos', item: values })
  const read = () => store.$cache.readItem({ collection: 'todos', key: 1 })!
  write(todo(1))
  return { todos, write, read }
}

describe('a row', () => {
  it('is the same object as long as nothing in it has changed', () => {
    const { write, read } = one()
    const before = read()
    write(todo(1))
    expect(read()).toBe(before)
    write({ id: 1, createdAt: new Date((before.createdAt as Date).getTime()) })
    expect(read()).toBe(before)
  })

  it('is another object after a change, and the old one keeps what it said', () => {
    const { write, read } = one()
    const before = read()
    write({ id: 1, title: 'other' })
    expect(read()).not.toBe(before)
    expect(read().title).toBe('other')
    expect(read().createdAt).toBe(before.createdAt)
    expect(before.title).toBe('Todo 1')
  })

  it('compares JSON and dates by what they say', () => {
    const { store } = setup()
    const write = (data: unknown) => store.$cache.writeItem({ collection: 'events', item: { id: 1n, size: 2n, data } })
    const read = () => store.$cache.readItem({ collection: 'events', key: '1' })
    write({ a: [1] })
    const before = read()
    write({ a: [1] })
    expect(read()).toBe(before)
    write({ a: [2] })
    expect(read()).not.toBe(before)
  })

  it('may hold arrays of bigints', () => {
    expect(sameValues({ a: [1n, 2n] }, { a: [1n, 2n] })).toBe(true)
    expect(sameValues({ a: [1n, 2n] }, { a: [1n, 3n] })).toBe(false)
  })

  it('is frozen in development only', () => {
    expect(Object.isFrozen(one({ dev: true }).read())).toBe(true)
    expect(Object.isFrozen(one().read())).toBe(false)
  })

  it('shows its columns and nothing else, as JSON, by its keys and as $raw()', () => {
    const { read } = one({ dev: true })
    expect(JSON.parse(JSON.stringify(read()))).toEqual({ ...todo(1), createdAt: '2026-01-01T00:01:00.000Z' })
    expect(Object.keys(read())).toEqual(Object.keys(todo(1)))
    const raw = read().$raw as () => Row
    expect(raw.call(read())).toEqual(todo(1))
    expect(Object.getPrototypeOf(raw.call(read()))).toBe(Object.prototype)
    const copy = raw.call(read())
    copy.title = 'mine'
    expect(read().title).toBe('Todo 1')
  })

  it.each([true, false])('is never wrapped by Vue (dev: %s)', (dev) => {
    const row = one({ dev }).read()
    expect(isReactive(reactive({ row }).row)).toBe(false)
    expect(reactive({ row }).row).toBe(row)
    expect(ref(row).value).toBe(row)
    expect(ref([row]).value[0]).toBe(row)
  })

  it('knows its collection and its key', () => {
    const { read } = one()
    expect(read().$collection).toBe('todos')
    expect((read().$getKey as () => unknown)()).toBe(1)
  })
})
