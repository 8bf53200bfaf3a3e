import type { BatchingOptions } from '../../../../src/runtime/client/batching'
import type { LiveDatabase } from './schema'
import type { Row, SchemaModel } from '../../../../src/runtime/shared/model'
import type { LiveSetup } from './server'
import type { Fate, Mutation } from './world'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { expect, onTestFinished, vi } from 'vitest'
import { createDialect } from '../../../../src/runtime/server/dialects/create-dialect'
import { createRegistry } from '../../../../src/runtime/server/registry'
import { defaultQueryLimits } from '../../../../src/runtime/shared/query'
import { askedOf, inputOf } from './queries'
import { inputFields, liveSchema } from './schema'
import { LiveServer } from './server'
import { LiveWorld, maxDelay, settled } from './world'

const sequencesPerSeed = 20

type Step = [name: string, run: (world: LiveWorld) => unknown]
interface Limits { maxLimit: number, maxKeys: number, maxIncludeRows: number, batching: BatchingOptions }

/**
 * Has a store over a real server and database go through random sequences of events, and compares every
 * mounted query with the database whenever all has come to rest. Each such comparison is a case.
 */
export async function runLiveOracle(live: LiveDatabase, { cases, seed }: { cases: number, seed: number }): Promise<void> {
  const schema = liveSchema(live)
  const setup: LiveSetup = { live, schema, registry: createRegistry({ schema, tables: live.tables }), dialect: createDialect(live.dialect) }
  const total = { cases: 0, nested: 0, sequences: 0 }
  // Batches wait for as long as the sequence says.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  for (let turn = 0; total.cases < cases; turn++) {
    await fc.assert(fc.asyncProperty(startOf(schema), fc.array(stepsOf(schema), { maxLength: 60, size: 'max' }), limitsOf, async (rows, steps, limits) => {
      const { found, ...counted } = await runSequence(setup, rows, steps, limits)
      total.cases += counted.cases
      total.nested += counted.nested
      total.sequences++
      if (found.length > 0)
        throw new Error(found.join('\n'))
    }), { numRuns: sequencesPerSeed, seed: seed + turn, unbiased: true, reporter: details => report(details, live.name) })
  }
  // Related rows have to be there for this to say anything.
  expect(total.nested).toBeGreaterThan(total.cases / 4)
  console.info(`${live.name}: ${total.cases} queries compared, with ${total.nested} related rows, after ${total.sequences} sequences from ORACLE_SEED=${seed}: no difference.`)
}

async function runSequence(setup: LiveSetup, rows: readonly [string, number, Row][], steps: readonly Step[], { batching, ...given }: Limits) {
  const limits = { ...defaultQueryLimits, ...given }
  const server = new LiveServer(setup, limits)
  await server.fill(rows)
  const world = new LiveWorld(server, limits, batching)
  const total = { found: [] as string[], cases: 0, nested: 0 }
  const rest = async () => {
    await world.rest()
    const { found, cases, nested } = await world.differences()
    total.found = found
    total.cases += cases
    total.nested += nested
  }
  try {
    for (const [name, run] of steps) {
      if (name === 'rest')
        await rest()
      else
        await run(world)
      if (total.found.length > 0)
        return total
      await settled()
    }
    await rest()
  }
  finally {
    world.close()
  }
  return total
}

const nat = fc.nat(40)
const rest: Step = ['rest', () => undefined]
const limitsOf: fc.Arbitrary<Limits> = fc.record({
  maxLimit: fc.constantFrom(1000, 6, 3),
  maxKeys: fc.constantFrom(1000, 5),
  maxIncludeRows: fc.constantFrom(10_000, 20, 5),
  batching: fc.tuple(fc.boolean(), fc.constantFrom(0, 0, maxDelay), fc.constantFrom(100, 2)).map(([on, delay, maxSize]) => ({ fetch: on, mutations: on, delay, maxWait: delay * 2, maxSize })),
})

function startOf(schema: SchemaModel): fc.Arbitrary<[string, number, Row][]> {
  return fc.array(changeOf(schema), { maxLength: 60, size: 'max' })
}

/** More of what most relates. */
const often = ['users', 'lists', 'lists', 'todos', 'todos', 'todos', 'todos', 'tags', 'todoTags', 'todoTags', 'todoTags', 'members', 'members', 'events', 'events']

