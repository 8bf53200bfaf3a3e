import type { ComputedRef, Ref } from 'vue'
import type { ManyOptions, QueryPage } from '../../src/runtime/store/types'
import type { Comment, Post, PostsRow, Schema, User } from './support/schema'
import { computed, ref } from 'vue'
import { describe, expectTypeOf, it } from 'vitest'
import { eq } from '../../src/runtime/shared/condition'
import { flag, store } from './support/schema'

describe('options', () => {
  it('filter sees the whole item', () => {
    store.posts.query(q => q.many({
      columns: { title: true },
      where: eq('published', true),
      filter: (post) => {
        expectTypeOf(post).toEqualTypeOf<Post>()
        return post.title.length > 3
      },
      include: { comments: { where: eq('approved', true) } },
    }))
    const { data } = store.posts.query(q => q.many({ filter: post => post.published, include: { comments: true } }))
    expectTypeOf(data.value[0]!.comments).toEqualTypeOf<readonly Comment[]>()
    store.posts.query(q => q.first({ filter: post => post.published }))
    store.posts.findMany({ filter: post => post.published })
    store.posts.findFirst({ filter: post => post.published })
    store.posts.peekMany({ filter: post => post.published })
    store.posts.peekFirst({ filter: post => post.published })
    // @ts-expect-error no such column
    store.posts.query(q => q.many({ filter: post => post.publish }))
    // @ts-expect-error a boolean
    store.posts.query(q => q.many({ filter: post => post.title }))
    // @ts-expect-error a function
    store.posts.query(q => q.many({ filter: true }))
  })

  it('resultMode is one of two', () => {
    store.posts.query(q => q.many({ resultMode: 'server' }))
    store.posts.query(q => q.first({ resultMode: 'auto' }))
    store.posts.findMany({ resultMode: flag ? 'auto' : 'server' })
    // @ts-expect-error no such mode
    store.posts.query(q => q.many({ resultMode: 'client' }))
  })

  it('pageIndex and pageSize are numbers, of many rows', () => {
    store.posts.query(q => q.many({ pageIndex: 2, pageSize: 20 }))
    store.posts.findMany({ pageIndex: 2, pageSize: 20 })
    // @ts-expect-error a number
    store.posts.query(q => q.many({ pageIndex: '2' }))
    // @ts-expect-error a number
    store.posts.query(q => q.many({ pageSize: true }))
    // @ts-expect-error not of one row
    store.posts.query(q => q.first({ pageIndex: 1 }))
    // @ts-expect-error not of one row
    store.posts.findFirst({ pageSize: 1 })
  })

  it('key is of one row, keys of many', () => {
    store.posts.query(q => q.first({ key: 1 }))
    store.posts.query(q => q.first({ key: '1', columns: { title: true } }))
    store.posts.query(q => q.many({ keys: [1, '2', 3n] }))
    // @ts-expect-error not of many rows
    store.posts.query(q => q.many({ key: 1 }))
    // @ts-expect-error not of one row
    store.posts.query(q => q.first({ keys: [1] }))
    // @ts-expect-error no key
    store.posts.query(q => q.first({ key: {} }))
    // @ts-expect-error no key
    store.posts.query(q => q.many({ keys: [true] }))
  })

  it('params are free, but for those with a meaning', () => {
    store.posts.query(q => q.many({ params: { archived: true, since: new Date(), with: { comments: true }, keys: [1, '2'], columns: ['title'] } }))
    store.posts.query(q => q.first({ params: { columns: { title: true, state: true } } }))
    // @ts-expect-error a list of keys
    store.posts.query(q => q.many({ params: { keys: 1 } }))
    // @ts-expect-error no such column
    store.posts.query(q => q.many({ params: { columns: ['titel'] } }))
    // @ts-expect-error no such column
    store.posts.query(q => q.many({ params: { columns: { titel: true } } }))
    // @ts-expect-error an object
    store.posts.query(q => q.many({ params: 'archived' }))
  })

  it('enabled is a boolean, or a ref or getter of one', () => {
    store.posts.query(q => q.many({ enabled: false }))
    store.posts.query(q => q.many({ enabled: ref(false) }))
    store.posts.query(q => q.many({ enabled: computed(() => flag) }))
    store.posts.query(q => q.first({ enabled: () => flag }))
    // @ts-expect-error a boolean
    store.posts.query(q => q.many({ enabled: 1 }))
    // @ts-expect-error a boolean
    store.posts.query(q => q.many({ enabled: () => 'yes' }))
  })

  it('fetchPolicy is one of five', () => {
    for (const fetchPolicy of ['cache-first', 'cache-and-fetch', 'fetch-only', 'cache-only', 'no-cache'] as const)
      store.posts.query(q => q.many({ fetchPolicy }))
    // @ts-expect-error no such policy
    store.posts.query(q => q.first({ fetchPolicy: 'network' }))
  })

  it('batch is for a row, and says how it travels', () => {
    store.posts.query(q => q.first({ key: 1, batch: false }))
    store.posts.liveQuery(q => q.first(() => ({ key: 1, batch: { group: 'a' } })))
    store.posts.findFirst({ key: 1, batch: { group: 'a' } })
    // @ts-expect-error a group, or false
    store.posts.findFirst({ key: 1, batch: 'a' })
    // @ts-expect-error lists go alone
    store.posts.findMany({ batch: false })
    // @ts-expect-error lists go alone
    store.posts.query(q => q.many(() => ({ batch: false })))
  })

  it('columns narrow every read', async () => {
    expectTypeOf(store.posts.peekMany({ columns: { title: true } })[0]!.$raw()).toEqualTypeOf<Pick<PostsRow, 'title'>>()
    expectTypeOf(store.posts.peekFirst({ columns: { title: true } })!.$raw()).toEqualTypeOf<Pick<PostsRow, 'title'>>()
    expectTypeOf((await store.posts.findMany({ columns: { title: true } }))[0]!.$raw()).toEqualTypeOf<Pick<PostsRow, 'title'>>()
    expectTypeOf((await store.posts.findFirst({ columns: { title: true } }))!.$raw()).toEqualTypeOf<Pick<PostsRow, 'title'>>()
    expectTypeOf((await store.posts.liveQuery(q => q.first({ columns: { title: true } }))).data.value!.$raw()).toEqualTypeOf<Pick<PostsRow, 'title'>>()
    // Only what is selected for certain.
    expectTypeOf(store.posts.peekFirst({ columns: { title: true, state: flag ? true : undefined } })!.$raw()).toEqualTypeOf<Pick<PostsRow, 'title'>>()
    // @ts-expect-error not selected
    void store.posts.peekMany({ columns: { title: true } })[0]!.state
    // @ts-expect-error no such column
    store.posts.peekMany({ columns: { title: true, titel: true } })
    // @ts-expect-error no such column
    store.posts.peekFirst({ columns: { title: true, titel: true } })
    // @ts-expect-error true, or left out
    store.posts.peekFirst({ columns: { title: false } })
  })

  it('may be made apart', () => {
    const options: ManyOptions<Schema, 'posts'> = { where: eq('published', true), orderBy: ['createdAt.desc'], include: { comments: { limit: 3 } } }
    store.posts.query(q => q.many(options))
    // @ts-expect-error options of another collection
    store.users.query(q => q.many(options))
    // @ts-expect-error no such option
    const wrong: ManyOptions<Schema, 'posts'> = { order: ['createdAt.desc'] }
    return wrong
  })
})

