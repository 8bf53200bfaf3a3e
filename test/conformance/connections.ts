import type { World } from './suite'
import { expect, it } from 'vitest'
import { serve } from '../server/support/serve'

/** Whatever an app's `useDrizzle` gives. All else in the suite runs on a promise of an instance without schema, with `casing`. */
export function connections(world: World): void {
  it.each([
    ['without any configuration', 'named', {}],
    ['with a casing that its columns don\'t need', 'named', { casing: 'snake_case' }],
    ['with a schema', 'named', { withSchema: true }],
    ['with a schema and a casing', 'lists', { withSchema: true, casing: 'snake_case' }],
  ] as const)('may be an instance %s, made for each request', async (_, collection, { withSchema, ...config }: { withSchema?: boolean, casing?: 'snake_case' }) => {
    const { dialect, connection } = world
    const server = await serve(dialect, () => connection.drizzle({ ...config, ...withSchema && { schema: world.schema } }), world.schema)
    const [row, change] = collection === 'named'
      ? [{ id: 1, fullName: 'x', at: '2026-01-02T03:04:05.000Z' }, { fullName: 'y' }]
      : [{ id: '1', name: 'x' }, { name: 'y' }]
    const [field] = Object.keys(change)
    expect((await server.call('POST', collection, row)).body).toEqual(row)
    expect((await server.call('PATCH', `${collection}/1`, change)).body).toEqual({ ...row, ...change })
    expect((await server.list(collection, { where: { op: 'eq', field, value: 'y' }, orderBy: `${field}.desc` })).body).toEqual([{ ...row, ...change }])
    const { body } = await server.batch([{ type: 'update', collection, key: 1, item: { [field!]: 'z' } }, { type: 'delete', collection, key: 1 }], true)
    expect(body.results).toMatchObject([{ ok: true }, { ok: true, result: { [field!]: 'z' } }])
    expect(server.errors).toEqual([])
    server.close()
  })
}
