import { readFileSync } from 'node:fs'
import { loadNuxt } from '@nuxt/kit'
import { join } from 'pathe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CollectionModel } from '../src/runtime/shared/model'
import type { FormState } from '../src/runtime/store/form-types'
import type { Transport } from '../src/runtime/store/transport'
import { errorCatalogue } from '../src/runtime/shared/errors'
import * as conditions from '../src/runtime/shared/condition'
import { createStore } from '../src/runtime/store/create-store'
import { forms } from '../src/runtime/store/forms/forms'
import { exportsOf, root } from './support/sources'

/*
 * What apps can lean on. A line that goes or changes here breaks somebody's app; a new one is a promise.
 */

describe('the package', () => {
  it('has these subpaths', () => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: object }
    expect(Object.keys(exports)).toMatchInlineSnapshot(`
      [
        ".",
        "./pubsub/nats",
        "./pubsub/postgres",
        "./pubsub/redis",
        "./realtime",
        "./schema",
        "./package.json",
      ]
    `)
  })

  it('exports drivers for pub/sub', () => {
    expect(['nats', 'postgres', 'redis'].map(name => exportsOf(join(root, `src/pubsub/${name}.ts`)))).toMatchInlineSnapshot(`
      [
        [
          "NatsConnection",
          "NatsPubSubOptions",
          "createNatsPubSub",
        ],
        [
          "OutboxPlace",
          "OutboxTrigger",
          "OutboxUpdate",
          "PostgresClient",
          "PostgresPubSubOptions",
          "createPostgresPubSub",
          "outboxSetup",
          "outboxSql",
          "outboxTrigger",
        ],
        [
          "IoredisClient",
          "NodeRedisClient",
          "RealtimePubSub",
          "RedisOptions",
          "RedisPubSubOptions",
          "createRedisPubSub",
        ],
      ]
    `)
  })

  it('exports the module and the types of its options', () => {
    expect(exportsOf(join(root, 'src/module.ts'))).toMatchInlineSnapshot(`
      [
        "CollectionOptions",
        "ModuleOptions",
        "default",
      ]
    `)
  })
})

describe('the module', () => {
  let nuxt: Awaited<ReturnType<typeof loadNuxt>>
  const runtime = join(root, 'src/runtime')

  beforeAll(async () => {
    nuxt = await loadNuxt({ cwd: join(root, 'test/fixtures/basic'), ready: true, overrides: { _prepare: true, logLevel: 'silent' } })
  }, 60_000)
  afterAll(() => nuxt?.close())

  it('has these auto-imports in the app', async () => {
    const imports: { name: string, from: string }[] = []
    await nuxt.callHook('imports:extend', imports as never)
    const own = imports.filter(({ from }) => from.startsWith(runtime))
    expect(own.map(({ name, from }) => `${name} from ${from.slice(runtime.length + 1)}`)).toMatchInlineSnapshot(`
      [
        "useStore from entries/use-store",
        "realtimeReconnectEventHook from client/reconnect",
        "eq from shared/condition",
        "ne from shared/condition",
        "gt from shared/condition",
        "gte from shared/condition",
        "lt from shared/condition",
        "lte from shared/condition",
        "inArray from shared/condition",
        "notInArray from shared/condition",
        "like from shared/condition",
        "notLike from shared/condition",
        "ilike from shared/condition",
        "notIlike from shared/condition",
        "arrayContains from shared/condition",
        "arrayContained from shared/condition",
        "arrayOverlaps from shared/condition",
        "between from shared/condition",
        "notBetween from shared/condition",
        "isNull from shared/condition",
        "isNotNull from shared/condition",
        "and from shared/condition",
        "or from shared/condition",
        "not from shared/condition",
      ]
    `)
    for (const { name, from } of own)
      expect(exportsOf(`${from}.ts`), name).toContain(name)
  })

  it('has these auto-imports in the server', async () => {
    const options = { imports: { imports: [] as { name: string, from: string }[] }, virtual: {} }
    await (nuxt.callHook as (name: string, options: object) => Promise<void>)('nitro:config', options)
    const own = options.imports.imports.filter(({ from }) => from.startsWith(runtime))
    expect(own.map(({ name, from }) => `${name} from ${from.slice(runtime.length + 1)}`)).toMatchInlineSnapshot(`
      [
        "allowTables from entries/server-rules",
        "hooksForTable from entries/server-rules",
        "rstoreDrizzleHooks from entries/server-rules",
        "policyForTable from entries/server-rules",
        "setRstoreDrizzleSession from entries/server-rules",
        "publishRstoreDrizzleRealtimeUpdate from entries/server-rules",
        "invalidateRstoreDrizzleSession from entries/server-rules",
        "setRstoreDrizzlePubSub from entries/server-rules",
      ]
    `)
    for (const { name, from } of own)
      expect(exportsOf(`${from}.ts`), name).toContain(name)
  })

  it('imports no folder of its own into the app', async () => {
    const folders: string[] = []
    await nuxt.callHook('imports:dirs', folders as never)
    expect(folders.filter(folder => String(folder).startsWith(runtime))).toEqual([])
  })

  it('has these routes', () => {
    const routes = nuxt.options.serverHandlers.filter(({ handler }) => String(handler).startsWith(runtime)).map(({ route, method }) => `${method ?? 'any'} ${route}`)
    expect(routes).toMatchInlineSnapshot(`
      [
        "post /api/rstore/_batch",
        "any /api/rstore/:collection",
        "any /api/rstore/:collection/:key",
      ]
    `)
  })

  it('has these plugins in the app', () => {
    const plugins = nuxt.options.plugins.map(plugin => typeof plugin === 'string' ? plugin : plugin.src).filter(src => src.startsWith(runtime))
    expect(plugins.map(src => src.slice(runtime.length + 1))).toMatchInlineSnapshot(`
      [
        "entries/plugin.ts",
      ]
    `)
  })
})

