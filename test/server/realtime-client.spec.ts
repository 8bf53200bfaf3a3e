import type { Proxy } from '../support/proxy'
import type { TestServer } from './support/create-server'
import type { Tab } from './support/tab'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eq } from '../../src/runtime/shared/condition'
import { createProxy } from '../support/proxy'
import { createServer, schemaOf } from './support/create-server'
import * as tables from './support/schema'
import { createTab } from './support/tab'

const models = schemaOf(tables)
const poll = <T>(read: () => T) => expect.poll(read, { timeout: 15_000 })

let server: TestServer
let proxy: Proxy
let tabs: Tab[] = []
let count = 0

beforeEach(async () => {
  server = await createServer({ realtime: {} })
  proxy = await createProxy(new URL(`http://127.0.0.1:${server.port}`))
  await create('a')
})
afterEach(async () => {
  tabs.forEach(tab => tab.close())
  tabs = []
  server.hub.dispose()
  await proxy.close()
  await server.close()
})

const create = (title: string, more: object = {}) => server.call('POST', 'todos', { title, ...more })

function openTab(more: { pageOffset?: string } = {}): Tab {
  const tab = createTab({ models, apiPort: server.port, endpoint: `ws://127.0.0.1:${proxy.port}/ws`, ...more })
  tabs.push(tab)
  return tab
}

/** All that was told has arrived, and what is subscribed is acknowledged. */
async function settle(tab: Tab, titles: () => unknown[]): Promise<void> {
  const title = `settled ${count++}`
  const { body } = await create(title)
  await poll(titles).toContain(title)
  await server.call('DELETE', `todos/${String(body.id)}`)
  await poll(titles).not.toContain(title)
  tab.reads.length = tab.heard.length = 0
}

it('a query that is mounted later is read once', async () => {
  const tab = openTab()
  const first = tab.live('todos', 'title', {})
  await poll(first).toEqual(['a'])
  await settle(tab, first)
  const done = tab.live('todos', 'title', { where: eq('done', true) })
  const lists = tab.live('lists', 'name', {})
  await server.call('POST', 'lists', { id: 'l', name: 'L' })
  await server.call('PATCH', 'todos/1', { done: true })
  await poll(lists).toEqual(['L'])
  await poll(done).toEqual(['a'])
  await settle(tab, first)
  expect(tab.reads.filter(url => url.startsWith('lists'))).toEqual([])
  expect(tab.errors).toEqual([])
})

it('a query of what was read before anybody listened is read anew', async () => {
  const tab = openTab()
  const other = tab.live('todos', 'title', { limit: 1 })
  await poll(other).toEqual(['a'])
  const { data } = tab.scope.run(() => tab.store.$collection('lists').query(q => q.many()))!
  await poll(() => tab.reads.filter(url => url.startsWith('lists')).length).toBe(1)
  await poll(() => data.value).toEqual([])
  await server.call('POST', 'lists', { id: 'l', name: 'L' })
  const lists = tab.live('lists', 'name', {})
  await poll(lists).toEqual(['L'])
  // The same once more has nothing to catch up on.
  await settle(tab, tab.live('todos', 'title', {}))
  const again = tab.live('lists', 'name', {})
  expect(again()).toEqual(['L'])
  await server.call('POST', 'lists', { id: 'm', name: 'M' })
  await poll(again).toEqual(['L', 'M'])
  expect(tab.reads).toEqual([])
})

it('after the connection was lost, what was missed is told and nothing is read', async () => {
  const tab = openTab()
  const titles = tab.live('todos', 'title', {})
  const open = tab.live('todos', 'title', { where: eq('done', false) })
  await poll(titles).toEqual(['a'])
  await settle(tab, titles)
  for (let round = 0; round < 3; round++) {
    await proxy.down()
    const { body } = await create(`missed ${round}`)
    await server.call('PATCH', 'todos/1', { title: `b${round}`, done: round % 2 === 0 })
    await proxy.up()
    await poll(titles).toEqual([`b${round}`, `missed ${round}`])
    await poll(open).toEqual(round % 2 === 0 ? [`missed ${round}`] : [`b${round}`, `missed ${round}`])
    await proxy.down()
    await server.call('DELETE', `todos/${String(body.id)}`)
    await proxy.up()
    await poll(titles).toEqual([`b${round}`])
  }
  expect([tab.reads, tab.errors]).toEqual([[], []])
})

it('where what was missed can\'t be told, it is read, and the next time told again', async () => {
  const tab = openTab()
  const titles = tab.live('todos', 'title', {})
  await poll(titles).toEqual(['a'])
  await settle(tab, titles)
  await proxy.down()
  await create('b')
  server.hub.skip('todos')
  await proxy.up()
  await poll(titles).toEqual(['a', 'b'])
  expect(tab.reads).toHaveLength(1)
  await settle(tab, titles)
  await proxy.down()
  await create('c')
  await proxy.up()
  await poll(titles).toEqual(['a', 'b', 'c'])
  expect(tab.reads).toEqual([])
  server.hub.skip('todos')
  await poll(() => tab.reads.length).toBe(1)
})

it('what a page has brought is told what has changed since', async () => {
  const pageOffset = (await server.get('todos')).headers.get('x-rstore-offset')!
  const tab = openTab({ pageOffset })
  tab.store.$cache.setState(JSON.parse(JSON.stringify(await stateOf(['a']))) as never)
  await create('b')
  const titles = tab.live('todos', 'title', {})
  tab.realtime.hydrated()
  await poll(titles).toEqual(['a', 'b'])
})

/** What a page that shows all todos brings. */
async function stateOf(titles: string[]): Promise<unknown> {
  const tab = openTab()
  const { data } = tab.scope.run(() => tab.todos.query(q => q.many()))!
  await poll(() => (data.value as { title: string }[] | undefined)?.map(({ title }) => title)).toEqual(titles)
  return tab.store.$cache.getState()
}
