import type { Hint } from '../../../../../src/runtime/server/realtime/change'
import type { ServerCollection } from '../../../../../src/runtime/server/registry'
import { describe, expect, it } from 'vitest'
import { Feed } from '../../../../../src/runtime/server/realtime/feed'
import { collection } from './collection'

const hint = (key: string, more: Partial<Hint> = {}): Hint => ({ type: 'updated', key, previous: undefined, next: undefined, ...more })
const keys = (feed: Feed, offset: string, of: ServerCollection = todos, max = 100) => feed.since(of, offset, max)?.keys().toArray()
const todos = collection('todos')
const lists = collection('lists')

describe('a feed', () => {
  it('tells by key what has changed since an offset, of one collection', () => {
    const feed = new Feed()
    const start = feed.offset
    feed.add(todos, hint('1'))
    feed.add(lists, hint('9'))
    const middle = feed.offset
    feed.add(todos, hint('2'))
    feed.add(todos, hint('1'))
    expect([keys(feed, start), keys(feed, middle), keys(feed, feed.offset), keys(feed, start, lists)]).toEqual([['1', '2'], ['2', '1'], [], ['9']])
  })

  it('tells nothing where it does not know, or where it would be too much', () => {
    const feed = new Feed()
    const start = feed.offset
    for (const offset of ['', ':', new Feed().offset, `${start}x`, start.split(':')[0]!, `${start.split(':')[0]}:-1`, `${start.split(':')[0]}:1e3`])
      expect(keys(feed, offset)).toBeUndefined()
    feed.add(todos, hint('1'))
    feed.add(todos, hint('2'))
    expect(keys(feed, start, todos, 1)).toBeUndefined()
    feed.skip('todos')
    expect([keys(feed, start), keys(feed, start, lists), keys(feed, feed.offset)]).toEqual([undefined, [], []])
  })

  it('forgets the oldest changes', () => {
    const feed = new Feed()
    const start = feed.offset
    for (let i = 0; i < 10_000; i++)
      feed.add(todos, hint('1'))
    const full = feed.offset
    expect(keys(feed, start)).toEqual(['1'])
    feed.add(todos, hint('2'))
    expect([keys(feed, start), keys(feed, full)]).toEqual([undefined, ['2']])
  })
})
