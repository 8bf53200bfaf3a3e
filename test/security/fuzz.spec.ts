import type { TestServer } from '../server/support/create-server'
import { env } from 'node:process'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTenants, isForeignId, leaks, seed, snapshot } from './support/tenants'

/*
 * Requests at random, sound and broken, by somebody who is bound by policies. Whatever they say, nothing of the other tenant and
 * nothing hidden comes back, and nothing of either is changed. `FUZZ_RUNS` is the number of requests, `FUZZ_SEED` repeats a run.
 */

const perRun = 25
const runs = Math.ceil(Number(env.FUZZ_RUNS ?? 10_000) / perRun)
const randomSeed = Number(env.FUZZ_SEED ?? Date.now() % 2 ** 31)

let server: TestServer
beforeAll(async () => {
  server = await createTenants('policies')
})
afterAll(() => server.close())

const fields: Record<string, string[]> = {
  users: ['id', 'name', 'email', 'isAdmin'],
  teams: ['id', 'name', 'ownerId'],
  memberships: ['teamId', 'userId', 'role'],
  projects: ['id', 'teamId', 'name', 'slug'],
  todos: ['id', 'teamId', 'projectId', 'assigneeId', 'title', 'done', 'rank', 'shout'],
  tags: ['id', 'teamId', 'label'],
  todoTags: ['todoId', 'tagId', 'note'],
  audits: ['id', 'what'],
}
const closed = ['passwordHash', 'budget', 'secretNote', 'secret', 'isAdmin', 'shout', 'nope']
const relations: Record<string, Record<string, string>> = {
  users: { memberships: 'memberships', assigned: 'todos', teams: 'teams' },
  teams: { owner: 'users', memberships: 'memberships', projects: 'projects', todos: 'todos', tags: 'tags', users: 'users' },
  memberships: { team: 'teams', user: 'users' },
  projects: { team: 'teams', todos: 'todos' },
  todos: { team: 'teams', project: 'projects', assignee: 'users', links: 'todoTags', tags: 'tags' },
  tags: { team: 'teams', todos: 'todos' },
  todoTags: { todo: 'todos', tag: 'tags' },
  audits: {},
}
const composite = ['memberships', 'todoTags']
const odd = fc.oneof(
  fc.constantFrom(...closed, '__proto__', 'constructor', '\' or 1=1 --', '"', '%', '::', '\0', '\uD800', '', '*', null, true, -1, Infinity, 2 ** 53, 1.5, [], {}, [[]], { $ne: 1 }, '$through', 'id;drop table todos'),
  fc.jsonValue({ maxDepth: 2 }),
)

interface Sent { method: string, path: string, body?: unknown }

