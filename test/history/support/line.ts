import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSplitter } from './frames'

/** What happens to the nth message of a connection, counted from 1, in its direction. */
export interface Fault {
  direction: 'up' | 'down'
  message: number
  /** `cut`: it is not delivered, and the connection ends; `tear`: half of it is, and the connection ends; `stall`: it and all that follow wait. */
  kind: 'cut' | 'tear' | 'stall'
  /** How long they wait, in milliseconds. */
  wait?: number
  /** For how long new connections are refused afterwards, in milliseconds. */
  away?: number
}

/** The way of one client to the servers, message by message. */
export interface Line {
  port: number
  /** Whether a message is held back. */
  readonly isHolding: boolean
  /** A fault of the connection that there is, counted from now, or of the next one. */
  plan: (fault: Fault) => void
  /** Ends the connections that there are. */
  cut: () => void
  /** New connections are refused for so many milliseconds. */
  refuse: (milliseconds: number) => void
  /** No more faults; what is held back goes on. */
  heal: () => void
  close: () => void
}

/** Messages so far, and what is to happen to others. */
interface Connection { up: number, down: number, faults: Fault[] }

/** `target` gives the port to connect to; nothing where no server is there. */
export async function createLine(target: () => number | undefined): Promise<Line> {
  const sockets = new Set<Socket>()
  let current: Connection | undefined
  let planned: Fault[] = []
  let refusedUntil = 0
  let holding = 0
  let healing = new AbortController()

  async function carry(from: Socket, to: Socket, direction: Fault['direction'], connection: Connection): Promise<void> {
    const split = createSplitter()
    for await (const chunk of from) {
      for (const { bytes, isMessage } of split(chunk as Buffer)) {
        const message = isMessage ? ++connection[direction] : 0
        const fault = connection.faults.find(one => one.direction === direction && one.message === message)
        if (fault?.kind === 'stall') {
          holding++
          await sleep(fault.wait ?? 0, undefined, { signal: healing.signal }).catch(() => undefined)
          holding--
        }
        else if (fault) {
          // What was delivered before arrives, and nothing else.
          if (fault.kind === 'tear')
            to.write(bytes.subarray(0, bytes.length >> 1))
          to.end()
          from.destroy()
          refusedUntil = Date.now() + (fault.away ?? 0)
          return
        }
        if (to.destroyed)
          return
        if (!to.write(bytes))
          await Promise.race([once(to, 'drain'), once(to, 'close')]).catch(() => undefined)
      }
    }
    to.end()
  }

  const server = createServer((near) => {
    near.on('error', () => {})
    const port = target()
    if (port === undefined || Date.now() < refusedUntil)
      return void near.destroy()
    const far = connect(port, '127.0.0.1').on('error', () => {})
    const connection: Connection = current = { up: 0, down: 0, faults: planned }
    planned = []
    for (const [socket, other] of [[near, far], [far, near]] as const) {
      sockets.add(socket)
      socket.setNoDelay(true).on('close', () => {
        sockets.delete(socket)
        if (current === connection)
          current = undefined
        setTimeout(() => other.destroy(), 5)
      })
    }
    carry(near, far, 'up', connection).catch(() => near.destroy())
    carry(far, near, 'down', connection).catch(() => far.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')

  const cut = () => sockets.forEach(socket => socket.destroy())
  return {
    port: (server.address() as { port: number }).port,
    get isHolding() {
      return holding > 0
    },
    plan(fault) {
      if (current)
        current.faults.push({ ...fault, message: current[fault.direction] + fault.message })
      else
        planned.push(fault)
    },
    cut,
    refuse(milliseconds) {
      refusedUntil = Date.now() + milliseconds
      cut()
    },
    heal() {
      planned = []
      if (current)
        current.faults = []
      refusedUntil = 0
      healing.abort()
      healing = new AbortController()
    },
    close() {
      server.close()
      cut()
    },
  }
}
