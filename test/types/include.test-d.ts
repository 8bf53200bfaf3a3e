import type { Item } from '../../src/runtime/store/types'
import type { Comment, Post, PostsRow, Schema, User } from './support/schema'
import { describe, expectTypeOf, it } from 'vitest'
import { and, eq, gt, inArray } from '../../src/runtime/shared/condition'
import { flag, store } from './support/schema'

describe('without include', () => {
  it('items have no relation', () => {
    const post = store.posts.peekFirst(1)!
    // @ts-expect-error not asked for
    void post.comments
    // @ts-expect-error not asked for
    void store.posts.peekMany({ where: eq('published', true), include: {} })[0]!.comments
    expectTypeOf(store.posts.peekMany({ include: {} })).toEqualTypeOf<Post[]>()
    expectTypeOf(store.posts.peekMany({ include: undefined })).toExtend<Post[]>()
  })
})

describe('include: true', () => {
  it('of a to-many relation gives a list that is not changed in place', () => {
    const post = store.posts.peekFirst({ key: 1, include: { comments: true } })!
    expectTypeOf(post.comments).toEqualTypeOf<readonly Comment[]>()
    // @ts-expect-error readonly
    post.comments = []
    // @ts-expect-error readonly
    post.comments.push(post.comments[0]!)
    // @ts-expect-error not asked for
    void post.author
    // @ts-expect-error not asked for there
    void post.comments[0]!.post
  })

  it('of a to-one relation gives an item or null', () => {
    const post = store.posts.peekFirst({ key: 1, include: { author: true, editor: true } })!
    expectTypeOf(post.author).toEqualTypeOf<User | null>()
    expectTypeOf(post.editor).toEqualTypeOf<User | null>()
    // @ts-expect-error may be null
    void post.author.name
    // @ts-expect-error hidden
    void post.author?.passwordHash
  })

  it('of a collection to itself, and across a join table', () => {
    const user = store.users.peekFirst({ include: { boss: true, team: true } })!
    expectTypeOf(user.boss).toEqualTypeOf<User | null>()
    expectTypeOf(user.team).toEqualTypeOf<readonly User[]>()
    expectTypeOf(store.posts.peekFirst({ include: { tags: true } })!.tags).toEqualTypeOf<readonly Item<Schema, 'tags'>[]>()
    expectTypeOf(store.tags.peekFirst({ include: { posts: true } })!.posts).toEqualTypeOf<readonly Post[]>()
  })

  it('of a view', () => {
    const total = store.totals.peekFirst({ include: { user: { include: { posts: true } } } })!
    expectTypeOf(total.user!.posts).toEqualTypeOf<readonly Post[]>()
    total.user!.$update({ name: 'a' })
    // @ts-expect-error a view can only be read
    total.$update({ posts: 1 })
  })
})

describe('include with options', () => {
  it('gives the same, filtered, sorted and cut', () => {
    const { data } = store.users.query(q => q.many({
      include: { posts: { where: and(eq('published', true), gt('createdAt', new Date())), orderBy: ['createdAt.desc', 'title'], limit: 5 } },
    }))
    expectTypeOf(data.value[0]!.posts).toEqualTypeOf<readonly Post[]>()
    store.users.peekMany({ include: { posts: { where: flag && eq('published', true) }, edited: { where: undefined }, boss: { where: null } } })
    expectTypeOf(store.users.peekMany({ include: { posts: {} } })[0]!.posts).toEqualTypeOf<readonly Post[]>()
  })

  it('is narrowed by columns', () => {
    const user = store.users.peekFirst({ columns: { id: true }, include: { posts: { columns: { title: true } }, boss: { columns: { name: true } } } })!
    expectTypeOf(user.posts[0]!.title).toEqualTypeOf<string>()
    expectTypeOf(user.posts[0]!.$raw()).toEqualTypeOf<Pick<PostsRow, 'title'>>()
    expectTypeOf(user.boss!.name).toEqualTypeOf<string>()
    // @ts-expect-error not selected
    void user.posts[0]!.state
    // @ts-expect-error not selected
    void user.boss!.nickname
    // @ts-expect-error not selected
    void user.name
  })

  it('goes on to any depth', () => {
    const { data } = store.users.query(q => q.first({
      key: 1,
      include: {
        posts: {
          where: eq('published', true),
          orderBy: ['createdAt.desc'],
          columns: { title: true },
          include: {
            comments: { where: eq('approved', true), limit: 3, include: { post: { include: { author: { columns: { nickname: true }, include: { team: true } } } } } },
            author: true,
          },
        },
      },
    }))
    const post = data.value!.posts[0]!
    expectTypeOf(post.author).toEqualTypeOf<User | null>()
    expectTypeOf(post.comments[0]!.body).toEqualTypeOf<string>()
    const author = post.comments[0]!.post!.author!
    expectTypeOf(author.nickname).toEqualTypeOf<string | null>()
    expectTypeOf(author.team).toEqualTypeOf<readonly User[]>()
    // @ts-expect-error not selected
    void author.name
    // @ts-expect-error not selected
    void post.state
    // @ts-expect-error not asked for there
    void post.comments[0]!.post!.comments
  })
})