describe('the store', () => {
  const todos: CollectionModel = {
    name: 'todos',
    table: 'todos',
    primaryKey: ['id'],
    columns: { id: { type: 'number', nullable: false, hasDefault: true, generated: false, readonly: false } },
    relations: {},
    foreignKeys: [],
    readonly: false,
  }
  const transport = Object.fromEntries(['fetchMany', 'fetchFirst', 'create', 'update', 'delete', 'batch'].map(name => [name, () => new Promise(() => undefined)])) as unknown as Transport
  const store = createStore({ schema: { dialect: 'sqlite', collections: { todos } }, transport })

  it('has these methods', () => {
    expect(Object.keys(store).filter(name => name !== 'todos')).toMatchInlineSnapshot(`
      [
        "$collections",
        "$collection",
        "$transaction",
        "$history",
        "$cache",
        "$onCacheReset",
        "$onError",
        "$hydrate",
        "$hydrated",
      ]
    `)
    expect(Object.keys(store.$cache)).toMatchInlineSnapshot(`
      [
        "getState",
        "setState",
        "clear",
        "pause",
        "resume",
        "readItem",
        "readItems",
        "writeItem",
        "writeItems",
        "deleteItem",
      ]
    `)
  })

  it('has a history with these methods', () => {
    expect(Object.keys(store.$history)).toMatchInlineSnapshot(`
      [
        "enable",
        "disable",
        "clear",
        "undo",
        "redo",
        "canUndo",
        "canRedo",
      ]
    `)
  })

  it('has collections with these methods', () => {
    expect(Object.keys(store.todos!)).toMatchInlineSnapshot(`
      [
        "name",
        "meta",
        "getKey",
        "query",
        "liveQuery",
        "subscribe",
        "findMany",
        "findFirst",
        "peekMany",
        "peekFirst",
        "create",
        "createMany",
        "update",
        "updateMany",
        "delete",
        "deleteMany",
        "writeItem",
        "clearItem",
      ]
    `)
  })

  it('has forms with these members beside their fields', () => {
    const collection = createStore({ schema: { dialect: 'sqlite', collections: { todos } }, transport, features: [forms] }).todos!
    expect(Object.keys(collection).filter(name => !Object.hasOwn(store.todos!, name))).toMatchInlineSnapshot(`
      [
        "createForm",
        "updateForm",
      ]
    `)
    const form = (collection as unknown as { createForm: () => object }).createForm()
    expect(Object.keys(form)).toEqual(['id'])
    const members: Record<keyof FormState<object, object, object>, true> = {
      $submit: true, $reset: true, $loading: true, $error: true, $schema: true, $hasChanges: true, $changedProps: true, $onSuccess: true, $onError: true, $dispose: true,
    }
    expect(Object.keys(members).filter(name => !(name in form))).toEqual([])
  })

  it('has queries with this state', () => {
    expect(Object.keys(store.todos!.query())).toMatchInlineSnapshot(`
      [
        "data",
        "loading",
        "error",
        "meta",
        "pages",
        "hasMore",
        "getPage",
        "refresh",
        "fetchMore",
        "stop",
        "then",
      ]
    `)
  })

  it('has items with these properties beside their columns', () => {
    const item = store.todos!.writeItem({ id: 1 })!
    expect(Object.getOwnPropertyNames(Object.getPrototypeOf(item)).sort()).toMatchInlineSnapshot(`
      [
        "$collection",
        "$delete",
        "$getKey",
        "$isOptimistic",
        "$raw",
        "$update",
        "__v_skip",
        "constructor",
      ]
    `)
  })
})