/** Sound requests; with `broken`, some of what they are made of is not. */
function requests(broken: boolean): fc.Arbitrary<Sent> {
  const mostly = (sound: fc.Arbitrary<unknown>, weight = 15) => broken ? fc.oneof({ arbitrary: sound, weight }, { arbitrary: odd, weight: 1 }) : sound
  const id = mostly(fc.constantFrom(1, 2, 3, 4, 5, 1001, 2001))
  const fieldOf = (collection: string) => mostly(fc.constantFrom(...fields[collection] ?? ['id']))
  const kindOf = (field: unknown) => typeof field !== 'string' ? 'none' : /^id$|Id$|^rank$/.test(field) ? 'number' : /^(?:done|isAdmin)$/.test(field) ? 'boolean' : 'text'
  const valueOf = (field: unknown) => ({
    number: id,
    boolean: mostly(fc.boolean()),
    text: mostly(fc.constantFrom('tiles', 'roof', 'ada@x', 'Ours', 'red', 'n', '%', 'x')),
    none: odd,
  })[kindOf(field)]

  function conditionOf(collection: string, depth = 0): fc.Arbitrary<unknown> {
    const leaf = fieldOf(collection).chain((field) => {
      const operators = ['eq', 'ne', 'gt', 'lte', 'inArray', 'notInArray', 'between', 'isNull', 'isNotNull', ...kindOf(field) === 'text' ? ['like', 'notIlike'] : []]
      return fc.tuple(mostly(fc.constantFrom(...operators)), valueOf(field), valueOf(field)).map(([operator, a, b]) =>
        operator === 'between' ? { operator, field, value1: a, value2: b } : { operator, field, value: typeof operator === 'string' && operator.endsWith('Array') ? [a, b] : a })
    })
    if (depth > 2)
      return leaf
    const inner = fc.constant(0).chain(() => conditionOf(collection, depth + 1))
    return mostly(fc.oneof(
      { arbitrary: leaf as fc.Arbitrary<unknown>, weight: 4 },
      { arbitrary: fc.record({ operator: fc.constantFrom('and', 'or'), conditions: fc.array(inner, { minLength: broken ? 0 : 1, maxLength: 3 }) }), weight: 2 },
      { arbitrary: inner.map(condition => ({ op: 'not', condition })), weight: 1 },
    ))
  }

  function includeOf(collection: string, depth = 0): fc.Arbitrary<unknown> {
    const known = Object.entries(relations[collection] ?? {})
    if (known.length === 0)
      return fc.constant(undefined)
    return fc.constantFrom(...known).chain(([name, target]) => fc.record({
      where: conditionOf(target),
      orderBy: fc.array(orderOf(target), { maxLength: 2 }),
      columns: fc.array(fieldOf(target), { maxLength: 3 }),
      limit: mostly(fc.nat(4)),
      ...['tags', 'users', 'teams'].includes(name) && ['todos', 'teams', 'users'].includes(collection) && name !== 'owner' && !(collection === 'teams' && name === 'tags') && { through: fc.boolean() },
      ...depth < 3 && { include: fc.constant(0).chain(() => includeOf(target, depth + 1)) },
    }, { requiredKeys: [] }).chain(options => mostly(fc.constantFrom(true as unknown, options, options))).map(given => ({ [name]: given })))
  }

  const orderOf = (collection: string) => fc.tuple(fieldOf(collection), fc.constantFrom('.asc', '.desc', '', ...broken ? ['.up'] : [])).map(([field, way]) => typeof field === 'string' ? `${field}${way}` : field)
  const keyOf = (collection: string) => mostly(composite.includes(collection) ? fc.tuple(id, id).map(parts => parts.map(part => typeof part === 'object' ? JSON.stringify(part) : part).join('::')) : id)
  const cursorOf = (collection: string) => fc.tuple(fc.constantFrom('+id', '-id', '+teamId,+id', '+secretNote,+id', '+todoId,+tagId'), fc.array(valueOf('title'), { maxLength: 3 }))
    .map(([terms, values]) => Buffer.from(JSON.stringify([`${collection}:${terms}`, ...values])).toString('base64url'))

  const queryOf = (collection: string) => fc.record({
    where: conditionOf(collection),
    orderBy: fc.array(orderOf(collection), { maxLength: 3 }),
    columns: fc.array(fieldOf(collection), { maxLength: 4 }),
    limit: mostly(fc.nat(5)),
    keys: fc.array(keyOf(collection), { maxLength: 4 }),
    include: includeOf(collection),
    hint: odd,
    ...broken && { offset: mostly(fc.nat(3)), cursor: mostly(cursorOf(collection)), with: includeOf(collection) },
  }, { requiredKeys: [] }).chain(query => fc.subarray(Object.entries(query), { maxLength: Math.min(3, Object.keys(query).length) }).map(options => Object.fromEntries(options) as typeof query))

  /** With what is needed and may be given; hidden and foreign things come in where it is broken. */
  const itemOf = (collection: string, isNew: boolean) => {
    const names = (fields[collection] ?? ['id']).filter(name => !closed.includes(name) && name !== 'id')
    const needed = isNew ? names.filter(name => ['teamId', 'name', 'title', 'label', 'ownerId', 'todoId', 'tagId', 'userId'].includes(name)) : []
    return mostly(fc.tuple(fc.subarray(names), broken ? fc.subarray([...closed, 'id'], { maxLength: 1 }) : fc.constant([]))
      .map(([some, more]) => [...new Set([...broken && some.length % 2 ? [] : needed, ...some, ...more])])
      .chain(given => fc.tuple(...given.map(name => closed.includes(name) ? odd : valueOf(name))).map(values => Object.fromEntries(given.map((name, i) => [name, values[i]])))), 30)
  }

  const collection = fc.constantFrom(...Object.keys(fields), 'todos', 'todos', 'projects', 'todoTags', ...broken ? ['nope'] : [])
  const rest: fc.Arbitrary<Sent> = collection.chain(name => fc.oneof(
    { arbitrary: queryOf(name).map(query => ({ method: 'GET', path: `${name}?${search(query)}` })), weight: 5 },
    { arbitrary: fc.tuple(keyOf(name), queryOf(name)).map(([key, { columns, include }]) => ({ method: 'GET', path: `${name}/${segment(key)}?${search({ columns, include })}` })), weight: 3 },
    { arbitrary: itemOf(name, true).map(body => ({ method: 'POST', path: name, body })), weight: 3 },
    { arbitrary: fc.tuple(keyOf(name), itemOf(name, false)).map(([key, body]) => ({ method: 'PATCH', path: `${name}/${segment(key)}`, body })), weight: 4 },
    { arbitrary: keyOf(name).map(key => ({ method: 'DELETE', path: `${name}/${segment(key)}` })), weight: 1 },
  ))
  const operation = collection.chain(name => fc.oneof(
    fc.record({ type: fc.constant('fetchMany'), collection: fc.constant(name), query: queryOf(name) }, { requiredKeys: ['type', 'collection'] }),
    fc.record({ type: fc.constant('fetchFirst'), collection: fc.constant(name), query: queryOf(name).map(({ where, orderBy, include }) => ({ where, orderBy, include })) }),
    fc.record({ type: fc.constant('fetchFirst'), collection: fc.constant(name), key: keyOf(name), query: queryOf(name).map(({ columns, include }) => ({ columns, include })) }, { requiredKeys: ['type', 'collection', 'key'] }),
    fc.record({ type: fc.constant('fetchFirst'), collection: fc.constant(name), key: keyOf(name) }),
    fc.record({ type: fc.constant('create'), collection: fc.constant(name), item: itemOf(name, true), key: id }, { requiredKeys: ['type', 'collection', 'item'] }),
    fc.record({ type: fc.constant('update'), collection: fc.constant(name), key: keyOf(name), item: itemOf(name, false) }),
    fc.record({ type: fc.constant('delete'), collection: fc.constant(name), key: keyOf(name) }),
  ))
  const batch: fc.Arbitrary<Sent> = fc.record({ operations: fc.array(mostly(operation, 30), { minLength: 1, maxLength: 4 }), atomic: mostly(fc.boolean(), 30) }, { requiredKeys: ['operations'] })
    .map(body => ({ method: 'POST', path: '_batch', body }))
  return fc.oneof({ arbitrary: rest, weight: 3 }, { arbitrary: batch, weight: 2 })
}

