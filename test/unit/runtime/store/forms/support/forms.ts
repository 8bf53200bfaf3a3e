import type { Row, SchemaModel } from '../../../../../../src/runtime/shared/model'
import type { FormIssue, FormState, StandardSchema } from '../../../../../../src/runtime/store/form-types'
import type { CreateFormOptions } from '../../../../../../src/runtime/store/forms/create-form'
import type { UpdateFormOptions } from '../../../../../../src/runtime/store/forms/update-form'
import type { TestCollection } from '../../support/store'
import { forms } from '../../../../../../src/runtime/store/forms/forms'
import { column, createSchema, model } from '../../support/schema'
import { setup } from '../../support/store'

/** `name` and `length` are those of a function otherwise. */
export type TestForm = Row & { name: unknown, length: unknown } & FormState<Row, Row, StandardSchema> & (() => Promise<Row>)

export interface FormCollection extends TestCollection {
  createForm: (options?: CreateFormOptions) => TestForm
  updateForm: (target: unknown, options?: UpdateFormOptions) => Promise<TestForm>
}

/** The schema of the other tests, and a collection with a column of every sort. */
export function createFormSchema(): SchemaModel {
  const { dialect, collections } = createSchema()
  const things = model('things', {
    id: column('number', { integer: true, hasDefault: true, range: ['-2147483648', '2147483647'] }),
    name: column('string', { length: 5 }),
    length: column('number', { nullable: true, range: ['0', '10'] }),
    state: column('string', { enumValues: ['open', 'done'], hasDefault: true, default: { value: 'open' } }),
    size: column('bigint', { hasDefault: true, default: { value: '7' } }),
    at: column('date', { nullable: true, precision: 1 }),
    meta: column('json', { hasDefault: true, default: { value: { tags: ['a'], deep: { on: true } } } }),
    file: column('bytes', { nullable: true, length: 4 }),
    list: column('array', { nullable: true, items: column('bigint') }),
    total: column('number', { nullable: true, generated: true }),
    owner: column('string', { readonly: true }),
    createdAt: column('date', { hasDefault: true, default: 'now', precision: 1 }),
  })
  return { dialect, collections: { ...collections, things, totals: model('totals', { id: column('number') }, { readonly: true }) } }
}

export const thing = (id: number, values: Row = {}): Row => ({
  id,
  name: `t${id}`,
  length: 3,
  state: 'open',
  size: 7n,
  at: new Date('2026-01-01T00:00:00Z'),
  meta: { tags: ['a'], deep: { on: true } },
  file: new Uint8Array([1, 2]),
  list: [1n, 2n],
  total: 9,
  owner: 'me',
  createdAt: new Date('2026-01-01T00:00:00Z'),
  ...values,
})

/** A server, and a store with forms that talks to it. Rows are frozen as in development. */
export function setupForms(options: Parameters<typeof setup>[0] = {}) {
  const test = setup({ schema: createFormSchema(), dev: true, features: [forms], ...options })
  const of = (name: string) => test.of(name) as FormCollection
  return { ...test, of, todos: of('todos'), things: of('things'), writes: () => test.server.calls.filter(call => !call.isRead) }
}

export function schemaOf(validate: (values: Row) => { value: unknown } | { issues: FormIssue[] } | Promise<{ value: unknown }>): StandardSchema {
  return { '~standard': { version: 1, vendor: 'test', validate: values => validate(values as Row) } }
}
