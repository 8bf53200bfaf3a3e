import type { ConditionNode } from '../../../../src/runtime/shared/condition'
import type { ColumnModel } from '../../../../src/runtime/shared/model'
import { describe, expect, it } from 'vitest'
import { compareFor, compareText, isComparable } from '../../../../src/runtime/shared/compare'
import { compilePredicate, conditionFields, equalityConjuncts, supportsOperator } from '../../../../src/runtime/shared/match'
import { compileComparator, parseOrderBy } from '../../../../src/runtime/shared/order'
import { collection, column } from './model'

const model = collection({
  id: column('number'), n: column('number'), s: column('string'), d: column('date', { precision: 1000 }), big: column('bigint'), text: column('bigint', { order: 'text' }),
  dec: column('string', { order: 'numeric' }), tags: column('array', { items: column('string') }), json: column('json'), secret: column('string', { hidden: true }),
})
const rows = [{ id: 1, n: 1 }, { id: 2, n: null }, { id: 3, n: 3 }, { id: 4 }]
const matching = (node: ConditionNode) => rows.filter(compilePredicate(node, model, 'sqlite')).map(row => row.id)

describe('a predicate', () => {
  it.each([
    [{ operator: 'eq', field: 'n', value: 1 }, [1], [3]],
    [{ operator: 'ne', field: 'n', value: 1 }, [3], [1]],
    [{ operator: 'gt', field: 'n', value: 1 }, [3], [1]],
    [{ operator: 'gte', field: 'n', value: 3 }, [3], [1]],
    [{ operator: 'lt', field: 'n', value: 3 }, [1], [3]],
    [{ operator: 'lte', field: 'n', value: 0 }, [], [1, 3]],
    [{ operator: 'eq', field: 'n', value: null }, [], []],
    [{ operator: 'between', field: 'n', value1: 1, value2: 2 }, [1], [3]],
    [{ operator: 'between', field: 'n', value1: 2, value2: null }, [], [1]],
    [{ operator: 'notBetween', field: 'n', value1: null, value2: 2 }, [3], []],
    [{ operator: 'inArray', field: 'n', value: [1, null] }, [1], []],
    [{ operator: 'inArray', field: 'n', value: [] }, [], [1, 2, 3, 4]],
    [{ operator: 'notInArray', field: 'n', value: [] }, [1, 2, 3, 4], []],
    [{ operator: 'notInArray', field: 'n', value: [1] }, [3], [1]],
    [{ operator: 'isNull', field: 'n' }, [2, 4], [1, 3]],
    [{ operator: 'isNotNull', field: 'n' }, [1, 3], [2, 4]],
    [{ operator: 'and', conditions: [{ operator: 'eq', field: 'n', value: 1 }, { operator: 'eq', field: 'id', value: 1 }] }, [1], [2, 3, 4]],
    [{ operator: 'or', conditions: [{ operator: 'eq', field: 'n', value: 1 }, { operator: 'eq', field: 'id', value: 2 }] }, [1, 2], [3]],
    [{ operator: 'not', condition: { operator: 'eq', field: 'n', value: 1 } }, [3], [1]],
  ] as [ConditionNode, number[], number[]][])('%j holds for %j and is false for %j', (node, holds, fails) => {
    expect(matching(node)).toEqual(holds)
    expect(matching({ operator: 'not', condition: node })).toEqual(fails)
    expect(matching({ operator: 'not', condition: { operator: 'not', condition: node } })).toEqual(holds)
  })

  it('compares by the type of the column', () => {
    const test = (node: ConditionNode, row: Record<string, unknown>, dialect: 'sqlite' | 'postgresql' = 'sqlite') => compilePredicate(node, model, dialect)(row)
    expect(test({ operator: 'eq', field: 'd', value: new Date(0) }, { d: new Date(0) })).toBe(true)
    expect(test({ operator: 'inArray', field: 'd', value: [new Date(0)] }, { d: new Date(0) })).toBe(true)
    expect(test({ operator: 'inArray', field: 'big', value: [2n ** 70n] }, { big: 2n ** 70n })).toBe(true)
    expect(test({ operator: 'gt', field: 'big', value: 9n }, { big: 10n })).toBe(true)
    expect(test({ operator: 'gt', field: 'text', value: 9n }, { text: 10n })).toBe(false)
    expect(test({ operator: 'eq', field: 'dec', value: '1.10' }, { dec: '1.1' })).toBe(true)
    expect(test({ operator: 'inArray', field: 'dec', value: ['1.10', null] }, { dec: '1.1' })).toBe(true)
    expect(test({ operator: 'inArray', field: 'dec', value: ['9007199254740993'] }, { dec: '9007199254740992' })).toBe(false)
    expect(test({ operator: 'gt', field: 'dec', value: '9' }, { dec: '10' })).toBe(true)
    // Beyond 64 bits, SQLite has a double where PostgreSQL has every digit.
    expect(test({ operator: 'eq', field: 'dec', value: '123456789012345678901' }, { dec: '123456789012345678902' })).toBe(true)
    expect(test({ operator: 'eq', field: 'dec', value: '123456789012345678901' }, { dec: '123456789012345678902' }, 'postgresql')).toBe(false)
  })

  it('asks arrays', () => {
    const ask = (operator: 'arrayContains' | 'arrayContained' | 'arrayOverlaps', value: string[]) => compilePredicate({ operator, field: 'tags', value }, model, 'postgresql')
    const row = { tags: ['a', 'b', 'a'] }
    expect([ask('arrayContains', ['a']), ask('arrayContains', ['a', 'c']), ask('arrayContains', [])].map(test => test(row))).toEqual([true, false, true])
    expect([ask('arrayContained', ['a', 'b', 'c']), ask('arrayContained', ['a'])].map(test => test(row))).toEqual([true, false])
    expect([ask('arrayOverlaps', ['x', 'b']), ask('arrayOverlaps', [])].map(test => test(row))).toEqual([true, false])
    expect(ask('arrayContains', [])({ tags: null })).toBe(false)
  })

  it('asks arrays of anything that compares, finds no NULL in them and looks through their dimensions', () => {
    const ask = (type: ColumnModel, operator: 'arrayContains' | 'arrayContained' | 'arrayOverlaps', value: unknown[]) =>
      compilePredicate({ operator, field: 'list', value }, collection({ list: column('array', { items: type }) }), 'postgresql')
    expect(ask(column('date'), 'arrayContains', [new Date(5)])({ list: [new Date(5)] })).toBe(true)
    expect(ask(column('string', { order: 'numeric' }), 'arrayOverlaps', ['1.0'])({ list: ['1.00'] })).toBe(true)
    expect(ask(column('number'), 'arrayContains', [null])({ list: [null] })).toBe(false)
    expect(ask(column('number'), 'arrayContained', [1, null])({ list: [1, null] })).toBe(false)
    expect(ask(column('number'), 'arrayOverlaps', [2, null])({ list: [2, null] })).toBe(true)
    expect(ask(column('array', { items: column('number') }), 'arrayContains', [[1]])({ list: [[2, 1], [3, 4]] })).toBe(true)
    expect(supportsOperator('arrayContains', column('array', { items: column('json') }))).toBe(false)
  })

  it('tells what it reads', () => {
    const node: ConditionNode = { operator: 'and', conditions: [{ operator: 'eq', field: 'n', value: 1 }, { operator: 'not', condition: { operator: 'isNull', field: 's' } }, { operator: 'and', conditions: [{ operator: 'eq', field: 'id', value: 2 }] }] }
    expect(conditionFields(node)).toEqual(['n', 's', 'id'])
    expect(equalityConjuncts(node)).toEqual([{ field: 'n', value: 1 }, { field: 'id', value: 2 }])
    expect(equalityConjuncts({ operator: 'or', conditions: [{ operator: 'eq', field: 'n', value: 1 }] })).toEqual([])
    expect(equalityConjuncts(undefined)).toEqual([])
  })
})

