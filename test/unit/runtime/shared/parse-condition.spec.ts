import type { ConditionNode } from '../../../../src/runtime/shared/condition'
import { describe, expect, it } from 'vitest'
import { and, eq, inArray, isNull, not, or } from '../../../../src/runtime/shared/condition'
import { encodeCondition, roundCondition } from '../../../../src/runtime/shared/condition-codec'
import { parseCondition } from '../../../../src/runtime/shared/parse-condition'
import { toSearchParams } from '../../../../src/runtime/shared/query-params'
import { collection, column } from './model'

const model = collection({
  id: column('number', { integer: true }), s: column('string', { length: 2, enumValues: ['a', 'b'] }), d: column('date', { precision: 1000 }), big: column('bigint', { range: ['0', '9'] }),
  bytes: column('bytes'), json: column('json'), tags: column('array', { items: column('date') }), dec: column('string', { order: 'numeric' }), secret: column('string', { hidden: true }),
})
const refusal = (input: unknown, limits = {}) => {
  try {
    return parseCondition(input, model, limits)
  }
  catch (error) {
    const { code, field } = error as { code: string, field?: string }
    return field ? `${code} ${field}` : code
  }
}

describe('a condition', () => {
  it('is decoded, with long names', () => {
    expect(parseCondition({ op: 'and', conditions: [{ op: 'gt', field: 'd', value: '1970-01-01T00:00:01.999Z', extra: 1 }, { operator: 'not', condition: { op: 'inArray', field: 'big', value: ['5', null] } }] }, model)).toEqual({
      operator: 'and', conditions: [{ operator: 'gt', field: 'd', value: new Date(1000) }, { operator: 'not', condition: { operator: 'inArray', field: 'big', value: [5n, null] } }],
    })
    expect(parseCondition({ op: 'between', field: 'id', value1: 1, value2: null }, model)).toEqual({ operator: 'between', field: 'id', value1: 1, value2: null })
    expect(parseCondition({ op: 'arrayContains', field: 'tags', value: ['1970-01-01'] }, model)).toEqual({ operator: 'arrayContains', field: 'tags', value: [new Date(0)] })
    expect(parseCondition({ op: 'isNull', field: 'json', value: 1 }, model)).toEqual({ operator: 'isNull', field: 'json' })
  })

  it('may look for what the column would not store', () => {
    expect(refusal({ op: 'eq', field: 's', value: 'long and not listed' })).toMatchObject({ value: 'long and not listed' })
    expect(refusal({ op: 'like', field: 's', value: '%long%' })).toMatchObject({ value: '%long%' })
    expect(refusal({ op: 'gt', field: 'big', value: '100' })).toMatchObject({ value: 100n })
  })

  it.each([
    [null, 'RSTORE_INVALID_CONDITION'], [5, 'RSTORE_INVALID_CONDITION'], [[], 'RSTORE_INVALID_CONDITION'], [{}, 'RSTORE_INVALID_CONDITION'], [{ op: 'toString', field: 'id' }, 'RSTORE_INVALID_CONDITION'],
    [{ op: 5, field: 'id' }, 'RSTORE_INVALID_CONDITION'], [{ op: 'eq', value: 1 }, 'RSTORE_INVALID_CONDITION'], [{ op: 'eq', field: ['id'], value: 1 }, 'RSTORE_INVALID_CONDITION'],
    [{ op: 'eq', field: 'secret', value: 'x' }, 'RSTORE_UNKNOWN_COLUMN secret'], [{ op: 'eq', field: '__proto__', value: 'x' }, 'RSTORE_UNKNOWN_COLUMN __proto__'],
    [{ op: 'eq', field: 'id' }, 'RSTORE_INVALID_CONDITION id'], [{ op: 'eq', field: 'id', value: '1' }, 'RSTORE_INVALID_VALUE id'], [{ op: 'between', field: 'id', value1: 1 }, 'RSTORE_INVALID_CONDITION id'],
    [{ op: 'inArray', field: 'id', value: 1 }, 'RSTORE_INVALID_CONDITION id'], [{ op: 'inArray', field: 'id', value: ['x'] }, 'RSTORE_INVALID_VALUE id'],
    [{ op: 'eq', field: 'json', value: 1 }, 'RSTORE_INVALID_CONDITION json'], [{ op: 'lt', field: 'bytes', value: 'AA==' }, 'RSTORE_INVALID_CONDITION bytes'],
    [{ op: 'like', field: 'dec', value: '1%' }, 'RSTORE_INVALID_CONDITION dec'], [{ op: 'like', field: 's', value: 1 }, 'RSTORE_INVALID_VALUE s'], [{ op: 'like', field: 's', value: 'x'.repeat(1001) }, 'RSTORE_LIMIT_EXCEEDED s'],
    [{ op: 'arrayOverlaps', field: 's', value: [] }, 'RSTORE_INVALID_CONDITION s'], [{ op: 'and' }, 'RSTORE_INVALID_CONDITION'], [{ op: 'or', conditions: [] }, 'RSTORE_INVALID_CONDITION'],
    [{ op: 'or', conditions: [null] }, 'RSTORE_INVALID_CONDITION'], [{ op: 'not' }, 'RSTORE_INVALID_CONDITION'],
  ])('%j is refused', (input, code) => {
    expect(refusal(input)).toBe(code)
  })

  it('has limits', () => {
    const deep = Array.from({ length: 5000 }).reduce<unknown>(inner => ({ op: 'not', condition: inner }), { op: 'isNull', field: 'id' })
    expect(refusal(deep)).toBe('RSTORE_LIMIT_EXCEEDED')
    expect(refusal({ op: 'inArray', field: 'id', value: [1, 2, 3] }, { maxKeys: 2 })).toBe('RSTORE_LIMIT_EXCEEDED id')
    expect(refusal({ op: 'or', conditions: [{ op: 'isNull', field: 'id' }, { op: 'isNull', field: 'id' }] }, { maxWhereNodes: 2 })).toBe('RSTORE_LIMIT_EXCEEDED')
    expect(refusal({ op: 'or', conditions: [{ op: 'isNull', field: 'id' }, { op: 'isNull', field: 'id' }] }, { maxWhereNodes: 3 })).toMatchObject({ operator: 'or' })
  })

  it('travels as JSON and comes back', () => {
    const node = { conditions: [{ value: new Date(1000), field: 'd', operator: 'eq' }, { condition: { value: [5n, null], field: 'big', operator: 'inArray' }, operator: 'not' }, { field: 's', operator: 'isNull' }, { value2: 2, value1: 1, field: 'id', operator: 'between' }], operator: 'and' } as ConditionNode
    const text = JSON.stringify(encodeCondition(node, model))
    expect(text).toBe('{"operator":"and","conditions":[{"operator":"eq","field":"d","value":"1970-01-01T00:00:01.000Z"},{"operator":"not","condition":{"operator":"inArray","field":"big","value":["5",null]}},{"operator":"isNull","field":"s"},{"operator":"between","field":"id","value1":1,"value2":2}]}')
    expect(parseCondition(JSON.parse(text), model)).toEqual(node)
    expect(roundCondition(JSON.parse(text), model)).toEqual(node)
  })

  it('is built by functions that leave nothing undefined', () => {
    expect(and(eq('id', 1), undefined, false, or(isNull('s'), null))).toEqual({ operator: 'and', conditions: [{ operator: 'eq', field: 'id', value: 1 }, { operator: 'isNull', field: 's' }] })
    expect(and(undefined, null, false)).toBeUndefined()
    expect(not(inArray('id', []))).toEqual({ operator: 'not', condition: { operator: 'inArray', field: 'id', value: [] } })
    expect(() => eq('id', undefined)).toThrow(/isNull\("id"\)/)
  })
})

it('equal queries are equal text', () => {
  const where = { operator: 'eq', field: 'd', value: new Date(0) } as const
  const text = (query: Parameters<typeof toSearchParams>[0]) => toSearchParams(query, model).toString()
  expect(text({})).toBe('')
  expect(text({ params: { b: 1, a: 'x', limit: 5, none: undefined }, keys: [1, 'a,b'], columns: [], limit: 0, offset: 0, orderBy: ['id.desc', 's'], where }))
    .toBe(text({ where, orderBy: ['id.desc', 's'], limit: 0, columns: [], keys: [1, 'a,b'], params: { a: 'x', b: 1 } }))
  expect(Object.fromEntries(toSearchParams({ where, orderBy: ['id.desc'], limit: 0, columns: [], keys: ['a,b', 'c'], params: { a: [1] } }, model))).toEqual({
    where: '{"operator":"eq","field":"d","value":"1970-01-01T00:00:00.000Z"}', orderBy: 'id.desc', limit: '0', columns: '', keys: 'a%2Cb,c', a: '[1]',
  })
})
