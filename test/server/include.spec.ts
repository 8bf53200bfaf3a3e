import type { ServerSetup, TestServer } from './support/create-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nextCursorHeader } from '../../src/runtime/shared/query'
import { blog, blogRows } from './support/blog'
import { createServer, search } from './support/create-server'

type Rows = Record<string, unknown>[]

let server: TestServer
const statements: string[] = []
const open = async (setup: ServerSetup = {}) => {
  const opened = await createServer({ schema: blog, logger: { logQuery: statement => void statements.push(statement) }, ...setup })
  await opened.client.executeMultiple(blogRows)
  return opened
}
beforeEach(async () => {
  server = await open({ collections: { comments: { hidden: ['secret'] }, postTags: { hidden: ['secret'] } } })
  statements.length = 0
})
afterEach(() => server.close())

/** What a list answers, with the names that a test looks at. */
async function ask(collection: string, include: unknown, query: Record<string, unknown> = {}, from = server): Promise<Rows> {
  statements.length = 0
  const { status, body } = await from.list(collection, { include, ...query })
  expect(status, JSON.stringify(body)).toBe(200)
  return body
}
const pluck = (rows: unknown, field = 'id') => (rows as Rows).map(row => row[field])
const under = (rows: Rows, relation: string, field = 'id') => rows.map(row => row[relation] === undefined || row[relation] === null ? row[relation] : Array.isArray(row[relation]) ? pluck(row[relation], field) : (row[relation] as Rows[0])[field])

describe('a relation to one', () => {
  it('is an object or null, in one statement, however many share it', async () => {
    const rows = await ask('posts', { author: true, editor: true })
    expect(under(rows, 'author', 'name')).toEqual(['Ada', 'Ada', 'Ada', 'Ben', null, null])
    expect(under(rows, 'editor', 'name')).toEqual(['Ben', null, 'Cy', 'Ada', null, null])
    expect(rows[0]!.author).toEqual({ id: 1, name: 'Ada', mentorId: null, email: 'a@x' })
    expect(statements).toHaveLength(3)
  })

  it('gives the first by key where several fit', async () => {
    expect(under(await ask('authors', { profile: true }), 'profile')).toEqual(['p1', null, 'p9', null])
    expect(under(await ask('authors', { profile: { orderBy: 'motto.desc' } }), 'profile')).toEqual(['p2', null, 'p9', null])
    expect(under(await ask('authors', { profile: { where: { op: 'ne', field: 'motto', value: 'first' } } }), 'profile')).toEqual(['p2', null, 'p9', null])
    expect(under(await ask('tags', { somePost: true }), 'somePost')).toEqual([10, 10, 13])
    expect(under(await ask('tags', { somePost: { orderBy: 'id.desc' } }), 'somePost')).toEqual([11, 10, 13])
  })

  it('that does not fit its filter, or has no room, is null', async () => {
    expect(under(await ask('posts', { author: { where: { op: 'eq', field: 'name', value: 'Ben' } } }), 'author')).toEqual([null, null, null, 2, null, null])
    expect(under(await ask('posts', { author: { limit: 0 } }), 'author')).toEqual([null, null, null, null, null, null])
    expect(statements).toHaveLength(1)
  })
})

