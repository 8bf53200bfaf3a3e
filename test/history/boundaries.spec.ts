import './support/sockets'
import type { Fault } from './support/line'
import type { History, Step } from './support/steps'
import { afterAll, expect, it } from 'vitest'
import { createRandom } from '../oracle/support/random'
import { createBroker } from './support/broker'
import { openInProcess } from './support/in-process'
import { runHistory } from './support/world'

const lanes = await Promise.all(Array.from({ length: 3 }, openInProcess))
afterAll(() => Promise.all(lanes.map(lane => lane.close())))

const write = (i: number, kind: 'create' | 'update' | 'delete', values: Record<string, unknown>): Step[] => [
  { do: 'rest', server: 0, user: 'u0', write: { kind, collection: 'todos', i, values }, waits: true },
  { do: 'wait', milliseconds: 3 },
]

/** A page from the server, live queries that are mounted later, and a change for each thing that may happen to a row. */
const steps: Step[] = [
  { do: 'reload', client: 0, wait: 5, queries: [{ collection: 'todos', asked: { kind: 'many', orderBy: ['priority'], limit: 3 } }] },
  ...write(0, 'update', { priority: 9 }),
  { do: 'calm' },
  { do: 'mount', client: 0, i: 0, collection: 'todos', asked: { kind: 'many', where: { operator: 'eq', field: 'done', value: false } } },
  { do: 'mount', client: 0, i: 0, collection: 'lists', asked: { kind: 'many', include: { todos: {} } } },
  { do: 'calm' },
  // What is changed along with it is not told: all is read again, so nothing that is missed before shows.
  { do: 'direct', server: 1, write: { kind: 'delete', collection: 'lists', i: 0, values: {} }, tellsBefore: false, waits: true },
  { do: 'wait', milliseconds: 3 },
  ...write(1, 'update', { done: true }),
  ...write(1, 'update', { done: false, priority: 0 }),
  ...write(5, 'create', { title: 'new', userId: null, priority: 1 }),
  ...write(0, 'update', { userId: null, listId: 2 }),
  { do: 'direct', server: 0, write: { kind: 'update', collection: 'todos', i: 2, values: { userId: 'u1' } }, tellsBefore: true, waits: true },
  ...write(2, 'delete', {}),
  { do: 'calm' },
]

async function run(fault: Fault, lane: number): Promise<string[]> {
  const history: History = {
    seed: 1,
    servers: 2,
    rules: 'policies',
    clients: [{ user: 'u0', heartbeat: 10_000, delay: 5 }],
    rows: [0, 1, 2, 3, 4, 5].map(i => ['todos', i, { userId: i % 2 ? 'u0' : null, priority: i }]),
    steps: [{ do: 'fault', client: 0, fault }, ...steps],
  }
  const backend = await lanes[lane]!.start(history, createBroker(createRandom(1)))
  try {
    return await runHistory(history, backend, { quiet: 12, late: 1500 })
  }
  finally {
    await backend.close()
  }
}

/** How many messages there are to each side, and some more: those beyond the last never happen. */
const messages = { up: 10, down: 20 }

it.each<[kind: Fault['kind'], direction: Fault['direction'], away: number]>([
  ['cut', 'up', 0],
  ['cut', 'down', 0],
  ['tear', 'down', 0],
  ['stall', 'down', 0],
  ['cut', 'down', 30],
])('nothing is missed, whichever message it happens to: %s, %s, away for %i ms', async (kind, direction, away) => {
  const found: string[] = []
  let message = 0
  await Promise.all(lanes.map(async (_, lane) => {
    while (message < messages[direction]) {
      const fault: Fault = { direction, message: ++message, kind, wait: 40, away }
      found.push(...(await run(fault, lane)).map(text => `message ${fault.message}: ${text}`))
    }
  }))
  expect(found).toEqual([])
}, 120_000)
