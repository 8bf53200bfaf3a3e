import type { Browser } from 'playwright-core'
import type { App } from './setup/app'
import type { Visit } from './setup/browser'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startApp } from './setup/app'
import { expectTitles, launchBrowser, titles, visit } from './setup/browser'

let app: App
let browser: Browser
let [ann, bob]: Visit[] = []
let list = 0

beforeAll(async () => {
  [app, browser] = await Promise.all([startApp(), launchBrowser()])
})
beforeEach(async () => {
  const { lastInsertRowid } = await app.database.execute({ sql: 'insert into lists (name) values (?)', args: [`List ${Math.random()}`] })
  list = Number(lastInsertRowid)
  for (const [i, title] of ['First', 'Second', 'Third'].entries())
    await app.database.execute({ sql: 'insert into todos (list_id, title, created_at) values (?, ?, ?)', args: [list, title, 1_700_000_000 - i] })
  ;[ann, bob] = [await visit(browser, app.url), await visit(browser, app.url)]
  for (const visitor of [ann!, bob!])
    await openLive(visitor)
})
afterEach(async () => {
  await Promise.all([ann?.close(), bob?.close()])
})
afterAll(async () => {
  await browser?.close()
  await app?.stop()
})

/** Shows the page, and waits until it is subscribed. Gives what the server tells it. */
async function openLive({ page, goto }: Visit): Promise<string[]> {
  const frames: string[] = []
  page.on('websocket', socket => socket.on('framereceived', frame => frames.push(String(frame.payload))))
  await goto(`/live?list=${list}`)
  await expect.poll(() => frames.filter(frame => frame.includes('"subscribed"')).length, { timeout: 15_000 }).toBeGreaterThan(0)
  return frames
}

async function add(visitor: Visit, title: string): Promise<void> {
  await visitor.page.getByLabel('Title of the new todo').fill(title)
  await visitor.page.keyboard.press('Enter')
}

const check = (visitor: Visit, title: string) => visitor.page.getByRole('checkbox', { name: `Done: ${title}` }).click()

describe('two pages', () => {
  it('show each other what is created, changed and deleted, and ask for nothing', async () => {
    await add(ann!, 'From Ann')
    await expectTitles(bob!.page, ['From Ann', 'First', 'Second', 'Third'])
    // It leaves the filter on both.
    await check(bob!, 'Second')
    for (const { page } of [ann!, bob!])
      await expectTitles(page, ['From Ann', 'First', 'Third'])
    const [third] = await app.column('select id from todos where list_id = ? and title = ?', list, 'Third')
    await fetch(`${app.url}/api/rstore/todos/${String(third)}`, { method: 'DELETE' })
    for (const { page } of [ann!, bob!])
      await expectTitles(page, ['From Ann', 'First'])
    expect([...ann!.api, ...bob!.api].filter(request => request.startsWith('GET'))).toEqual([])
    expect([ann!.problems, bob!.problems]).toEqual([[], []])
  })

  it('keep a window of ten in order', async () => {
    for (let i = 1; i <= 8; i++)
      await add(ann!, `New ${i}`)
    for (const { page } of [ann!, bob!])
      await expectTitles(page, [...Array.from({ length: 8 }, (_, i) => `New ${8 - i}`), 'First', 'Second'])
    await check(bob!, 'New 4')
    for (const { page } of [ann!, bob!])
      await expectTitles(page, ['New 8', 'New 7', 'New 6', 'New 5', 'New 3', 'New 2', 'New 1', 'First', 'Second', 'Third'])
  })
})

it('a page that nobody may read is told nothing', async () => {
  const stranger = await visit(browser, app.url)
  await stranger.page.context().addCookies([{ name: 'playground-access', value: 'none', url: app.url }])
  const frames: string[] = []
  stranger.page.on('websocket', socket => socket.on('framereceived', frame => frames.push(String(frame.payload))))
  await stranger.goto(`/live?list=${list}`)
  await add(ann!, 'Secret')
  await expectTitles(bob!.page, ['Secret', 'First', 'Second', 'Third'])
  expect(frames.join()).not.toContain('Secret')
  expect(await titles(stranger.page)).toEqual([])
  await stranger.close()
})