describe('a relation to many', () => {
  it('is an array, empty where there is nothing', async () => {
    const rows = await ask('authors', { posts: true, comments: true })
    expect(under(rows, 'posts')).toEqual([[10, 11, 12], [13], [], []])
    expect(under(rows, 'comments')).toEqual([[104], [100, 102], [101], []])
    expect((rows[0]!.posts as Rows)[0]).toEqual({ id: 10, title: 'Ten', authorId: 1, editorId: 2, score: 5, publishedAt: '1970-01-01T00:01:40.000Z' })
    expect((rows[0]!.comments as Rows)[0]).toEqual({ id: 104, postId: 13, authorId: 1, body: 'fifth' })
    expect(statements).toHaveLength(3)
  })

  it('has filter, order and a limit for each row it belongs to', async () => {
    expect(under(await ask('authors', { posts: { limit: 2 } }), 'posts')).toEqual([[10, 11], [13], [], []])
    expect(under(await ask('authors', { posts: { limit: 2, orderBy: ['score.desc'] } }), 'posts')).toEqual([[11, 10], [13], [], []])
    expect(under(await ask('authors', { posts: { limit: 1, orderBy: ['score'] } }), 'posts')).toEqual([[12], [13], [], []])
    expect(under(await ask('authors', { posts: { where: { op: 'gt', field: 'score', value: 1 }, limit: 5 } }), 'posts')).toEqual([[10, 11], [], [], []])
    expect(under(await ask('authors', { posts: { limit: 0 } }), 'posts')).toEqual([[], [], [], []])
    expect(statements).toHaveLength(1)
  })

  it('without a limit gives as many as a list would', async () => {
    const small = await open({ limits: { maxLimit: 2 } })
    const rows = await ask('authors', { posts: true }, { limit: 2 }, small)
    expect(under(rows, 'posts')).toEqual([[10, 11], [13]])
    await small.close()
  })

  it('leads to the collection itself, upwards and downwards', async () => {
    const rows = await ask('authors', { mentor: { include: { mentor: true } }, pupils: { include: { pupils: true } } })
    expect(under(rows, 'mentor')).toEqual([null, 1, 1, 2])
    expect((rows[3]!.mentor as Rows[0]).mentor).toMatchObject({ id: 1 })
    expect(under(rows, 'pupils')).toEqual([[2, 3], [4], [], []])
    expect(under(rows[0]!.pupils as Rows, 'pupils')).toEqual([[4], []])
    expect(statements).toHaveLength(5)
  })

  it('goes by several fields, of which none may be NULL', async () => {
    expect(under(await ask('courses', { grades: true }, { orderBy: 'name' }), 'grades')).toEqual([[1, 6], [2], [], [7]])
    expect(under(await ask('grades', { course: { columns: ['name'] } }), 'course', 'name')).toEqual(['X1', 'X2', null, null, null, 'X1', 'odd'])
    await server.client.execute('insert into couples values (1, \'x\', \'y::z\'), (2, \'x::y\', \'z\'), (3, \'x\', \'y::z\'), (4, null, \'z\'), (5, \'null\', \'z\'), (6, \'["x","y\', \'z"]\')')
    expect(under(await ask('couples', { same: true }), 'same')).toEqual([[1, 3], [2], [1, 3], [], [5], [6]])
    expect(under(await ask('courses', { grades: { limit: 1, orderBy: 'note' } }, { orderBy: 'name' }), 'grades')).toEqual([[6], [2], [], [7]])
  })

  it.each([['accounts', 'transfers', 'from'], ['days', 'entries', 'on']])('goes by keys of any type: %s', async (parents, children, back) => {
    await server.client.executeMultiple(`
      insert into accounts values (cast('9007199254740993' as blob), 'a'), (cast('-1' as blob), 'b');
      insert into transfers values (1, cast('9007199254740993' as blob), 5), (2, cast('-1' as blob), 6), (3, null, 7), (4, cast('9007199254740993' as blob), 8), (5, cast('9007199254740994' as blob), 8);
      insert into days values (0, 'a'), (86400, 'b');
      insert into entries values (1, 0), (2, 86400), (3, null), (4, 0), (5, 1);`)
    const key = parents === 'accounts' ? 'owner' : 'what'
    const found = await ask(parents, { [children]: true }, { orderBy: key })
    expect(under(found, children)).toEqual([[1, 4], [2]])
    expect(under(await ask(children, { [back]: true }), back, key)).toEqual(['a', 'b', null, 'a', null])
  })

  it('tells integers beyond 2^53 apart', async () => {
    await server.client.execute('insert into big values (1, 9223372036854775806), (2, 9223372036854775807), (3, 9223372036854775806), (4, 5), (5, null)')
    expect(under(await ask('big', { same: true }), 'same')).toEqual([[], [], [], [4], []])
    // They are no numbers to JavaScript, so they are answered as NULL, which nothing equals.
    expect(server.badValues).toContain('big.number')
  })
})

