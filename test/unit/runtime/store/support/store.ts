import type { Row } from '../../../../../src/runtime/shared/model'
import type { StoreOptions } from '../../../../../src/runtime/store/create-store'
import type { ServerOptions } from './server'
import { createStore } from '../../../../../src/runtime/store/create-store'
import { MemoryServer } from './server'

export type TestStore = ReturnType<typeof createStore>
export type TestCollection = ReturnType<TestStore['$collection']>

/** A server and a store that talks to it. */
export function setup(options: Partial<StoreOptions> & ServerOptions = {}) {
  const server = new MemoryServer(options)
  const store = createStore({ schema: server.schema, transport: server.transport, ...options })
  const of = (name: string): TestCollection => store.$collection(name)
  return { server, store, of, todos: of('todos'), lists: of('lists') }
}

export function todo(id: number, values: Row = {}): Row {
  return { id, title: `Todo ${id}`, listId: null, done: false, priority: null, createdAt: new Date(Date.UTC(2026, 0, 1) + id * 60_000), ...values }
}

export function plain(rows: unknown): Row[] {
  return (rows as Row[]).map(row => ({ ...row }))
}

export function ids(rows: unknown): unknown[] {
  return (rows as Row[]).map(row => row.id)
}
