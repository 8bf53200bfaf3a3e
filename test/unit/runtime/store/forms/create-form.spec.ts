import type { Row } from '../../../../../src/runtime/shared/model'
import { describe, expect, it, onTestFinished } from 'vitest'
import { effectScope } from 'vue'
import { RstoreError } from '../../../../../src/runtime/shared/errors'
import { thorough } from '../../../../../src/runtime/store/checks'
import { ids } from '../support/store'
import { settled } from '../support/server'
import { schemaOf, setupForms } from './support/forms'

describe('the values of a form for a new row', () => {
  it('are literal defaults of the columns, and what is given over them', () => {
    const { things } = setupForms()
    expect({ ...things.createForm() }).toEqual({ id: undefined, name: undefined, length: undefined, state: 'open', size: 7n, at: undefined, meta: { tags: ['a'], deep: { on: true } }, file: undefined, list: undefined, createdAt: undefined })
    expect({ ...things.createForm({ defaultValues: { state: 'done', length: null } }) }).toMatchObject({ state: 'done', length: null, size: 7n })
  })

  it('are copies: what is edited in place touches neither the defaults nor another form', () => {
    const { things } = setupForms()
    const defaultValues = { meta: { tags: ['given'] }, at: new Date(5) }
    const [one, two, three] = [things.createForm({ defaultValues }), things.createForm({ defaultValues }), things.createForm()]
    ;(one.meta as { tags: string[] }).tags.push('x')
    ;(one.at as Date).setTime(6)
    ;(three.meta as { tags: string[] }).tags.push('x')
    expect(defaultValues).toEqual({ meta: { tags: ['given'] }, at: new Date(5) })
    expect({ ...two }).toMatchObject(defaultValues)
    expect(things.createForm().meta).toEqual({ tags: ['a'], deep: { on: true } })
    one.$reset()
    expect({ ...one }).toMatchObject(defaultValues)
    defaultValues.meta.tags.push('later')
    expect(two.$hasChanges()).toBe(false)
  })

  it('may come from a function, which is asked again at each reset', () => {
    const { things } = setupForms()
    let asked = 0
    const form = things.createForm({ defaultValues: () => ({ name: `n${++asked}` }) })
    expect(form.name).toBe('n1')
    form.name = 'mine'
    form.$reset()
    expect(form.name).toBe('n2')
    expect(form.$hasChanges()).toBe(false)
  })

  it('can\'t be given for what is no field', () => {
    const { things } = setupForms()
    for (const field of ['nmae', 'owner', 'total'])
      expect(() => things.createForm({ defaultValues: { [field]: 1 } })).toThrow(expect.objectContaining({ code: 'RSTORE_UNKNOWN_COLUMN', field }))
  })

  it('are not there for a view, which can only be read', () => {
    const { of } = setupForms()
    expect(of('totals').createForm).toBeUndefined()
    expect(of('totals').updateForm).toBeUndefined()
  })
})

describe('changes', () => {
  it('are what differs by value from what the form began with', () => {
    const { things } = setupForms()
    const form = things.createForm({ defaultValues: { at: new Date(5), file: new Uint8Array([1]) } })
    expect(form.$hasChanges()).toBe(false)
    expect(form.$changedProps).toEqual({})
    Object.assign(form, { at: new Date(5), file: new Uint8Array([1]), size: 7n, meta: { deep: { on: true }, tags: ['a'] } })
    expect(form.$changedProps).toEqual({})
    form.$reset()
    Object.assign(form, { name: 'x', size: 8n, length: null })
    ;(form.meta as { deep: Row }).deep.on = false
    ;(form.at as Date).setTime(6)
    expect(form.$hasChanges()).toBe(true)
    expect(form.$changedProps).toEqual({
      name: ['x', undefined],
      length: [null, undefined],
      size: [8n, 7n],
      at: [new Date(6), new Date(5)],
      meta: [{ tags: ['a'], deep: { on: false } }, { tags: ['a'], deep: { on: true } }],
    })
    form.$reset()
    expect(form.$changedProps).toEqual({})
    expect(form.length).toBeUndefined()
    ;(form.meta as { deep: Row }).deep.on = false
    expect(Object.keys(form.$changedProps)).toEqual(['meta'])
  })

  it('are seen in objects from the start', () => {
    const { things } = setupForms()
    const form = things.createForm({ defaultValues: { at: new Date(5) } })
    ;(form.meta as { deep: Row }).deep.on = false
    ;(form.at as Date).setTime(6)
    expect(Object.keys(form.$changedProps)).toEqual(['at', 'meta'])
  })
})