it('nothing gets through', async () => {
  const counts: Record<string, number> = {}
  await server.client.executeMultiple(seed)
  const before = foreign(await snapshot(server))
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof(requests(false), requests(true)), { minLength: perRun, maxLength: perRun }), async (sent) => {
    server.errors.length = 0
    await server.client.executeMultiple(seed)
    for (const { method, path, body } of sent) {
      const answer = await server.call<unknown>(method, path, body, { 'x-user': '1' })
      const statuses = path === '_batch' && answer.status === 200
        ? (answer.body as { results: { ok: boolean, error?: { statusCode: number } }[] }).results.map(result => result.ok ? 200 : result.error!.statusCode)
        : [answer.status]
      statuses.forEach(status => counts[`${method} ${status}`] = (counts[`${method} ${status}`] ?? 0) + 1)
      expect(server.errors).toEqual([])
      expect(Math.max(0, ...statuses)).toBeLessThan(500)
      expect(leaks(answer.body)).toEqual([])
    }
    const rows = await snapshot(server)
    expect(foreign(rows)).toEqual(before)
    expect(strays(rows)).toEqual([])
  }), { numRuns: runs, seed: randomSeed, verbose: 1, reporter: report })
  // That it has got somewhere at all.
  if (runs > 100) {
    for (const answer of ['GET 200', 'GET 404', 'GET 400', 'POST 200', 'POST 403', 'PATCH 200', 'PATCH 403', 'PATCH 404', 'DELETE 200', 'DELETE 404'])
      expect([answer, counts[answer] ?? 0]).toEqual([answer, expect.toSatisfy((count: number) => count > 10)])
  }
}, 600_000)

/** What the other tenant has, and all that is hidden or readonly of anybody. */
function foreign(rows: Awaited<ReturnType<typeof snapshot>>) {
  const isForeign = (row: Record<string, unknown>) => Object.entries(row).some(([name, value]) => /^(?:id|team_id|todo_id|tag_id)$/.test(name) && isForeignId(value))
  return Object.fromEntries(Object.entries(rows).map(([table, all]) => [table, all.filter(isForeign)]))
}

/** Rows that nobody bound by the policies can have written. */
function strays(rows: Awaited<ReturnType<typeof snapshot>>): unknown[] {
  const { users = [], projects = [], todos = [], todo_tags: links = [], audits = [] } = rows
  const teams = rows.teams!.filter(team => team.owner_id === 1).map(team => team.id)
  return [
    ...users.filter(user => user.password_hash !== 'HIDDEN' || user.is_admin !== 0),
    ...[...projects, ...todos, ...rows.tags!].filter(row => row.team_id !== 1001 && !teams.includes(row.team_id!)),
    ...projects.filter(project => ![null, 'HIDDEN'].includes(project.budget as string)),
    ...todos.filter(todo => ![null, 'HIDDEN'].includes(todo.secret_note as string)),
    ...links.filter(link => ![null, 'HIDDEN'].includes(link.secret as string)),
    ...audits.filter(audit => audit.id !== 1),
    ...rows.teams!.filter(team => ![1, 1001].includes(team.owner_id as number)),
  ]
}

function search(query: Record<string, unknown>): string {
  const text = (value: unknown) => value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value)
  const entries = Object.entries(query).map(([name, value]) => [name, ['orderBy', 'columns', 'keys'].includes(name) && Array.isArray(value) ? value.map(text).join(',') : text(value)])
  return new URLSearchParams(entries.filter((entry): entry is [string, string] => entry[1] !== undefined).map(([name, value]) => [name, value.toWellFormed()])).toString()
}

function segment(key: unknown): string {
  return encodeURIComponent((typeof key === 'string' ? key : JSON.stringify(key) ?? '').toWellFormed()).replaceAll('.', '%2E')
}

function report({ failed, counterexample, errorInstance, numRuns }: fc.RunDetails<[Sent[]]>): void {
  if (!failed) {
    console.info(`${numRuns * perRun} requests with FUZZ_SEED=${randomSeed}`)
    return
  }
  throw new Error(`FUZZ_SEED=${randomSeed}\n${(counterexample?.[0] ?? []).map(request => JSON.stringify(request)).join('\n')}`, { cause: errorInstance })
}
