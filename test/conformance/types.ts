import type { Row } from '../../src/runtime/shared/model'
import type { World } from './suite'
import { expect, it } from 'vitest'
import { nextCursorHeader } from '../../src/runtime/shared/query'
import { nested } from './schemas/values'
import { schemaModel } from '../support/schema-model'

/** Every column type of a dialect: what is written is what is read, found and compared with. */
export function types(world: World): void {
  const { dialect, schema } = world
  const { edges, rounded, beyond, meaningless } = schema
  const kind: Row = schema.kind
  const otherKind: Row = schema.otherKind
  const columns = schemaModel(schema, dialect).collections.kinds!.columns

  it('give every value back as it was sent', async () => {
    const { server } = world
    expect((await server.call('POST', 'kinds', kind)).body).toEqual(kind)
    expect((await server.call('GET', 'kinds/1')).body).toEqual(kind)
    expect((await server.call('PATCH', 'kinds/1', otherKind)).body).toEqual(otherKind)
    expect((await server.list('kinds')).body).toEqual([otherKind])
    const nothing = Object.fromEntries(Object.keys(kind).map(field => [field, field === 'id' ? 1 : null]))
    expect((await server.call('PATCH', 'kinds/1', nothing)).body).toEqual(nothing)
    expect(server.badValues).toEqual([])
  })

  it.each(Object.keys(columns).filter(field => field !== 'id'))('keep what is easily lost: %s', async (field) => {
    const { server } = world
    const values = edges[field]!
    const created = await server.batch(values.map((value, id) => ({ type: 'create', collection: 'kinds', item: { id, [field]: value } })))
    const expected = values.map((value, id) => ({ id, [field]: value }))
    expect(created.body.results.map(({ result, error }) => error ?? pick(result as Row, field))).toEqual(expected)
    expect((await server.list('kinds', { columns: field })).body.map(row => pick(row, field))).toEqual(expected)
    const updated = await server.batch(values.map((_, id) => ({ type: 'update', collection: 'kinds', key: id, item: { [field]: values.at(-1 - id) } })))
    expect(updated.body.results.map(({ result, error }) => error ?? (result as Row)[field])).toEqual(values.toReversed())
    expect(server.badValues).toEqual([])
    expect(({} as Row).polluted).toBeUndefined()
  })

  it('give back what they make of a value', async () => {
    const { server } = world
    for (const [i, [field, sent, got]] of rounded.entries()) {
      expect((await server.call('POST', 'kinds', { id: i, [field]: sent })).body).toMatchObject({ [field]: got })
      expect((await server.call('GET', `kinds/${i}`)).body).toMatchObject({ [field]: got })
    }
    // As JSON, which JavaScript would write as 0.
    expect((await server.call('POST', 'kinds', '{"id":99,"float":-0}')).body.float).toBe(0)
  })

  it('keep a value or refuse it, and change none', async () => {
    const { server } = world
    const extremes: Partial<Record<string, unknown[]>> = {
      date: ['-271821-04-20T00:00:00Z', '-000001-01-01T00:00:00Z', '0000-01-01T00:00:00Z', '+012345-01-01T00:00:00Z', '+275760-09-13T00:00:00Z'],
      json: [nested(45), nested(500), { nul: '\0' }, { lone: '\uD800' }, '\0'],
      string: ['\uFFFE', '\u{1F600}'.repeat(20_000)],
      number: [1e300, -1e300, 5e-324, 2 ** 53 - 1],
      bigint: ['9'.repeat(19), '9'.repeat(40), `-${'9'.repeat(40)}`],
      array: [[[null]], [['x'], 'y'], [['x'], ['y', 'z']]],
    }
    for (const [field, { type }] of Object.entries(columns).filter(([field]) => field !== 'id')) {
      for (const value of extremes[type] ?? []) {
        const { status, body } = await server.call('POST', 'kinds', { id: 1, [field]: value })
        expect([field, value, status === 200 ? same(type, body[field]) : 'refused']).toEqual([field, value, status >= 400 && status < 500 ? 'refused' : same(type, value)])
        await world.run('delete from kinds')
      }
    }
    expect(server.errors).toEqual([])
  })

  it('find every value by itself', async () => {
    const { server } = world
    await server.call('POST', 'kinds', kind)
    await server.call('POST', 'kinds', { ...otherKind, id: 2 })
    for (const [field, { type }] of Object.entries(columns)) {
      const value = kind[field]
      if (['json', 'bytes', 'array'].includes(type) || (field !== 'id' && value === otherKind[field]))
        continue
      for (const where of [{ operator: 'eq', field, value }, { operator: 'inArray', field, value: [value, null] }, { operator: 'between', field, value1: value, value2: value }])
        expect([field, (await server.list('kinds', { where })).body.map(row => row.id)]).toEqual([field, [1]])
    }
  })

  it('compare with values that a column can\'t hold', async () => {
    const { server } = world
    await server.call('POST', 'kinds', kind)
    const found = async (operator: string, field: string, value: unknown) => (await server.list('kinds', { where: { operator, field, value } })).body.length
    for (const [field, value, first] of beyond) {
      expect([field, await found('eq', field, value), await found('ne', field, value), await found('inArray', field, [value, null]), await found('notInArray', field, [value])]).toEqual([field, 0, 1, 0, 1])
      expect([field, await found('gt', field, value), await found('gte', field, value), await found('lt', field, value), await found('lte', field, value)]).toEqual([field, ...first ? [1, 1, 0, 0] : [0, 0, 1, 1]])
    }
    expect(await found('like', 'words', dialect === 'sqlite' ? '%\\%' : '%\\\\%')).toBe(1)
    expect(await found('like', 'words', '\\')).toBe(0)
    if (dialect === 'postgresql') {
      expect(await found('eq', 'token', 'nonsense')).toBe(0)
      expect(await found('ne', 'token', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11')).toBe(1)
      expect(await found('arrayContains', 'tags', ['😀', ''])).toBe(1)
      expect(await found('arrayOverlaps', 'moods', ['Happy'])).toBe(0)
      expect(await found('arrayContained', 'matrix', [[1, 2, 3, 4, 5]])).toBe(1)
      expect(await found('ilike', 'words', 'üNÏ%')).toBe(1)
    }
    else {
      // SQLite knows the case of ASCII letters only.
      expect(await found('ilike', 'words', dialect === 'sqlite' ? 'ÜNÏ%' : 'üNÏ%')).toBe(dialect === 'sqlite' ? 0 : 1)
      expect((await server.error('GET', `kinds?where=${encodeURIComponent('{"op":"arrayContains","field":"words","value":["a"]}')}`)).status).toBe(400)
    }
    expect(server.errors).toEqual([])
  })

  it('answer a stored value that they can\'t mean as NULL, and the others', async () => {
    const { server } = world
    await world.run(meaningless.statement)
    const [field] = meaningless.fields
    expect((await server.list('kinds', { orderBy: `${field}.asc` })).body).toMatchObject([{ ...Object.fromEntries(meaningless.fields.map(field => [field, null])), id: 1, words: 'x' }])
    expect(server.badValues.toSorted()).toEqual(meaningless.fields.map(field => `kinds.${field}`))
    await world.run(`insert into kinds (id) values (2), (3)`)
    const pages = []
    let cursor: string | undefined
    do {
      const { body, headers } = await server.list('kinds', { orderBy: `${field}.asc`, limit: 1, ...cursor && { cursor } })
      pages.push(...body)
      cursor = headers.get(nextCursorHeader) ?? undefined
    } while (cursor && pages.length < 9)
    expect(pages.map(row => row.id).toSorted()).toEqual([1, 2, 3])
  })
}

function pick(row: Row, field: string): Row {
  return { id: row.id, [field]: row[field] }
}

/** What has to be the same, where fixed lengths may be filled up and decimals have so many places. */
function same(type: string, value: unknown): unknown {
  switch (type) {
    case 'date': return Date.parse(value as string)
    case 'number': return Number((value as number).toPrecision(5)) * (Math.abs(value as number) < 1e-30 ? 0 : 1)
    case 'string': return (value as string).trimEnd()
    default: return value
  }
}
