import fc from 'fast-check'
import { expect, it } from 'vitest'
import { reactive } from 'vue'
import { clone, equal } from '../../../../../src/runtime/store/forms/values'

const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.bigInt(), fc.date({ noInvalidDate: true }), fc.uint8Array({ maxLength: 5 }))
const anyValue = fc.letrec(tie => ({
  value: fc.oneof({ depthSize: 'small' }, scalar, fc.array(tie('value'), { maxLength: 4 }), fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 })),
})).value

it('a copy equals what it was made of and shares no object with it, also behind a reactive proxy', () => {
  fc.assert(fc.property(anyValue, (value) => {
    const copy = clone(value)
    expect(equal(value, copy)).toBe(true)
    expect(equal(copy, reactive({ value }).value)).toBe(true)
    expect(copy).toEqual(value)
    expect(sharedObjects(value, copy)).toBe(0)
    expect(clone(reactive({ value }).value)).toEqual(value)
  }))
})

it('values are equal exactly where they mean the same to the database', () => {
  fc.assert(fc.property(anyValue, anyValue, (a, b) => {
    expect(equal(a, b)).toBe(text(a) === text(b))
  }))
})

it.each([
  [{ a: 1, b: [2] }, { b: [2], a: 1 }, true],
  [{ a: 1, b: undefined }, { a: 1 }, true],
  [{ a: null }, {}, false],
  [{}, { a: null }, false],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [[1, 2], [1, 2, 3], false],
  [[], {}, false],
  [{ 0: 'a' }, ['a'], false],
  [new Date(5), new Date(5), true],
  [new Date(5), new Date(6), false],
  [new Date(5), 5, false],
  [5, new Date(5), false],
  [new Date(5), {}, false],
  [{}, new Date(5), false],
  [1n, 1n, true],
  [1n, 1, false],
  [[1n], [1n], true],
  [new Uint8Array([1, 2]), new Uint8Array([1, 2]), true],
  [new Uint8Array([1, 2]), new Uint8Array([1, 3]), false],
  [new Uint8Array([1]), new Uint8Array([1, 2]), false],
  [new Uint8Array([1]), [1], false],
  [null, undefined, false],
  ['', null, false],
])('%o and %o: %s', (a, b, expected) => {
  expect(equal(a, b)).toBe(expected)
  expect(equal(b, a)).toBe(expected)
})

it('what is no data stays the same object', () => {
  const file = new Blob(['a'])
  expect(clone({ file })).toEqual({ file })
  expect((clone({ file }) as { file: Blob }).file).toBe(file)
})

/** Canonical text of a value. */
function text(value: unknown): string {
  if (value instanceof Date)
    return `date ${value.getTime()}`
  if (value instanceof Uint8Array)
    return `bytes ${[...value].join()}`
  if (Array.isArray(value))
    return `[${value.map(text).join()}]`
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value).map(([key, child]) => `${JSON.stringify(key)}:${text(child)}`).sort().join()}}`
  return typeof value === 'string' ? JSON.stringify(value) : typeof value === 'bigint' ? `${value}n` : String(value)
}

function sharedObjects(a: unknown, b: unknown): number {
  const all = new Set(objects(a))
  return objects(b).filter(one => all.has(one)).length
}

function objects(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? [value, ...(value instanceof Uint8Array ? [] : Object.values(value).flatMap(objects))] : []
}
