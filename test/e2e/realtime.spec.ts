import type { Browser } from 'playwright-core'
import type { App } from './setup/app'
import type { Visit } from './setup/browser'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startApp } from './setup/app'
import { expectTitles, launchBrowser, rowOf, titles, visit } from './setup/browser'

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
  for (const visitor of [ann!, bob!]) {
    const connected = visitor.page.waitForEvent('websocket')
    await visitor.goto(`/lists/${list}`)
    await (await connected).waitForEvent('framereceived', frame => String(frame.payload).includes('subscribed'))
  }
})
afterEach(async () => {
  await Promise.all([ann?.close(), bob?.close()])
})
afterAll(async () => {
  await browser?.close()
  await app?.stop()
})

async function add(visitor: Visit, title: string): Promise<void> {
  await visitor.page.getByLabel('Title of the new todo').fill(title)
  await visitor.page.keyboard.press('Enter')
}

describe('two pages', () => {
  it('show each other what is created, changed and deleted, and ask for nothing', async () => {
    expect([ann!.api, bob!.api]).toEqual([[], []])
    await add(ann!, 'From Ann')
    await expectTitles(bob!.page, ['From Ann', 'First', 'Second', 'Third'])
    await bob!.page.getByRole('checkbox', { name: 'Done: Second' }).click()
    await expect.poll(() => ann!.page.getByRole('checkbox', { name: 'Done: Second' }).isChecked()).toBe(true)
    await rowOf(bob!.page, 'Third').hover()
    await fetch(`${app.url}/api/rstore/todos/${String((await app.column('select id from todos where list_id = ? and title = ?', list, 'Third'))[0])}`, { method: 'DELETE' })
    for (const { page } of [ann!, bob!])
      await expectTitles(page, ['From Ann', 'First', 'Second'])
    expect(bob!.api.filter(request => request.startsWith('GET'))).toEqual([])
    expect([ann!.problems, bob!.problems]).toEqual([[], []])
  })

  it('show in a filter what fits it, and no longer what does not', async () => {
    await bob!.page.getByRole('button', { name: 'Open', exact: true }).click()
    await expectTitles(bob!.page, ['First', 'Second', 'Third'])
    await ann!.page.getByRole('checkbox', { name: 'Done: Second' }).click()
    await expectTitles(bob!.page, ['First', 'Third'])
    await ann!.page.getByRole('checkbox', { name: 'Done: Second' }).click()
    await expectTitles(bob!.page, ['First', 'Second', 'Third'])
  })

  it('catch up with what they have missed', async () => {
    await bob!.page.context().setOffline(true)
    // What is open stays open for a browser that is offline: the server ends it.
    await bob!.page.evaluate(() => 0)
    await add(ann!, 'Meanwhile')
    await expectTitles(ann!.page, ['Meanwhile', 'First', 'Second', 'Third'])
    await bob!.page.context().setOffline(false)
    await expectTitles(bob!.page, ['Meanwhile', 'First', 'Second', 'Third'])
  })
})

it('a page that nobody may read is told nothing', async () => {
  const stranger = await visit(browser, app.url)
  await stranger.page.context().addCookies([{ name: 'playground-access', value: 'none', url: app.url }])
  const frames: string[] = []
  stranger.page.on('websocket', socket => socket.on('framereceived', frame => frames.push(String(frame.payload))))
  await stranger.goto(`/lists/${list}`)
  await add(ann!, 'Secret')
  await expectTitles(bob!.page, ['Secret', 'First', 'Second', 'Third'])
  expect(frames.join()).not.toContain('Secret')
  expect(await titles(stranger.page)).toEqual([])
  await stranger.close()
})
