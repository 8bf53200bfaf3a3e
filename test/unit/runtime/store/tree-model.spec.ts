import type { Includes } from '../../../../src/runtime/shared/include'
import type { Dialect, Row } from '../../../../src/runtime/shared/model'
import type { AskedTree } from './support/tree-world'
import fc from 'fast-check'
import { it } from 'vitest'
import { settled } from './support/server'
import { createTreeSchema } from './support/tree-schema'
import { TreeWorld } from './support/tree-world'

/* RSTORE_RUNS=5000 RSTORE_SEED=42 for more, or for the same again. A failure prints its seed and the shortest way to it. */
const runs = Number(process.env.RSTORE_RUNS ?? 500)
const seed = process.env.RSTORE_SEED ? Number(process.env.RSTORE_SEED) : undefined
const { collections } = createTreeSchema()

const nat = fc.nat(40)
const name = fc.constantFrom<string[]>('lists', 'todos', 'todos', 'todos', 'users', 'tags', 'todoTags', 'todoTags', 'members')
const text = fc.constantFrom('a', 'b', 'c')
const listId = fc.constantFrom(null, 1, 2, 3)
const userId = fc.constantFrom(null, 'u0', 'u1', 'u2')
const values: Record<string, fc.Arbitrary<Row>> = {
  users: fc.record({ name: text }),
  lists: fc.record({ name: text, ownerId: userId }, { requiredKeys: [] }),
  todos: fc.record({ title: text, listId, userId, parentId: fc.constantFrom(null, 1, 2, 3), done: fc.boolean() }, { requiredKeys: [] }),
  tags: fc.record({ label: text }),
  todoTags: fc.constant({}),
  members: fc.record({ role: text }),
}
const change = name.chain(one => fc.tuple(fc.constant(one), nat, values[one]!))

const textFields: Record<string, string> = { users: 'name', lists: 'name', todos: 'title', tags: 'label', members: 'role' }

function includeOf(collection: string, depth: number): fc.Arbitrary<Includes> {
  const relations = Object.entries(collections[collection]!.relations)
  return fc.subarray(relations, { minLength: Math.min(1, relations.length), maxLength: Math.min(2, relations.length) }).chain(chosen => fc.tuple(...chosen.map(([relation, { to, many }]) => fc.record({
    include: depth > 1 && Object.keys(collections[to]!.relations).length > 0 ? fc.option(includeOf(to, depth - 1), { nil: undefined }) : fc.constant(undefined),
    orderBy: fc.constantFrom(undefined, [textFields[to]!], [`${textFields[to]!}.desc`]),
    limit: many ? fc.constantFrom(undefined, undefined, 1, 2, 3) : fc.constant(undefined),
    where: to === 'todos' && many ? fc.constantFrom(undefined, { operator: 'eq' as const, field: 'done', value: false }) : fc.constant(undefined),
  }).map((query): [string, object] => [relation, Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined))]))).map(entries => Object.fromEntries(entries) as Includes))
}

const asked: fc.Arbitrary<AskedTree> = fc.constantFrom('lists', 'todos', 'users', 'tags').chain(collection => fc.record({
  collection: fc.constant(collection),
  include: includeOf(collection, 3),
  orderBy: fc.constantFrom(undefined, [textFields[collection]!]),
  limit: fc.constantFrom(undefined, 2, 4),
  fetchPolicy: fc.constantFrom('cache-first' as const, 'cache-first' as const, 'cache-and-fetch' as const),
}))

type Step = [name: string, run: (world: TreeWorld) => void | Promise<void>]
const step = (name: string, run: Step[1], ...about: unknown[]): Step => [`${name} ${JSON.stringify(about)}`, run]

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: asked.map(given => step('mount', world => world.mount(given), given)) },
  { weight: 2, arbitrary: nat.map(i => step('unmount', world => world.unmount(i), i)) },
  { weight: 1, arbitrary: nat.map(i => step('refresh', world => world.refresh(i), i)) },
  { weight: 6, arbitrary: change.map(given => step('write', world => world.write(...given), ...given)) },
  { weight: 3, arbitrary: fc.tuple(name, nat).map(given => step('remove', world => world.remove(...given), ...given)) },
  { weight: 3, arbitrary: fc.constantFrom('lists', 'todos').chain(one => fc.tuple(fc.constant(one), nat, values[one]!)).map(given => step('create', world => world.create(...given), ...given)) },
  { weight: 4, arbitrary: fc.constantFrom('lists', 'todos', 'users').chain(one => fc.tuple(fc.constant(one), nat, values[one]!)).map(given => step('update', world => world.update(...given), ...given)) },
  { weight: 2, arbitrary: fc.tuple(name, nat).map(given => step('delete', world => world.delete(...given), ...given)) },
  { weight: 8, arbitrary: fc.tuple(nat, fc.integer({ min: 0, max: 9 })).map(([i, chance]) => step('process', world => world.process(i, chance > 7), i, chance > 7)) },
  { weight: 8, arbitrary: nat.map(i => step('deliver', world => world.deliver(i), i)) },
  { weight: 5, arbitrary: fc.constant(step('hear', world => world.hear())) },
)

const start = fc.array(change, { maxLength: 40, size: 'max' })

it('shows trees as the server would give them, whatever happens in whatever order', { timeout: 600_000 }, async () => {
  await fc.assert(fc.asyncProperty(start, fc.array(steps, { maxLength: 40, size: 'max' }), fc.constantFrom<Dialect[]>('sqlite', 'postgresql'), fc.nat(3), async (rows, todo, dialect, left) => {
    const world = new TreeWorld(dialect, row => left > 0 && String(row.id).endsWith(String(left)))
    try {
      for (const given of rows)
        world.seed(...given)
      for (const [, run] of todo) {
        await run(world)
        await settled()
      }
      await world.quiesce()
      const differences = world.differences()
      if (differences.length > 0)
        throw new Error(differences.join('\n'))
    }
    finally {
      world.close()
    }
  }), { numRuns: runs, seed, reporter: details => report(details) })
})

function report(details: fc.RunDetails<[[string, number, Row][], Step[], Dialect, number]>): void {
  if (!details.failed)
    return
  const [rows, todo, dialect, left] = details.counterexample!
  throw new Error([
    `Seed ${details.seed}, run ${details.numRuns}, ${details.numShrinks} steps shorter.`,
    `${dialect}, left out ${left}, rows ${JSON.stringify(rows)}`,
    ...todo.map(([name]) => name),
    String(details.errorInstance instanceof Error ? details.errorInstance.stack : details.errorInstance),
  ].join('\n'))
}
