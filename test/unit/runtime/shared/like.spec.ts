import { expect, it } from 'vitest'
import { compileLike } from '../../../../src/runtime/shared/like'

it.each([
  ['', '', true], ['', 'a', false], ['%', '', true], ['%', 'abc', true], ['_', '', false], ['_', '😀', true], ['__', '😀', false], ['a%', 'abc', true], ['%c', 'abc', true],
  ['%b%', 'abc', true], ['a%c', 'abcbd', false], ['a%c', 'abcbc', true], ['%a%b%', 'xbya', false], ['%a_', 'aaab', true], ['a\\%', 'a%', false], ['a\\%', 'a\\xyz', true],
  ['ABC', 'abc', true], ['É', 'é', false], ['%\uFFFF', '\uFFFE', true], ['%%%%', 'x', true], ['.*', 'abc', false], ['[a]', 'a', false],
])('SQLite: %j of %j is %s', (pattern, text, result) => {
  expect(compileLike(pattern, 'sqlite', false)(text)).toBe(result)
  expect(compileLike(pattern, 'sqlite', true)(text)).toBe(result)
})

it.each([
  ['ABC', 'abc', false, false], ['ABC', 'abc', true, true], ['É', 'é', true, false], ['aÉ', 'AÉ', true, true], ['a\\%', 'a%', false, true], ['a\\%', 'a\\x', false, false], ['a\\_', 'a_', false, true], ['a\\\\', 'a\\', false, true],
])('PostgreSQL: %j of %j, case ignored: %s, is %s', (pattern, text, insensitive, result) => {
  expect(compileLike(pattern, 'postgresql', insensitive)(text)).toBe(result)
})

it('follows the collation in MySQL, which is binary wherever it is asked', () => {
  expect(['a%', 'A%', 'a\\%'].map(pattern => compileLike(pattern, 'mysql', false)('a%'))).toEqual([true, false, true])
})

it('takes steps by the product of both lengths, not by their power', () => {
  const pattern = `${'%a'.repeat(250)}b`
  expect(compileLike(pattern, 'sqlite', false)('a'.repeat(5000))).toBe(false)
})
