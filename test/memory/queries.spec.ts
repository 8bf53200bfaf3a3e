import { describe, expect, it } from 'vitest'
import { alive, count, heapUsed, held, margin } from './support/heap'
import { createWorld, listCount, visit } from './support/visits'

describe('queries that come and go', () => {
  it('leave nothing behind: 10,000 of every kind', async () => {
    const world = createWorld()
    // Each query once: what is known of answers is kept.
    await visit(world, 4000)
    const before = await count()
    const heapBefore = await heapUsed()
    expect(before).toMatchObject({ views: 0, windows: 0, layers: 0, pages: 0, effects: 0, scopes: 0 })
    expect(await held(await visit(world, 10_000))).toBe(0)
    expect(await count()).toEqual(before)
    expect(world.subscriptions.open).toBe(0)
    expect(await heapUsed() - heapBefore).toBeLessThan(margin)
    // The rows of the cache, and none of the nodes that were made of them.
    const List = Object.getPrototypeOf(world.lists.peekFirst(1)).constructor as unknown
    expect(alive(List)).toBe(listCount)
  })
})