describe('a relation across a join table', () => {
  it('gives each row once, in the order of the target', async () => {
    expect(under(await ask('posts', { tags: true }), 'tags', 'slug')).toEqual([['a', 'b'], ['a'], [], ['c'], [], []])
    expect(under(await ask('posts', { tags: { orderBy: 'label.desc', limit: 1 } }), 'tags', 'slug')).toEqual([['b'], ['a'], [], ['c'], [], []])
    expect(under(await ask('posts', { tags: { orderBy: 'label.desc', limit: 2 } }), 'tags', 'slug')).toEqual([['b', 'a'], ['a'], [], ['c'], [], []])
    expect(under(await ask('posts', { tags: { where: { op: 'eq', field: 'label', value: 'A' } } }), 'tags', 'slug')).toEqual([['a'], ['a'], [], [], [], []])
    expect(statements).toHaveLength(2)
    expect(under(await ask('tags', { posts: true }), 'posts')).toEqual([[10, 11], [10], [13]])
    expect((await ask('posts', { tags: true }))[0]!.tags).toEqual([{ slug: 'a', label: 'A' }, { slug: 'b', label: 'B' }])
  })

  it('gives the row of the join table too', async () => {
    const [post] = await ask('posts', { tags: { through: true, orderBy: 'label.desc' } })
    expect(post!.tags).toEqual([
      { slug: 'b', label: 'B', $through: { id: 1, postId: 10, tagSlug: 'b', weight: 1 } },
      { slug: 'a', label: 'A', $through: { id: 2, postId: 10, tagSlug: 'a', weight: 2 } },
    ])
  })

  it('leads to the collection itself, even by the collection itself', async () => {
    expect(under(await ask('authors', { friends: { orderBy: 'name.desc' } }), 'friends')).toEqual([[3, 2], [1], [], [4]])
    expect(under(await ask('authors', { friends: { through: true } }), 'friends', '$through')).toEqual([[{ a: 1, b: 2 }, { a: 1, b: 3 }], [{ a: 2, b: 1 }], [], [{ a: 4, b: 4 }]])
    expect(under(await ask('authors', { grandPupils: true }), 'grandPupils')).toEqual([[4], [], [], []])
    expect(statements).toHaveLength(2)
  })
})

describe('columns', () => {
  const fields = (row: unknown) => Object.keys(row as object).sort()

  it('of nested rows are those asked for and those that the client needs', async () => {
    const [author] = await ask('authors', { posts: { columns: ['title'] }, comments: { columns: [], where: { op: 'isNotNull', field: 'body' }, orderBy: 'postId' } })
    expect(fields((author!.posts as Rows)[0])).toEqual(['authorId', 'editorId', 'id', 'title'])
    expect(fields((author!.comments as Rows)[0])).toEqual(['authorId', 'body', 'id', 'postId'])
    const [post] = await ask('posts', { author: { columns: { name: true } }, tags: { columns: { label: false } } })
    expect(fields(post!.author)).toEqual(['id', 'mentorId', 'name'])
    expect(fields((post!.tags as Rows)[0])).toEqual(['slug'])
    const [comment] = await ask('authors', { comments: { columns: { body: false } } }).then(rows => rows[0]!.comments as Rows)
    expect(fields(comment)).toEqual(['authorId', 'id', 'postId'])
  })

  it('of the rows themselves always hold what relations go by', async () => {
    const rows = await ask('posts', { author: true }, { columns: 'title' })
    expect(fields(rows[0])).toEqual(['author', 'authorId', 'editorId', 'id', 'title'])
    expect(under(rows, 'author')).toEqual([1, 1, 1, 2, null, null])
  })
})

