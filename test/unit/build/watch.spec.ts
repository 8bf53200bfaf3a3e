import { createHooks } from 'hookable'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createQueue, rebuilt } from '../../../src/build/watch'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('queue', () => {
  it('runs once for a burst, never twice at a time, and once more for what came meanwhile', async () => {
    const finish: (() => void)[] = []
    const update = createQueue(() => new Promise<void>(resolve => finish.push(resolve)), () => {})
    update()
    update()
    await vi.advanceTimersByTimeAsync(100)
    expect(finish).toHaveLength(1)
    update()
    update()
    await vi.advanceTimersByTimeAsync(1000)
    expect(finish).toHaveLength(1)
    finish[0]!()
    await vi.advanceTimersByTimeAsync(100)
    expect(finish).toHaveLength(2)
    finish[1]!()
    await vi.advanceTimersByTimeAsync(1000)
    expect(finish).toHaveLength(2)
  })

  it('reports a failure and goes on', async () => {
    const errors: unknown[] = []
    const update = createQueue(() => Promise.reject(new Error('no')), error => errors.push(error))
    update()
    await vi.advanceTimersByTimeAsync(100)
    update()
    await vi.advanceTimersByTimeAsync(100)
    expect(errors).toHaveLength(2)
  })
})

describe('waiting for Nitro', () => {
  interface Hooks { 'dev:reload': () => void, 'rollup:reload': () => void }
  const settled = (promise: Promise<void>) => {
    const state = { done: false }
    void promise.then(() => {
      state.done = true
    })
    return state
  }

  it('asks for a build, then waits until reloads have been quiet for 400 ms', async () => {
    const hooks = createHooks<Hooks>()
    const asked = vi.fn()
    hooks.hook('rollup:reload', asked)
    const state = settled(rebuilt(hooks))
    expect(asked).toHaveBeenCalledOnce()
    await vi.advanceTimersByTimeAsync(3000)
    await hooks.callHook('dev:reload')
    await vi.advanceTimersByTimeAsync(399)
    await hooks.callHook('dev:reload')
    await vi.advanceTimersByTimeAsync(399)
    expect(state.done).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(state.done).toBe(true)
  })

  it('gives up on a build that never finishes', async () => {
    const state = settled(rebuilt(createHooks<Hooks>()))
    await vi.advanceTimersByTimeAsync(9999)
    expect(state.done).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(state.done).toBe(true)
  })
})
