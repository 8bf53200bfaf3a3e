import { afterEach, expect, it, vi } from 'vitest'
import { randomId } from '../../../../src/runtime/shared/random-id'

afterEach(() => void vi.unstubAllGlobals())

it('is made of 32 digits, each time others', () => {
  const ids = Array.from({ length: 1000 }, randomId)
  expect(ids.filter(id => !/^[\da-f]{32}$/.test(id))).toEqual([])
  expect(new Set(ids).size).toBe(1000)
})

it('is to be had where a page came by plain http', () => {
  vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array) => bytes.fill(10) })
  expect(randomId()).toBe('0a'.repeat(16))
})
