import type { Row } from '../../../../../src/runtime/shared/model'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createSSRApp, defineComponent, effectScope, h, watchEffect } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { eq } from '../../../../../src/runtime/shared/condition'
import { RstoreError } from '../../../../../src/runtime/shared/errors'
import { thorough } from '../../../../../src/runtime/store/checks'
import { settled } from '../support/server'
import { todo } from '../support/store'
import { schemaOf, setupForms, thing } from './support/forms'

/** A form that is open on the first todo. */
async function open(options: Parameters<ReturnType<typeof setupForms>['todos']['updateForm']>[1] = {}) {
  const test = setupForms()
  test.server.put('todos', todo(1), todo(2))
  const form = await test.todos.updateForm(1, options)
  /** Somebody else changes the row. */
  const arrive = (values: Row, id = 1) => {
    const row = { ...test.server.get('todos', id)!, ...values }
    test.server.put('todos', row)
    test.store.$cache.writeItem({ collection: 'todos', item: structuredClone(row) })
  }
  return { ...test, form, arrive }
}

const update = (row: Row, patch: Row) => (row.$update as (patch: Row) => Promise<Row>)(patch)

describe('a form for a row', () => {
  it('has the columns that can be set, with the values of the row', async () => {
    const { things, server } = setupForms()
    server.put('things', thing(1))
    const form = await things.updateForm(1)
    const { total: _, owner: __, ...editable } = thing(1)
    expect({ ...form }).toEqual(editable)
    expect(form.$hasChanges()).toBe(false)
    expect([form.$loading, form.$error]).toEqual([false, null])
  })

  it('takes what is cached without asking, and any key or condition that finds a row', async () => {
    const { todos, server } = await open()
    expect(server.reads).toHaveLength(1)
    await todos.updateForm('1')
    expect(server.reads).toHaveLength(1)
    expect({ ...await todos.updateForm({ where: eq('title', 'Todo 2') }) }).toMatchObject({ id: 2, title: 'Todo 2' })
  })

  it('fails where there is no such row, and where the server can\'t be asked', async () => {
    const { todos, server } = await open()
    await expect(todos.updateForm(99)).rejects.toMatchObject({ code: 'RSTORE_NOT_FOUND', statusCode: 404, collection: 'todos' })
    await expect(todos.updateForm({ where: eq('title', 'None') })).rejects.toMatchObject({ code: 'RSTORE_NOT_FOUND' })
    await expect(todos.updateForm(undefined)).rejects.toMatchObject({ code: 'RSTORE_NOT_FOUND' })
    server.refuse = () => new RstoreError('RSTORE_REJECTED', 'Not yours.')
    await expect(todos.updateForm(2)).rejects.toThrow('Not yours.')
  })

  it('copies its values: editing in place leaves the row alone, and is a change', async () => {
    const { things, server } = setupForms()
    server.put('things', thing(1))
    const form = await things.updateForm(1)
    ;(form.meta as { deep: Row }).deep.on = false
    ;(form.list as bigint[]).push(3n)
    ;(form.at as Date).setTime(0)
    ;(form.file as Uint8Array)[0] = 9
    expect(things.peekFirst(1)).toMatchObject(thing(1))
    expect(Object.keys(form.$changedProps)).toEqual(['at', 'meta', 'file', 'list'])
    expect(form.$changedProps.at).toEqual([new Date(0), new Date('2026-01-01T00:00:00Z')])
    await form()
    expect(server.get('things', 1)).toMatchObject({ meta: { tags: ['a'], deep: { on: false } }, list: [1n, 2n, 3n], at: new Date(0) })
  })

  it('can be made of some columns only', async () => {
    const { todos, form } = await open({ pickDefaults: ({ title, priority }) => ({ title, priority: priority ?? 1 }) })
    expect({ ...form }).toEqual({ title: 'Todo 1', priority: 1 })
    expect(form.$hasChanges()).toBe(false)
    expect(() => Object.assign(form, { done: true })).toThrow(expect.objectContaining({ code: 'RSTORE_UNKNOWN_COLUMN', field: 'done' }))
    for (const key of [1, 2])
      expect({ ...await todos.updateForm({ key, columns: { title: true, done: undefined } }) }).toEqual({ title: `Todo ${key}` })
  })
})

