import type { ConditionNode, Operator } from '../../../../src/runtime/shared/condition'
import type { Dialect } from '../../../../src/runtime/shared/model'
import { describe, expect, it } from 'vitest'
import { isServerSide } from '../../../../src/runtime/shared/collation'
import { collection, column } from './model'

const model = collection({
  id: column('string', { collation: 'server' }), title: column('string', { collation: 'server' }), period: column('string', { collation: 'opaque' }), plain: column('string'),
  mood: column('string', { order: 'enum', enumValues: ['a'] }), count: column('number'), tags: column('array', { items: column('string', { collation: 'server' }) }),
  periods: column('array', { items: column('string', { collation: 'opaque' }) }),
})

function node(operator: Operator, field: string): ConditionNode {
  return operator.endsWith('etween') ? { operator, field, value1: 'a', value2: 'b' } as ConditionNode : { operator, field, value: /^(?:notI|i)nA|^array/.test(operator) ? ['a'] : 'a' } as ConditionNode
}

const operators: Operator[] = ['isNull', 'isNotNull', 'eq', 'ne', 'inArray', 'notInArray', 'gt', 'gte', 'lt', 'lte', 'between', 'notBetween', 'like', 'notLike', 'ilike', 'notIlike']
const serverSide = (field: string, dialect: Dialect) => operators.filter(operator => isServerSide(node(operator, field), [], model, dialect))

describe('a condition is the server\'s business', () => {
  const ranges = ['gt', 'gte', 'lt', 'lte', 'between', 'notBetween']
  const all = operators.slice(2)

  it.each([
    ['title', 'postgresql', [...ranges, 'ilike', 'notIlike']],
    ['title', 'mysql', all],
    ['period', 'postgresql', all],
    ['period', 'mysql', all],
    ['plain', 'postgresql', []],
    ['plain', 'mysql', ['ilike', 'notIlike']],
    ['plain', 'sqlite', []],
    ['mood', 'postgresql', []],
    ['mood', 'mysql', ['like', 'notLike', 'ilike', 'notIlike']],
    ['count', 'mysql', ['ilike', 'notIlike']],
  ] as [string, Dialect, string[]][])('on %s in %s for %j', (field, dialect, expected) => {
    expect(serverSide(field, dialect)).toEqual(expected)
  })

  it('wherever it is in a tree', () => {
    const deep = (leaf: ConditionNode): ConditionNode => ({ operator: 'and', conditions: [node('eq', 'count'), { operator: 'not', condition: { operator: 'or', conditions: [leaf] } }] })
    expect(isServerSide(deep(node('gt', 'title')), [], model, 'postgresql')).toBe(true)
    expect(isServerSide(deep(node('eq', 'title')), [], model, 'postgresql')).toBe(false)
  })

  it('on arrays by what they hold', () => {
    expect(isServerSide(node('arrayContains', 'tags'), [], model, 'postgresql')).toBe(false)
    expect(isServerSide(node('arrayOverlaps', 'periods'), [], model, 'postgresql')).toBe(true)
  })
})

it('an order is the server\'s business where it names such text, not where a key only breaks ties', () => {
  expect(isServerSide(undefined, ['count', 'title'], model, 'postgresql')).toBe(true)
  expect(isServerSide(undefined, ['period'], model, 'mysql')).toBe(true)
  expect(isServerSide(undefined, ['id'], model, 'postgresql')).toBe(true)
  expect(isServerSide(undefined, ['count', 'plain', 'mood'], model, 'mysql')).toBe(false)
  expect(isServerSide(undefined, [], model, 'postgresql')).toBe(false)
})
