import { describe, expect, it } from 'vitest'
import type { ModuleOptions } from '../../../src/build/options'
import { resolveOptions } from '../../../src/build/options'

describe('options', () => {
  it('have defaults', () => {
    expect(resolveOptions({})).toEqual({
      problems: [],
      options: {
        apiPath: '/api/rstore',
        drizzleConfigPath: undefined,
        drizzleImport: { name: 'useDrizzle', from: '~~/server/utils/drizzle' },
        queryLimits: { maxLimit: 1000, maxKeys: 1000, maxIncludeDepth: 5, maxIncludeRows: 10_000, maxBatchSize: 100, maxWhereNodes: 100 },
        collections: {},
        batching: { fetch: false, mutations: false, delay: 0, maxWait: 0, maxSize: 100 },
        forms: true,
        requirePolicies: false,
      },
    })
  })

  it('are taken as given, single limits too, and the path is brought to one form', () => {
    const { options, problems } = resolveOptions({ textCollation: 'binary', apiPath: 'api/my-api/', forms: false, gc: { maxAge: 60_000 }, queryLimits: { maxLimit: 50 }, collections: { sessions: false, users: { hidden: ['secret'] } } })
    expect(problems).toEqual([])
    expect(options).toMatchObject({ textCollation: 'binary', apiPath: '/api/my-api', forms: false, gc: { maxAge: 60_000 }, queryLimits: { maxLimit: 50, maxKeys: 1000 }, collections: { sessions: false, users: { hidden: ['secret'] } } })
  })

  it('that are misspelt are refused with what was meant', () => {
    expect(resolveOptions({ apipath: '/x', colections: {}, nonsense: 1 } as ModuleOptions).problems).toMatchObject([
      { severity: 'error', subject: 'rstoreDrizzle.apipath', fix: 'Remove it. Did you mean "apiPath"?' },
      { severity: 'error', subject: 'rstoreDrizzle.colections', fix: 'Remove it. Did you mean "collections"?' },
      { severity: 'error', subject: 'rstoreDrizzle.nonsense', fix: 'Remove it.' },
    ])
  })

  it('of realtime are checked', () => {
    const wrong = (ws: unknown) => resolveOptions({ ws } as ModuleOptions).problems.map(({ subject, message, fix }) => `${subject} ${message} ${fix}`)
    expect(resolveOptions({ ws: { pubsub: { driver: 'postgres', outbox: true, triggers: ['todos'] }, health: true } })).toMatchObject({ problems: [], options: { ws: { health: true, pubsub: { driver: 'postgres', outbox: true, triggers: ['todos'] } } } })
    expect(wrong({ pubsub: { driver: 'kafka' } })).toEqual(['rstoreDrizzle.ws.pubsub.driver must be one of redis, nats, postgres, not "kafka". Name a driver, or call setRstoreDrizzlePubSub() in a Nitro plugin.'])
    expect(wrong({ pubsub: true })).toHaveLength(1)
    expect(wrong({ pubsub: { driver: 'redis', url: 5, prefx: 'a' } })).toEqual([
      'rstoreDrizzle.ws.pubsub.url must be text, not 5. Leave it out and set NUXT_RSTORE_DRIZZLE_PUBSUB_URL.',
      'rstoreDrizzle.ws.pubsub.prefx is no option of redis. Remove it. Did you mean "prefix"?',
    ])
    expect(wrong({ health: 'yes', limits: { maxMissed: 0 } })).toHaveLength(2)
  })

  it('of later versions only warn, and not at all where they are off', () => {
    const { problems } = resolveOptions({ offline: { filterCollection: () => true } } as ModuleOptions)
    expect(problems.map(({ severity, subject }) => [severity, subject])).toEqual([['warning', 'rstoreDrizzle.offline']])
  })

  it('with values that make no sense are refused, all of them at once', () => {
    const { problems } = resolveOptions({
      apiPath: '/api/:any',
      drizzleImport: { name: 'use drizzle', from: '' },
      queryLimits: { maxLimit: 0, maxkeys: 5 },
      collections: { a: 'no', b: { hidden: 'secret', readOnly: [] } },
      forms: 'yes',
      requirePolicies: 'yes',
      gc: { maxAge: 10 },
      textCollation: 'C',
    } as unknown as ModuleOptions)
    expect(problems.map(({ subject }) => subject)).toEqual([
      'rstoreDrizzle.drizzleImport',
      'rstoreDrizzle.apiPath',
      'rstoreDrizzle.queryLimits.maxLimit',
      'rstoreDrizzle.queryLimits.maxkeys',
      'rstoreDrizzle.collections.a',
      'rstoreDrizzle.collections.b.hidden',
      'rstoreDrizzle.collections.b.readOnly',
      'rstoreDrizzle.forms',
      'rstoreDrizzle.requirePolicies',
      'rstoreDrizzle.gc.maxAge',
      'rstoreDrizzle.textCollation',
    ])
    expect(problems.every(({ severity }) => severity === 'error')).toBe(true)
  })

  it('of batching are a switch or say more, and stay below what the server takes', () => {
    const batching = (given: ModuleOptions['batching'], maxBatchSize = 100) => resolveOptions({ batching: given, queryLimits: { maxBatchSize } }).options.batching
    expect(batching(true)).toEqual({ fetch: true, mutations: true, delay: 0, maxWait: 0, maxSize: 100 })
    expect(batching({})).toEqual(batching(true))
    expect(batching(false)).toEqual({ fetch: false, mutations: false, delay: 0, maxWait: 0, maxSize: 100 })
    expect(batching({ fetch: false, delay: 20 })).toEqual({ fetch: false, mutations: true, delay: 20, maxWait: 20, maxSize: 100 })
    expect(batching({ mutations: false, delay: 20, maxWait: 60, maxSize: 30 })).toEqual({ fetch: true, mutations: false, delay: 20, maxWait: 60, maxSize: 30 })
    expect(batching({ maxSize: 30 }, 10).maxSize).toBe(10)
    expect(batching(true, 10).maxSize).toBe(10)
  })

  it('of batching are read from rstore.store too, where this module says nothing of its own', () => {
    expect(resolveOptions({}, { batching: true }).options.batching).toMatchObject({ fetch: true, mutations: true })
    expect(resolveOptions({}, { batching: { mutations: false } }).options.batching).toMatchObject({ fetch: true, mutations: false })
    expect(resolveOptions({ batching: false }, { batching: true }).options.batching).toMatchObject({ fetch: false, mutations: false })
    expect(resolveOptions({}, {}).options.batching).toMatchObject({ fetch: false, mutations: false })
  })

  it('of batching that make no sense are refused, elsewhere only reported', () => {
    const given = { fetch: 'yes', delay: -1, maxsize: 5, maxSize: 0, toString: 1 } as unknown as Exclude<ModuleOptions['batching'], boolean>
    const { problems } = resolveOptions({ batching: given })
    expect(problems.map(({ severity, subject }) => [severity, subject])).toEqual(['fetch', 'delay', 'maxsize', 'maxSize', 'toString'].map(name => ['error', `rstoreDrizzle.batching.${name}`]))
    expect(problems[2]!.fix).toBe('Remove it. Did you mean "maxSize"?')
    const elsewhere = resolveOptions({}, { batching: given })
    expect(elsewhere.problems.map(({ severity, subject }) => [severity, subject])).toEqual(['fetch', 'delay', 'maxsize', 'maxSize', 'toString'].map(name => ['warning', `rstore.store.batching.${name}`]))
    expect(elsewhere.options.batching).toEqual({ fetch: true, mutations: true, delay: 0, maxWait: 0, maxSize: 100 })
    for (const batching of [1, 'on', null])
      expect(resolveOptions({ batching } as unknown as ModuleOptions).problems.map(({ subject }) => subject)).toEqual(['rstoreDrizzle.batching'])
  })
})