describe('the nested map', () => {
  it('means the same as include within include', () => {
    const user = store.users.peekFirst({ include: { posts: { comments: true, author: { team: true } } } })!
    expectTypeOf(user.posts[0]!.comments).toEqualTypeOf<readonly Comment[]>()
    expectTypeOf(user.posts[0]!.author!.team).toEqualTypeOf<readonly User[]>()
    expectTypeOf(user.posts[0]!.title).toEqualTypeOf<string>()
    // @ts-expect-error not asked for
    void user.posts[0]!.tags
  })

  it('may hold options, and stand in them', () => {
    const user = store.users.peekFirst({ include: { posts: { comments: { limit: 1, columns: { body: true } } }, team: { limit: 2, include: { posts: { tags: true } } } } })!
    expectTypeOf(user.posts[0]!.comments[0]!.body).toEqualTypeOf<string>()
    expectTypeOf(user.team[0]!.posts[0]!.tags[0]!.label).toEqualTypeOf<string>()
    // @ts-expect-error not selected
    void user.posts[0]!.comments[0]!.approved
  })

  it('does not mix with options', () => {
    // @ts-expect-error belongs under include
    store.users.peekFirst({ include: { posts: { limit: 1, comments: true } } })
    // @ts-expect-error belongs under include
    store.users.peekFirst({ include: { posts: { comments: true, where: eq('published', true) } } })
  })
})

describe('an include that depends on something', () => {
  it('at the relation, may be missing', () => {
    const user = store.users.peekFirst({ include: { posts: flag, edited: flag && true, boss: flag ? { columns: { name: true } } : undefined, team: flag ? { limit: 1, include: { posts: true } } : null } })!
    expectTypeOf(user.posts).toEqualTypeOf<readonly Post[] | undefined>()
    expectTypeOf(user.edited).toEqualTypeOf<readonly Post[] | undefined>()
    expectTypeOf(user.boss?.name).toEqualTypeOf<string | undefined>()
    expectTypeOf(user.team?.[0]!.posts).toEqualTypeOf<readonly Post[] | undefined>()
    // @ts-expect-error may be missing
    void user.posts.length
  })

  it('with {} on the other side, may be missing', () => {
    const user = store.users.peekFirst({ include: flag ? { posts: true } : {} })!
    expectTypeOf(user.posts).toEqualTypeOf<readonly Post[] | undefined>()
  })

  it('with undefined on the other side, is taken as given', () => {
    const { data } = store.users.query(q => q.many({ include: flag ? { posts: { where: eq('published', true) } } : undefined }))
    expectTypeOf(data.value[0]!.posts).toEqualTypeOf<readonly Post[]>()
    // @ts-expect-error no such relation
    store.users.query(q => q.many({ include: flag ? { posts: true, pots: true } : undefined }))
  })

  it('may have one of two forms', () => {
    const [user] = store.users.peekMany({ include: { posts: flag ? true : { columns: { title: true } } } })
    expectTypeOf(user!.posts[0]!.title).toEqualTypeOf<string>()
    // @ts-expect-error not for certain
    void user!.posts[0]!.state
  })

  it('turned off, has nothing', () => {
    expectTypeOf(store.users.peekFirst({ include: { posts: false, boss: true } })!.posts).toEqualTypeOf<undefined>()
  })
})

describe('nodes', () => {
  it('have the methods of items', () => {
    const [comment] = store.users.peekFirst({ include: { posts: { include: { comments: { columns: { body: true } } } } } })!.posts[0]!.comments
    expectTypeOf(comment!.$update({ body: 'a' })).toEqualTypeOf<Promise<Comment>>()
    expectTypeOf(comment!.$delete()).toEqualTypeOf<Promise<void>>()
    expectTypeOf(comment!.$isOptimistic).toEqualTypeOf<boolean>()
    expectTypeOf(comment!.$getKey()).toEqualTypeOf<string | number>()
    expectTypeOf(comment!.$raw()).toEqualTypeOf<{ body: string }>()
    expectTypeOf(comment!.$collection).toEqualTypeOf<'comments'>()
    expectTypeOf(comment!.toJSON()).toEqualTypeOf<Record<string, unknown>>()
    // @ts-expect-error no such column
    comment!.$update({ bdy: 'a' })
    // @ts-expect-error readonly
    comment!.body = 'a'
  })
})