describe('a tree', () => {
  it('costs one statement for each relation in it, whatever the number of rows', async () => {
    const tree = { posts: { include: { comments: { include: { author: { include: { profile: true } } } }, tags: { include: { posts: { limit: 1 } } } } } }
    const rows = await ask('authors', tree)
    expect(statements).toHaveLength(7)
    expect(new Set(statements).size).toBe(7)
    const [first] = rows[0]!.posts as Rows
    expect(under(first!.comments as Rows, 'author', 'name')).toEqual(['Ben', 'Cy'])
    expect((first!.comments as Rows).map(comment => (comment.author as Rows[0]).profile)).toEqual([null, { id: 'p9', authorId: 3, motto: 'third' }])
    expect(under(first!.tags as Rows, 'posts')).toEqual([[10], [10]])
    expect(JSON.stringify(rows)).not.toContain('secret')
  })

  it('stops asking where there is nothing', async () => {
    await ask('authors', { posts: { where: { op: 'eq', field: 'id', value: -1 }, include: { comments: { include: { author: true } } } } })
    expect(statements).toHaveLength(2)
    await ask('authors', { posts: true }, { where: { op: 'eq', field: 'id', value: -1 } })
    expect(statements).toHaveLength(1)
    await ask('posts', { author: true }, { where: { op: 'isNull', field: 'authorId' } })
    expect(statements).toHaveLength(1)
  })

  it('may be written as the nested map of names', async () => {
    const rows = await ask('authors', { posts: { comments: true, tags: { posts: { limit: 1 } } }, mentor: {} })
    expect(under((rows[0]!.posts as Rows), 'comments')).toEqual([[100, 101], [102], []])
    expect(under((rows[0]!.posts as Rows), 'tags', 'slug')).toEqual([['a', 'b'], ['a'], []])
    expect(under(rows, 'mentor')).toEqual([null, 1, 1, 2])
  })

  it('under `with` wins, at any level', async () => {
    expect(Object.keys((await ask('authors', { posts: true }, { with: { mentor: true } }))[0]!)).not.toContain('posts')
    expect(Object.keys((await ask('authors', { posts: true }, { with: {} }))[0]!)).toEqual(['id', 'name', 'mentorId', 'email'])
    const [post] = await ask('posts', { author: { include: { profile: true }, with: { mentor: true } } })
    expect(Object.keys(post!.author as object)).toEqual(['id', 'name', 'mentorId', 'email', 'mentor'])
  })

  it('comes with a single item too', async () => {
    const { status, body } = await server.get<Record<string, unknown>>(`posts/10?${search({ include: { comments: { orderBy: 'id.desc', include: { author: true } } }, columns: 'title' })}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ id: 10, title: 'Ten', comments: [{ id: 101, author: { name: 'Cy' } }, { id: 100, author: { name: 'Ben' } }] })
    expect(body).not.toHaveProperty('score')
    expect(await server.error('GET', `posts/999?${search({ include: { comments: true } })}`)).toMatchObject({ status: 404 })
  })

  it('leaves paging alone', async () => {
    const first = await server.list('posts', { include: { comments: true }, limit: 2 })
    expect(under(first.body, 'comments')).toEqual([[100, 101], [102]])
    const second = await server.list('posts', { include: { comments: true }, limit: 2, cursor: first.headers.get(nextCursorHeader)! })
    expect(under(second.body, 'comments')).toEqual([[], [103, 104]])
  })
})

describe('what is too much', () => {
  it('is left out of the rows it did not fit into, whole', async () => {
    const small = await open({ limits: { maxIncludeRows: 4 } })
    await small.client.execute('insert into posts (id, title, author_id) values (20, \'x\', 4), (21, \'x\', 4), (22, \'x\', 4)')
    const rows = await ask('authors', { posts: { include: { comments: true } } }, {}, small)
    const shares = under(rows, 'posts')
    // Seven posts: one of the two shares of three fits beside that of one.
    expect(shares[0]).toEqual([10, 11, 12])
    expect(shares[3]).toBeUndefined()
    for (const row of rows)
      expect('posts' in row).toBe(row.posts !== undefined)
    // What was read last may lack some of its rows, though it comes first here, and what was not read may have some.
    const last = await small.list('authors', { include: { posts: true }, orderBy: 'id.desc' })
    expect(under(last.body, 'posts')).toEqual([undefined, undefined, [13], [10, 11, 12]])
    expect(under(await ask('authors', { posts: { limit: 1 } }, {}, small), 'posts')).toEqual([[10], [13], [], [20]])
    expect(under(await ask('authors', { friends: true }, {}, small), 'friends')).toEqual([[2, 3], [1], [], [4]])
    await small.close()
  })

  it('is counted as often as it appears', async () => {
    const small = await open({ limits: { maxIncludeRows: 6 } })
    // One author, nested in three posts, each time with three posts: nine.
    const rows = await ask('posts', { author: { include: { posts: true } } }, { where: { op: 'eq', field: 'authorId', value: 1 } }, small)
    expect(under(rows, 'author')).toEqual([1, 1, 1])
    expect(rows.map(row => 'posts' in (row.author as object))).toEqual([false, false, false])
    const fits = await ask('posts', { author: { include: { posts: { limit: 2 } } } }, { where: { op: 'eq', field: 'authorId', value: 1 } }, small)
    expect(fits.map(row => pluck((row.author as Rows[0]).posts))).toEqual([[10, 11], [10, 11], [10, 11]])
    await small.close()
  })

  it('cannot be made by repeating what is shared', async () => {
    const many = await open({ limits: { maxIncludeRows: 500 } })
    await many.client.execute('insert into posts (id, title, author_id) with recursive n(i) as (select 100 union all select i + 1 from n where i < 399) select i, \'many\', 4 from n')
    const deep = { author: { include: { posts: { include: { author: { include: { posts: true } } } } } } }
    const { body } = await many.list('posts', { where: { op: 'eq', field: 'authorId', value: 4 }, include: deep, limit: 300 })
    expect(body).toHaveLength(300)
    expect(body.every(row => !('posts' in (row.author as object)))).toBe(true)
    await many.close()
  })

  it('goes in portions where there are more join values than one statement may have', async () => {
    const small = await open({ limits: { maxKeys: 2 } })
    expect(under(await ask('authors', { posts: { limit: 2 }, comments: true }, {}, small), 'posts')).toEqual([[10, 11], [13], [], []])
    expect(statements).toHaveLength(5)
    expect(under(await ask('posts', { tags: true }, {}, small), 'tags', 'slug')).toEqual([['a', 'b'], ['a'], [], ['c'], [], []])
    await small.close()
    const both = await open({ limits: { maxKeys: 1, maxIncludeRows: 3 } })
    expect(under(await ask('authors', { posts: true }, {}, both), 'posts')).toEqual([[10, 11, 12], undefined, undefined, undefined])
    await both.close()
  })
})

describe('what is refused', () => {
  const condition = (count: number) => ({ op: 'or', conditions: Array.from({ length: count }, () => ({ op: 'isNull', field: 'id' })) })

  it.each([
    ['{', 'RSTORE_INVALID_QUERY', undefined, '"include"'],
    [[], 'RSTORE_INVALID_QUERY', undefined, '"include"'],
    [1, 'RSTORE_INVALID_QUERY', undefined, '"include"'],
    [{ nope: true }, 'RSTORE_INVALID_QUERY', 'nope', '"nope"'],
    [{ constructor: true }, 'RSTORE_INVALID_QUERY', 'constructor', '"constructor"'],
    [{ posts: { nope: true } }, 'RSTORE_INVALID_QUERY', 'posts', '"nope"'],
    [{ posts: { include: { nope: true } } }, 'RSTORE_INVALID_QUERY', 'nope', '"nope"'],
    [{ posts: 1 }, 'RSTORE_INVALID_QUERY', 'posts', 'posts'],
    [{ posts: { limit: -1 } }, 'RSTORE_INVALID_QUERY', 'posts', '"limit"'],
    [{ posts: { limit: 1001 } }, 'RSTORE_LIMIT_EXCEEDED', 'posts', '1000'],
    [{ posts: { orderBy: ['nope'] } }, 'RSTORE_UNKNOWN_COLUMN', 'nope', '"posts"'],
    [{ posts: { columns: ['nope'] } }, 'RSTORE_UNKNOWN_COLUMN', 'nope', '"posts"'],
    [{ posts: { where: { op: 'eq', field: 'nope', value: 1 } } }, 'RSTORE_UNKNOWN_COLUMN', 'nope', '"posts"'],
    [{ posts: { where: { op: 'eq', field: 'score', value: 'x' } } }, 'RSTORE_INVALID_VALUE', 'score', '"score"'],
    [{ comments: { columns: ['secret'] } }, 'RSTORE_UNKNOWN_COLUMN', 'secret', '"comments"'],
    [{ comments: { orderBy: 'secret.asc' } }, 'RSTORE_UNKNOWN_COLUMN', 'secret', '"comments"'],
    [{ comments: { where: { op: 'isNull', field: 'secret' } } }, 'RSTORE_UNKNOWN_COLUMN', 'secret', '"comments"'],
    [{ posts: { through: true } }, 'RSTORE_INVALID_QUERY', 'posts', '"through"'],
    [{ posts: { include: { author: { include: { posts: { include: { author: { include: { posts: true } } } } } } } } }, 'RSTORE_LIMIT_EXCEEDED', undefined, '4 levels'],
    [{ posts: { where: { op: 'inArray', field: 'id', value: Array.from({ length: 1001 }, (_, i) => i) } } }, 'RSTORE_LIMIT_EXCEEDED', 'id', '1000'],
  ])('%j', async (include, code, field, message) => {
    await server.close()
    server = await open({ collections: { comments: { hidden: ['secret'] } }, limits: { maxIncludeDepth: 4 } })
    statements.length = 0
    const post = async (name: string) => server.error('GET', `authors?${search({ [name]: include })}`)
    const { status, body } = await post('include')
    expect(status).toBe(400)
    expect(body.data).toMatchObject({ code, ...field && { field } })
    expect(body.message).toContain(message)
    expect((await post('with')).body.data.code).toBe(code)
    expect((await server.error('GET', `authors/1?${search({ include })}`)).body.data.code).toBe(code)
    expect(statements).toEqual([])
  })

  it('has its name in the message where JSON is broken', async () => {
    expect((await server.error('GET', 'authors?include={&with={}')).body.message).toContain('"include"')
    expect((await server.error('GET', 'authors?with=x')).body).toMatchObject({ message: '"with" is no valid JSON.', data: { code: 'RSTORE_INVALID_QUERY', collection: 'authors' } })
  })

  it('counts the conditions of a request together', async () => {
    expect(await server.list('authors', { where: condition(48), include: { posts: { where: condition(48) } } })).toMatchObject({ status: 200 })
    expect(await server.error('GET', `authors?${search({ where: condition(48), include: { posts: { where: condition(49), include: { comments: { where: condition(1) } } } } })}`)).toMatchObject({ status: 400, body: { data: { code: 'RSTORE_LIMIT_EXCEEDED' } } })
  })

  it('is a tree of very many relations', async () => {
    const all = (depth: number): unknown => depth === 0 ? true : { include: Object.fromEntries(['posts', 'edited', 'comments', 'mentor', 'pupils', 'friends'].map(name => [name, ['mentor', 'pupils', 'friends'].includes(name) ? all(depth - 1) : true])) }
    const tree = (all(4) as { include: unknown }).include
    const { body } = await server.error('GET', `authors?${search({ include: tree })}`)
    expect(body.data.code).toBe('RSTORE_LIMIT_EXCEEDED')
  })

  it('are relations that go by a hidden column, on any side, as if there were none', async () => {
    const hide = async (collections: ServerSetup['collections'], collection: string, name: string) => {
      const hidden = await open({ collections })
      const { status, body } = await hidden.error('GET', `${collection}?${search({ include: { [name]: { nope: true } } })}`)
      expect({ status, ...body.data, message: body.message }).toEqual({ status: 400, code: 'RSTORE_INVALID_QUERY', field: name, collection, message: `"${collection}" has no relation "${name}" to include.` })
      expect(await hidden.error('GET', `${collection}?${search({ include: { [name]: true } })}`)).toMatchObject({ status: 400 })
      await hidden.close()
    }
    await hide({ posts: { hidden: ['authorId'] } }, 'posts', 'author')
    await hide({ posts: { hidden: ['authorId'] } }, 'authors', 'posts')
    await hide({ postTags: { hidden: ['postId'] } }, 'posts', 'tags')
    await hide({ postTags: { hidden: ['tagSlug'] } }, 'posts', 'tags')
  })
})
