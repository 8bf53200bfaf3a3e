import type { TestServer } from '../server/support/create-server'
import { readFileSync } from 'node:fs'
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { join } from 'pathe'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createServer } from '../server/support/create-server'
import { SocketClient } from '../server/support/socket-client'
import { root } from '../support/sources'
import { expectClientFrame, expectServerFrame } from './support/frames'

/*
 * The frames of the base protocol as docs/protocol.md has them, sent to our server: what a client does that was written by the page, and that, unlike
 * the one that is published, names itself.
 */

interface Frame { init?: { clientId: string }, subscription?: { action: string }, update?: { type: string } }

const [, , base] = readFileSync(join(root, 'docs/protocol.md'), 'utf8').split(/^## (.*)$/m)
const [fromClient, fromServer] = [...base!.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, lines]) => lines!.trim().split('\n').map(line => JSON.parse(line) as Frame))
const clientId = fromClient![0]!.init!.clientId
const unsubscribe = fromClient!.filter(({ subscription }) => subscription?.action === 'unsubscribe')
const begin = fromClient!.filter(frame => !unsubscribe.includes(frame))

let server: TestServer
let clients: SocketClient[]

beforeEach(async () => {
  clients = []
  server = await createServer({
    realtime: {},
    schema: {
      tables: {
        todos: sqliteTable('todos', { id: integer().primaryKey(), title: text().notNull(), done: integer({ mode: 'boolean' }).notNull().default(false) }),
        posts: sqliteTable('posts', { id: integer().primaryKey(), published: integer({ mode: 'boolean' }).notNull() }),
        teamsToUsers: sqliteTable('teams_to_users', { teamId: integer().notNull(), userId: integer().notNull(), role: text() }, table => [primaryKey({ columns: [table.teamId, table.userId] })]),
      },
      ddl: `
        create table todos (id integer primary key, title text not null, done integer not null default 0);
        create table posts (id integer primary key, published integer not null);
        create table teams_to_users (team_id integer not null, user_id integer not null, role text, primary key (team_id, user_id));
      `,
    },
  })
})
afterEach(async () => {
  clients.forEach(client => client.close())
  server.hub.dispose()
  await server.close()
})

async function connect(frames: unknown[] = begin): Promise<SocketClient> {
  const client = new SocketClient(`ws://127.0.0.1:${server.port}/ws`)
  clients.push(client)
  await client.send(...frames)
  return client
}

async function change(method: string, path: string, body?: object, headers?: Record<string, string>): Promise<void> {
  expect((await server.call(method, path, body, headers)).status).toBeLessThan(300)
  await server.hub.settled()
  await Promise.all(clients.filter(({ socket }) => socket.readyState === 1).map(client => client.answered()))
}

it('the page shows frames of the documented shapes', () => {
  expect([begin.length, unsubscribe.length, fromServer!.length]).toEqual([5, 1, 3])
  fromClient!.forEach(expectClientFrame)
  fromServer!.forEach(expectServerFrame)
})

it('our server sends the frames of the page', async () => {
  const client = await connect()
  await change('POST', 'todos', { id: 42, title: 'Tea' })
  await change('PATCH', 'todos/42', { done: true })
  await change('DELETE', 'todos/42')
  // It names the key of created rows as well.
  expect(client.frames).toEqual(fromServer!.map(({ update }) => ({ update: { key: '42', ...update } })))
  client.frames.forEach(expectServerFrame)
})

it('subscriptions of the page hear of what they name', async () => {
  const client = await connect(begin.filter(frame => JSON.stringify(frame) !== JSON.stringify(begin[1])))
  await change('POST', 'todos', { id: 1, title: 'Other' })
  await change('POST', 'todos', { id: 42, title: 'Tea' })
  await change('POST', 'teamsToUsers', { teamId: 7, userId: 41 })
  await change('POST', 'teamsToUsers', { teamId: 7, userId: 42 })
  await change('POST', 'posts', { id: 1, published: false })
  await change('POST', 'posts', { id: 2, published: true })
  const heard = () => client.frames.map((frame) => {
    const { collection, key } = (frame as { update: { collection: string, key: string } }).update
    return `${collection} ${key}`
  })
  expect(heard()).toEqual(['todos 42', 'teamsToUsers 7::42', 'posts 2'])
  await client.send(...unsubscribe)
  await change('PATCH', 'todos/42', { title: 'Milk' })
  await change('PATCH', 'posts/1', { published: true })
  expect(heard().slice(3)).toEqual(['posts 1'])
})

it('a client that has named itself gets no echo, on its next connection neither', async () => {
  const [own, other] = [await connect(), await connect(begin.slice(1))]
  const write = (title: string) => change('POST', 'todos', { title }, { 'x-rstore-client-id': clientId })
  await write('Mine')
  expect([own.frames.length, other.frames.length]).toEqual([0, 1])
  own.close()
  await own.closed
  const again = await connect()
  await write('Mine, too')
  expect([again.frames.length, other.frames.length]).toEqual([0, 2])
  await change('POST', 'todos', { title: 'Theirs' }, { 'x-rstore-client-id': 'somebody else' })
  expect([again.frames.length, other.frames.length]).toEqual([1, 3])
  expect(other.raw.join()).not.toContain(clientId)
})