describe('what is refused', () => {
  it('are relations that there are not', () => {
    // @ts-expect-error no such relation
    store.users.query(q => q.many({ include: { pots: true } }))
    // @ts-expect-error no such relation
    store.users.query(q => q.many({ include: { posts: true, pots: true } }))
    // @ts-expect-error no such relation
    store.users.query(q => q.many({ include: { posts: { include: { coments: true } } } }))
    // @ts-expect-error no such relation
    store.users.query(q => q.many({ include: { posts: { include: { author: true, coments: true } } } }))
    // @ts-expect-error no such relation
    store.users.query(q => q.many({ include: { posts: { coments: true } } }))
    // @ts-expect-error no such relation
    store.users.query(q => q.many({ include: { posts: { author: true, coments: true } } }))
    // @ts-expect-error a relation of another collection
    store.users.query(q => q.many({ include: { posts: { include: { comments: { include: { author: true } } } } } }))
    // @ts-expect-error no such relation
    store.users.query(q => q.many(() => ({ include: { posts: true, pots: true } })))
    // @ts-expect-error no such relation
    store.users.query(q => q.first({ key: 1, include: { posts: true, pots: true } }))
    // @ts-expect-error no such relation
    store.users.query(q => q.first(() => ({ key: 1, include: { posts: true, pots: true } })))
    // @ts-expect-error no such relation
    store.users.findMany({ include: { posts: true, pots: true } })
    // @ts-expect-error no such relation
    store.users.findFirst({ include: { posts: true, pots: true } })
    // @ts-expect-error no such relation
    store.users.peekMany({ include: { posts: true, pots: true } })
    // @ts-expect-error no such relation
    store.users.peekFirst({ include: { posts: true, pots: true } })
    // @ts-expect-error no such relation
    store.users.liveQuery(q => q.many({ include: { posts: true, pots: true } }))
    // @ts-expect-error no such relation
    store.users.subscribe(q => q.many({ include: { posts: true, pots: true } }))
    // @ts-expect-error no relations at all that are named so
    store.$collection('comments').peekMany({ include: { posts: true } })
  })

  it('are columns that the target does not have', () => {
    // @ts-expect-error no such column
    store.users.query(q => q.many({ include: { posts: { where: eq('publish', true) } } }))
    // @ts-expect-error a column of the other side
    store.users.query(q => q.many({ include: { posts: { where: eq('nickname', 'a') } } }))
    // @ts-expect-error hidden
    store.posts.query(q => q.many({ include: { author: { where: eq('passwordHash', 'a') } } }))
    // @ts-expect-error no such column
    store.users.query(q => q.many({ include: { posts: { include: { comments: { where: and(eq('approved', true), eq('bdy', 'a')) } } } } }))
    // @ts-expect-error no such column
    store.users.query(q => q.many({ include: { posts: { comments: { where: flag ? eq('bdy', 'a') : undefined } } } }))
    // @ts-expect-error no such column
    store.users.query(q => q.many({ include: { posts: { orderBy: ['publish.asc'] } } }))
    // @ts-expect-error no such direction
    store.users.query(q => q.many({ include: { posts: { orderBy: ['published.down'] } } }))
    // @ts-expect-error no such column
    store.users.query(q => q.many({ include: { posts: { columns: { titel: true } } } }))
    // @ts-expect-error no such column
    store.users.query(q => q.many({ include: { posts: { columns: { title: true, titel: true } } } }))
    // @ts-expect-error no such column
    store.users.query(q => q.many({ include: { posts: { comments: { columns: { body: true, bdy: true } } } } }))
    // @ts-expect-error hidden
    store.posts.query(q => q.many({ include: { author: { columns: { name: true, passwordHash: true } } } }))
  })

  it('are values of another type', () => {
    // @ts-expect-error a boolean
    store.users.query(q => q.many({ include: { posts: { where: eq('published', 1) } } }))
    // @ts-expect-error not in the enum
    store.users.query(q => q.many({ include: { posts: { where: inArray('state', ['gone']) } } }))
    // @ts-expect-error a date
    store.users.query(q => q.many({ include: { posts: { where: gt('createdAt', '2026-01-01') } } }))
    // @ts-expect-error a number
    store.users.query(q => q.many({ include: { posts: { limit: '5' } } }))
    // @ts-expect-error a list
    store.users.query(q => q.many({ include: { posts: { orderBy: 'title' } } }))
    // @ts-expect-error true or left out
    store.users.query(q => q.many({ include: { posts: { columns: { title: 1 } } } }))
    // @ts-expect-error true or an object
    store.users.query(q => q.many({ include: { posts: 1 } }))
    // @ts-expect-error an object
    store.users.query(q => q.many({ include: true }))
    // @ts-expect-error an object
    store.users.query(q => q.many({ include: ['posts'] }))
  })

  it('are options that there are not', () => {
    // @ts-expect-error no such option
    store.users.query(q => q.many({ include: { posts: { limt: 1 } } }))
    // @ts-expect-error no such option
    store.users.query(q => q.many({ include: { posts: { limit: 1, limt: 1 } } }))
    // @ts-expect-error not of an include
    store.users.query(q => q.many({ include: { posts: { limit: 1, offset: 1 } } }))
    // @ts-expect-error not of an include
    store.users.query(q => q.many({ include: { posts: { filter: () => true } } }))
    // @ts-expect-error no such option
    store.users.query(q => q.many({ include: { posts: { include: { comments: { were: eq('body', 'a') } } } } }))
  })
})