describe('$submit', () => {
  it('sends what has changed, and nothing else', async () => {
    const { form, writes, server } = await open()
    form.title = 'Other'
    form.done = true
    form.done = false
    expect(form.$changedProps).toEqual({ title: ['Other', 'Todo 1'] })
    expect(await form()).toMatchObject({ id: 1, title: 'Other' })
    expect(writes()).toMatchObject([{ type: 'update', key: 1, item: { title: 'Other' } }])
    expect(Object.keys(writes()[0]!.item!)).toEqual(['title'])
    expect(server.get('todos', 1)).toMatchObject({ title: 'Other' })
    expect(form.$hasChanges()).toBe(false)
  })

  it('without a change asks nobody and gives the row', async () => {
    const { form, todos, server } = await open()
    const before = server.calls.length
    const heard: Row[] = []
    form.$onSuccess(item => heard.push(item))
    expect(await form()).toBe(todos.peekFirst(1))
    expect(heard).toEqual([todos.peekFirst(1)])
    expect(server.calls).toHaveLength(before)
  })

  it('takes over what the server has made of the row', async () => {
    const { form, server } = await open()
    form.title = '  Trimmed '
    const original = server.transport.update
    server.transport.update = async (...args) => ({ ...await original(...args), title: 'Trimmed', priority: 8 })
    await form()
    expect([form.title, form.priority]).toEqual(['Trimmed', 8])
    expect(form.$hasChanges()).toBe(false)
  })

  it('keeps what was typed with resetOnSuccess: false, as a change where the server sees it otherwise', async () => {
    const { form, server } = await open({ resetOnSuccess: false })
    const original = server.transport.update
    server.transport.update = async (...args) => ({ ...await original(...args), title: 'Trimmed' })
    form.title = ' Trimmed '
    await form()
    expect(form.$changedProps).toEqual({ title: [' Trimmed ', 'Trimmed'] })
  })

  it('leaves what is typed while it is on its way', async () => {
    const { form, server, writes } = await open()
    server.held = true
    form.title = 'One'
    form.priority = 1
    const first = form()
    form.title = 'Two'
    await settled()
    expect(form.$changedProps).toEqual({ title: ['Two', 'Todo 1'], priority: [1, null] })
    await server.drain()
    await first
    expect(form.$changedProps).toEqual({ title: ['Two', 'One'] })
    const second = form()
    await server.drain()
    await second
    expect(writes().map(({ item }) => item)).toEqual([{ title: 'One', priority: 1 }, { title: 'Two' }])
  })

  it('that is refused keeps what was typed, though the row goes back', async () => {
    const { form, todos, server } = await open()
    server.held = true
    server.refuse = call => call.isRead ? undefined : new RstoreError('RSTORE_CONSTRAINT', 'No.')
    form.title = 'Mine'
    const submitted = expect(form()).rejects.toThrow('No.')
    await settled()
    expect(todos.peekFirst(1)).toMatchObject({ title: 'Mine', $isOptimistic: true })
    await server.drain()
    await submitted
    expect(todos.peekFirst(1)).toMatchObject({ title: 'Todo 1' })
    expect(form.title).toBe('Mine')
    expect(form.$changedProps).toEqual({ title: ['Mine', 'Todo 1'] })
    expect(form.$error).toMatchObject({ message: 'No.' })
  })

  it('shows afterwards what others have changed while it was on its way', async () => {
    const { form, server, arrive } = await open()
    for (const refused of [true, false]) {
      server.held = true
      server.refuse = call => refused && !call.isRead ? new RstoreError('RSTORE_CONSTRAINT', 'No.') : undefined
      form.title = 'Mine'
      const submitted = form().catch(() => undefined)
      await settled()
      arrive({ priority: refused ? 4 : 5 })
      await server.drain()
      await submitted
      expect([form.title, form.priority]).toEqual(['Mine', refused ? 4 : 5])
      expect(form.$hasChanges()).toBe(refused)
    }
  })

  it('sets a field without a value to NULL, or says that it needs one', async () => {
    const { form, writes } = await open()
    form.priority = undefined
    expect(form.$hasChanges()).toBe(false)
    form.priority = 3
    await form()
    form.priority = undefined
    expect(form.$changedProps).toEqual({ priority: [undefined, 3] })
    await form()
    expect(writes().map(({ item }) => item)).toEqual([{ priority: 3 }, { priority: null }])
    expect(form.priority).toBeNull()
    form.title = undefined
    await expect(form()).rejects.toMatchObject({ code: 'RSTORE_INVALID_FORM', field: 'title' })
    expect(writes()).toHaveLength(2)
  })

  it('gives transformData the patch, and the schema all values', async () => {
    const seen: Row[] = []
    const { form, writes } = await open({
      schema: schemaOf((values) => {
        seen.push(values)
        return { value: { ...values, title: `${values.title as string}!`, priority: 9 } }
      }),
      transformData: (patch) => {
        seen.push(patch)
        return { ...patch, done: true }
      },
    })
    form.title = 'Other'
    await form()
    expect(seen).toEqual([{ ...todo(1), title: 'Other' }, { title: 'Other!' }])
    expect(writes()[0]!.item).toEqual({ title: 'Other!', done: true })
  })

  it('of another key goes on with it', async () => {
    const { form, arrive } = await open()
    form.id = 7
    await form()
    expect(form.$hasChanges()).toBe(false)
    arrive({ title: 'By others' }, 7)
    expect(form.title).toBe('By others')
  })

  it('of a row that is gone is refused by the server, and the values stay', async () => {
    const { form, server, store } = await open()
    form.title = 'Mine'
    server.remove('todos', 1)
    store.$cache.deleteItem({ collection: 'todos', key: 1 })
    expect(form.title).toBe('Mine')
    expect(form.done).toBe(false)
    await expect(form()).rejects.toMatchObject({ code: 'RSTORE_NOT_FOUND' })
    expect(form.title).toBe('Mine')
  })
})

