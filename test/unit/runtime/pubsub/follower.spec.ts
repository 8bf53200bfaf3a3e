import type { LogEntry } from '../../../../src/runtime/pubsub/log'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Follower } from '../../../../src/runtime/pubsub/follower'
import { gapChannel, maxCharacters, maxHistory, pageSize } from '../../../../src/runtime/pubsub/log'

/** A log of numbers, whose answers come when they are let through. */
function createLog() {
  const entries: LogEntry[] = [{ offset: '0', channel: gapChannel, message: '' }]
  const waiting: (() => void)[] = []
  const later = <T>(answer: () => T): Promise<T> => new Promise(resolve => waiting.push(() => resolve(answer())))
  const told: string[] = []
  const closing = new AbortController()
  const follower = new Follower({
    log: Promise.resolve({
      end: () => later(() => entries.at(-1)!.offset),
      read: (since: string) => later(() => {
        const index = entries.findIndex(({ offset }) => offset === since)
        return index < 0 ? undefined : entries.slice(index + 1, index + 1 + pageSize)
      }),
      mark: async () => {},
      renew: async () => {},
      release: async () => {},
    }),
    deliver: ({ offset }) => told.push(offset),
    gap: first => told.push(first ? 'first' : 'gap'),
    failed: (error) => {
      throw error
    },
    signal: closing.signal,
  })
  let last = 0
  return {
    follower,
    told,
    entries,
    append: (channel = 'news') => entries[entries.push({ offset: String(++last), channel, message: '' }) - 1]!,
    /** Lets answers through until none are asked for. */
    async settle() {
      for (let quiet = 0; quiet < 20; quiet++) {
        await Promise.resolve()
        if (waiting.length > 0)
          quiet = 0
        waiting.splice(0).forEach(answer => answer())
      }
    },
    async answerOne() {
      for (let i = 0; i < 5; i++)
        await Promise.resolve()
      waiting.shift()?.()
      for (let i = 0; i < 5; i++)
        await Promise.resolve()
    },
    deliverable: (from: number) => entries.filter(({ offset }) => Number(offset) > from).map(({ offset }) => offset),
  }
}

describe('a follower', () => {
  it('takes each entry once and in order, however appending, arriving, reading, cuts and connections take turns', async () => {
    const step = fc.constantFrom('append', 'append', 'arrive', 'arrive', 'answer', 'cut', 'connect', 'wake')
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const log = createLog()
      log.follower.connect()
      await log.settle()
      /** Sent by the connection that there is, not arrived yet. */
      let sent: { entry: LogEntry, previous: string }[] = []
      let up = true
      for (const step of steps) {
        if (step === 'append') {
          const previous = log.entries.at(-1)!.offset
          const entry = log.append()
          if (up)
            sent.push({ entry, previous })
        }
        else if (step === 'arrive' && sent.length > 0) {
          const { entry, previous } = sent.shift()!
          log.follower.arrive(entry, previous)
        }
        else if (step === 'answer') {
          await log.answerOne()
        }
        else if (step === 'cut') {
          up = false
          sent = []
          log.follower.disconnect()
        }
        else if (step === 'connect') {
          up = true
          log.follower.connect()
        }
        else if (step === 'wake') {
          void log.follower.catchUp()
        }
      }
      sent.forEach(({ entry, previous }) => log.follower.arrive(entry, previous))
      log.follower.connect()
      await log.settle()
      expect(log.told).toEqual(['first', ...log.deliverable(0)])
      expect(log.follower.caughtUp).toBe(true)
    }), { numRuns: 500 })
  })

  it('tells a gap before what comes after it', async () => {
    const log = createLog()
    log.follower.connect()
    await log.settle()
    log.append()
    log.append(gapChannel)
    log.append()
    void log.follower.catchUp()
    await log.settle()
    expect(log.told).toEqual(['first', '1', 'gap', '3'])
    log.follower.disconnect()
    log.append()
    log.append()
    log.entries.splice(0, 5)
    log.follower.connect()
    await log.settle()
    expect(log.told).toEqual(['first', '1', 'gap', '3', 'gap'])
    expect(log.follower.position).toBe('5')
  })

  it('gives a bounded history, and none across a gap', async () => {
    const log = createLog()
    log.follower.connect()
    await log.settle()
    const history = async (since: string) => {
      const found = log.follower.history(since)
      await log.settle()
      return (await found)?.length
    }
    for (let n = 0; n <= maxHistory; n++)
      log.append()
    expect([await history('0'), await history('1'), await history(String(maxHistory))]).toEqual([undefined, maxHistory, 1])
    log.entries.at(-1)!.message = 'x'.repeat(maxCharacters)
    log.append().message = 'x'
    expect([await history(String(maxHistory - 1)), await history(String(maxHistory + 1))]).toEqual([undefined, 1])
    log.append(gapChannel)
    expect([await history('1'), await history(log.entries.at(-1)!.offset)]).toEqual([undefined, 0])
  })
})