it('the condition builders are these', () => {
  expect(Object.keys(conditions)).toMatchInlineSnapshot(`
    [
      "eq",
      "ne",
      "gt",
      "gte",
      "lt",
      "lte",
      "inArray",
      "notInArray",
      "like",
      "notLike",
      "ilike",
      "notIlike",
      "arrayContains",
      "arrayContained",
      "arrayOverlaps",
      "between",
      "notBetween",
      "isNull",
      "isNotNull",
      "and",
      "or",
      "not",
    ]
  `)
})

it('the error codes are permanent, and so are their statuses', () => {
  expect(Object.fromEntries(Object.entries(errorCatalogue).map(([code, { status }]) => [code, status]))).toMatchInlineSnapshot(`
    {
      "RSTORE_BODY_TOO_LARGE": 413,
      "RSTORE_BUSY": 503,
      "RSTORE_CONSTRAINT": 422,
      "RSTORE_CROSS_SITE": 403,
      "RSTORE_DUPLICATE": 409,
      "RSTORE_FORBIDDEN": 403,
      "RSTORE_HISTORY_CONFLICT": 0,
      "RSTORE_INTERNAL": 500,
      "RSTORE_INVALID_BODY": 400,
      "RSTORE_INVALID_CONDITION": 400,
      "RSTORE_INVALID_CURSOR": 400,
      "RSTORE_INVALID_FORM": 400,
      "RSTORE_INVALID_KEY": 400,
      "RSTORE_INVALID_QUERY": 400,
      "RSTORE_INVALID_SCHEMA": 0,
      "RSTORE_INVALID_VALUE": 400,
      "RSTORE_LIMIT_EXCEEDED": 400,
      "RSTORE_METHOD_NOT_ALLOWED": 405,
      "RSTORE_NETWORK": 0,
      "RSTORE_NOT_ALLOWED": 403,
      "RSTORE_NOT_FOUND": 404,
      "RSTORE_NOT_IN_ENUM": 400,
      "RSTORE_OUT_OF_RANGE": 400,
      "RSTORE_PUBSUB": 0,
      "RSTORE_READONLY_COLLECTION": 405,
      "RSTORE_READONLY_COLUMN": 400,
      "RSTORE_REJECTED": 400,
      "RSTORE_REQUIRED": 400,
      "RSTORE_ROLLED_BACK": 424,
      "RSTORE_TOO_LONG": 400,
      "RSTORE_UNKNOWN_COLLECTION": 404,
      "RSTORE_UNKNOWN_COLUMN": 400,
      "RSTORE_UNSUPPORTED_MEDIA_TYPE": 415,
    }
  `)
})
