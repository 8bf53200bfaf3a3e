import type { RstoreDrizzleCondition } from '../../../../src/runtime/shared/protocol'
import { describe, expect, it } from 'vitest'
import { filterWhere } from '../../../../src/runtime/realtime/filter-where'

const at = '2024-05-01T10:00:00.000Z'
const record = { id: 7, title: 'Milk', done: false, flag: 1, note: null, at, date: new Date(at), big: 9007199254740993n, price: '10', tags: ['a', 'b'] }
const test = (where: unknown, dialect?: 'sqlite' | 'postgresql' | 'mysql') => filterWhere(record, where as RstoreDrizzleCondition, dialect)
const leaf = (operator: string, field: string, value?: unknown) => ({ operator, field, value })

describe('a record', () => {
  it.each([
    [leaf('eq', 'id', 7), true],
    [leaf('eq', 'id', 8), false],
    [leaf('ne', 'id', 8), true],
    [leaf('gt', 'id', 6), true],
    [leaf('lte', 'id', 6), false],
    [leaf('inArray', 'id', [1, 7]), true],
    [leaf('notInArray', 'id', [1, 2]), true],
    [leaf('inArray', 'id', []), false],
    [leaf('notInArray', 'id', []), true],
    [{ operator: 'between', field: 'id', value1: 7, value2: 9 }, true],
    [{ operator: 'notBetween', field: 'id', value1: 7, value2: 9 }, false],
    [leaf('like', 'title', 'mi%'), true],
    [leaf('notLike', 'title', 'x%'), true],
    [leaf('isNull', 'note'), true],
    [leaf('isNotNull', 'note'), false],
    [leaf('isNull', 'absent'), true],
    [leaf('arrayContains', 'tags', ['a']), true],
    [leaf('arrayContained', 'tags', ['a']), false],
    [leaf('arrayOverlaps', 'tags', ['b', 'c']), true],
    [{ op: 'eq', field: 'title', value: 'Milk' }, true],
    [{ op: 'and', conditions: [leaf('eq', 'id', 7), { operator: 'not', condition: leaf('eq', 'title', 'x') }] }, true],
    [{ operator: 'or', conditions: [leaf('eq', 'id', 8), leaf('eq', 'id', 9)] }, false],
  ])('is filtered by %j', (where, expected) => {
    expect(test(where)).toBe(expected)
  })

  it.each([undefined, null])('fulfils the condition %j, which is none', (where) => {
    expect(test(where)).toBe(true)
  })

  it.each([
    leaf('eq', 'note', 'x'), leaf('ne', 'note', 'x'), leaf('gt', 'note', 1), leaf('like', 'note', '%'), leaf('notLike', 'note', '%'),
    leaf('inArray', 'note', ['x']), leaf('notInArray', 'note', ['x']), leaf('notInArray', 'id', [1, null]), leaf('eq', 'id', null), leaf('ne', 'id', null),
    { operator: 'not', condition: leaf('eq', 'note', 'x') },
  ])('that has NULL is neither equal nor unequal: %j', (where) => {
    expect(test(where)).toBe(false)
  })

  it('has moments that are equal however they are written', () => {
    for (const field of ['at', 'date']) {
      expect(test(leaf('eq', field, new Date(at)))).toBe(true)
      expect(test(leaf('gt', field, new Date('2024-01-01')))).toBe(true)
      expect(test(leaf('inArray', field, [new Date(at)]))).toBe(true)
    }
    expect(test(leaf('eq', 'date', '2024-05-01T12:00:00+02:00'))).toBe(true)
    expect(test(leaf('lt', 'date', 'yesterday'))).toBe(false)
  })

  it('has large numbers and booleans as databases give them', () => {
    expect(test(leaf('eq', 'big', '9007199254740993'))).toBe(true)
    expect(test(leaf('gt', 'big', '9007199254740992'))).toBe(true)
    expect(test(leaf('eq', 'price', 10n))).toBe(true)
    expect(test(leaf('eq', 'flag', true))).toBe(true)
    expect(test(leaf('eq', 'done', 0))).toBe(true)
  })

  it('has values of another type than asked for', () => {
    expect(test(leaf('eq', 'id', '7'))).toBe(false)
    expect(test(leaf('ne', 'id', '7'))).toBe(false)
    expect(test(leaf('like', 'id', '%'))).toBe(false)
  })

  it('heeds case as the database does', () => {
    expect(test(leaf('like', 'title', 'MILK'), 'sqlite')).toBe(true)
    expect(test(leaf('like', 'title', 'MILK'), 'postgresql')).toBe(false)
    expect(test(leaf('ilike', 'title', 'MILK'), 'postgresql')).toBe(true)
  })

  it.each([{}, [], 'x', 5, leaf('near', 'id', 7), leaf('constructor', 'id', 7), { operator: 'or', conditions: [] }, { operator: 'and', conditions: [{}] }, { operator: 'not' }, { operator: 'eq', value: 7 }, leaf('inArray', 'id', 7), leaf('isNull', 'toString').field && { operator: 'eq', field: 5 }])('fulfils nothing that is no condition: %j', (where) => {
    expect(test(where)).toBe(false)
    expect(test({ operator: 'not', condition: where })).toBe(false)
  })

  it('is not looked for in prototypes', () => {
    expect(test(leaf('isNotNull', 'toString'))).toBe(false)
    expect(test(leaf('isNotNull', '__proto__'))).toBe(false)
  })

  it('survives a condition of any depth', () => {
    let where: unknown = leaf('eq', 'id', 7)
    for (let i = 0; i < 100_000; i++)
      where = { operator: 'not', condition: where }
    expect(test(where)).toBe(false)
  })
})
