import { describe, expect, it } from 'vitest'
import { getKey, joinKeys, normalizeKey, parseKey, splitKeys } from '../../../../src/runtime/shared/key'
import { collection, column } from './model'

const numbers = collection({ id: column('number') })
const texts = collection({ id: column('string') })
const composite = collection({ a: column('string'), b: column('number'), c: column('date') }, ['a', 'b', 'c'])

describe('a key', () => {
  it('of one column is its value', () => {
    expect(getKey(numbers, { id: 5 })).toBe(5)
    expect(getKey(texts, { id: 'a:%b' })).toBe('a:%b')
    expect(getKey(collection({ id: column('bigint') }), { id: 5n })).toBe('5')
    expect(getKey(collection({ id: column('date') }), { id: new Date(0) })).toBe('1970-01-01T00:00:00.000Z')
    expect(getKey(numbers, {})).toBeUndefined()
    expect(getKey(numbers, { id: null })).toBeUndefined()
  })

  it.each(['', 'a', ':', '::', 'a:', ':a', '%', '%3A', '%25', 'a::b', '😀', 'a b', '/'])('of several columns gives its parts back: %j', (a) => {
    const c = new Date(1)
    const key = getKey(composite, { a, b: -2, c })!
    expect(parseKey(composite, key)).toEqual({ a, b: '-2', c: '1970-01-01T00:00:00.001Z' })
  })

  it('is of one row only', () => {
    const pair = collection({ a: column('string'), b: column('string') }, ['a', 'b'])
    const parts = ['', ':', '::', 'a', 'a:', ':a', '%', '%3A', '1']
    const keys = parts.flatMap(a => parts.map(b => getKey(pair, { a, b })))
    expect(new Set(keys).size).toBe(keys.length)
    expect(getKey(pair, { a: 'x' })).toBeUndefined()
  })

  it('is brought to the type of its column', () => {
    expect(normalizeKey(numbers, '5')).toBe(5)
    expect(normalizeKey(numbers, '05')).toBe('05')
    expect(normalizeKey(numbers, 'tmp:1')).toBe('tmp:1')
    expect(normalizeKey(texts, 5)).toBe('5')
    expect(normalizeKey(texts, 5n)).toBe('5')
    for (const key of ['', null, undefined, {}, true])
      expect(() => normalizeKey(texts, key)).toThrow(/must be a string or a number/)
  })

  it('with a part too few or too many is none', () => {
    for (const key of ['', 'a', 'a::b', 'a::b::c::d'])
      expect(() => parseKey(composite, key)).toThrow(/3 parts/)
    expect(() => parseKey(texts, '')).toThrow(/empty/)
  })
})

it('keys are joined and split', () => {
  for (const keys of [[], ['a'], ['a,b', '%2C', ',', '%'], [1, 2], ['a::b%3A', 'x']])
    expect(splitKeys(joinKeys(keys))).toEqual(keys.map(String))
})
