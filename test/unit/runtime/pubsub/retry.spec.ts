import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { retry } from '../../../../src/runtime/pubsub/retry'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('tries until it succeeds, later each time, and tells of each failure', async () => {
  const failures: unknown[] = []
  const times: number[] = []
  const result = retry(async () => {
    times.push(Date.now())
    if (times.length <= 12)
      throw times.length
    return 'done'
  }, error => failures.push(error), new AbortController().signal)
  await vi.runAllTimersAsync()
  expect(await result).toBe('done')
  expect(failures).toEqual(Array.from({ length: 12 }, (_, n) => n + 1))
  const pauses = times.slice(1).map((time, i) => time - times[i]!)
  const longest = pauses.map((_, i) => Math.min(100 * 2 ** i, 10_000))
  expect(pauses.filter((pause, i) => pause > longest[i]! + 1 || pause < longest[i]! / 2 - 1)).toEqual([])
})

it('ends when it is told to, and leaves no timer', async () => {
  const closing = new AbortController()
  const result = retry(() => Promise.reject(new Error('away')), () => {}, closing.signal)
  const ended = expect(result).rejects.toMatchObject({ name: 'AbortError' })
  await vi.advanceTimersByTimeAsync(0)
  closing.abort()
  await ended
  expect(vi.getTimerCount()).toBe(0)
})