describe('$submit', () => {
  it('creates a row of what is set, gives it, and begins anew', async () => {
    const { todos, writes, server } = setupForms()
    const form = todos.createForm()
    form.title = 'New'
    const item = await form.$submit()
    expect(item).toMatchObject({ id: 1000, title: 'New', done: false, priority: null, $isOptimistic: false })
    expect(writes()).toMatchObject([{ type: 'create', item: { title: 'New', done: false } }])
    expect(writes()[0]!.item).not.toHaveProperty('id')
    expect(server.get('todos', 1000)).toMatchObject({ title: 'New' })
    expect({ ...form }).toMatchObject({ title: undefined, done: false })
  })

  it('is what calling the form does', async () => {
    const { todos, writes } = setupForms()
    const form = todos.createForm({ defaultValues: { title: 'x' } })
    expect(await form()).toMatchObject({ title: 'x' })
    expect(writes()).toHaveLength(1)
  })

  it('may be handed to an event, whose argument means nothing to it', async () => {
    const { todos, writes } = setupForms()
    const { $submit } = todos.createForm({ defaultValues: { title: 'x' } })
    await ($submit as (event: unknown) => Promise<Row>)({ title: 'event' })
    expect(writes()[0]!.item).toMatchObject({ title: 'x' })
  })

  it('keeps the values with resetOnSuccess: false', async () => {
    const { todos } = setupForms()
    const form = todos.createForm({ resetOnSuccess: false })
    form.title = 'New'
    await form()
    expect(form.title).toBe('New')
  })

  it('shows the row at once, and says that it is on its way', async () => {
    const { todos, server } = setupForms()
    server.held = true
    const form = todos.createForm({ defaultValues: { title: 'New' } })
    expect(form.$loading).toBe(false)
    const submitted = form()
    expect(form.$loading).toBe(true)
    await settled()
    expect(todos.peekMany()).toMatchObject([{ title: 'New', $isOptimistic: true }])
    await server.drain()
    await submitted
    expect(form.$loading).toBe(false)
  })

  it('joins the one that is under way', async () => {
    const { todos, server, writes } = setupForms()
    server.held = true
    const form = todos.createForm({ defaultValues: { title: 'New' } })
    const first = form()
    expect(form.$submit()).toBe(first)
    await settled()
    expect(form()).toBe(first)
    await server.drain()
    await first
    expect(writes()).toHaveLength(1)
    const second = form()
    expect(second).not.toBe(first)
    await server.drain()
    await second
    expect(writes()).toHaveLength(2)
  })

  it('sends what was there when it was called, and leaves what is typed meanwhile', async () => {
    const { todos, server, writes } = setupForms()
    server.held = true
    const form = todos.createForm({ defaultValues: { title: 'One', priority: 1 } })
    form.priority = 5
    const submitted = form()
    form.title = 'Two'
    await settled()
    expect(writes()[0]!.item).toMatchObject({ title: 'One', priority: 5 })
    await server.drain()
    await submitted
    expect([form.title, form.priority]).toEqual(['Two', 1])
  })

  it('sends copies: editing in place afterwards changes nothing of it', async () => {
    const { things, server } = setupForms()
    server.held = true
    const form = things.createForm({ defaultValues: { name: 'a', meta: { tags: ['one'] } }, resetOnSuccess: false })
    const submitted = form()
    ;(form.meta as { tags: string[] }).tags.push('two')
    await settled()
    expect(things.peekMany()[0]!.meta).toEqual({ tags: ['one'] })
    await server.drain()
    expect((await submitted).meta).toEqual({ tags: ['one'] })
    expect(server.rows('things')[0]!.meta).toEqual({ tags: ['one'] })
  })

  it('that the server refuses takes the row back, keeps the values and says why, until it is tried again', async () => {
    const { todos, server } = setupForms()
    const refusal = new RstoreError('RSTORE_DUPLICATE', 'Twice.', { field: 'title' })
    server.refuse = () => refusal
    const form = todos.createForm()
    form.title = 'New'
    await expect(form()).rejects.toBe(refusal)
    expect(form.$error).toBe(refusal)
    expect(form.$loading).toBe(false)
    expect(form.title).toBe('New')
    expect(todos.peekMany()).toEqual([])
    server.refuse = () => undefined
    const again = form()
    expect(form.$error).toBeNull()
    await again
    expect(form.$error).toBeNull()
    expect(ids(todos.peekMany())).toEqual([1000])
  })

  it('sends what transformData makes of the validated values', async () => {
    const { todos, writes } = setupForms()
    const seen: Row[] = []
    const form = todos.createForm({
      schema: schemaOf(values => ({ value: { ...values, title: `${values.title as string}!` } })),
      transformData: async (data) => {
        seen.push(data)
        return { ...data, priority: 2 }
      },
    })
    form.title = 'New'
    await form()
    expect(seen).toEqual([{ title: 'New!', done: false }])
    expect(writes()[0]!.item).toEqual({ title: 'New!', done: false, priority: 2 })
  })

  it('tells a transformData that fails or makes what is no column', async () => {
    const { todos, writes } = setupForms({ checks: thorough })
    const failing = todos.createForm({ defaultValues: { title: 'a' }, transformData: () => Promise.reject(new Error('Mine.')) })
    await expect(failing()).rejects.toThrow('Mine.')
    expect(failing.$error).toMatchObject({ message: 'Mine.' })
    expect(failing.$loading).toBe(false)
    const wrong = todos.createForm({ defaultValues: { title: 'a' }, transformData: data => ({ ...data, nope: 1 }) })
    await expect(wrong()).rejects.toMatchObject({ code: 'RSTORE_UNKNOWN_COLUMN', field: 'nope' })
    expect(writes()).toEqual([])
  })

  it('leads from a list that was temporary when it was chosen to the real one', async () => {
    const { of, todos, server, writes } = setupForms({ checks: thorough })
    server.held = true
    void of('lists').create({ name: 'List' })
    const temporary = of('lists').peekMany()[0]!.id as number
    expect(temporary).toBeLessThan(-2147483648)
    const form = todos.createForm({ defaultValues: { title: 'a', listId: temporary }, resetOnSuccess: false })
    const submitted = form()
    await server.drain()
    expect(await submitted).toMatchObject({ listId: 1000 })
    expect(writes().at(-1)!.item).toMatchObject({ listId: 1000 })
    expect(form.listId).toBe(1000)
    form.title = 'a'
    expect(form.$hasChanges()).toBe(false)
    expect(await form.$schema['~standard'].validate({ title: 'a', listId: temporary })).toMatchObject({ value: { listId: 1000 } })
  })
})

