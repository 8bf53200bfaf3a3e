import type { ServerSchema, TestServer } from './support/create-server'
import type { StandaloneServer } from './support/standalone'
import type { Tab } from './support/tab'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { realtimeReconnectEventHook } from '../../src/runtime/client/reconnect'
import { eq } from '../../src/runtime/shared/condition'
import { createServer, schemaOf } from './support/create-server'
import { createTab } from './support/tab'
import { createStandaloneFolder, removeFolder, startStandalone } from './support/standalone'

/*
 * Our client with the server of docs/standalone.md, which knows the base protocol only: an API and its database, which tells that
 * server what was changed, and a store with a real WebSocket.
 */

const schema: ServerSchema = {
  tables: { todos: sqliteTable('todos', { id: integer().primaryKey(), title: text().notNull(), done: integer({ mode: 'boolean' }).notNull().default(false), listId: integer() }) },
  ddl: 'create table todos (id integer primary key, title text not null, done integer not null default 0, list_id integer)',
}
const models = schemaOf(schema.tables)

const poll = <T>(read: () => T) => expect.poll(read, { timeout: 15_000 })

let folder: string
let standalone: StandaloneServer
let api: TestServer
let tabs: Tab[] = []

beforeAll(async () => {
  folder = await createStandaloneFolder()
})
afterAll(() => removeFolder(folder))
beforeEach(async () => {
  [standalone, api] = await Promise.all([startStandalone(folder), createServer({ schema })])
  await write('POST', 'todos', { title: 'First' })
  await write('POST', 'todos', { title: 'Second', done: true })
})
afterEach(async () => {
  tabs.forEach(tab => tab.close())
  tabs = []
  await standalone.stop('SIGKILL')
  await api.close()
})

/** What the backend of an app does: it changes a row, and tells of it. */
async function write(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object, originClientId?: string): Promise<void> {
  const { status, body: record } = await api.call(method, path, body)
  expect(status).toBeLessThan(300)
  const type = ({ POST: 'created', PATCH: 'updated', DELETE: 'deleted' } as const)[method]
  // Where nobody listens, the change is made all the same.
  await standalone.publish({ collection: 'todos', type, key: String(record.id), record, originClientId }).catch(() => undefined)
}

function openTab() {
  const tab = createTab({ models, apiPort: api.port, endpoint: `ws://127.0.0.1:${standalone.port}`, isForeign: true })
  tabs.push(tab)
  return {
    ...tab,
    /** Titles that a live query shows. */
    live: (where = eq('done', false)) => tab.live('todos', 'title', { where, orderBy: ['id.asc'] }),
    /** Until it hears of a change: from then on it hears of all. */
    async subscribed() {
      await poll(async () => {
        await standalone.publish({ collection: 'todos', type: 'updated', key: '1', record: { id: 1, title: 'First', done: false, listId: null } })
        return tab.heard.splice(0).length
      }).toBeGreaterThan(0)
      tab.reads.length = tab.heard.length = 0
    },
  }
}

describe('our client with the server of the page', () => {
  it('shows what others create, change and delete, and asks for nothing', async () => {
    const tab = openTab()
    const titles = tab.live()
    await poll(titles).toEqual(['First'])
    await tab.subscribed()
    await write('POST', 'todos', { title: 'Third' })
    await poll(titles).toEqual(['First', 'Third'])
    await write('PATCH', 'todos/3', { title: 'Changed' })
    await poll(titles).toEqual(['First', 'Changed'])
    await write('DELETE', 'todos/1')
    await poll(titles).toEqual(['Changed'])
    expect([tab.reads, tab.errors]).toEqual([[], []])
  })

  it('is not told what it has done itself', async () => {
    const [mine, theirs] = [openTab(), openTab()]
    const [my, their] = [mine.live(), theirs.live()]
    await mine.subscribed()
    await theirs.subscribed()
    mine.heard.length = 0
    const created = await mine.todos.create({ title: 'Mine' })
    await standalone.publish({ collection: 'todos', type: 'created', key: String(created.id), record: { id: created.id, title: 'Mine', done: false, listId: null }, originClientId: mine.realtime.clientId() })
    await poll(their).toEqual(['First', 'Mine'])
    await write('POST', 'todos', { title: 'Other' })
    await poll(my).toEqual(['First', 'Mine', 'Other'])
    expect(mine.heard.filter(text => text.includes('Mine'))).toEqual([])
  })

  it('subscribes once however many ask, and ends it with the last', async () => {
    const tab = openTab()
    const ends = [1, 2].map(() => {
      const scope = effectScope()
      scope.run(() => tab.todos.subscribe(q => q.many({ where: eq('done', false) })))
      return () => scope.stop()
    })
    await tab.subscribed()
    ends[0]!()
    await write('PATCH', 'todos/1', { title: 'Once' })
    await poll(() => tab.heard).toContain('1 Once')
    expect(tab.heard.filter(text => text === '1 Once')).toHaveLength(1)
    ends[1]!()
    const titles = tab.live(eq('done', true))
    // Heard of by what was subscribed after the other had ended.
    await poll(async () => {
      await write('PATCH', 'todos/2', { title: 'Heard' })
      return tab.heard
    }).toContain('2 Heard')
    await write('PATCH', 'todos/1', { title: 'Unheard' })
    await write('PATCH', 'todos/2', { title: 'Last' })
    await poll(titles).toEqual(['Last'])
    expect(tab.heard).not.toContain('1 Unheard')
  })

  it('comes back after a restart, subscribes anew and reads what it has missed', async () => {
    const reconnects = vi.fn()
    const { off } = realtimeReconnectEventHook.on(reconnects)
    const tab = openTab()
    const titles = tab.live()
    await tab.subscribed()
    expect(reconnects).not.toHaveBeenCalled()
    await standalone.stop('SIGKILL')
    await write('POST', 'todos', { title: 'Missed' })
    await write('PATCH', 'todos/1', { done: true })
    expect(titles()).toEqual(['First'])
    await standalone.restart()
    await poll(titles).toEqual(['Missed'])
    expect(reconnects).toHaveBeenCalledTimes(1)
    await write('POST', 'todos', { title: 'Later' })
    await poll(titles).toEqual(['Missed', 'Later'])
    off()
  })

  it('waits for nothing: what it shows needs no connection', async () => {
    await standalone.stop('SIGKILL')
    const tab = openTab()
    const titles = tab.live()
    await poll(titles).toEqual(['First'])
    expect(tab.reads).toHaveLength(1)
    await standalone.restart()
    await poll(async () => {
      await write('PATCH', 'todos/1', { title: 'Heard' })
      return tab.heard
    }).toContain('1 Heard')
    await poll(titles).toEqual(['Heard'])
  })
})
