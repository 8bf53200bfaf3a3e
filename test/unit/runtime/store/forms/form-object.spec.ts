import type { Row } from '../../../../../src/runtime/shared/model'
import { describe, expect, it, onTestFinished } from 'vitest'
import { computed, createSSRApp, defineComponent, effectScope, h, isReactive, isRef, proxyRefs, reactive, ref, toDisplayString, toRaw, toRef, unref, watch, watchEffect } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { setupForms } from './support/forms'

const fields = ['id', 'name', 'length', 'state', 'size', 'at', 'meta', 'file', 'list', 'createdAt']

function open() {
  const test = setupForms()
  return { ...test, form: test.things.createForm({ defaultValues: { name: 'n', meta: { tags: [] } } }) }
}

function scoped(run: () => void): void {
  const scope = effectScope()
  onTestFinished(() => scope.stop())
  scope.run(run)
}

describe('a form', () => {
  it('has its fields as enumerable properties, and nothing else', () => {
    const { form } = open()
    expect(Object.keys(form)).toEqual(fields)
    expect(Reflect.ownKeys(form)).toEqual(fields)
    expect({ ...form }).toEqual({ id: undefined, name: 'n', length: undefined, state: 'open', size: 7n, at: undefined, meta: { tags: [] }, file: undefined, list: undefined, createdAt: undefined })
    expect(Object.entries(form)).toHaveLength(fields.length)
    const named: string[] = []
    for (const field in form)
      named.push(field)
    expect(named).toEqual(fields)
    expect(Object.getOwnPropertyDescriptor(form, 'name')).toEqual({ value: 'n', writable: true, enumerable: true, configurable: true })
    expect(Object.getOwnPropertyDescriptor(form, '$submit')).toBeUndefined()
    expect('name' in form && '$submit' in form && '$loading' in form).toBe(true)
    expect('nonsense' in form).toBe(false)
  })

  it('is printed as its values', () => {
    const { form } = open()
    form.size = undefined
    expect(JSON.parse(JSON.stringify(form))).toEqual({ name: 'n', state: 'open', meta: { tags: [] } })
    expect(JSON.parse(JSON.stringify({ form }))).toEqual({ form: { name: 'n', state: 'open', meta: { tags: [] } } })
    expect(() => [String(form), `${form as unknown as string}`, toDisplayString(form), Object.prototype.toString.call(form)]).not.toThrow()
  })

  it('takes values for its fields, and refuses names it does not have', () => {
    const { form } = open()
    form.name = 'other'
    Object.assign(form, { length: 4 })
    expect([form.name, form.length]).toEqual(['other', 4])
    expect(Reflect.deleteProperty(form, 'length')).toBe(true)
    expect(form.length).toBeUndefined()
    expect(Object.keys(form)).toEqual(fields)
    for (const field of ['nmae', 'total', 'owner', '$loading', '$submit'])
      expect(() => { form[field] = 1 }, field).toThrow(expect.objectContaining({ code: 'RSTORE_UNKNOWN_COLUMN', field }))
    expect(() => Object.freeze(form)).toThrow(TypeError)
    expect(Object.keys(form)).toEqual(fields)
    expect(form.nmae).toBeUndefined()
  })

  it('is no promise, so that awaiting the function that gives it gives it', async () => {
    const { form } = open()
    expect(await (async () => form)()).toBe(form)
  })

  it('is left as it is by what Vue does to things in a template', () => {
    const { form, writes } = open()
    expect(toRaw(form)).toBe(form)
    expect(isRef(form)).toBe(false)
    expect(isReactive(form)).toBe(true)
    expect(unref(form)).toBe(form)
    expect(proxyRefs({ form }).form).toBe(form)
    expect(reactive({ form }).form).toBe(form)
    expect(ref(form).value).toBe(form)
    expect(writes()).toEqual([])
  })

  it('tells who reads a field, also deep in it, when it changes', () => {
    const { form } = open()
    scoped(() => {
      const seen: unknown[] = []
      watchEffect(() => seen.push(`${String(form.name)} ${(form.meta as { tags: string[] }).tags.join()}`), { flush: 'sync' })
      form.name = 'other'
      ;(form.meta as { tags: string[] }).tags.push('x')
      form.state = 'done'
      expect(seen).toEqual(['n ', 'other ', 'other x'])
      const all = computed(() => ({ ...form }))
      expect(all.value.length).toBeUndefined()
      form.length = 1
      expect(all.value.length).toBe(1)
    })
  })

  it('can be watched, which does not submit it', () => {
    const { form, writes } = open()
    scoped(() => {
      let called = 0
      watch(form, () => called++, { flush: 'sync' })
      form.name = 'other'
      ;(form.meta as { tags: string[] }).tags.push('x')
      expect(called).toBe(2)
    })
    expect(form.$loading).toBe(false)
    expect(writes()).toEqual([])
  })

  it('shows its state in a template without .value', async () => {
    const { form } = open()
    const Page = defineComponent({ setup: () => ({ form }), render: (page: { form: typeof form }) => h('p', [String(page.form.$loading), String(page.form.$error), page.form.name as string]) })
    expect(await renderToString(createSSRApp(Page))).toBe('<p>falsenulln</p>')
  })

  it('passes through props', async () => {
    const { form } = open()
    const Field = defineComponent({ props: { state: { type: null } }, setup: (props: { state?: Row }) => () => h('p', Object.keys(props.state!).join()) })
    expect(await renderToString(createSSRApp({ render: () => h(Field, { state: form }) }))).toBe(`<p>${fields.join()}</p>`)
  })

  it('gives a ref to one of its fields by a getter', () => {
    const { form } = open()
    const name = toRef(() => form.name)
    form.name = 'x'
    expect(name.value).toBe('x')
  })
})
