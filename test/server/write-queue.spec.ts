import { expect, it } from 'vitest'
import { createWriteQueue } from '../../src/runtime/server/mutation/write-queue'

const never = () => new Promise<never>(() => {})
const isBusy = (error: unknown) => (error as Error).message === 'busy'

it('runs writes one after the other, in their order', async () => {
  const queue = createWriteQueue(isBusy)
  const log: string[] = []
  await Promise.all(['a', 'b', 'c'].map(name => queue(async () => {
    log.push(`${name} starts`)
    await new Promise(resolve => setTimeout(resolve, 1))
    log.push(`${name} ends`)
  })))
  expect(log).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends'])
})

it('goes on after a write that failed', async () => {
  const queue = createWriteQueue(isBusy)
  const failed = queue(() => Promise.reject(new Error('no')))
  const next = queue(async () => 'next')
  await expect(failed).rejects.toThrow('no')
  expect(await next).toBe('next')
  expect(await queue(async () => 'later')).toBe('later')
})

it('tries again while the database is locked, and tells what it said in the end', async () => {
  let locked = 3
  const queue = createWriteQueue(isBusy, { maxWait: 50 })
  expect(await queue(async () => {
    if (locked-- > 0)
      throw new Error('busy')
    return 'written'
  })).toBe('written')
  await expect(queue(() => Promise.reject(new Error('busy')))).rejects.toThrow('busy')
})

it('refuses what has waited too long, and forgets it', async () => {
  const queue = createWriteQueue(isBusy, { maxWait: 5, maxWaiting: 1 })
  void queue(never)
  for (let i = 0; i < 3; i++)
    await expect(queue(async () => i)).rejects.toMatchObject({ code: 'RSTORE_BUSY' })
})

it('refuses what comes when the queue is full', async () => {
  const queue = createWriteQueue(isBusy, { maxWaiting: 2 })
  let release = () => {}
  const first = queue(() => new Promise<void>(resolve => release = resolve))
  await Promise.resolve()
  const waiting = [queue(async () => 1), queue(async () => 2)]
  await expect(queue(async () => 3)).rejects.toMatchObject({ code: 'RSTORE_BUSY' })
  release()
  await first
  expect(await Promise.all(waiting)).toEqual([1, 2])
})
