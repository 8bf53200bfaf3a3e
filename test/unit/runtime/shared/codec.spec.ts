import { describe, expect, it } from 'vitest'
import { createReviver, encodeRow, encodeValue, fromBase64, reviveValue, roundValue, toBase64 } from '../../../../src/runtime/shared/codec'
import { decodeValue } from '../../../../src/runtime/shared/decode'
import { isRstoreError } from '../../../../src/runtime/shared/errors'
import { collection, column } from './model'

function codeOf(run: () => unknown): string | undefined {
  try {
    run()
  }
  catch (error) {
    return isRstoreError(error) ? `${error.code} ${error.field}` : String(error)
  }
}

describe('values', () => {
  it.each([
    [column('string'), 'é😀', 'é😀'],
    [column('number'), 1.5, 1.5],
    [column('boolean'), false, false],
    [column('date'), new Date(1234), '1970-01-01T00:00:01.234Z'],
    [column('bigint'), 2n ** 70n, '1180591620717411303424'],
    [column('bytes'), new Uint8Array([0, 255, 16]), 'AP8Q'],
    [column('json'), { a: [null, 1] }, { a: [null, 1] }],
    [column('array', { items: column('date') }), [new Date(0), null], ['1970-01-01T00:00:00.000Z', null]],
    [column('array', { items: column('array', { items: column('bigint') }) }), [[1n], []], [['1'], []]],
  ])('go over the wire and back: %o', (model, value, wire) => {
    expect(encodeValue(value, model)).toEqual(wire)
    const sent = JSON.parse(JSON.stringify(wire))
    expect(reviveValue(sent, model)).toEqual(value)
    expect(decodeValue(sent, model, 'x')).toEqual(value)
    expect(decodeValue(value, model, 'x')).toEqual(value)
    expect([encodeValue(null, model), reviveValue(null, model), decodeValue(null, model, 'x'), encodeValue(undefined, model)]).toEqual([null, null, null, null])
  })

  it('are rounded to what the column stores', () => {
    const seconds = column('date', { precision: 1000 })
    expect(decodeValue('2026-01-01T00:00:00.999Z', seconds, 'x')).toEqual(new Date('2026-01-01T00:00:00Z'))
    expect(decodeValue(new Date(-1), seconds, 'x')).toEqual(new Date(-1000))
    expect(roundValue(new Date(-1), seconds)).toEqual(new Date(-1000))
    expect(roundValue('1970-01-01T00:00:00.500Z', seconds)).toEqual(new Date(0))
    expect(decodeValue('2026-01-01T23:59:00+02:00', column('date', { precision: 86_400_000 }), 'x')).toEqual(new Date('2026-01-01'))
    expect(Object.is(decodeValue(-0, column('number'), 'x'), 0)).toBe(true)
  })

  it.each([
    [column('string'), 5, 'RSTORE_INVALID_VALUE'], [column('string'), 'a\0', 'RSTORE_INVALID_VALUE'], [column('string'), '\uDC00', 'RSTORE_INVALID_VALUE'],
    [column('string', { length: 2 }), '😀😀', undefined], [column('string', { length: 2 }), 'abc', 'RSTORE_TOO_LONG'],
    [column('string', { enumValues: ['a'] }), 'b', 'RSTORE_NOT_IN_ENUM'],
    [column('string', { order: 'numeric' }), '-01.50', undefined], [column('string', { order: 'numeric' }), '1e5', 'RSTORE_INVALID_VALUE'], [column('string', { order: 'numeric' }), '1'.repeat(501), 'RSTORE_INVALID_VALUE'],
    [column('number'), Infinity, 'RSTORE_INVALID_VALUE'], [column('number'), Number.NaN, 'RSTORE_INVALID_VALUE'], [column('number'), '1', 'RSTORE_INVALID_VALUE'],
    [column('number', { integer: true }), 0.5, 'RSTORE_INVALID_VALUE'], [column('number', { integer: true }), 2 ** 53, 'RSTORE_OUT_OF_RANGE'],
    [column('number', { range: ['-128', '127'] }), 128, 'RSTORE_OUT_OF_RANGE'], [column('number', { range: ['-128', '127'] }), -128, undefined],
    [column('bigint', { range: ['0', '18446744073709551615'] }), '18446744073709551616', 'RSTORE_OUT_OF_RANGE'], [column('bigint', { range: ['0', '18446744073709551615'] }), '18446744073709551615', undefined],
    [column('bigint'), '1.5', 'RSTORE_INVALID_VALUE'], [column('bigint'), '0x10', 'RSTORE_INVALID_VALUE'], [column('bigint'), '', 'RSTORE_INVALID_VALUE'], [column('bigint'), 12, undefined],
    [column('boolean'), 0, 'RSTORE_INVALID_VALUE'], [column('boolean'), 'true', 'RSTORE_INVALID_VALUE'],
    [column('bytes'), 'abc', 'RSTORE_INVALID_VALUE'], [column('bytes'), 'a-_=', 'RSTORE_INVALID_VALUE'], [column('bytes', { length: 2 }), 'AP8Q', 'RSTORE_TOO_LONG'],
    [column('json'), { a: undefined }, undefined], [column('json'), { a: () => 1 }, 'RSTORE_INVALID_VALUE'], [column('json'), [Number.NaN], 'RSTORE_INVALID_VALUE'], [column('json'), [1n], 'RSTORE_INVALID_VALUE'],
    [column('array', { items: column('number') }), [1, 'x'], 'RSTORE_INVALID_VALUE'], [column('array', { items: column('number') }), 'x', 'RSTORE_INVALID_VALUE'],
  ])('are checked: %o with %o', (model, value, code) => {
    expect(codeOf(() => decodeValue(value, model, 'field'))).toBe(code && `${code} field`)
  })

  it.each([
    ['2026-02-28', true], ['2024-02-29', true], ['2025-02-29', false], ['2026-02-31', false], ['2026-04-31T00:00:00Z', false], ['2000-02-29', true], ['1900-02-29', false], ['2026-13-01', false],
    ['2026-00-01', false], ['2026-01-00', false], ['2026-01-01T24:00:00Z', true], ['2026-01-01T25:00:00Z', false], ['2026-01-01T00:00:00', false], ['2026-01-01T00:00Z', true],
    ['2026-01-01T00:00:00.123456Z', true], ['+012026-01-01T00:00:00Z', true], ['-0001-01-01', false], ['12026-01-01', false], ['yesterday', false], ['1767323045', false], ['', false],
  ])('that are dates exist: %s', (text, valid) => {
    expect(codeOf(() => decodeValue(text, column('date'), 'x'))).toBe(valid ? undefined : 'RSTORE_INVALID_VALUE x')
  })

  it('of depth without end are refused', () => {
    let value: unknown = 1
    for (let i = 0; i < 200; i++)
      value = [value]
    expect(codeOf(() => decodeValue(value, column('json'), 'x'))).toBe('RSTORE_INVALID_VALUE x')
  })
})

describe('rows', () => {
  const model = collection({ id: column('number'), at: column('date'), big: column('bigint'), tags: column('array', { items: column('string') }), note: column('string') })

  it('are encoded without what the collection does not have', () => {
    const row = { id: 1, at: new Date(0), big: null, note: undefined, other: 1 }
    expect(encodeRow(row, model)).toEqual({ id: 1, at: '1970-01-01T00:00:00.000Z', big: null })
  })

  it('are revived, also where fields are missing', () => {
    const revive = createReviver(model)
    expect(revive({ id: 1, at: '1970-01-01T00:00:00.000Z', big: '5', tags: ['a'] })).toEqual({ id: 1, at: new Date(0), big: 5n, tags: ['a'] })
    expect(revive({ id: 1, at: null })).toEqual({ id: 1, at: null })
  })
})

it('base64 takes any length', () => {
  for (const length of [0, 1, 2, 3, 8191, 8192, 8193, 200_000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7)
    expect(fromBase64(toBase64(bytes))).toEqual(bytes)
  }
})
