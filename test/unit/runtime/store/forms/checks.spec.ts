import type { Row } from '../../../../../src/runtime/shared/model'
import type { FormIssue } from '../../../../../src/runtime/store/form-types'
import { describe, expect, it } from 'vitest'
import { schemaOf, setupForms, thing } from './support/forms'

const issuesOf = (result: object) => ((result as { issues?: FormIssue[] }).issues ?? []).map(({ path, message }) => [path, message])

describe('the schema of a form\'s columns', () => {
  it('is a Standard Schema', () => {
    const { things } = setupForms()
    expect(things.createForm().$schema).toEqual({ '~standard': { version: 1, vendor: 'nuxt-rstore-drizzle', validate: expect.any(Function) } })
  })

  it('finds all that is wrong at once, each at its field', async () => {
    const { things } = setupForms()
    const form = things.createForm()
    Object.assign(form, { name: 'too long', length: 11, state: 'other', size: null, at: 'today', meta: () => 1, file: new Uint8Array(5), list: ['x'], id: 1.5 })
    expect(issuesOf(await form.$schema['~standard'].validate(form))).toEqual([
      [['id'], 'Must be a whole number, not 1.5.'],
      [['name'], 'Has 8 characters; at most 5 fit.'],
      [['length'], 'Must lie between 0 and 10.'],
      [['state'], 'Must be one of "open", "done".'],
      [['size'], 'Must not be null.'],
      [['at'], 'Must be an ISO 8601 date and time, not "today".'],
      [['meta'], expect.stringMatching(/^Must be JSON/)],
      [['file'], 'Has 5 bytes; at most 4 fit.'],
      [['list'], 'Must be a whole number as text, not "x".'],
    ])
  })

  it('asks for what has neither a value, a default nor a NULL', async () => {
    const { things } = setupForms()
    const form = things.createForm()
    expect(issuesOf(await form.$schema['~standard'].validate({ ...form }))).toEqual([[['name'], 'Must be given.']])
    expect(issuesOf(await form.$schema['~standard'].validate('text'))).toEqual([[undefined, 'Must be given as an object.']])
  })

  it('gives the values decoded', async () => {
    const { things } = setupForms()
    const { $schema } = things.createForm()
    expect(await $schema['~standard'].validate({ name: 'a', at: '2026-02-01', size: '8' })).toMatchObject({ value: { name: 'a', at: new Date('2026-02-01'), size: 8n } })
  })

  it('of a form for a row looks at what has changed: the rest is not sent', async () => {
    const { things, server } = setupForms()
    server.put('things', thing(1, { name: 'from before the limit' }))
    const form = await things.updateForm(1)
    expect(issuesOf(await form.$schema['~standard'].validate(form))).toEqual([])
    form.state = undefined
    form.at = undefined
    form.length = 11
    expect(issuesOf(await form.$schema['~standard'].validate(form))).toEqual([[['length'], 'Must lie between 0 and 10.'], [['state'], 'Must be given.']])
  })
})

describe('validation', () => {
  it('stops the form before anything is sent or shown', async () => {
    const { things, writes } = setupForms()
    const form = things.createForm()
    form.length = 11
    const rejected = form()
    expect(form.$loading).toBe(true)
    await expect(rejected).rejects.toMatchObject({
      name: 'RstoreError',
      code: 'RSTORE_INVALID_FORM',
      message: 'The form for "things" can\'t be sent: name: Must be given. (and 1 more)',
      field: 'name',
      collection: 'things',
      data: { issues: [{ path: ['name'], message: 'Must be given.' }, { path: ['length'], message: 'Must lie between 0 and 10.' }] },
    })
    expect(form.$error).toBe(await rejected.catch((error: unknown) => error))
    expect(form.$loading).toBe(false)
    expect(things.peekMany()).toEqual([])
    expect(writes()).toEqual([])
    form.$reset()
    expect(form.$error).toBeNull()
  })

  it('can be left out', async () => {
    const { things, writes } = setupForms()
    const form = things.createForm({ validateOnSubmit: false, defaultValues: { name: 'too long for it' } })
    await form()
    expect(writes()).toHaveLength(1)
  })

  it('is that of any Standard Schema, whose path may be of objects', async () => {
    const { todos, writes } = setupForms()
    const schema = schemaOf(values => values.title === 'ok' ? { value: values } : { issues: [{ path: [{ key: 'title' }, 'inner'], message: 'Say ok.' }] })
    const form = todos.createForm({ schema })
    expect(form.$schema).toBe(schema)
    await expect(form()).rejects.toMatchObject({ code: 'RSTORE_INVALID_FORM', field: 'title', message: 'The form for "todos" can\'t be sent: title.inner: Say ok.' })
    form.title = 'ok'
    await form()
    expect(writes()).toHaveLength(1)
  })

  it('of an issue without a path names no field', async () => {
    const { todos } = setupForms()
    const form = todos.createForm({ schema: schemaOf(() => ({ issues: [{ message: 'All wrong.' }] })) })
    await expect(form()).rejects.toMatchObject({ field: undefined, message: 'The form for "todos" can\'t be sent: All wrong.' })
  })

  it('that breaks is told as it is', async () => {
    const { todos, writes } = setupForms()
    const form = todos.createForm({ schema: schemaOf(() => Promise.reject(new Error('Broken.'))) })
    await expect(form()).rejects.toThrow('Broken.')
    expect(form.$error).toMatchObject({ message: 'Broken.' })
    expect(writes()).toEqual([])
  })

  it('sends what the schema has made of a field, and fields that it does not know as they are', async () => {
    const { todos, writes } = setupForms()
    const form = todos.createForm({ schema: schemaOf(async ({ title }: Row) => ({ value: { title: String(title).trim(), extra: 1 } })) })
    Object.assign(form, { title: '  a ', priority: 3 })
    await form()
    expect(writes()[0]!.item).toEqual({ title: 'a', priority: 3, done: false })
  })
})
