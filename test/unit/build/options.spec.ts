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

  it('of later versions only warn, and not at all where they are off', () => {
    const { problems } = resolveOptions({ ws: true, offline: { filterCollection: () => true }, batching: false } as ModuleOptions)
    expect(problems.map(({ severity, subject }) => [severity, subject])).toEqual([['warning', 'rstoreDrizzle.ws'], ['warning', 'rstoreDrizzle.offline']])
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
})
