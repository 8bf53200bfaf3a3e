import type { SchemaModel, Row } from '../../../src/runtime/shared/model'
import type { Asked } from '../../oracle/support/live/queries'
import type { Random } from '../../oracle/support/random'
import type { Fate } from './client'
import type { Fault } from './line'
import fc from 'fast-check'
import { askedOf, inputOf } from '../../oracle/support/live/queries'
import { inputFields } from '../../oracle/support/live/schema'
import { createRandom } from '../../oracle/support/random'

/** A change of one row, which it finds by number. */
export interface Write { kind: 'create' | 'update' | 'delete', collection: string, i: number, values: Row }

/** One event. All of it is data, so that it can be shown and left out. */
export type Step
  = | { do: 'mount' | 'change', client: number, i: number, collection: string, asked: Asked }
    /** A page that the server renders, and that takes so many milliseconds to arrive and run. */
    | { do: 'reload', client: number, queries: { collection: string, asked: Asked }[], wait: number }
    | { do: 'unmount' | 'fetchMore' | 'cut', client: number, i: number }
    /** Through the store of a client. */
    | { do: 'mutate', client: number, write: Write, optimistic: boolean, waits: boolean }
    /** The same row at the same time, through the store and the API. */
    | { do: 'race', client: number, server: number, user: string, collection: string, i: number, values: [Row, Row], deletes: boolean }
    /** Somebody else, through the API. */
    | { do: 'rest', server: number, user: string, write: Write, waits: boolean }
    | { do: 'batch', server: number, user: string, writes: Write[], atomic: boolean, waits: boolean }
    /** Somebody else, past the API, who tells of it. */
    | { do: 'direct', server: number, write: Write, tellsBefore: boolean, waits: boolean }
    | { do: 'fate', client: number, fate: Fate }
    | { do: 'fault', client: number, fault: Fault }
    | { do: 'refuse', client: number, milliseconds: number }
    | { do: 'admin', user: string, on: boolean }
    | { do: 'restart' | 'kill' | 'dieBeforePublish', server: number }
    | { do: 'cutPubSub', server: number, milliseconds: number }
    | { do: 'wait', milliseconds: number }
    /** Lets what is under way arrive. */
    | { do: 'calm' }
    /** All is well for a while, and everything is compared. */
    | { do: 'rest point' }

export interface History {
  seed: number
  servers: number
  clients: { user: string, heartbeat: number, delay: number }[]
  /** What says who may read what. */
  rules: 'policies' | 'hooks'
  rows: [collection: string, i: number, values: Row][]
  steps: Step[]
}

export type StepName = Step['do']

/** How often each step comes. Queries are mounted at first, mostly: one that comes later asks for what others may have missed. */
export const weights: Record<StepName, number> = {
  'mount': 1.5, 'reload': 2, 'change': 1, 'unmount': 1, 'fetchMore': 1, 'mutate': 10, 'race': 4, 'rest': 10, 'batch': 4, 'direct': 12, 'fate': 4, 'fault': 7, 'cut': 4, 'refuse': 4,
  'admin': 1, 'restart': 0.5, 'kill': 0, 'dieBeforePublish': 0, 'cutPubSub': 0, 'wait': 8, 'calm': 4, 'rest point': 0.5,
}

const users = ['u0', 'u1', 'U1']
/** What a history is about: where everything changes everywhere, little meets. */
const subjects = [['todos'], ['lists', 'todos', 'todos'], ['todos', 'todoTags', 'todoTags', 'tags'], ['users', 'lists', 'members'], ['todos', 'events', 'events'], ['users', 'lists', 'todos', 'tags', 'todoTags', 'members', 'events']]
const arbitraries = new WeakMap<SchemaModel, Map<string, fc.Arbitrary<unknown>>>()

