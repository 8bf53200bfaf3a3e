import { expect, it } from 'vitest'
import { decodeInput } from '../../../../src/runtime/shared/input'
import { collection, column } from './model'

const model = collection({
  id: column('number', { nullable: false, hasDefault: true }), title: column('string', { nullable: false }), note: column('string'), at: column('date', { precision: 1000 }),
  sum: column('number', { nullable: false, generated: true }), owner: column('string', { nullable: false, readonly: true }), secret: column('string', { nullable: false, hidden: true }),
})
const refusal = (input: unknown, kind: 'create' | 'update') => {
  try {
    return decodeInput(model, input, kind)
  }
  catch (error) {
    const { code, field } = error as { code: string, field?: string }
    return field ? `${code} ${field}` : code
  }
}

it('decodes and leaves out what is undefined', () => {
  expect(decodeInput(model, { title: 'x', note: undefined, at: '1970-01-01T00:00:01.500Z' }, 'create')).toEqual({ title: 'x', at: new Date(1000) })
  expect(decodeInput(model, { note: null }, 'update')).toEqual({ note: null })
  expect(decodeInput(model, {}, 'update')).toEqual({})
})

it.each([
  [null, 'RSTORE_INVALID_BODY'], [[], 'RSTORE_INVALID_BODY'], ['x', 'RSTORE_INVALID_BODY'], [{ nope: 1 }, 'RSTORE_UNKNOWN_COLUMN nope'], [{ secret: 'x' }, 'RSTORE_UNKNOWN_COLUMN secret'],
  [JSON.parse('{"__proto__":1}'), 'RSTORE_UNKNOWN_COLUMN __proto__'], [{ constructor: 1 }, 'RSTORE_UNKNOWN_COLUMN constructor'], [{ sum: 1 }, 'RSTORE_READONLY_COLUMN sum'],
  [{ owner: 'x' }, 'RSTORE_READONLY_COLUMN owner'], [{ title: null }, 'RSTORE_REQUIRED title'], [{ title: 1 }, 'RSTORE_INVALID_VALUE title'],
])('refuses %j', (input, code) => {
  expect(refusal(input, 'update')).toBe(code)
  expect(refusal(input, 'create')).toBe(code)
})

it('requires in a create what nobody else fills in', () => {
  expect(refusal({}, 'create')).toBe('RSTORE_REQUIRED title')
  expect(refusal({ title: '' }, 'create')).toEqual({ title: '' })
})
