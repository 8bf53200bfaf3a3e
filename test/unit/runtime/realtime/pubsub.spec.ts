import type { RstoreDrizzleRealtimePayload } from '../../../../src/runtime/realtime/pubsub'
import { once } from 'node:events'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { createMemoryPubSub, getPubSub, setPubSub, usePeerPubSub } from '../../../../src/runtime/realtime/pubsub'
import { getSubscriptionId, normalizeSubscriptionKey } from '../../../../src/runtime/shared/protocol'

const update = (id: number): RstoreDrizzleRealtimePayload => ({ collection: 'todos', type: 'created', record: { id } })

describe('pub/sub in memory', () => {
  it('delivers to all who are subscribed to the channel, in order', () => {
    const pubsub = createMemoryPubSub<{ update: number, other: number }>()
    const seen: string[] = []
    pubsub.subscribe('update', n => seen.push(`a${n}`))
    const end = pubsub.subscribe('update', n => seen.push(`b${n}`))
    pubsub.publish('update', 1)
    pubsub.publish('other', 9)
    end()
    end()
    pubsub.publish('update', 2)
    expect(seen).toEqual(['a1', 'b1', 'a2'])
  })

  it('takes one callback twice for two', () => {
    const pubsub = createMemoryPubSub()
    const seen: number[] = []
    const callback = ({ record }: RstoreDrizzleRealtimePayload) => void seen.push(record.id as number)
    const [end] = [pubsub.subscribe('update', callback), pubsub.subscribe('update', callback)]
    pubsub.publish('update', update(1))
    end!()
    pubsub.publish('update', update(2))
    expect(seen).toEqual([1, 1, 2])
  })

  it('lets subscribers come and go while it delivers', () => {
    const pubsub = createMemoryPubSub<{ update: number }>()
    const seen: string[] = []
    const end = pubsub.subscribe('update', (n) => {
      seen.push(`first ${n}`)
      end()
      pubsub.subscribe('update', n => seen.push(`late ${n}`))
    })
    pubsub.publish('update', 1)
    pubsub.publish('update', 2)
    expect(seen).toEqual(['first 1', 'late 2'])
  })

  it('delivers to the others where one throws, and does not hide that it did', async () => {
    const pubsub = createMemoryPubSub<{ update: number }>()
    const seen: number[] = []
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    const uncaught = once(process, 'uncaughtException')
    pubsub.subscribe('update', () => {
      throw new Error('mine')
    })
    pubsub.subscribe('update', n => seen.push(n))
    pubsub.publish('update', 1)
    expect(await uncaught).toMatchObject([{ message: 'mine' }, expect.anything()])
    listeners.forEach(listener => process.on('uncaughtException', listener))
    expect(seen).toEqual([1])
  })
})

describe('a peer', () => {
  it('has subscriptions that end together', () => {
    const pubsub = createMemoryPubSub()
    setPubSub(pubsub)
    expect(getPubSub()).toBe(pubsub)
    const seen: string[] = []
    const [one, two] = [usePeerPubSub('one'), usePeerPubSub('two')]
    const end = one.subscribe('update', () => seen.push('one'))
    one.subscribe('update', () => seen.push('one again'))
    two.subscribe('update', () => seen.push('two'))
    pubsub.publish('update', update(1))
    end()
    pubsub.publish('update', update(2))
    usePeerPubSub('one').unsubscribeAll()
    pubsub.publish('update', update(3))
    expect(seen).toEqual(['one', 'one again', 'two', 'one again', 'two', 'two'])
  })
})

describe('a subscription', () => {
  it('has one id, however it is written', () => {
    const id = getSubscriptionId({ collection: 'todos', key: 42, where: { operator: 'eq', field: 'done', value: true } })
    expect(getSubscriptionId({ where: { value: true, field: 'done', op: 'eq' } as never, key: '42', collection: 'todos' })).toBe(id)
    const others = [{ collection: 'todos' }, { collection: 'todos', key: '42' }, { collection: 'todos', key: '4' }, { collection: 'lists', key: 42 }, { collection: 'todos', where: { operator: 'isNull' as const, field: 'done' } }, { collection: 'todos|42' }, { collection: 'todos', key: '|' }]
    expect(new Set([id, ...others.map(getSubscriptionId)]).size).toBe(others.length + 1)
  })

  it('has a key that is text', () => {
    expect([normalizeSubscriptionKey(42), normalizeSubscriptionKey('7::42')]).toEqual(['42', '7::42'])
  })
})