describe('text', () => {
  it('is ordered by code points', () => {
    const texts = ['', 'A', 'a', 'a\uFFFF', 'a\u{10000}', 'b', '\uD7FF', '\uE000', '\uFFFD', '\u{10000}', '\u{10FFFF}']
    const bytes = (text: string) => new TextEncoder().encode(text)
    for (const a of texts) {
      for (const b of texts)
        expect(Math.sign(compareText(a, b))).toBe(Math.sign(Buffer.compare(bytes(a), bytes(b))))
    }
  })
})

describe('an order', () => {
  it('ends with the key in the direction of the last term', () => {
    expect(parseOrderBy(model, ['n.desc', 's'])).toEqual([{ field: 'n', descending: true }, { field: 's', descending: false }, { field: 'id', descending: false }])
    expect(parseOrderBy(model, ['n.desc'])).toEqual([{ field: 'n', descending: true }, { field: 'id', descending: true }])
    expect(parseOrderBy(model, ['id.desc', 'id.asc', 'n'])).toEqual([{ field: 'id', descending: true }, { field: 'n', descending: false }])
    expect(parseOrderBy(model)).toEqual([{ field: 'id', descending: false }])
  })

  it.each(['nope', 'secret', 'secret.asc', 'json', 'tags.asc', 'n.up', 'n.', '.asc', '', '__proto__', 'constructor.desc'])('does not take %j', (term) => {
    expect(() => parseOrderBy(model, [term])).toThrow(expect.objectContaining({ code: expect.stringMatching(/^RSTORE_(?:UNKNOWN_COLUMN|INVALID_QUERY)$/) }))
  })

  it('puts NULL where the database does', () => {
    const sorted = (term: string, dialect: 'sqlite' | 'mysql' | 'postgresql') => [...rows].sort(compileComparator(parseOrderBy(model, [term]), model, dialect)).map(row => row.id)
    for (const dialect of ['sqlite', 'mysql'] as const) {
      expect(sorted('n.asc', dialect)).toEqual([2, 4, 1, 3])
      expect(sorted('n.desc', dialect)).toEqual([3, 1, 4, 2])
    }
    expect(sorted('n.asc', 'postgresql')).toEqual([1, 3, 2, 4])
    expect(sorted('n.desc', 'postgresql')).toEqual([4, 2, 3, 1])
  })

  it('of numbers kept as text is that of numbers', () => {
    for (const dialect of ['sqlite', 'postgresql'] as const) {
      const compare = compareFor(column('string', { order: 'numeric' }), dialect)
      expect(['10', '9', '-1', '1e+21', '0.5', '-10.25', '+3', '123456789012345678901234'].sort(compare)).toEqual(['-10.25', '-1', '0.5', '+3', '9', '10', '1e+21', '123456789012345678901234'])
      expect(compare('1.50', '01.5')).toBe(0)
      expect(compare('-0', '0')).toBe(0)
    }
  })

  it('of an enum is that of its values, of single precision that of rounded numbers', () => {
    const mood = column('string', { order: 'enum', enumValues: ['sad', 'ok', 'Happy'] })
    expect(['ok', 'Happy', 'unheard of', 'sad'].sort(compareFor(mood, 'postgresql'))).toEqual(['unheard of', 'sad', 'ok', 'Happy'])
    const model = collection({ id: column('number'), mood, single: column('number', { order: 'single' }) })
    expect(compilePredicate({ operator: 'gt', field: 'mood', value: 'sad' }, model, 'mysql')({ mood: 'ok' })).toBe(true)
    for (const node of [{ operator: 'eq', value: 0.1000000001 }, { operator: 'inArray', value: [0.1000000001] }, { operator: 'gte', value: 0.1000000001 }] as const)
      expect(compilePredicate({ field: 'single', ...node } as ConditionNode, model, 'postgresql')({ single: 0.1 })).toBe(true)
  })

  it('breaks ties by the bytes of a key whose collation is not known', () => {
    const unknown = collection({ id: column('string', { collation: 'server' }), n: column('number') })
    expect(parseOrderBy(unknown, ['n.desc'])).toEqual([{ field: 'n', descending: true }, { field: 'id', descending: true, binary: true }])
    expect(parseOrderBy(unknown, ['id'])).toEqual([{ field: 'id', descending: false }])
  })

  it('is for what can be compared', () => {
    expect((['string', 'number', 'boolean', 'date', 'bigint', 'json', 'bytes', 'array'] as const).filter(type => isComparable(column(type)))).toEqual(['string', 'number', 'boolean', 'date', 'bigint'])
  })
})