describe('arguments that change', () => {
  it('are getters', () => {
    const { data } = store.users.query(q => q.many(() => ({ where: eq('name', 'a'), limit: flag ? 1 : 2, include: { posts: { where: eq('published', flag) } } })))
    expectTypeOf(data.value[0]!.posts).toEqualTypeOf<readonly Post[]>()
    expectTypeOf(store.users.query(q => q.first(() => ({ key: 1, columns: { name: true }, include: { boss: true } }))).data.value!.boss).toEqualTypeOf<User | null>()
    expectTypeOf(store.users.query(q => q.first(() => flag ? 1 : undefined)).data.value).toEqualTypeOf<User | undefined>()
    // @ts-expect-error no such option
    store.users.query(q => q.many(() => ({ limit: 1, limt: 1 })))
    // @ts-expect-error no such option
    store.users.query(q => q.many(() => flag ? { limit: 1, limt: 1 } : { enabled: false }))
    // @ts-expect-error no such option
    store.users.query(q => q.first(() => ({ key: 1, limit: 1 })))
    // @ts-expect-error no such option
    store.users.query(q => q.first(() => flag ? { key: 1, include: { posts: true }, kee: 1 } : undefined))
    // @ts-expect-error no such column
    store.users.query(q => q.many(() => ({ where: eq('nam', 'a') })))
    // @ts-expect-error no such column
    store.users.query(q => q.many(() => ({ include: { posts: { where: eq('publish', true) } } })))
    // @ts-expect-error a number
    store.users.query(q => q.many(() => ({ limit: 'a' })))
  })

  it('are refs', () => {
    const key = ref<number>()
    expectTypeOf(store.users.query(q => q.first(key)).data.value).toEqualTypeOf<User | undefined>()
    expectTypeOf(store.users.query(q => q.first(computed(() => flag ? '1' : null))).data.value).toEqualTypeOf<User | undefined>()
    // @ts-expect-error no key
    store.users.query(q => q.first(ref(true)))
  })

  it('are values that the callback reads', () => {
    const user: ComputedRef<User | undefined> = computed(() => store.users.peekFirst(1))
    const { data: posts } = store.posts.query(q => q.many(user.value ? { where: eq('authorId', user.value.id), include: { comments: true } } : { enabled: false }))
    expectTypeOf(posts.value[0]!.comments).toEqualTypeOf<readonly Comment[]>()
    const { data: later } = store.posts.query(q => q.many(() => user.value ? { where: eq('authorId', user.value.id), include: { comments: true }, columns: { title: true } } : { enabled: false }))
    expectTypeOf(later.value[0]!.comments).toEqualTypeOf<readonly Comment[]>()
    expectTypeOf(later.value[0]!.$raw()).toEqualTypeOf<Pick<PostsRow, 'title'>>()
    const { data: one } = store.users.query(q => q.first(() => user.value?.bossId))
    expectTypeOf(one.value).toEqualTypeOf<User | undefined>()
    const { data: related } = store.users.query(q => q.first(() => user.value ? { key: user.value.id, include: { posts: true } } : undefined))
    expectTypeOf(related.value!.posts).toEqualTypeOf<readonly Post[]>()
    expectTypeOf(store.users.query(q => user.value ? q.many({ where: eq('bossId', user.value.id) }) : q.many({ enabled: false })).data.value).toEqualTypeOf<User[]>()
    // @ts-expect-error no such column
    store.posts.query(q => q.many(user.value ? { where: eq('userId', user.value.id) } : { enabled: false }))
    // @ts-expect-error a number
    store.posts.query(q => q.many(user.value ? { where: eq('authorId', user.value.name) } : { enabled: false }))
    // @ts-expect-error no such relation
    store.posts.query(q => q.many(() => user.value ? { include: { comments: true, coments: true } } : { enabled: false }))
  })
})

