import type { TestServer } from '../../server/support/create-server'
import { expect } from 'vitest'
import { search } from '../../server/support/create-server'
import { leaks } from './tenants'

/** What became of an attempt by one route. */
export interface Outcome { via: string, status: number, body: unknown }

interface Result { ok: boolean, result?: unknown, error?: { statusCode: number } }

/** Somebody who tries things. Everything that comes back is looked through for what must not leave. */
export function intruder(server: () => TestServer, headers: Record<string, string> = { 'x-user': '1' }) {
  function note(via: string, status: number, body: unknown): Outcome {
    expect([via, leaks(body)]).toEqual([via, []])
    if (status >= 400)
      expect(JSON.stringify(body) ?? '').not.toMatch(/SQLITE_[A-Z]|constraint failed|select .+ from|insert into|update .+ set|node_modules|\.ts:\d/)
    return { via, status, body }
  }

  async function rest(method: string, path: string, body?: unknown): Promise<Outcome> {
    const answer = await server().call<unknown>(method, path, body, headers)
    return note(`${method} ${path}`, answer.status, answer.body)
  }

  async function batch(operations: unknown[], atomic = false): Promise<Outcome[]> {
    const { status, body } = await server().call<{ results?: Result[] }>('POST', '_batch', { operations, atomic }, headers)
    const via = atomic ? 'atomic batch' : 'batch'
    return status === 200
      ? body.results!.map((result, i) => note(`${via} ${i}`, result.ok ? 200 : result.error!.statusCode, result.ok ? result.result : result.error))
      : [note(via, status, body)]
  }

  /** A query for a collection as a list, in batches, and below every one of its parents. */
  async function list(collection: string, query: Record<string, unknown>, parents: Record<string, string> = {}): Promise<Outcome[]> {
    const { where, orderBy, columns, limit, include } = query
    const below = Object.fromEntries(Object.entries({ where, orderBy, columns, limit, include }).filter(([, value]) => value !== undefined))
    const text = (value: unknown) => Array.isArray(value) ? value.join(',') : value
    const flat = { ...query, ...'orderBy' in query && { orderBy: text(orderBy) }, ...'columns' in query && { columns: text(columns) }, ...'keys' in query && { keys: text(query.keys) } }
    return [
      await rest('GET', `${collection}?${search(flat)}`),
      ...await batch([{ type: 'fetchMany', collection, query }]),
      ...await batch([{ type: 'fetchMany', collection, query }], true),
      ...Object.keys(below).length < Object.keys(query).length ? [] : await Promise.all(Object.entries(parents).map(([parent, relation]) => rest('GET', `${parent}?${search({ include: { [relation]: below } })}`))),
    ]
  }

  /** A write by itself and in batches, with a harmless read beside it. */
  async function write(type: 'create' | 'update' | 'delete', collection: string, key?: string | number, item?: unknown): Promise<Outcome[]> {
    const operation = { type, collection, key, item }
    const beside = { type: 'fetchMany', collection: 'teams' }
    const path = type === 'create' ? collection : `${collection}/${encodeURIComponent(String(key))}`
    return [
      await rest({ create: 'POST', update: 'PATCH', delete: 'DELETE' }[type], path, item),
      (await batch([operation, beside]))[0]!,
      ...(await batch([operation, operation])),
      (await batch([operation, beside], true))[0]!,
    ]
  }

  return { rest, batch, list, write }
}

/** That no route has let it through. */
export function expectRefused(outcomes: readonly Outcome[], status?: number): void {
  for (const outcome of outcomes) {
    expect([outcome.via, outcome.status >= 400 && outcome.status < 500]).toEqual([outcome.via, true])
    if (status)
      expect([outcome.via, outcome.status]).toEqual([outcome.via, status])
  }
}
