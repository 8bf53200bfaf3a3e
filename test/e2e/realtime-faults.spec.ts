import type { Browser } from 'playwright-core'
import type { Proxy } from '../support/proxy'
import type { App } from './setup/app'
import type { Visit } from './setup/browser'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { createProxy } from '../support/proxy'
import { startApp } from './setup/app'
import { expectTitles, launchBrowser, titles, visit } from './setup/browser'

let app: App
let browser: Browser
let proxy: Proxy
let ann: Visit
let list = 0

beforeAll(async () => {
  [app, browser] = await Promise.all([startApp(), launchBrowser()])
  proxy = await createProxy(new URL(app.url))
})
beforeEach(async () => {
  const { lastInsertRowid } = await app.database.execute({ sql: 'insert into lists (name) values (?)', args: [`List ${Math.random()}`] })
  list = Number(lastInsertRowid)
  ann = await visit(browser, `http://127.0.0.1:${proxy.port}`)
})
afterEach(() => ann?.close())
afterAll(async () => {
  await browser?.close()
  await proxy?.close()
  await app?.stop()
})

const write = (method: string, path: string, body?: object) => fetch(`${app.url}/api/rstore/${path}`, { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) })

async function create(title: string): Promise<number> {
  const response = await write('POST', 'todos', { title, listId: list })
  return (await response.json() as { id: number }).id
}

/** What SQL has for the page: the newest ten that are not completed. */
async function expected(): Promise<string[]> {
  return await app.column('select title from todos where list_id = ? and completed = 0 order by created_at desc, id desc limit 10', list) as string[]
}

/** Shows the page, and waits until it is subscribed. Gives what the server tells it. */
async function open(): Promise<string[]> {
  const frames: string[] = []
  ann.page.on('websocket', socket => socket.on('framereceived', frame => frames.push(String(frame.payload))))
  await ann.goto(`/live?list=${list}`)
  await expect.poll(() => frames.some(frame => frame.includes('"subscribed"')), { timeout: 15_000 }).toBe(true)
  return frames
}

it('a page that was without a network for a while is told what it has missed, and reads nothing', async () => {
  const ids = [await create('First'), await create('Second'), await create('Third')]
  await open()
  await expectTitles(ann.page, await expected())
  for (let round = 0; round < 2; round++) {
    await proxy.down()
    await create(`Missed ${round}`)
    await write('PATCH', `todos/${ids[0]}`, { title: `Changed ${round}` })
    await write(round === 0 ? 'DELETE' : 'PATCH', `todos/${ids[round + 1]}`, round === 0 ? undefined : { completed: true })
    await proxy.up()
    const wanted = await expected()
    await expect.poll(() => titles(ann.page), { timeout: 30_000 }).toEqual(wanted)
  }
  expect(ann.api.filter(request => request.startsWith('GET'))).toEqual([])
})

it.each(['SIGTERM', 'SIGKILL'] as const)('a page whose server is started again in the middle of things (%s) has what the database has', async (signal) => {
  const ids: number[] = []
  for (let i = 0; i < 12; i++)
    ids.push(await create(`Todo ${i}`))
  await open()
  let isOver = false
  /** Somebody who does not mind that the server is away. */
  const writer = (async () => {
    for (let i = 0; !isOver; i++) {
      await Promise.allSettled([create(`New ${i}`), write('PATCH', `todos/${ids[i % 12]}`, { title: `Changed ${i}`, completed: i % 3 === 0 })])
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  })()
  await app.restart(signal)
  await expect.poll(() => titles(ann.page).then(shown => shown.some(title => title.startsWith('New'))), { timeout: 30_000 }).toBe(true)
  isOver = true
  await writer
  const wanted = await expected()
  await expect.poll(() => titles(ann.page), { timeout: 30_000 }).toEqual(wanted)
  // A server that has just begun can't tell what was missed.
  expect(ann.api.some(request => request.startsWith('GET'))).toBe(true)
})