function changeOf({ collections }: SchemaModel): fc.Arbitrary<[string, number, Row]> {
  return fc.constantFrom(...often).chain(name => fc.tuple(fc.constant(name), nat, inputOf(collections[name]!, inputFields(collections[name]!))))
}

function stepsOf(schema: SchemaModel): fc.Arbitrary<Step> {
  const step = (name: string, run: Step[1], ...about: unknown[]): Step => [`${name} ${about.map(one => inspect(one, { depth: 20, breakLength: Infinity })).join(', ')}`, run]
  const change = changeOf(schema)
  const asked = fc.constantFrom(...often).chain(name => fc.tuple(fc.constant(name), askedOf(name, schema)))
  const mutation: fc.Arbitrary<Mutation> = fc.tuple(fc.constantFrom('create' as const, 'update' as const, 'update' as const, 'delete' as const), change, fc.integer({ min: 0, max: 9 }), fc.boolean(), fc.boolean())
    .map(([kind, [collection, i, values], link, linked, optimistic]) => ({ kind, collection, i, values, link: linked ? link : 0, optimistic }))
  const fate = fc.constantFrom<Fate[]>('answer', 'answer', 'answer', 'answer', 'echo', 'lost', 'refused')
  return fc.oneof(
    { weight: 12, arbitrary: asked.map(given => step('mount', world => world.mount(...given), ...given)) },
    { weight: 2, arbitrary: nat.map(i => step('unmount', world => world.unmount(i), i)) },
    { weight: 2, arbitrary: fc.tuple(nat, asked).map(([i, given]) => step('change', world => world.change(i, ...given), i, ...given)) },
    { weight: 1, arbitrary: nat.map(i => step('refresh', world => world.refresh(i), i)) },
    { weight: 2, arbitrary: nat.map(i => step('fetchMore', world => world.fetchMore(i), i)) },
    { weight: 6, arbitrary: change.map(given => step('write', world => world.write(...given), ...given)) },
    { weight: 2, arbitrary: change.map(([name, i]) => step('remove', world => world.remove(name, i), name, i)) },
    { weight: 8, arbitrary: mutation.map(given => step('mutate', world => world.mutate(given), given)) },
    { weight: 1, arbitrary: fc.tuple(change, fc.array(change, { maxLength: 3 })).map(([[name, i, values], more]) => step('createMany', world => world.createMany(name, i, [values, ...more.map(() => ({}))]), name, i, values, more.length)) },
    { weight: 4, arbitrary: fc.tuple(fc.array(mutation, { minLength: 1, maxLength: 4 }), fc.array(fc.tuple(fc.constantFrom(...often), nat), { maxLength: 3 })).map(given => step('inOneTick', world => world.inOneTick(...given), ...given)) },
    { weight: 2, arbitrary: fc.tuple(fc.array(mutation, { minLength: 1, maxLength: 5 }), fc.integer({ min: 0, max: 9 })).map(([given, chance]) => step('transaction', world => world.transaction(given, chance > 8), given, chance > 8)) },
    { weight: 9, arbitrary: fc.tuple(nat, fate).map(([i, given]) => step('process', world => world.process(i, given), i, given)) },
    { weight: 9, arbitrary: nat.map(i => step('deliver', world => world.deliver(i), i)) },
    { weight: 1, arbitrary: nat.map(i => step('fail', world => world.fail(i), i)) },
    { weight: 4, arbitrary: fc.constant(step('wait', world => world.wait())) },
    { weight: 6, arbitrary: fc.constant(step('hear', world => world.hear())) },
    { weight: 2, arbitrary: fc.constant(rest) },
  )
}

function report(details: fc.RunDetails<[[string, number, Row][], Step[], Limits]>, name: string): void {
  if (!details.failed)
    return
  const [rows, steps, limits] = details.counterexample!
  const show = (value: unknown) => inspect(value, { depth: 9, breakLength: Infinity })
  throw new Error([
    `${name}: run again with ORACLE_SEED=${details.seed}. Sequence ${details.numRuns}, ${details.numShrinks} times shorter.`,
    show(limits),
    ...rows.map(row => `row ${show(row)}`),
    ...steps.map(([step]) => step),
    inspect(details.errorInstance),
  ].join('\n'))
}
