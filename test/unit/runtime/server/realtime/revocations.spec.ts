import { expect, it, vi } from 'vitest'
import { Revocations } from '../../../../../src/runtime/server/realtime/revocations'

it('concern what was read before, by whom they match', async () => {
  const revocations = new Revocations()
  const session = vi.fn(async () => 'ann')
  expect(await revocations.concern(session, 0)).toBe(false)
  expect(session).not.toHaveBeenCalled()
  revocations.add({ position: 5, match: one => one === 'ann' })
  expect(await Promise.all([4, 5, 6, undefined].map(position => revocations.concern(session, position)))).toEqual([true, false, false, true])
  expect(await revocations.concern(async () => 'bob', 4)).toBe(false)
  for (let position = 6; position <= 105; position++)
    revocations.add({ position, match: () => false })
  // Who was meant by the first is forgotten.
  expect(await revocations.concern(async () => 'bob', 4)).toBe(true)
  expect(await revocations.concern(async () => 'bob', 5)).toBe(false)
})
