import { expect, it } from 'vitest'
import { Frame } from '../../../../../src/runtime/server/realtime/frame'

it('is one for all who are told the same in the same order', () => {
  const blank = new Frame()
  const [a, b] = [blank.with('{"n":1}').with('{"n":2}'), blank.with('{"n":1}').with('{"n":2}')]
  expect(a).toBe(b)
  expect(blank.with('{"n":2}').with('{"n":1}')).not.toBe(a)
  expect(a.updates).toEqual(['{"n":1}', '{"n":2}'])
  expect(a.render('x:1')).toBe('{"updates":[{"n":1},{"n":2}],"offset":"x:1"}')
  expect(a.render()).toBe('{"updates":[{"n":1},{"n":2}]}')
})
