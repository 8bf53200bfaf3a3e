import type { H3Event } from 'h3'
import type { PolicyResult } from '../../src/runtime/server/rules/policy'
import type { Rules } from '../../src/runtime/server/rules/rules'
import type { Session } from '../../src/runtime/entries/session'
import { eq, sql } from 'drizzle-orm'
import { createError } from 'h3'
import { describe, expectTypeOf, it } from 'vitest'
import { comments, posts, totals, users } from './support/schema'

interface Mine { user: { id: number, admin: boolean } }
declare const rules: Rules<Mine | null>
declare const undeclared: Rules<Session>

type PostRow = typeof posts.$inferSelect
type PostInput = typeof posts.$inferInsert

describe('hooksForTable', () => {
  it('gives payloads by table', () => {
    rules.hooksForTable(posts, {
      'index.get.before': ({ event, collection, params, query, meta, transformQuery }) => {
        expectTypeOf(event).toEqualTypeOf<H3Event>()
        expectTypeOf(collection).toEqualTypeOf<string>()
        expectTypeOf(params.key).toEqualTypeOf<string | undefined>()
        expectTypeOf(query).toEqualTypeOf<Record<string, unknown>>()
        meta.anything = 1
        transformQuery(q => q.where(eq(posts.id, 1)).extras({ length: sql`1` }).extras(columns => ({ upper: sql`upper(${columns.title!})` })))
        transformQuery((q) => {
          q.where(sql`1 = 1`)
        })
      },
      'index.get.after': ({ result, setResult }) => {
        expectTypeOf(result).toEqualTypeOf<PostRow[]>()
        setResult(result.slice(1))
      },
      'index.post.before': async ({ body }) => {
        expectTypeOf(body).toEqualTypeOf<PostInput>()
        body.title = body.title.trim()
        await Promise.resolve()
      },
      'index.post.after': ({ result, body }) => {
        expectTypeOf(result).toEqualTypeOf<PostRow>()
        expectTypeOf(body).toEqualTypeOf<PostInput>()
      },
      'item.get.before': ({ transformQuery }) => transformQuery(q => q.where(eq(posts.id, 1))),
      'item.get.after': ({ result, setResult }) => setResult({ ...result, title: 'x' }),
      'item.patch.before': ({ body, transformQuery }) => {
        expectTypeOf(body).toEqualTypeOf<Partial<PostInput>>()
        transformQuery(q => q.where(eq(posts.id, 1)))
      },
      'item.patch.after': ({ result }) => expectTypeOf(result.createdAt).toEqualTypeOf<Date>(),
      'item.delete.before': ({ params }) => {
        if (!params.key)
          throw createError({ statusCode: 403 })
      },
      'item.delete.after': ({ result }) => expectTypeOf(result).toEqualTypeOf<PostRow>(),
      'realtime.filter': ({ record, type, reject }) => {
        expectTypeOf(record).toEqualTypeOf<PostRow>()
        expectTypeOf(type).toEqualTypeOf<'created' | 'updated' | 'deleted'>()
        reject()
        reject('no')
      },
    })
  })

  it('refuses what is wrong', () => {
    // @ts-expect-error no such hook
    rules.hooksForTable(posts, { 'item.put.before': () => {} })
    // @ts-expect-error no table
    rules.hooksForTable('posts', {})
    // @ts-expect-error no such column
    rules.hooksForTable(posts, { 'index.post.before': ({ body }) => void body.titel })
    // @ts-expect-error text
    rules.hooksForTable(posts, { 'index.post.before': ({ body }) => void (body.title = 5) })
    // @ts-expect-error no such column
    rules.hooksForTable(posts, { 'index.get.after': ({ result }) => void result.map(row => row.name) })
    // @ts-expect-error rows
    rules.hooksForTable(posts, { 'index.get.after': ({ setResult }) => setResult([{ id: 1 }]) })
    // @ts-expect-error one row
    rules.hooksForTable(posts, { 'item.get.after': ({ setResult }) => setResult([]) })
    // @ts-expect-error nothing to narrow
    rules.hooksForTable(posts, { 'index.post.before': ({ transformQuery }) => void transformQuery })
    // @ts-expect-error no result yet
    rules.hooksForTable(posts, { 'index.get.before': ({ result }) => void result })
    // @ts-expect-error no body
    rules.hooksForTable(posts, { 'item.delete.before': ({ body }) => void body })
    // @ts-expect-error SQL, which and() of nothing is not
    rules.hooksForTable(posts, { 'index.get.before': ({ transformQuery }) => transformQuery(q => q.where(undefined)) })
    // @ts-expect-error no text
    rules.hooksForTable(posts, { 'index.get.before': ({ transformQuery }) => transformQuery(q => q.where('1 = 1')) })
    // @ts-expect-error it must not wait
    rules.hooksForTable(posts, { 'index.get.before': ({ transformQuery }) => transformQuery(async q => q.where(eq(posts.id, 1))) })
  })

  it('takes views, to which nothing can be written', () => {
    rules.hooksForTable(totals, { 'index.get.after': ({ result }) => expectTypeOf(result[0]!.posts).toEqualTypeOf<number>() })
    // @ts-expect-error no such column
    rules.hooksForTable(totals, { 'index.get.after': ({ result }) => void result[0]!.title })
  })
})

