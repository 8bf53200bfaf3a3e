import type { ServerSchema } from '../../server/support/create-server'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { expect } from 'vitest'
import type { ApiRequest } from './front'

/** Something that has happened between a client and the server, in its order. */
export type Step
  = | { connected: number }
    /** `false`: the connection was cut. */
    | { closed: number }
    /** Of somebody, to the API. */
    | { request: ApiRequest }
    /** Frames as they went over the connection; text that is no JSON stays text. */
    | { sent: unknown }
    | { received: unknown }

export interface Recording {
  client: string
  version: string
  steps: Step[]
}

/** What the recorded page shows, in the database of the server. */
export const schema: ServerSchema = {
  tables: { todos: sqliteTable('todos', { id: integer().primaryKey(), title: text().notNull(), done: integer({ mode: 'boolean' }).notNull().default(false) }) },
  ddl: 'create table todos (id integer primary key, title text not null, done integer not null default 0)',
}

/** A frame of the base protocol, of a client. */
export function expectClientFrame(frame: unknown): void {
  if (frame === 'ping')
    return
  const { init, subscription } = expectOnly(frame, ['init', 'subscription']) as { init?: unknown, subscription?: unknown }
  if (init) {
    expect(expectOnly(init, ['clientId'])).toEqual({ clientId: expect.any(String) })
  }
  else {
    const { action, collection, key, where } = expectOnly(subscription, ['action', 'collection', 'key', 'where']) as Record<string, unknown>
    expect(action).toMatch(/^(?:un)?subscribe$/)
    expect(collection).toEqual(expect.any(String))
    expect(['undefined', 'string', 'number']).toContain(typeof key)
    expect(['undefined', 'object']).toContain(typeof where)
  }
}

/** A frame of the base protocol, of a server. */
export function expectServerFrame(frame: unknown): void {
  if (frame === 'pong')
    return
  const { update } = expectOnly(frame, ['update']) as { update: unknown }
  const { collection, type, record, key } = expectOnly(update, ['collection', 'type', 'record', 'key']) as Record<string, unknown>
  expect(collection).toEqual(expect.any(String))
  expect(type).toMatch(/^(?:created|updated|deleted)$/)
  expect(record).toEqual(expect.any(Object))
  expect([type, typeof key]).not.toEqual([expect.stringMatching(/updated|deleted/), 'undefined'])
  expect(['undefined', 'string']).toContain(typeof key)
}

/** It has these members, not necessarily all. */
function expectOnly(value: unknown, names: string[]): object {
  expect(value).toEqual(expect.any(Object))
  expect(names).toEqual(expect.arrayContaining(Object.keys(value as object)))
  return value as object
}
