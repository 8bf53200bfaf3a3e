import type { TestServer } from '../server/support/create-server'
import type { Recording } from './support/frames'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServer } from '../server/support/create-server'
import { SocketClient } from '../server/support/socket-client'
import recorded from './frames.json'
import { expectClientFrame, expectServerFrame, schema } from './support/frames'

/* What published.spec.ts has recorded: our server still answers those frames with the same ones. */

const { client, version, steps } = recorded as Recording
let server: TestServer
const clients: SocketClient[] = []

beforeAll(async () => {
  server = await createServer({ schema, realtime: {} })
})
afterAll(async () => {
  clients.forEach(one => one.close())
  server.hub.dispose()
  await server.close()
})

describe(`the frames of ${client} ${version}`, () => {
  it('are of the documented shapes, in both directions', () => {
    const kinds = { sent: 0, received: 0 }
    for (const step of steps) {
      if ('sent' in step) {
        kinds.sent++
        expectClientFrame(step.sent)
      }
      if ('received' in step) {
        kinds.received++
        expectServerFrame(step.received)
      }
    }
    expect(kinds.sent).toBeGreaterThan(3)
    expect(kinds.received).toBeGreaterThan(6)
  })

  it('are answered as they were', async () => {
    /** Of the connection that is there. */
    let expected: unknown[] = []
    for (const step of steps) {
      const current = clients.at(-1)
      if ('connected' in step) {
        current?.close()
        expected = []
        clients.push(new SocketClient(`ws://127.0.0.1:${server.port}/ws`))
        await clients.at(-1)!.opened
      }
      else if ('sent' in step) {
        // Sends a `ping` as well, whose `pong` says that the frame was worked off.
        await current!.send(...step.sent === 'ping' ? [] : [step.sent])
      }
      else if ('received' in step) {
        if (step.received !== 'pong')
          expected.push(step.received)
        await expect.poll(() => current!.frames, { timeout: 15_000 }).toEqual(expected)
      }
      else if ('request' in step) {
        const { method, path, body, headers } = step.request
        expect((await server.call(method, path, body, headers)).status).toBeLessThan(300)
        await server.hub.settled()
        await current?.answered()
      }
    }
    expect(clients.at(-1)!.frames).toEqual(expected)
    expect(server.errors).toEqual([])
  })
})