/** What a seed stands for. */
export function historyOf(seed: number, schema: SchemaModel, frequency: Partial<typeof weights> = {}): History {
  const random = createRandom(seed)
  const servers = random.pick([1, 2, 2, 3])
  const clients = random.some(2, 3, () => ({ user: random.pick(users), heartbeat: random.pick([10_000, 10_000, 40]), delay: random.pick([1, 10, 30]) }))
  const names = random.pick(subjects)
  const known = random.some(0, 40, () => change(random, schema, random.pick(names)))
  const client = () => random.below(clients.length)
  const server = () => random.below(servers)
  const write = (): Write => {
    const [collection, i, values] = change(random, schema, random.pick(names))
    return { kind: random.pick(['create', 'update', 'update', 'update', 'delete']), collection, i, values }
  }
  const makers: Record<StepName, () => Step> = {
    'mount': () => ({ do: 'mount', client: client(), i: 0, ...asked(random, schema, random.pick(names)) }),
    'change': () => ({ do: 'change', client: client(), i: random.below(40), ...asked(random, schema, random.pick(names)) }),
    'reload': () => ({ do: 'reload', client: client(), queries: random.some(1, 3, () => asked(random, schema, random.pick(names))), wait: random.pick([0, 5, 20]) }),
    'unmount': () => ({ do: 'unmount', client: client(), i: random.below(40) }),
    'fetchMore': () => ({ do: 'fetchMore', client: client(), i: random.below(40) }),
    'mutate': () => ({ do: 'mutate', client: client(), write: write(), optimistic: random.chance(0.8), waits: random.chance(0.5) }),
    'race': () => {
      const [collection, i, values] = change(random, schema, random.pick(names))
      return { do: 'race', client: client(), server: server(), user: random.pick(users), collection, i, values: [values, input(random, schema, collection)], deletes: random.chance(0.2) }
    },
    'rest': () => ({ do: 'rest', server: server(), user: random.pick(users), write: write(), waits: random.chance(0.5) }),
    'batch': () => ({ do: 'batch', server: server(), user: random.pick(users), writes: random.some(1, 4, write), atomic: random.chance(0.4), waits: random.chance(0.5) }),
    'direct': () => ({ do: 'direct', server: server(), write: write(), tellsBefore: random.chance(0.5), waits: random.chance(0.5) }),
    'fate': () => ({ do: 'fate', client: client(), fate: random.pick<Fate>([{ kind: 'lostRequest' }, { kind: 'lostAnswer' }, { kind: 'late', wait: 1 + random.below(25) }, { kind: 'late', wait: 1 + random.below(8) }]) }),
    'fault': () => ({ do: 'fault', client: client(), fault: { direction: random.pick(['up', 'down', 'down', 'down']), message: 1 + random.below(8), kind: random.pick(['cut', 'tear', 'stall']), wait: random.pick([5, 20, 60]), away: random.pick([0, 0, 30]) } }),
    'cut': () => ({ do: 'cut', client: client(), i: 0 }),
    'refuse': () => ({ do: 'refuse', client: client(), milliseconds: random.pick([5, 20, 60]) }),
    'admin': () => ({ do: 'admin', user: random.pick(users), on: random.chance(0.5) }),
    'restart': () => ({ do: 'restart', server: server() }),
    'kill': () => ({ do: 'kill', server: server() }),
    'dieBeforePublish': () => ({ do: 'dieBeforePublish', server: server() }),
    'cutPubSub': () => ({ do: 'cutPubSub', server: server(), milliseconds: random.below(60) }),
    'wait': () => ({ do: 'wait', milliseconds: random.pick([0, 0, 1, 3, 10]) }),
    'calm': () => ({ do: 'calm' }),
    'rest point': () => ({ do: 'rest point' }),
  }
  const chances = { ...weights, ...frequency }
  const often = (Object.keys(makers) as StepName[]).flatMap(name => Array.from<StepName>({ length: Math.round(chances[name] * 2) }).fill(name))
  const steps: Step[] = random.some(clients.length, clients.length * 2, () => makers[random.chance(0.3) ? 'reload' : 'mount']())
  if (random.chance(0.8))
    steps.push({ do: 'calm' })
  steps.push(...random.some(5, 45, () => makers[random.pick(often)]()))
  return { seed, servers, clients, rules: random.chance(0.25) ? 'hooks' : 'policies', rows: known, steps }
}

function change(random: Random, schema: SchemaModel, collection: string): [collection: string, i: number, values: Row] {
  return [collection, random.below(40), input(random, schema, collection)]
}

function input(random: Random, schema: SchemaModel, collection: string): Row {
  const model = schema.collections[collection]!
  return sample(random, schema, `${collection} input`, () => inputOf(model, inputFields(model))) as Row
}

function asked(random: Random, schema: SchemaModel, collection: string): { collection: string, asked: Asked } {
  if (random.chance(0.4))
    return { collection, asked: { kind: 'many', orderBy: random.pick([undefined, ['rank'], ['done.desc', 'priority']])?.filter(term => term.split('.')[0]! in schema.collections[collection]!.columns), limit: random.pick([undefined, undefined, 2, 5]) } }
  const asked = sample(random, schema, `${collection} query`, () => askedOf(collection, schema)) as Asked
  // Nobody tells a query without a cache.
  return { collection, asked: asked.fetchPolicy === 'no-cache' ? { ...asked, fetchPolicy: 'fetch-only' } : asked }
}

function sample(random: Random, schema: SchemaModel, name: string, make: () => fc.Arbitrary<unknown>): unknown {
  let known = arbitraries.get(schema)
  if (!known)
    arbitraries.set(schema, known = new Map())
  let arbitrary = known.get(name)
  if (!arbitrary)
    known.set(name, arbitrary = make())
  return fc.sample(arbitrary, { numRuns: 1, seed: random.below(2 ** 31) })[0]
}