describe('a change by others', () => {
  it('shows in fields that are untouched, and leaves those that are not', async () => {
    const { form, arrive, writes } = await open()
    form.title = 'Mine'
    arrive({ title: 'Theirs', priority: 4 })
    expect([form.title, form.priority]).toEqual(['Mine', 4])
    expect(form.$changedProps).toEqual({ title: ['Mine', 'Theirs'] })
    await form()
    expect(writes()[0]!.item).toEqual({ title: 'Mine' })
  })

  it('to what was typed makes the field untouched again', async () => {
    const { form, arrive } = await open()
    form.title = 'Same'
    arrive({ title: 'Same' })
    expect(form.$hasChanges()).toBe(false)
    arrive({ title: 'Next' })
    expect(form.title).toBe('Next')
  })

  it('takes $reset to the row as it is now', async () => {
    const { form, arrive } = await open()
    form.title = 'Mine'
    arrive({ title: 'Theirs' })
    form.$reset()
    expect(form.title).toBe('Theirs')
    expect(form.$hasChanges()).toBe(false)
  })

  it('may be an optimistic one of another component, and its end', async () => {
    const { form, todos, server } = await open()
    form.title = 'Mine'
    server.held = true
    server.refuse = call => call.isRead ? undefined : new RstoreError('RSTORE_REJECTED', 'No.')
    const changed = update(todos.peekFirst(1)!, { title: 'Theirs', done: true }).catch(() => undefined)
    expect([form.title, form.done]).toEqual(['Mine', true])
    await server.drain()
    await changed
    expect([form.title, form.done]).toEqual(['Mine', false])
    expect(form.$changedProps).toEqual({ title: ['Mine', 'Todo 1'] })
  })

  it('of an object is one where its value has changed, and keeps the one in the form where it has not', async () => {
    const { things, server, store } = setupForms()
    server.put('things', thing(1))
    const form = await things.updateForm(1)
    const meta = form.meta
    store.$cache.writeItem({ collection: 'things', item: thing(1, { name: 'x' }) })
    expect(form.name).toBe('x')
    expect(form.meta).toBe(meta)
    ;(form.meta as { tags: string[] }).tags.push('mine')
    store.$cache.writeItem({ collection: 'things', item: thing(1, { meta: { tags: ['theirs'] } }) })
    expect(form.meta).toEqual({ tags: ['a', 'mine'], deep: { on: true } })
    form.$reset()
    expect(form.meta).toEqual({ tags: ['theirs'] })
    ;(form.meta as { tags: string[] }).tags.push('mine')
    expect(things.peekFirst(1)!.meta).toEqual({ tags: ['theirs'] })
  })

  it('is made a field of by pickDefaults each time', async () => {
    const { form, arrive } = await open({ pickDefaults: ({ title }) => ({ title: `${title as string}?` }) })
    arrive({ title: 'Theirs' })
    expect({ ...form }).toEqual({ title: 'Theirs?' })
    expect(form.$hasChanges()).toBe(false)
  })

  it('before the form has got its row is in it', async () => {
    const { todos, server, store } = setupForms()
    server.put('todos', todo(1))
    const { findFirst } = todos
    todos.findFirst = async (...target) => {
      const row = await findFirst(...target)
      store.$cache.writeItem({ collection: 'todos', item: todo(1, { title: 'Late' }) })
      return row
    }
    expect((await todos.updateForm(1)).title).toBe('Late')
  })

  it('re-renders who reads the form', async () => {
    const { form, arrive } = await open()
    const seen: unknown[] = []
    const scope = effectScope()
    onTestFinished(() => scope.stop())
    scope.run(() => watchEffect(() => seen.push([form.title, form.$hasChanges()]), { flush: 'sync' }))
    arrive({ title: 'Theirs' })
    expect(seen.at(-1)).toEqual(['Theirs', false])
    form.title = 'Mine'
    expect(seen.at(-1)).toEqual(['Mine', true])
  })
})

