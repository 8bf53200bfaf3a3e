import { Client } from './support/client'
import type { Backend } from './support/backend'
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import { createRandom } from '../oracle/support/random'
import { createBroker } from './support/broker'
import { openInProcess } from './support/in-process'

const servers = await openInProcess()
afterAll(() => servers.close())

let backend: Backend & { close: () => Promise<void> }
let client: Client

beforeEach(async () => {
  backend = await servers.start({ servers: 1, rules: 'policies' }, createBroker(createRandom(1)), { maxBufferedBytes: 65_536 })
  client = await Client.start(backend, { user: 'u0', heartbeat: 10_000, delay: 5 }, createRandom(1))
})
afterEach(async () => {
  client.close()
  await backend.close()
})

async function write(method: string, key: string, item: object): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${backend.port(0)}${backend.apiPath}/todos${key}`, { method, headers: { 'content-type': 'application/json', 'x-user': 'u1' }, body: JSON.stringify(item) })
  expect(response.status).toBe(200)
}

it('a client that reads too slowly is sent away, and shows what the database has once it is back', async () => {
  for (let i = 0; i < 3; i++)
    await write('POST', '', { title: 'a', done: false })
  client.mount('todos', { kind: 'many', orderBy: ['title'], limit: 2 })
  client.mount('todos', { kind: 'many', where: { operator: 'eq', field: 'done', value: false } })
  const subscribed = () => client.trace.filter(text => text.includes('"subscribed"')).length
  await expect.poll(subscribed).toBe(2)
  client.line.plan({ direction: 'down', message: 1, kind: 'stall', wait: 30_000 })
  const keys = client.cached('todos').map(row => String(row.id))
  // More than what the system keeps between the two, many times over.
  for (let i = 0; i < 40; i++)
    await write('PATCH', `/${keys[i % 3]}`, { title: String(i).padEnd(1_000_000, 'x'), done: i % 2 === 0 })
  await backend.settled()
  client.line.heal()
  await expect.poll(() => client.trace.filter(text => /closed (?:1013|1006)/.test(text)).length, { timeout: 20_000 }).toBeGreaterThan(0)
  await expect.poll(() => client.isQuiet && client.differences(false), { timeout: 20_000 }).toEqual([])
  // What is too much for it was given up: it has not been told everything.
  expect(client.trace.filter(text => text.includes('"updates"')).length).toBeLessThan(40)
}, 60_000)
