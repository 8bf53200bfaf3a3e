import type { SubscriptionUpdateMessage } from '../../../src/runtime/shared/protocol'
import type { LiveSetup } from '../../oracle/support/live/server'

/** Servers that share a database and a pub/sub, however they run. */
export interface Backend {
  /** The database, for those who write past the servers. */
  setup: LiveSetup
  apiPath: string
  wsPath: string
  /** How many servers there are, those that are away included. */
  size: number
  /** Port of a server; `undefined` while it is away. */
  port: (server: number) => number | undefined
  /** Somebody tells a server of what they have written past it. */
  publish: (server: number, update: SubscriptionUpdateMessage & { key: string, previousRecord?: Record<string, unknown> }) => Promise<void> | void
  /** From now on these users see everything, and the servers are told that sessions have changed. */
  setAdmins: (users: ReadonlySet<string>, changed: string) => Promise<void>
  /** A server goes and comes back. */
  restart: (server: number) => Promise<void>
  /** A server dies and another one takes its place. */
  kill?: (server: number) => Promise<void>
  /** A server dies with the next change that it has to tell, after that was committed and before anybody is told. */
  dieBeforePublish?: (server: number) => Promise<void>
  /** The pub/sub of a server loses its connection for so many milliseconds. */
  cutPubSub: (server: number, milliseconds: number) => Promise<void> | void
  /** All servers are there, connected, and have told what there is to tell, as far as that can be known. */
  settled: () => Promise<void>
  /** Failures that servers have reported. */
  errors: () => unknown[]
}
