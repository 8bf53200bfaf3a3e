import type { Dialect, Row } from '../../../../src/runtime/shared/model'
import type { Asked } from './support/world'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { settled } from './support/server'
import { todo } from './support/store'
import { World } from './support/world'

/* RSTORE_RUNS=5000 RSTORE_SEED=42 for more, or for the same again. A failure prints its seed and the shortest way to it. */
const runs = Number(process.env.RSTORE_RUNS ?? 1000)
const seed = process.env.RSTORE_SEED ? Number(process.env.RSTORE_SEED) : undefined

const nat = fc.nat(40)
const listId = fc.constantFrom(null, 1, 2)
const priority = fc.constantFrom(null, 0, 1, 2)
const values: fc.Arbitrary<Row> = fc.record({ title: fc.constantFrom('a', 'b', 'c', 'd'), listId, done: fc.boolean(), priority }, { requiredKeys: [] })
const row = fc.tuple(fc.integer({ min: 1, max: 24 }), values).map(([id, given]) => todo(id, given))

const leaf = fc.oneof(
  fc.constantFrom(1, 2).map(value => ({ operator: 'eq', field: 'listId', value })),
  fc.boolean().map(value => ({ operator: 'eq', field: 'done', value })),
  fc.constantFrom(0, 1).map(value => ({ operator: 'gt', field: 'priority', value })),
  fc.constant({ operator: 'isNull', field: 'priority' }),
  fc.constantFrom(1, 2).map(value => ({ operator: 'not', condition: { operator: 'eq', field: 'listId', value } })),
)
const where = fc.oneof(
  fc.constant(undefined),
  leaf,
  fc.tuple(fc.constantFrom('and', 'or'), leaf, leaf).map(([operator, ...conditions]) => ({ operator, conditions })),
)
const orderBy = fc.constantFrom(undefined, ['priority'], ['priority.desc'], ['listId', 'title.desc'], ['createdAt.desc'])
const fetchPolicy = fc.constantFrom<Asked['fetchPolicy']>('cache-first', 'cache-first', 'cache-and-fetch', 'fetch-only', 'cache-only', 'no-cache')
const columns = fc.constantFrom(undefined, undefined, ['title'])

const asked: fc.Arbitrary<Asked> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('many' as const), where, orderBy, columns, fetchPolicy, limit: fc.constantFrom(undefined, 0, 1, 2, 3, 5, 9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('many' as const), where, orderBy, fetchPolicy, limit: fc.constantFrom(1, 3, 5), offset: fc.constantFrom(1, 2, 3, 6) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('first' as const), where, orderBy, fetchPolicy }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('many' as const), where, keys: fc.uniqueArray(fc.integer({ min: 1, max: 24 }), { maxLength: 8 }), fetchPolicy }) },
)

const mutation = fc.tuple(fc.constantFrom('create' as const, 'update' as const, 'update' as const, 'delete' as const), nat, values, fc.boolean())

type Step = [name: string, run: (world: World) => void | Promise<void>]
const step = (name: string, run: Step[1], ...about: unknown[]): Step => [`${name} ${JSON.stringify(about)}`, run]

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: asked.map(given => step('mount', world => world.mount(given), given)) },
  { weight: 2, arbitrary: nat.map(i => step('unmount', world => world.unmount(i), i)) },
  { weight: 2, arbitrary: fc.tuple(nat, asked).map(([i, given]) => step('change', world => world.change(i, given), i, given)) },
  { weight: 2, arbitrary: nat.map(i => step('refresh', world => world.refresh(i), i)) },
  { weight: 2, arbitrary: nat.map(i => step('fetchMore', world => world.fetchMore(i), i)) },
  { weight: 4, arbitrary: fc.tuple(nat, values).map(([i, given]) => step('write', world => world.write(i, given), i, given)) },
  { weight: 3, arbitrary: nat.map(i => step('remove', world => world.remove(i), i)) },
  { weight: 2, arbitrary: fc.tuple(values, fc.boolean()).map(([given, optimistic]) => step('create', world => world.create(given, optimistic), given, optimistic)) },
  { weight: 4, arbitrary: fc.tuple(nat, values, fc.boolean()).map(([i, given, optimistic]) => step('update', world => world.update(i, given, optimistic), i, given, optimistic)) },
  { weight: 2, arbitrary: fc.tuple(nat, fc.boolean()).map(([i, optimistic]) => step('delete', world => world.delete(i, optimistic), i, optimistic)) },
  { weight: 3, arbitrary: fc.tuple(fc.array(mutation, { minLength: 1, maxLength: 5 }), fc.integer({ min: 0, max: 9 })).map(([given, chance]) => step('transaction', world => world.transaction(given, chance > 7), given, chance > 7)) },
  { weight: 8, arbitrary: fc.tuple(nat, fc.integer({ min: 0, max: 9 })).map(([i, chance]) => step('process', world => world.process(i, chance > 6), i, chance > 6)) },
  { weight: 8, arbitrary: nat.map(i => step('deliver', world => world.deliver(i), i)) },
  { weight: 1, arbitrary: nat.map(i => step('fail', world => world.fail(i), i)) },
  { weight: 5, arbitrary: fc.constant(step('hear', world => world.hear())) },
)

it('shows what the server would give, whatever happens in whatever order', { timeout: 600_000 }, async () => {
  await fc.assert(fc.asyncProperty(fc.uniqueArray(row, { selector: one => one.id, maxLength: 20 }), fc.array(steps, { maxLength: 60, size: 'max' }), fc.constantFrom<Dialect[]>('sqlite', 'postgresql'), async (rows, todo, dialect) => {
    const world = new World(rows, dialect)
    try {
      for (const [name, run] of todo) {
        await run(world)
        await settled()
        const problems = world.problems()
        if (problems.length > 0)
          throw new Error(`after ${name}: ${problems.join('\n')}`)
      }
      await world.quiesce()
      const differences = world.differences()
      if (differences.length > 0)
        throw new Error(differences.join('\n'))
      if (world.pendingRows.length > 0)
        throw new Error(`still pending: ${JSON.stringify(world.pendingRows)}`)
    }
    finally {
      world.close()
    }
  }), { numRuns: runs, seed, reporter: report })
})

it('keeps a page in place while the list before it is read again', async () => {
  const world = new World([], 'sqlite')
  const run = async (change: () => unknown) => {
    await change()
    await settled()
  }
  await run(() => world.write(0, {}))
  await run(() => world.write(1, {}))
  await run(() => world.mount({ kind: 'many', limit: 1, offset: 1 }))
  await run(() => world.mount({ kind: 'first' }))
  await run(() => world.write(2, {}))
  await run(() => world.process(0, false))
  await run(() => world.refresh(1))
  await run(() => world.remove(0))
  await world.quiesce()
  expect(world.differences()).toEqual([])
  world.close()
})

function report(details: fc.RunDetails<[Row[], Step[], Dialect]>): void {
  if (!details.failed)
    return
  const [rows, todo, dialect] = details.counterexample!
  throw new Error([
    `Seed ${details.seed}, run ${details.numRuns}, ${details.numShrinks} steps shorter.`,
    `${dialect}, rows ${JSON.stringify(rows)}`,
    ...todo.map(([name]) => name),
    String(details.errorInstance instanceof Error ? details.errorInstance.message : details.errorInstance),
  ].join('\n'))
}