describe('listeners', () => {
  it('hear of each success and failure until they end', async () => {
    const { todos, server } = setupForms()
    const form = todos.createForm({ defaultValues: { title: 'a' } })
    const heard: unknown[] = []
    const off = form.$onSuccess(item => heard.push(item.id))
    const offError = form.$onError(error => heard.push(error.message))
    await form()
    server.refuse = () => new RstoreError('RSTORE_REJECTED', 'No.')
    await expect(form()).rejects.toThrow()
    expect(heard).toEqual([1000, 'No.'])
    off()
    offError()
    await expect(form()).rejects.toThrow()
    server.refuse = () => undefined
    await form()
    expect(heard).toEqual([1000, 'No.'])
  })

  it('end with the scope they listen in', async () => {
    const { todos } = setupForms()
    const form = todos.createForm({ defaultValues: { title: 'a' } })
    const heard: unknown[] = []
    const scope = effectScope()
    onTestFinished(() => scope.stop())
    scope.run(() => form.$onSuccess(item => heard.push(item.id)))
    form.$onSuccess(() => heard.push('outside'))
    await form()
    scope.stop()
    await form()
    expect(heard).toEqual([1000, 'outside', 'outside'])
  })

  it('may submit the form again: it is done by then', async () => {
    const { todos, writes } = setupForms()
    const form = todos.createForm({ defaultValues: { title: 'a' } })
    let second: Promise<Row> | undefined
    form.$onSuccess(() => {
      expect(form.$loading).toBe(false)
      second ??= form()
    })
    await form()
    await second
    expect(writes()).toHaveLength(2)
  })

  it('end with $dispose', async () => {
    const { todos } = setupForms()
    const form = todos.createForm({ defaultValues: { title: 'a' } })
    const heard: unknown[] = []
    form.$onSuccess(() => heard.push('success'))
    form.$dispose()
    await form()
    expect(heard).toEqual([])
  })
})