describe('hooks of all tables', () => {
  it('know no columns', () => {
    const remove = rules.hook('index.post.before', ({ body }) => void (body.anything = 1))
    expectTypeOf(remove).toEqualTypeOf<() => void>()
    rules.hook('item.get.after', ({ result }) => expectTypeOf(result).toEqualTypeOf<Record<string, unknown>>())
    // @ts-expect-error no such hook
    rules.hook('index.put.before', () => {})
    // @ts-expect-error no result yet
    rules.hook('index.get.before', ({ result }) => void result)
  })
})

describe('policyForTable', () => {
  it('gives the session, the new row, and builders for rows of the table', () => {
    rules.policyForTable(posts, {
      read: ({ session }, { eq, or, and, not, inArray, like, between, isNull }) => {
        expectTypeOf(session).toEqualTypeOf<Mine | null>()
        if (session?.user.admin)
          return true
        if (!session)
          return eq('published', true)
        return or(eq('authorId', session.user.id), and(inArray('state', ['draft', 'live']), not(isNull('editorId'))), like('title', 'a%'), between('createdAt', new Date(), new Date()), session.user.admin && eq('id', 1))!
      },
      create: ({ session, item }) => {
        expectTypeOf(item).toEqualTypeOf<Partial<PostInput>>()
        return item.authorId === session?.user.id
      },
      update: true,
      delete: false,
    })
    rules.policyForTable(totals, { read: (_, { gt }) => gt('posts', 1) })
    rules.policyForTable(users, { read: (_, { eq }): PolicyResult<typeof users.$inferSelect> => eq('passwordHash', 'x') })
    rules.policyForTable(comments, {})
  })

  it('refuses what is wrong', () => {
    // @ts-expect-error no such rule
    rules.policyForTable(posts, { write: true })
    // @ts-expect-error neither a boolean nor a function
    rules.policyForTable(posts, { read: 'all' })
    // @ts-expect-error no such column
    rules.policyForTable(posts, { read: (_, { eq }) => eq('owner', 1) })
    // @ts-expect-error a number
    rules.policyForTable(posts, { read: (_, { eq }) => eq('authorId', 'x') })
    // @ts-expect-error none of the values that the column lists
    rules.policyForTable(posts, { read: (_, { eq }) => eq('state', 'gone') })
    // @ts-expect-error isNull is for that
    rules.policyForTable(posts, { read: (_, { eq }) => eq('editorId', null) })
    // @ts-expect-error no text
    rules.policyForTable(posts, { read: (_, { like }) => like('authorId', '1%') })
    // @ts-expect-error a list
    rules.policyForTable(posts, { read: (_, { inArray }) => inArray('id', 1) })
    // @ts-expect-error or() of nothing is nothing
    rules.policyForTable(posts, { read: (_, { eq, or }) => or(eq('id', 1)) })
    // @ts-expect-error it must not wait
    rules.policyForTable(posts, { read: async () => true })
    // @ts-expect-error nobody may have logged in
    rules.policyForTable(posts, { read: ({ session }, { eq }) => eq('authorId', session.user.id) })
    // @ts-expect-error undefined is what session?.user.id may be
    rules.policyForTable(posts, { read: ({ session }, { eq }) => eq('authorId', session?.user.id) })
    // @ts-expect-error there is no new row to look at
    rules.policyForTable(posts, { update: ({ item }) => !!item })
    // @ts-expect-error no such column
    rules.policyForTable(posts, { create: ({ item }) => item.owner === 1 })
    // @ts-expect-error a condition of Drizzle's
    rules.policyForTable(posts, { read: () => eq(posts.id, 1) })
  })
})

describe('the session', () => {
  it('is what the resolver gives', () => {
    rules.setSession(({ headers, event, peer }) => {
      expectTypeOf(headers).toEqualTypeOf<Headers>()
      expectTypeOf(event).toEqualTypeOf<H3Event | undefined>()
      expectTypeOf(peer).toEqualTypeOf<unknown>()
      return headers.has('x') ? { user: { id: 1, admin: false } } : null
    })
    rules.setSession(async () => null)
    // @ts-expect-error not what was declared
    rules.setSession(() => ({ user: 'me' }))
    // @ts-expect-error not what was declared
    rules.setSession(async () => undefined)
  })

  it('is anything until the app declares it', () => {
    undeclared.setSession(() => ({ whatever: 1 }))
    undeclared.policyForTable(posts, { read: ({ session }, { eq }) => eq('authorId', session.whatever) })
    // @ts-expect-error the columns are known all the same
    undeclared.policyForTable(posts, { read: ({ session }, { eq }) => eq('owner', session.whatever) })
  })
})

describe('allowTables', () => {
  it('takes a list', () => {
    rules.allowTables([posts, users, totals])
    // @ts-expect-error a list
    rules.allowTables(posts)
  })
})