describe('a form for a row that the server has yet to number', () => {
  it('goes on with its real key', async () => {
    const { todos, server, store, writes } = setupForms({ checks: thorough })
    server.held = true
    const created = todos.create({ title: 'New' })
    const temporary = todos.peekMany()[0]!.id as number
    const form = await todos.updateForm(temporary)
    form.priority = 2
    expect(form.id).toBe(temporary)
    await server.drain()
    await created
    expect(form.id).toBe(1000)
    expect(form.$changedProps).toEqual({ priority: [2, null] })
    store.$cache.writeItem({ collection: 'todos', item: { ...server.get('todos', 1000), title: 'Theirs' } })
    expect(form.title).toBe('Theirs')
    const submitted = form()
    await server.drain()
    expect(await submitted).toMatchObject({ id: 1000, priority: 2 })
    expect(writes().at(-1)).toMatchObject({ type: 'update', key: 1000, item: { priority: 2 } })
  })

  it('may be sent before, and waits', async () => {
    const { todos, server, writes } = setupForms({ checks: thorough })
    server.held = true
    void todos.create({ title: 'New' })
    const form = await todos.updateForm(todos.peekMany()[0]!.id)
    form.title = 'Newer'
    const submitted = form()
    await settled()
    expect(writes()).toHaveLength(1)
    await server.drain()
    expect(await submitted).toMatchObject({ id: 1000, title: 'Newer' })
    expect(writes().map(({ type, key, item }) => [type, key, item])).toEqual([['create', undefined, { title: 'New' }], ['update', 1000, { title: 'Newer' }]])
    expect(form.$hasChanges()).toBe(false)
    expect(form.id).toBe(1000)
  })
})

describe('following a row', () => {
  it('ends with the scope the form was made in, also while it was still being read', async () => {
    const warned = vi.spyOn(console, 'warn')
    onTestFinished(() => warned.mockRestore())
    const { todos, server, store } = setupForms()
    server.put('todos', todo(1))
    const scope = effectScope()
    const form = await scope.run(() => todos.updateForm(1))!
    const late = scope.run(() => todos.updateForm(1))!
    scope.stop()
    store.$cache.writeItem({ collection: 'todos', item: todo(1, { title: 'Theirs' }) })
    expect(form.title).toBe('Todo 1')
    const after = await late
    store.$cache.writeItem({ collection: 'todos', item: todo(1, { title: 'Theirs again' }) })
    expect(after.title).toBe('Theirs')
    expect(warned).not.toHaveBeenCalled()
  })

  it('ends with $dispose', async () => {
    const { form, arrive } = await open()
    form.$dispose()
    arrive({ title: 'Theirs' })
    expect(form.title).toBe('Todo 1')
  })

  it('does not happen on the server, where the form is rendered with its row and asks once', async () => {
    const { todos, server, store } = setupForms({ server: true })
    server.put('todos', todo(1))
    let form: Row = {}
    const Page = defineComponent({
      async setup() {
        const edited = form = await todos.updateForm(1)
        return () => h('p', edited.title as string)
      },
    })
    expect(await renderToString(createSSRApp(Page))).toBe('<p>Todo 1</p>')
    expect(server.reads).toHaveLength(1)
    store.$cache.writeItem({ collection: 'todos', item: todo(1, { title: 'Theirs' }) })
    expect(form.title).toBe('Todo 1')

    const browser = setupForms()
    browser.store.$hydrate(JSON.parse(JSON.stringify(store.$cache.getState())))
    expect((await browser.todos.updateForm(1)).title).toBe('Theirs')
    expect(browser.server.calls).toEqual([])
  })
})
