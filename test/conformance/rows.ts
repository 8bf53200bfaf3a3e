import type { World } from './suite'
import { expect, it } from 'vitest'

/** One row: created, read, changed, deleted, by whatever key, and what the database refuses. */
export function rows(world: World): void {
  const { dialect, schema } = world

  it('are created, read, changed and deleted', async () => {
    const { server } = world
    await server.call('POST', 'lists', { id: 'a', name: 'A' })
    const { status, body: created } = await server.call('POST', 'todos', { title: 'Milk', listId: 'a' })
    expect(status).toBe(200)
    expect(created).toEqual({ id: expect.any(Number), title: 'Milk', done: false, listId: 'a', priority: null, createdAt: expect.stringMatching(/Z$/) })
    expect(Math.abs(Date.parse(created.createdAt as string) - Date.now())).toBeLessThan(60_000)
    const path = `todos/${created.id}`
    expect((await server.call('GET', path)).body).toEqual(created)
    const updated = { ...created, done: true, title: 'Oat milk', priority: 2 }
    expect((await server.call('PATCH', path, { done: true, title: 'Oat milk', priority: 2 })).body).toEqual(updated)
    expect((await server.call('PATCH', path, { done: true })).body).toEqual(updated)
    expect((await server.list('todos')).body).toEqual([updated])
    expect((await server.call('DELETE', path)).body).toEqual(updated)
    for (const method of ['GET', 'PATCH', 'DELETE'])
      expect(await server.error(method, path, method === 'PATCH' ? { done: true } : undefined)).toMatchObject({ status: 404, body: { data: { code: 'RSTORE_NOT_FOUND' } } })
    expect((await server.call('POST', 'todos', { title: 'Next' })).body.id).toBeGreaterThan(created.id as number)
  })

  it('take keys from where they come', async () => {
    const { server } = world
    const id = expect.stringMatching(/^[\da-f-]{32,36}$/)
    const { body: token } = await server.call('POST', 'tokens', {})
    expect(token).toEqual({ id, label: 'none' })
    expect((await server.call('GET', `tokens/${token.id}`)).body).toEqual(token)
    expect((await server.call('POST', 'tokens', { label: null })).body).toEqual({ id, label: null })
    expect((await server.call('POST', 'drafts', { label: 'x' })).body).toEqual({ id, label: 'x' })
    expect(await server.error('GET', 'tokens/nonsense')).toMatchObject({ status: 404, body: { data: { code: 'RSTORE_NOT_FOUND' } } })
  })

  it.each(['::', ':', 'a::1', 'a:b', '%', '%3A', '%25', 'a/b', '//', '?x=1#y', 'a,b', '', ' ', '+', '"\'`', '\\', '😀', '..', '*'])('may have %j in their keys', async (text) => {
    const { server } = world
    const row = { school: text, year: -3, note: 0.5 }
    const key = encodeURIComponent(`${text.replace(/[%:]/g, encodeURIComponent)}::-3`)
    expect((await server.call('POST', 'grades', row)).body).toEqual(row)
    await server.call('POST', 'grades', { ...row, year: 4 })
    expect((await server.call('GET', `grades/${key}`)).body).toEqual(row)
    expect((await server.list('grades', { keys: decodeURIComponent(key).replace(/[%,]/g, encodeURIComponent) })).body).toEqual([row])
    expect((await server.call('PATCH', `grades/${key}`, { note: 0.75 })).body).toEqual({ ...row, note: 0.75 })
    expect(await server.error('PATCH', `grades/${key}`, { year: 5 })).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_READONLY_COLUMN', field: 'year' } } })
    expect((await server.call('DELETE', `grades/${key}`)).body).toEqual({ ...row, note: 0.75 })
    expect((await server.list('grades')).body).toEqual([{ ...row, year: 4 }])
    // A path can't end in these, nor in nothing.
    if (['', '..'].includes(text))
      return
    const single = `lists/${encodeURIComponent(text)}`
    await server.call('POST', 'lists', { id: text, name: 'n' })
    expect((await server.call('PATCH', single, { name: 'm' })).body).toEqual({ id: text, name: 'm' })
    expect((await server.call('DELETE', single)).status).toBe(200)
  })

  it('of one moment are told apart, whatever others are in its millisecond', async () => {
    const { server } = world
    await world.run(`insert into moments values (${schema.moment(678_000)}, 'a'), (${schema.moment(dialect === 'sqlite' ? 679_000 : 679_001)}, 'b')`)
    const path = (ms: number) => `moments/${encodeURIComponent(`2026-01-02T03:04:05.${ms}Z`)}`
    expect((await server.call('PATCH', path(679), { what: 'c' })).body).toEqual({ at: '2026-01-02T03:04:05.679Z', what: 'c' })
    expect((await server.call('DELETE', path(678))).body).toMatchObject({ what: 'a' })
    expect((await server.list('moments')).body).toHaveLength(1)
  })

  it('are refused where they break a rule, with the field', async () => {
    const { server } = world
    await server.call('POST', 'lists', { id: 'a', name: 'A' })
    await server.call('POST', 'lists', { id: 'b', name: 'B' })
    await server.call('POST', 'todos', { title: 'x', listId: 'a' })
    const fail = async (method: string, path: string, body?: unknown) => {
      const answer = await server.error(method, path, body)
      return [answer.status, answer.body.data.code, answer.body.data.field]
    }
    expect(await fail('POST', 'lists', { id: 'c', name: 'A' })).toEqual([409, 'RSTORE_DUPLICATE', 'name'])
    expect(await fail('PATCH', 'lists/b', { name: 'A' })).toEqual([409, 'RSTORE_DUPLICATE', 'name'])
    // MySQL names the key, and there that is the primary one.
    expect(await fail('POST', 'lists', { id: 'a', name: 'C' })).toEqual([409, 'RSTORE_DUPLICATE', dialect === 'mysql' ? undefined : 'id'])
    // SQLite does not name foreign keys.
    expect(await fail('POST', 'todos', { title: 'x', listId: 'nobody' })).toEqual([422, 'RSTORE_CONSTRAINT', dialect === 'sqlite' ? undefined : 'listId'])
    expect((await fail('DELETE', 'lists/a')).slice(0, 2)).toEqual([422, 'RSTORE_CONSTRAINT'])
    expect(await fail('POST', 'todos', { title: 'x', priority: 100 })).toEqual([422, 'RSTORE_CONSTRAINT', undefined])
    expect(await fail('POST', 'todos', { title: 'x'.repeat(21) })).toEqual([400, 'RSTORE_TOO_LONG', 'title'])
    expect(await fail('POST', 'todos', { title: null })).toEqual([400, 'RSTORE_REQUIRED', 'title'])
    expect(await fail('POST', 'kinds', { id: 1, mood: 'angry' })).toEqual([400, 'RSTORE_NOT_IN_ENUM', 'mood'])
    expect(await fail('POST', 'kinds', { id: 2 ** 53 })).toEqual([400, 'RSTORE_OUT_OF_RANGE', 'id'])
    if (dialect !== 'sqlite')
      expect((await fail('POST', 'kinds', { id: 1, decimal: `1${'0'.repeat(400)}.${'1'.repeat(500)}`, dayText: 'no day' })).slice(0, 2)).toEqual([400, 'RSTORE_INVALID_VALUE'])
    expect((await server.list('todos')).body).toHaveLength(1)
    expect((await server.list('kinds')).body).toEqual([])
    expect(server.errors).toEqual([])
  })

  it('are refused where the database is stricter than the schema', async () => {
    const { server } = world
    await server.call('POST', 'bounded', { id: 1, needed: '' })
    for (const [item, status, code, field] of schema.refusals) {
      const expected = { statusCode: status, data: { code, collection: 'bounded', ...field && { field } } }
      expect(await server.error('POST', 'bounded', { id: 2, ...item })).toMatchObject({ status, body: expected })
      expect(await server.error('PATCH', 'bounded/1', Object.keys(item).length ? item : { needed: null })).toMatchObject({ status, body: expected })
      expect((await server.batch([{ type: 'create', collection: 'bounded', item: { id: 2, ...item } }])).body.results).toMatchObject([{ ok: false, error: expected }])
    }
    expect((await server.list('bounded')).body).toMatchObject([{ id: 1, needed: '' }])
    expect(server.errors).toEqual([])
  })
}