describe('the state of a query', () => {
  it('is there at once and when awaited, the same', async () => {
    const query = store.users.query(q => q.many({ include: { posts: true } }))
    const { data } = query
    const { data: awaited, loading, error, meta } = await query
    expectTypeOf(awaited).toEqualTypeOf(data)
    expectTypeOf(awaited.value[0]!.posts).toEqualTypeOf<readonly Post[]>()
    expectTypeOf(loading.value).toEqualTypeOf<boolean>()
    expectTypeOf(error.value).toEqualTypeOf<Error | undefined>()
    expectTypeOf(meta).toEqualTypeOf<Ref<Record<string, unknown>>>()
    meta.value = { seen: true }
    expectTypeOf((await query).refresh).toEqualTypeOf<() => Promise<void>>()
    expectTypeOf(query.stop).toEqualTypeOf<() => void>()
    // @ts-expect-error what is shown is not set by hand
    data.value = []
    // @ts-expect-error awaited already
    void (await query).then
  })

  it('holds pages', async () => {
    const { pages, getPage, fetchMore, hasMore, data } = await store.posts.query(q => q.many({ pageSize: 20, include: { author: true } }))
    type PostWithAuthor = (typeof data)['value'][number]
    expectTypeOf(pages.value).toEqualTypeOf<readonly (QueryPage<PostWithAuthor> | undefined)[]>()
    expectTypeOf(getPage(0)?.data[0]?.author).toEqualTypeOf<User | null | undefined>()
    expectTypeOf(hasMore.value).toEqualTypeOf<boolean>()
    const { page } = await fetchMore()
    expectTypeOf(page).toEqualTypeOf<QueryPage<PostWithAuthor> | undefined>()
    expectTypeOf((await fetchMore({ pageIndex: 3 })).page?.data).toEqualTypeOf<readonly PostWithAuthor[] | undefined>()
    expectTypeOf(page!.pageIndex).toEqualTypeOf<number>()
    expectTypeOf(page!.loading).toEqualTypeOf<boolean>()
    expectTypeOf(page!.error).toEqualTypeOf<Error | undefined>()
    expectTypeOf(page!.refresh()).toEqualTypeOf<Promise<void>>()
    // @ts-expect-error readonly
    pages.value = []
    // @ts-expect-error readonly
    page!.pageIndex = 1
    // @ts-expect-error readonly
    page!.data.push(data.value[0]!)
    // @ts-expect-error a number
    getPage('0')
    // @ts-expect-error a number
    fetchMore({ pageIndex: '1' })
    // @ts-expect-error no such option
    fetchMore({ page: 1 })
  })

  it('of one row has the pages of its kind', () => {
    const { pages, data } = store.posts.query(q => q.first(1))
    expectTypeOf(pages.value).toEqualTypeOf<readonly (QueryPage<Post> | undefined)[]>()
    expectTypeOf(data.value).toEqualTypeOf<Post | undefined>()
  })
})

describe('liveQuery', () => {
  it('is as query is', async () => {
    expectTypeOf(store.posts.liveQuery).toEqualTypeOf(store.posts.query)
    expectTypeOf((await store.posts.liveQuery()).data.value).toEqualTypeOf<Post[]>()
    expectTypeOf(store.posts.liveQuery(q => q.first(1)).data.value).toEqualTypeOf<Post | undefined>()
    // @ts-expect-error no such column
    store.posts.liveQuery(q => q.many({ where: eq('publish', true) }))
  })
})

describe('subscribe', () => {
  it('takes what a query takes and gives its end', () => {
    expectTypeOf(store.posts.subscribe()).toEqualTypeOf<() => void>()
    expectTypeOf(store.posts.subscribe(q => q.many({ where: eq('published', true) }))).toEqualTypeOf<() => void>()
    expectTypeOf(store.posts.subscribe(q => q.first(1))).toEqualTypeOf<() => void>()
    // @ts-expect-error no such column
    store.posts.subscribe(q => q.many({ where: eq('publish', true) }))
    // @ts-expect-error no plan
    store.posts.subscribe(() => 1)
  })
})
